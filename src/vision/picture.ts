// Pictures in memory, the checks of what is given as such, and batches of them as models read images.

import { fail, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, such } from '../base/fields.ts';

/** The most pixels of a side. @internal */
export const SIDE = 16_384;

/** Numbers of pixels: of bytes 255 is white, of floats 1. */
export type Pixels = Uint8Array | Uint8ClampedArray | Float32Array | Float64Array;

const fields = {
  /** Pixels of a row, from 1 to 16,384. */
  width: integer({ min: 1, max: SIDE }),
  /** Rows, from 1 to 16,384. */
  height: integer({ min: 1, max: SIDE }),
  /** Row by row, of each from left to right, the channels of a pixel side by side: what `ImageData` holds, with 4. Bytes, or floats of any size. */
  data: such<Pixels>(
    'a Uint8Array, Uint8ClampedArray, Float32Array or Float64Array',
    (value) =>
      value instanceof Uint8Array ||
      value instanceof Uint8ClampedArray ||
      value instanceof Float32Array ||
      value instanceof Float64Array,
  ),
};

/** A picture. Its channels are as many numbers as each pixel has: 1 grey, 3 colours, 4 with how opaque it is. */
export interface Picture extends Options<typeof fields> {}

/** A picture of bytes, red, green, blue and how opaque it is, as `ImageData` is. */
export interface BytePicture extends Picture {
  /** Four bytes a pixel. */
  readonly data: Uint8ClampedArray<ArrayBuffer>;
}

/** What a model with an `image` as its input reads. */
export interface ImageInput {
  /** W, the width of the widest. */
  readonly steps: number;
  /** B, the number of pictures. */
  readonly rows: number;
  /** [W,B,H·C] */
  readonly inputs: Float32Array<ArrayBuffer>;
  /** [B], the width of each. */
  readonly lengths: Int32Array<ArrayBuffer>;
}

/** @throws BpttError for what is no picture. `ImageData` is one, whatever else it has. */
export function checkPicture(where: string, value: unknown): Picture & { readonly channels: number } {
  if (Object(value) !== value) fail(where, 'a picture, { width, height, data }', show(value));
  const given = readable(where, () => {
    const { width, height, data } = value as Picture;
    return { width, height, data };
  });
  const { width, height, data } = checkFields(where, given, fields);
  const channels = data.length / (width * height);
  if (Number.isInteger(channels) && channels > 0) return { width, height, data, channels };
  throw new BpttError(
    'invalid-shape',
    `${where}.data: expected a multiple of ${width}x${height} pixels, got ${data.length} numbers`,
  );
}

/** What a byte is as a number from 0 to 1; floats are so as they are. */
export const scaleOf = (data: Pixels) =>
  data instanceof Uint8Array || data instanceof Uint8ClampedArray ? 1 / 255 : 1;

/**
 * Pictures of one height, of any widths, as one batch for a model that begins with `image`: column by column, with the width of each as its length. Bytes
 * become numbers from 0 to 1.
 *
 * @example
 * const input = images([{ width: 3, height: 2, data: Uint8Array.of(0, 255, 0, 255, 0, 255) }]);
 * const reader = await createModel([image({ height: 2 }), gru({ units: 8 }), dense({ units: 5 })]);
 * const { outputs } = reader.forward(input); // [3,1,5]
 * await fit(reader, { data: [{ ...input, targets: [Int32Array.of(4, 2)] }], loss: await ctc(), steps: 2 });
 *
 * @throws BpttError for an empty list, what is no picture, a side of more than 16,384 pixels, heights or channels that differ, and numbers that are not
 * finite.
 */
export function images(pictures: readonly Picture[]): ImageInput {
  const where = 'images(pictures)';
  if (!readable(where, () => Array.isArray(pictures) && pictures.length > 0))
    fail(where, 'at least one picture in an array', show(pictures));
  const all = Array.from(pictures, (picture, index) => checkPicture(`${where}[${index}]`, picture));
  const [{ height: H, channels: C }] = all as [(typeof all)[number]];
  for (const [index, { height, channels }] of all.entries()) {
    if (height === H && channels === C) continue;
    throw new BpttError(
      'invalid-shape',
      `${where}[${index}]: expected ${H} pixels of height and ${C} channels, as the first has, got ${height} and ${channels}; scaled brings pictures to one height, grey to one channel`,
    );
  }
  const [B, W] = [all.length, Math.max(...all.map(({ width }) => width))];
  const inputs = new Float32Array(W * B * H * C);
  for (const [row, { width, data }] of all.entries()) {
    const scale = scaleOf(data);
    for (let w = 0; w < width; w++) {
      for (let h = 0; h < H; h++) {
        for (let c = 0; c < C; c++) {
          const value = data[(h * width + w) * C + c]!;
          if (!Number.isFinite(Math.fround(value)))
            fail(`${where}[${row}].data[${(h * width + w) * C + c}]`, 'a finite number', `${value}`);
          inputs[((w * B + row) * H + h) * C + c] = value * scale;
        }
      }
    }
  }
  return { steps: W, rows: B, inputs, lengths: Int32Array.from(all, ({ width }) => width) };
}
