// L1 and L2: penalties on the weights, part of the objective.
import { boolean, number, type Options, withDefault } from '../base/fields.ts';
import { overlaps, type Part } from '../model/gradient-parts.ts';
import type { Network } from '../model/network.ts';
import type { Pointer } from '../wasm/kernels.ts';

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
  const { kernels, parameters, gradients } = network;
  const real = kernels.realBytes();
  for (const { offset, count } of penalised(network, biases)) {
    kernels.regularize(gradients + offset * real, parameters + offset * real, count, l1, l2);
  }
  network.gradientParts.useAll();
  return penaltyOf(network, { l1, l2, biases });
}

/** `l1 Σ|w| + l2/2 Σw²`. */
export function penaltyOf(network: Network, { l1 = 0, l2 = 0, biases = false }: Regularization): number {
  const { kernels, parameters } = network;
  const real = kernels.realBytes();
  const sum = (of: (pointer: Pointer, count: number) => number) =>
    penalised(network, biases).reduce((total, { offset, count }) => total + of(parameters + offset * real, count), 0);
  const absolute = l1 === 0 ? 0 : l1 * sum(kernels.sumAbs);
  const squares = l2 === 0 ? 0 : (l2 / 2) * sum(kernels.sumSquares);
  return absolute + squares;
}

/** What is not frozen, of the weights or of all. */
function penalised({ gradientParts, layout }: Network, biases: boolean): readonly Part[] {
  return overlaps(gradientParts.whole, [{ offset: 0, count: biases ? layout.count : layout.weightCount }]);
}
