// Describes group normalisation. What it does is loaded with a model that has some, and with it what its options may be.
import { checkObject } from '../base/check.ts';
import type { GroupNormalizationDescription, GroupNormalizationOptions } from './later/group-normalization.ts';

/**
 * Group normalisation (Wu and He 2018), `y = γ (x - mean) / sqrt(variance + ε) + β`, as nn.GroupNorm: mean and variance are of each row alone and of each
 * group of channels, over all pixels of an image, or over all steps of a sequence, whose features are its channels. Steps after the end of a row
 * (`lengths`) have no part in it. Nothing depends on other rows, so that it trains with any batch, on any number of threads, and is the same
 * in and after training.
 *
 * Parameters: `norm.weight` [C] is γ, `norm.bias` [C] β; the second's begin with `norm1`.
 *
 * @example
 * [image({ height: 32 }), conv2d({ filters: 32, kernel: 3 }), groupNormalization({ groups: 8 }), activation({ function: 'relu' }), gru({ units: 32 })]
 *
 * @throws BpttError for what are no options; when the model is created, for options that are wrong, tokens and one output a row as input, and for channels that the groups
 * do not divide.
 */
export function groupNormalization(options: GroupNormalizationOptions): GroupNormalizationDescription {
  return {
    kind: 'groupNormalization',
    ...checkObject('groupNormalization', options, 'an object of options'),
  } as GroupNormalizationDescription;
}
