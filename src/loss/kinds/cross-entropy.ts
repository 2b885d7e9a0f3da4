// Cross-entropy with class weights, a class that does not count, and smoothed labels.
import { type Checked, number, type Options, withDefault } from '../../base/fields.ts';
import { describeLoss, type LossKind } from '../describe.ts';
import type { LossDescription } from '../losses.ts';
import { type ClassRow, classFields, ofClasses } from './classes.ts';

export const crossEntropyFields = {
  /** ε in [0, 1): the share of each target that is spread evenly over all classes. Default 0. */
  smoothing: withDefault(number({ min: 0, exclusiveMax: 1 }), 0),
  ...classFields,
};

/** What classes count for in `crossEntropy`, a class that does not, and how targets are smoothed. */
export interface CrossEntropyOptions extends Options<typeof classFields>, Options<typeof crossEntropyFields> {}

/** What `crossEntropy` returns: a loss as plain data, for the option `loss` of `fit`, `train` and `evaluate`. */
export interface CrossEntropyDescription
  extends LossDescription,
    Checked<typeof classFields>,
    Checked<typeof crossEntropyFields> {
  /** The name of the loss: what checkpoints and results know it by. */
  readonly kind: 'cross-entropy';
}

export const crossEntropyLoss: LossKind<typeof crossEntropyFields, 'cross-entropy'> = {
  kind: 'cross-entropy',
  fields: crossEntropyFields,
  create(options) {
    const { smoothing, ...classes } = options;
    const classWeights = classes.classWeights === 'balanced' ? undefined : classes.classWeights;
    const row = ({ target, loss, logits, dy }: ClassRow) => {
      if (smoothing === 0) return loss;
      const share = smoothing / logits.length;
      // The whole row is multiplied by the weight of its target afterwards; what is spread has the weights of all classes.
      const weightOf = (c: number) => (classWeights?.[c] ?? 1) / (classWeights?.[target] ?? 1);
      let spread = 0;
      let weights = 0;
      for (let c = 0; c < logits.length; c++) {
        // -log p_c = -log p_target + l_target - l_c.
        spread += weightOf(c) * (loss + logits[target]! - logits[c]!);
        weights += weightOf(c);
      }
      for (let c = 0; c < logits.length; c++) {
        const p = dy[c]! + +(c === target);
        dy[c] = (1 - smoothing) * dy[c]! + share * (weights * p - weightOf(c));
      }
      return (1 - smoothing) * loss + share * spread;
    };
    return ofClasses(classes, row, (classWeights) => crossEntropy({ ...options, classWeights }));
  },
};

/**
 * Cross-entropy of softmax, in nats, as PyTorch's CrossEntropyLoss: against 1 - ε of the target's class and ε spread evenly over all
 * (Szegedy et al. 2016), weighted by the target's class. Targets [T,B]. Without options it is the loss `'cross-entropy'`, which is faster.
 * Unlike in PyTorch a target of weight 0 does not count with smoothing either.
 *
 * @example
 * await fit(model, { data, loss: crossEntropy({ smoothing: 0.1, classWeights: [1, 1, 5], ignore: -100 }), epochs: 20 });
 *
 * @throws BpttError for options that are wrong; where it is used, for weights that are not one for each class.
 */
export function crossEntropy(options: CrossEntropyOptions = {}): CrossEntropyDescription {
  return describeLoss(crossEntropyLoss, options);
}
