// Pictures brought to what a model reads: one channel, one height.
import { checkInteger, fail } from '../base/check.ts';
import { checkPicture, type Picture, scaleOf } from './picture.ts';

/** A picture of floats from 0 to 1. */
export interface FloatPicture extends Picture {
  /** [height, width, channels] numbers from 0 to 1, row by row. */
  readonly data: Float32Array<ArrayBuffer>;
}

/** Red, green and blue in what is seen as bright (ITU-R BT.601). */
const BRIGHTNESS = [0.299, 0.587, 0.114] as const;

/**
 * A picture in one channel: its brightness by ITU-R BT.601, of what is not opaque over white.
 *
 * @throws BpttError for what is no picture, or has other than 1, 3 or 4 channels.
 *
 * @example
 * const picture = grey({ width: 1, height: 1, data: Uint8Array.of(255, 0, 0) });
 * console.log(picture.data); // [0.299]
 */
export function grey(picture: Picture): FloatPicture {
  const { width, height, data, channels } = checkPicture('grey(picture)', picture);
  if (![1, 3, 4].includes(channels)) fail('grey(picture)', '1, 3 or 4 channels', `${channels}`);
  const scale = scaleOf(data);
  const out = Float32Array.from({ length: width * height }, (_, pixel) => {
    const at = pixel * channels;
    if (channels === 1) return data[at]! * scale;
    const bright = BRIGHTNESS.reduce((sum, share, colour) => sum + share * data[at + colour]! * scale, 0);
    const opaque = channels === 4 ? data[at + 3]! * scale : 1;
    return opaque * bright + (1 - opaque);
  });
  return { width, height, data: out };
}

/**
 * A picture scaled to a height, and its width with it: each pixel the mean of what it covers, or, where it grows, between its neighbours.
 *
 * @example
 * const photo = { width: 4, height: 2, data: Uint8Array.from({ length: 24 }, (_, i) => 10 * i) }; // three channels
 * const input = images([scaled(grey(photo), 48)]);
 *
 * @throws BpttError for what is no picture and a height that is not an integer from 1 to 16,384, and where the width would be more than that.
 */
export function scaled(picture: Picture, height: number): FloatPicture {
  const given = checkPicture('scaled(picture)', picture);
  checkInteger('scaled(height)', height, 1, 16_384);
  const width = Math.max(1, Math.round((given.width * height) / given.height));
  checkInteger('scaled: the width', width, 1, 16_384);
  const { channels, data } = given;
  const down = weightsOf(given.height, height);
  const across = weightsOf(given.width, width);
  const scale = scaleOf(data);
  // First across, then down.
  const narrow = new Float64Array(given.height * width * channels);
  for (let y = 0; y < given.height; y++) {
    for (const [x, taps] of across.entries()) {
      for (let c = 0; c < channels; c++) {
        let sum = 0;
        for (const [from, weight] of taps) sum += weight * data[(y * given.width + from) * channels + c]!;
        narrow[(y * width + x) * channels + c] = sum * scale;
      }
    }
  }
  const out = new Float32Array(height * width * channels);
  const row = width * channels;
  for (const [y, taps] of down.entries()) {
    for (let i = 0; i < row; i++) {
      let sum = 0;
      for (const [from, weight] of taps) sum += weight * narrow[from * row + i]!;
      out[y * row + i] = sum;
    }
  }
  return { width, height, data: out };
}

/** For each of so many pixels those of which it is made, and their shares: triangles as wide as what a pixel covers, a pixel at least. */
function weightsOf(from: number, to: number): readonly (readonly (readonly [pixel: number, weight: number])[])[] {
  const ratio = from / to;
  const reach = Math.max(1, ratio);
  return Array.from({ length: to }, (_, place) => {
    const middle = (place + 0.5) * ratio - 0.5;
    const taps: [number, number][] = [];
    for (
      let pixel = Math.max(0, Math.ceil(middle - reach));
      pixel <= Math.min(from - 1, Math.floor(middle + reach));
      pixel++
    ) {
      const weight = 1 - Math.abs(pixel - middle) / reach;
      if (weight > 0) taps.push([pixel, weight]);
    }
    const sum = taps.reduce((total, [, weight]) => total + weight, 0);
    return taps.map(([pixel, weight]) => [pixel, weight / sum] as const);
  });
}
