// L1 and L2: penalties on the weights, part of the objective.
import { checkBoolean, checkNumber, checkOptions } from '../base/check.ts';
import type { Network } from '../model/network.ts';

/** Penalties on the weights, part of the objective: `l1 Σ|w| + l2/2 Σw²`. */
export interface Regularization {
  /** Default 0. */
  readonly l1?: number;
  /** Default 0. PyTorch's optimizers call it weight_decay. */
  readonly l2?: number;
  /** Whether biases are penalised too. Default false. */
  readonly biases?: boolean;
}

export function checkRegularization(where: string, regularization: Regularization): void {
  checkOptions(where, regularization, ['l1', 'l2', 'biases']);
  checkNumber(`${where}.l1`, regularization.l1 ?? 0, { min: 0 });
  checkNumber(`${where}.l2`, regularization.l2 ?? 0, { min: 0 });
  checkBoolean(`${where}.biases`, regularization.biases ?? false);
}

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
