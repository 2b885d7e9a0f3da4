// L1 and L2: penalties on the weights, part of the objective.
import { boolean, number, type Options, withDefault } from '../base/fields.ts';
import type { Network } from '../model/network.ts';

export const regularizationFields = {
  /** Default 0. */
  l1: withDefault(number({ min: 0 }), 0),
  /** Default 0. PyTorch's optimizers call it weight_decay. */
  l2: withDefault(number({ min: 0 }), 0),
  /** Whether biases are penalised too. Default false. */
  biases: withDefault(boolean, false),
};

/** Penalties on the weights, part of the objective: `l1 Σ|w| + l2/2 Σw²`. */
export interface Regularization extends Options<typeof regularizationFields> {}

/** Adds the gradient of the penalties to the gradient block and returns their value. */
export function addPenalties(network: Network, { l1 = 0, l2 = 0, biases = false }: Regularization): number {
  if (l1 === 0 && l2 === 0) return 0;
  const { kernels, parameters, gradients, layout } = network;
  const count = biases ? layout.count : layout.weightCount;
  kernels.regularize(gradients, parameters, count, l1, l2);
  network.gradientParts.useAll();
  return penaltyOf(network, { l1, l2, biases });
}

/** `l1 Σ|w| + l2/2 Σw²`. */
export function penaltyOf(network: Network, { l1 = 0, l2 = 0, biases = false }: Regularization): number {
  const { kernels, parameters, layout } = network;
  const count = biases ? layout.count : layout.weightCount;
  const absolute = l1 === 0 ? 0 : l1 * kernels.sumAbs(parameters, count);
  const squares = l2 === 0 ? 0 : (l2 / 2) * kernels.sumSquares(parameters, count);
  return absolute + squares;
}
