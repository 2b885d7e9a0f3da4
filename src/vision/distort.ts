// Pictures as they might also have been, so that a network learns what is written and not how it came to be seen.
import { Draws, range, whiteNoise } from '../base/draws.ts';
import { checkFields, integer, type Options, object, optional, withDefault } from '../base/fields.ts';
import { blur, type Grid } from './blur.ts';
import type { FloatPicture } from './change-picture.ts';
import { checkPicture, type Picture, scaleOf } from './picture.ts';

const pixels = range({ min: -1000, max: 1000 });

const shiftFields = {
  /** Pixels to the right. Default 0. */
  x: withDefault(pixels, 0),
  /** Pixels down. Default 0. */
  y: withDefault(pixels, 0),
};

const elasticFields = {
  /** How far pixels are moved, in pixels: about the standard deviation. */
  strength: range({ min: 0, max: 100 }),
  /** How far apart pixels are that are moved differently, in pixels. Default 6. */
  scale: withDefault(range({ min: 0.5, max: 100 }), 6),
};

const fields = {
  /** Moves it. Default: stays where it is. */
  shift: optional(object(shiftFields)),
  /** Leans it to the right, by so many pixels for each that is higher up, about its middle row. Default 0. */
  shear: optional(range({ min: -2, max: 2 })),
  /** Moves each pixel, those side by side alike (Simard, Steinkraus and Platt 2003). Default: none. */
  elastic: optional(object(elasticFields)),
  /** By what the distance of each number from their mean is multiplied. Default 1. */
  contrast: optional(range({ min: 0, max: 10 })),
  /** The standard deviation of a Gaussian blur, in pixels. Default 0. */
  blur: optional(range({ min: 0, max: 50 })),
  /** The standard deviation of noise that is added, where white is 1; what that makes darker than black or brighter than white stays so. Default 0. */
  noise: optional(range({ min: 0, max: 10 })),
};

/** What is done to pictures, and how much of it. */
export interface DistortOptions extends Options<typeof fields> {}

/** A picture of the same size, distorted by a seed, a whole number from 0 to 2^53 - 1. @throws BpttError for what is no picture or seed. */
export type Distort = (picture: Picture, seed: number) => FloatPicture;

/**
 * What shows each picture otherwise, by a seed: moved, leaning, bent, paler, out of focus, in noise. What is not named stays as it is; each is a number,
 * or two between which one is drawn anew for each seed, and always alike for the same one, in all engines. It is done in the order of the options. What
 * comes from outside of the picture is as its nearest edge.
 *
 * @example
 * const distort = distorted({ shift: { y: [-2, 2] }, shear: [-0.2, 0.2], elastic: { strength: [0, 1] }, blur: [0, 1.5], noise: [0, 0.2] });
 * const epoch = 3;
 * const input = images(lines.map((line, i) => distort(scaled(line, 32), lines.length * epoch + i)));
 *
 * @throws BpttError for options that are wrong or unknown.
 */
export function distorted(options: DistortOptions): Distort {
  const { shift, shear, elastic, contrast, blur: focus, noise } = checkFields('distorted', options, fields);
  return (picture, seed) => {
    const { width, height, data, channels } = checkPicture('distort(picture)', picture);
    const draws = new Draws(integer({ min: 0 }).check('distort(seed)', seed));
    const grid = { width, height, channels };
    const scale = scaleOf(data);
    let values = Float64Array.from(data, (value) => value * scale);
    const moves = [draws.between(shift?.x ?? 0), draws.between(shift?.y ?? 0), draws.between(shear ?? 0)] as const;
    const bends = elastic && bendsOf(grid, draws.between(elastic.strength), draws.between(elastic.scale), draws);
    if (bends !== undefined || moves.some((by) => by !== 0)) {
      const [right, down, lean] = moves;
      values = moved(values, grid, (x, y) => [
        x - right + lean * (y - (height - 1) / 2) + (bends?.[0](x, y) ?? 0),
        y - down + (bends?.[1](x, y) ?? 0),
      ]);
    }
    if (contrast !== undefined) stretch(values, draws.between(contrast));
    if (focus !== undefined) blur(values, grid, draws.between(focus));
    if (noise !== undefined) addNoise(values, draws.between(noise), draws);
    return { width, height, data: new Float32Array(values) };
  };
}

/** How far pixels are moved across and down: blurred noise, whose deviation is 1/(2 √π σ). */
function bendsOf({ width, height }: Grid, strength: number, scale: number, draws: Draws) {
  const factor = strength * 2 * Math.sqrt(Math.PI) * scale;
  // With what the blur reaches around it: repeated edges would be moved several times as far.
  const margin = Math.ceil(3 * scale);
  const grid = { width: width + 2 * margin, height: height + 2 * margin, channels: 1 };
  const field = () => {
    const values = new Float64Array(grid.width * grid.height);
    addNoise(values, factor, draws);
    blur(values, grid, scale);
    return (x: number, y: number) => values[(y + margin) * grid.width + x + margin]!;
  };
  return [field(), field()] as const;
}

/** Each pixel from the place that is given for it, between its four neighbours. @internal */
export function moved(
  values: Float64Array,
  { width, height, channels }: Grid,
  placeOf: (x: number, y: number) => readonly [x: number, y: number],
): Float64Array<ArrayBuffer> {
  const out = new Float64Array(values.length);
  const within = (place: number, count: number) => Math.min(count - 1, Math.max(0, place));
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const place = y * width + x;
      const from = placeOf(x, y);
      const [fromX, fromY] = [within(from[0], width), within(from[1], height)];
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [right, bottom] = [within(left + 1, width), within(top + 1, height)];
      const [across, down] = [fromX - left, fromY - top];
      for (let c = 0; c < channels; c++) {
        const at = (column: number, line: number) => values[(line * width + column) * channels + c]!;
        const above = at(left, top) + across * (at(right, top) - at(left, top));
        const below = at(left, bottom) + across * (at(right, bottom) - at(left, bottom));
        out[place * channels + c] = above + down * (below - above);
      }
    }
  }
  return out;
}

function stretch(values: Float64Array, factor: number): void {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  for (let i = 0; i < values.length; i++) values[i] = mean + factor * (values[i]! - mean);
}

function addNoise(values: Float64Array, deviation: number, draws: Draws): void {
  const white = whiteNoise();
  const from = draws.below(white.length);
  for (let i = 0; i < values.length; i++) values[i]! += deviation * white[(from + i) % white.length]!;
}
