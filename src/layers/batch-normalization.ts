// Describes batch normalisation. What it does is loaded with a model that has some.
import { checkFields, number, type Options, withDefault } from '../base/fields.ts';
import { type EntryOptions, entryFields } from './describe.ts';

export const batchNormalizationFields = {
  /** The share of a batch in the running mean and variance, from 0 to 1. Default 0.1, as PyTorch's; Keras has 1 - `momentum`. */
  momentum: withDefault(number({ min: 0, max: 1 }), 0.1),
  /** ε, above 0. Default 1e-5, as PyTorch's; Keras has 1e-3. */
  epsilon: withDefault(number({ exclusiveMin: 0 }), 1e-5),
};

export interface BatchNormalizationOptions extends EntryOptions, Options<typeof batchNormalizationFields> {}

/** Its defaults are filled in where a model has it. */
export interface BatchNormalizationDescription extends EntryOptions, Options<typeof batchNormalizationFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'batchNormalization';
}

/**
 * Batch normalisation (Ioffe and Szegedy 2015) of each feature, [T,B,F] from [T,B,F], or [B,F] of entries with one output a row:
 * `y = γ (x - mean) / sqrt(variance + ε) + β`, as PyTorch's `BatchNorm1d` over the steps of all rows. Steps after the end of a row (`lengths`)
 * have no part in it; steps without a loss (`mask`) do.
 *
 * In training mean and variance are those of the steps that are read together: a batch, or a window of truncated BPTT with k1 = k2. Of each
 * the share `momentum` goes into running ones, the variance unbiased (n - 1), when gradients have gone back. Everywhere else, and where γ
 * and β are both frozen (`groups`), the running ones normalise.
 *
 * Parameters: `norm.weight` is γ, `norm.bias` β; `norm.running_mean` and `norm.running_var` are no part of what is learned, but of model
 * files and checkpoints. All [F]; the second layer's begin with `norm1`, those of an entry with a name with that.
 *
 * @example
 * [features(8), gru({ units: 32 }), batchNormalization(), last(), dense({ units: 4 })]
 *
 * @throws BpttError, when the model is created, for tokens as input and for options that are wrong; in training for other truncation, a memory
 * budget and `workers`, none of which see all steps of a batch at once, and for a batch of a single step.
 */
export function batchNormalization(options: BatchNormalizationOptions = {}): BatchNormalizationDescription {
  return {
    kind: 'batchNormalization',
    ...checkFields('batchNormalization', options, { ...batchNormalizationFields, ...entryFields }),
  };
}
