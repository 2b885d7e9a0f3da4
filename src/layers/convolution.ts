// Describes convolutions. What they do is loaded with a model that has some, and with it what their options may be.
import { checkObject } from '../base/check.ts';
import type { Conv1dDescription, Conv1dOptions, Conv2dDescription, Conv2dOptions } from './later/convolution-fields.ts';

/**
 * A convolution over time: [T',B,F] from [T,B,C], with PyTorch's meaning of all options:
 *
 * `y_t = b + Σ_k W_k x_{t·stride + k·dilation - before}`, k from 0 to kernel - 1, and zeros for steps that are not there
 *
 * What is padding of a row (`lengths`) is zero too, so that a row gives the same in any batch. With `stride` 1 and `same` or `causal` its steps
 * are those of its input; else there are `T' = ⌊(T + before + after - dilation (kernel - 1) - 1) / stride⌋ + 1`, and a row's length follows by
 * the same rule: targets, masks and losses of what reads it, CTC's too, are of these.
 *
 * `causal` reads earlier steps alone. Its state are the dilation (kernel - 1) steps before, zero at first: a model with such layers streams step
 * by step with the bits of the whole, and is trained by truncated BPTT. The others read both sides.
 *
 * Parameters: `conv.weight` [F, C/groups, kernel] and `conv.bias` [F]; the second's are `conv1.weight` and so on.
 *
 * @example
 * [features(40), conv1d({ filters: 64, kernel: 5, padding: 'causal' }), activation({ function: 'relu' }), gru({ units: 128 }), dense({ units: 12 })]
 *
 * @throws BpttError for what are no options; when the model is created, for options that are wrong, a stride with `same` or `causal`, filters and
 * inputs that groups do not divide, tokens and one output a row as input; where it is used, for rows too short for one step.
 */
export function conv1d(options: Conv1dOptions): Conv1dDescription {
  return { kind: 'conv1d', ...checkObject('conv1d', options, 'an object of options') } as Conv1dDescription;
}

/**
 * A convolution over images: [W',B,H'·F] from the columns [W,B,H·C] of an `image` or of what another has made of one, with PyTorch's meaning of
 * all options:
 *
 * `y[h, w] = b + Σ W[i, j] x[h·stride + i·dilation - padding, w·stride + j·dilation - padding]`, over i, j and the channels of a pixel, and zeros for
 * pixels that are not there
 *
 * The width is the time axis: with `stride` 1 and `same` it has the steps that it had, else `⌊(W + 2 padding - dilation (kernel - 1) - 1) / stride⌋ + 1`,
 * and so have all that come after it; lengths, targets and losses of these, CTC's too, follow by the same rule. What is beyond the width of a row
 * (`lengths`) is zero, so that an image gives the same in any batch. Images are read as a whole: no truncation, no state.
 *
 * Parameters: `conv.weight` [F, C/groups, down, across] and `conv.bias` [F], those of nn.Conv2d; the second's are `conv1.weight` and so on.
 *
 * @example
 * [
 *   image({ height: 28 }), conv2d({ filters: 16, kernel: 3, padding: 'same' }), activation({ function: 'relu' }), maxPool({ kernel: 2 }),
 *   conv2d({ filters: 32, kernel: [3, 5], stride: [2, 1], padding: [1, 2] }), gru({ units: 64 }), last(), dense({ units: 10 }),
 * ]
 *
 * @throws BpttError for what are no options; when the model is created, for options that are wrong, a stride with `same`, filters that groups do not divide, what is no
 * image or too low for one place, and channels that groups do not divide; where it is used, for images too narrow for one place.
 */
export function conv2d(options: Conv2dOptions): Conv2dDescription {
  return { kind: 'conv2d', ...checkObject('conv2d', options, 'an object of options') } as Conv2dDescription;
}
