// Describes pooling. What it does is loaded with a model that has some, and with it what its options may be.
import { checkObject } from '../base/check.ts';
import type { PoolDescription, PoolOptions } from './later/pooling-fields.ts';

/**
 * Of the pixels that a window sees the greatest, channel by channel: [W',B,H'·C] from an image [W,B,H·C], as nn.MaxPool2d. Of features that are no image
 * the greatest of `kernel` steps: [T',B,F] from [T,B,F]. The gradient goes to the pixel that was taken, the first of equal ones.
 *
 * There are `⌊(size + 2 padding - kernel) / stride⌋ + 1` in each direction; the steps of all that comes after it, and lengths and targets, follow by that rule.
 *
 * @example
 * [image({ height: 32 }), conv2d({ filters: 8, kernel: 3 }), maxPool({ kernel: [2, 1] }), gru({ units: 32 }), dense({ units: 11 })]
 *
 * @throws BpttError for what are no options; when the model is created, for options that are wrong, tokens and one output a row as input, an image that is too low for one
 * place and a pair for what is no image; where it is used, for rows that are too short for one.
 */
export const maxPool = (options: PoolOptions): PoolDescription => describePool('maxPool', options);

/**
 * The mean of the pixels that a window sees, as `maxPool` the greatest: nn.AvgPool2d. Padding has a part in it as zeros.
 *
 * @throws BpttError as `maxPool` does.
 *
 * @example
 * [image({ height: 32 }), conv2d({ filters: 8, kernel: 3 }), averagePool({ kernel: 2 }), gru({ units: 32 }), dense({ units: 11 })]
 */
export const averagePool = (options: PoolOptions): PoolDescription => describePool('averagePool', options);

function describePool(kind: PoolDescription['kind'], options: PoolOptions): PoolDescription {
  return { kind, ...checkObject(kind, options, 'an object of options') } as PoolDescription;
}
