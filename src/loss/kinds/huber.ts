// Huber's loss: squares of small differences, and no more than the distance of large ones.
import { type Checked, number, type Options, withDefault } from '../../base/fields.ts';
import { describeLoss, type LossKind } from '../describe.ts';
import type { LossDescription } from '../losses.ts';
import { byNumber } from './by-number.ts';

const fields = {
  /** Where squares end and distances begin, in the unit of the targets, > 0. Default 1. */
  delta: withDefault(number({ exclusiveMin: 0 }), 1),
};

/** Where squares end in `huber`, and distances begin. */
export interface HuberOptions extends Options<typeof fields> {}

/** What `huber` returns: a loss as plain data, for the option `loss` of `fit`, `train` and `evaluate`. */
export interface HuberDescription extends LossDescription, Checked<typeof fields> {
  /** The name of the loss: what checkpoints and results know it by. */
  readonly kind: 'huber';
}

export const huberLoss: LossKind<typeof fields, 'huber'> = {
  kind: 'huber',
  fields,
  create: ({ delta }) =>
    byNumber({
      loss: (d) => (Math.abs(d) <= delta ? (d * d) / 2 : delta * (Math.abs(d) - delta / 2)),
      slope: (d) => (Math.abs(d) <= delta ? d : Math.sign(d) * delta),
    }),
};

/**
 * Huber's loss (Huber 1964), as PyTorch's HuberLoss: d²/2 of differences d = y - target up to `delta`, beyond it delta (|d| - delta/2).
 * What lies far off pulls no harder than `delta`. Targets [T,B,O]; a mean is over all numbers.
 *
 * @example
 * await fit(forecaster, { data: numbers, loss: huber({ delta: 0.5 }), epochs: 20 });
 *
 * @throws BpttError for a delta that is not above 0, and for unknown options.
 */
export function huber(options: HuberOptions = {}): HuberDescription {
  return describeLoss(huberLoss, options);
}
