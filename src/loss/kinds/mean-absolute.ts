// The distance of numbers.
import { describeLoss, type LossKind } from '../describe.ts';
import type { LossDescription } from '../losses.ts';
import { byNumber } from './by-number.ts';

/** What `meanAbsolute` returns: a loss as plain data, for the option `loss` of `fit`, `train` and `evaluate`. */
export interface MeanAbsoluteDescription extends LossDescription {
  /** The name of the loss: what checkpoints and results know it by. */
  readonly kind: 'mean-absolute';
}

export const meanAbsoluteLoss: LossKind<Record<never, never>, 'mean-absolute'> = {
  kind: 'mean-absolute',
  fields: {},
  // The derivative at 0 is 0, as PyTorch has it.
  create: () => byNumber({ loss: Math.abs, slope: Math.sign }),
};

/**
 * The mean absolute error `|y - target|`, as PyTorch's L1Loss: it is least where as many targets lie above as below. Targets [T,B,O]; a mean
 * is over all numbers.
 *
 * @example
 * await fit(forecaster, { data: numbers, loss: meanAbsolute(), epochs: 20 });
 */
export function meanAbsolute(): MeanAbsoluteDescription {
  return describeLoss(meanAbsoluteLoss, {});
}
