// Focal loss: cross-entropy in which what is known already counts for less.
import { BpttError } from '../../base/errors.ts';
import { power } from '../../base/exact-math.ts';
import { type Checked, type Field, number, type Options, withDefault } from '../../base/fields.ts';
import { describeLoss, type LossKind } from '../describe.ts';
import type { LossDescription } from '../losses.ts';
import { type ClassRow, classFields, ofClasses } from './classes.ts';

const positive = number({ min: 0 });

const halves: Field<number> = {
  check(where, value) {
    const checked = positive.check(where, value);
    if (Number.isInteger(2 * checked)) return checked;
    throw new BpttError('invalid-argument', `${where}: expected a multiple of 1/2, got ${checked}`);
  },
};

const fields = {
  /** γ, a multiple of 1/2, so that powers are exact in every engine; with 0 it is cross-entropy. Default 2. */
  gamma: withDefault(halves, 2),
  ...classFields,
};

/** How much less `focal` minds what is known already, and what classes count for. */
export interface FocalOptions extends Options<typeof classFields>, Options<typeof fields> {}

/** What `focal` returns: a loss as plain data, for the option `loss` of `fit`, `train` and `evaluate`. */
export interface FocalDescription extends LossDescription, Checked<typeof classFields>, Checked<typeof fields> {
  /** The name of the loss: what checkpoints and results know it by. */
  readonly kind: 'focal';
}

export const focalLoss: LossKind<typeof fields, 'focal'> = {
  kind: 'focal',
  fields,
  create(options) {
    const { gamma, ...classes } = options;
    const whole = Math.floor(gamma);
    const row = ({ target, loss, dy }: ClassRow) => {
      const rest = -dy[target]!;
      if (rest <= 0) return dy.fill(0) && 0;
      const factor = power(rest, whole) * (gamma === whole ? 1 : Math.sqrt(rest));
      // d/dl_c of (1 - p)^γ L, L = -log p: (p_c - [c = target]) ((1 - p)^γ + γ p (1 - p)^(γ - 1) L).
      const slope = factor + (gamma * (1 - rest) * factor * loss) / rest;
      for (let c = 0; c < dy.length; c++) dy[c] = dy[c]! * slope;
      return factor * loss;
    };
    return ofClasses(classes, row, (classWeights) => focal({ ...options, classWeights }));
  },
};

/**
 * The focal loss (Lin et al. 2017): `-(1 - p)^γ log p` of the target's probability p = softmax(y)[target], in nats, for classes of which some
 * are rare. Their α is `classWeights`; a mean is divided by the sum of the weights of the targets. Targets [T,B].
 *
 * @example
 * await fit(model, { data, loss: focal({ gamma: 2, classWeights: [0.2, 0.3, 0.5] }), epochs: 20 });
 *
 * @throws BpttError for options that are wrong; where it is used, for weights that are not one for each class.
 */
export function focal(options: FocalOptions = {}): FocalDescription {
  return describeLoss(focalLoss, options);
}
