// Pictures: batches of columns, grey and scaled ones.
import { describe, expect, it } from 'vitest';
import { createModel, dense, image, last } from '../../src/index.ts';
import { grey, images, scaled } from '../../src/vision/index.ts';

describe('images', () => {
  it('puts pictures of any width side by side, column by column', () => {
    const one = { width: 2, height: 2, data: Uint8Array.of(0, 255, 51, 102) };
    const other = { width: 1, height: 2, data: Float32Array.of(7, -1) };
    const { steps, rows, inputs, lengths } = images([one, other]);
    expect([steps, rows, [...lengths]]).toEqual([2, 2, [2, 1]]);
    expect([...inputs]).toEqual([0, 0.2, 7, -1, 1, 0.4, 0, 0].map(Math.fround));
  });

  it('keeps the channels of a pixel side by side, as a model reads them', async () => {
    const data = Float32Array.from({ length: 2 * 3 * 3 }, (_, i) => i);
    const input = images([{ width: 3, height: 2, data }]);
    expect([...input.inputs.subarray(0, 6)]).toEqual([0, 1, 2, 9, 10, 11]);
    const model = await createModel([image({ height: 2, channels: 3 }), last(), dense({ units: 2 })]);
    expect(model.forward(input).outputs).toHaveLength(2);
  });

  it.each([
    [[], /^images\(pictures\): expected at least one picture in an array, got an array of length 0/],
    [[3], /^images\(pictures\)\[0\]: expected a picture, \{ width, height, data \}, got 3/],
    [[{ width: 0, height: 1, data: new Uint8Array(0) }], /\[0\]\.width: expected an integer >= 1 and <= 16384, got 0/],
    [[{ width: 20000, height: 1, data: new Uint8Array(20000) }], /\[0\]\.width: expected .*16384, got 20000/],
    [
      [{ width: 2, height: 2, data: new Uint8Array(5) }],
      /\[0\]\.data: expected a multiple of 2x2 pixels, got 5 numbers/,
    ],
    [[{ width: 2, height: 2, data: [1, 2, 3, 4] }], /\[0\]\.data: expected a Uint8Array/],
    [
      [
        { width: 1, height: 2, data: new Uint8Array(2) },
        { width: 1, height: 3, data: new Uint8Array(3) },
      ],
      /\[1\]: expected 2 pixels of height and 1 channels, as the first has, got 3 and 1; scaled/,
    ],
    [
      [{ width: 1, height: 1, data: Float64Array.of(1e300) }],
      /\[0\]\.data\[0\]: expected a finite number, got 1e\+300/,
    ],
  ])('refuses what is wrong: %#', (pictures, message) => {
    expect(() => images(pictures as never)).toThrow(message);
  });
});

describe('grey', () => {
  it('weighs colours by their brightness, over white where they are not opaque', () => {
    const data = Uint8Array.of(255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 0, 0, 255, 255, 255, 255);
    const { width, height, data: bright } = grey({ width: 2, height: 2, data });
    expect([width, height, ...bright]).toEqual([2, 2, 0.299, 0.587, 1, 1].map(Math.fround));
  });

  it('refuses two channels', () => {
    expect(() => grey({ width: 1, height: 1, data: new Uint8Array(2) })).toThrow(
      /^grey\(picture\): expected 1, 3 or 4 channels, got 2/,
    );
  });
});

describe('scaled', () => {
  it('keeps what is even, in any size, and the width with the height', () => {
    const even = { width: 6, height: 4, data: new Float32Array(24).fill(0.5) };
    for (const height of [1, 2, 3, 4, 9]) {
      const { width, data } = scaled(even, height);
      expect(width).toBe(Math.round((6 * height) / 4));
      expect(data.every((value) => Math.abs(value - 0.5) < 1e-6)).toBe(true);
    }
  });

  it('is the picture itself in its own size, and between its pixels in a larger one', () => {
    const picture = { width: 2, height: 1, data: Float32Array.of(0, 1) };
    expect([...scaled(picture, 1).data]).toEqual([0, 1]);
    expect([...scaled(picture, 2).data]).toEqual([0, 0.25, 0.75, 1, 0, 0.25, 0.75, 1]);
  });

  it('refuses heights that are none', () => {
    const picture = { width: 2, height: 1, data: Float32Array.of(0, 1) };
    expect(() => scaled(picture, 0)).toThrow(/^scaled\(height\): expected/);
    expect(() => scaled({ width: 9000, height: 1, data: new Uint8Array(9000) }, 2)).toThrow(
      /^scaled: the width: expected/,
    );
  });
});
