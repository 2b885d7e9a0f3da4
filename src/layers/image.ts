// Images as a model reads them.
import { checkFields, integer, type Options, withDefault } from '../base/fields.ts';
import { type FeaturesDescription, type InputOptions, inputOptions } from './inputs.ts';

const size = /* @__PURE__ */ (() => ({
  /** H: the pixels of a column. All images have it; a model reads any widths. */
  height: integer({ min: 1 }),
  /** The channels of a pixel: 1 for grey, 3 for colours. Default 1. */
  channels: withDefault(integer({ min: 1 }), 1),
}))();

/** The size of what `image` reads: the height in pixels, and the channels of each. */
export interface ImageOptions extends InputOptions, Options<typeof size> {}

/**
 * The model reads images, column by column: the width is the time axis, so that all that reads steps reads columns, and rows of a batch may be of
 * any widths, which their `lengths` say. A column is `height * channels` features, its pixels from the top down and the channels of each side by
 * side: [W,B,H·C]; `images` of `bptt/vision` makes batches of that. To all else it is `features(height * channels)`.
 *
 * What reads images, `conv2d`, `maxPool` and `averagePool`, gives such columns too, [W',B,H'·F] of F channels. So nothing stands between them and a
 * recurrent layer, which reads a column as H'·F features. (PyTorch's `y.permute(3, 0, 2, 1).flatten(2)` of [B,F,H,W] is that.)
 *
 * @example
 * [
 *   image({ height: 32 }),
 *   conv2d({ filters: 16, kernel: 3, padding: 'same' }), activation({ function: 'relu' }), maxPool({ kernel: 2 }),
 *   bidirectional(lstm({ units: 64 })), dense({ units: 11 }),
 * ]
 *
 * @throws BpttError for sizes that are not integers ≥ 1, and for unknown options.
 */
export function image(options: ImageOptions): FeaturesDescription {
  const { height, channels, ...more } = checkFields('image', options, { ...size, ...inputOptions });
  return { kind: 'features', size: height * channels, ...more, height };
}
