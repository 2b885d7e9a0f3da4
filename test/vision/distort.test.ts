// Pictures distorted by a seed.
import { describe, expect, it } from 'vitest';
import { checksum } from '../../src/base/crc32.ts';
import { type DistortOptions, distorted } from '../../src/vision/index.ts';

/** A white square of 2x2 pixels in the middle of 8x6. */
const square = {
  width: 8,
  height: 6,
  data: Float32Array.from({ length: 48 }, (_, i) => Number([3, 4].includes(i % 8) && [2, 3].includes(i >> 3))),
};
const rowsOf = ({ width, height, data }: { width: number; height: number; data: ArrayLike<number> }) =>
  Array.from({ length: height }, (_, y) => Array.from({ length: width }, (_, x) => data[y * width + x]!));
const sum = (values: ArrayLike<number>) => Array.from(values).reduce((total, value) => total + value, 0);

describe('distorted', () => {
  it('moves by whole pixels and parts of them, with the edge repeated', () => {
    const moved = distorted({ shift: { x: 2, y: -1 } })(square, 0);
    expect(rowsOf(moved)[1]).toEqual([0, 0, 0, 0, 0, 1, 1, 0]);
    expect(rowsOf(moved)[3]).toEqual([0, 0, 0, 0, 0, 0, 0, 0]);
    const half = distorted({ shift: { x: 0.5 } })(square, 0);
    expect(rowsOf(half)[2]).toEqual([0, 0, 0, 0.5, 1, 0.5, 0, 0]);
    const edge = { width: 3, height: 1, data: Uint8Array.of(255, 0, 0) };
    expect([...distorted({ shift: { x: 1 } })(edge, 0).data]).toEqual([1, 1, 0]);
  });

  it('leans to the right', () => {
    const column = { width: 5, height: 3, data: Float32Array.from({ length: 15 }, (_, i) => Number(i % 5 === 2)) };
    expect(rowsOf(distorted({ shear: 1 })(column, 0))).toEqual([
      [0, 0, 0, 1, 0],
      [0, 0, 1, 0, 0],
      [0, 1, 0, 0, 0],
    ]);
  });

  it('changes the distance from the mean', () => {
    const { data } = distorted({ contrast: 0.5 })({ width: 2, height: 1, data: Float32Array.of(0, 1) }, 0);
    expect([...data]).toEqual([0.25, 0.75]);
  });

  it('blurs by a Gaussian, and keeps how much there is', () => {
    const point = { width: 15, height: 15, data: Float32Array.from({ length: 225 }, (_, i) => Number(i === 112)) };
    const rows = rowsOf(distorted({ blur: 1.5 })(point, 0));
    expect(sum(rows.flat())).toBeCloseTo(1, 5);
    expect(rows[7]![9]! / rows[7]![7]!).toBeCloseTo(Math.exp(-4 / (2 * 1.5 ** 2)), 5);
    expect(rows[5]![7]).toBe(rows[7]![5]);
    expect(rows[3]![7]).toBe(rows[11]![7]);
  });

  it('adds noise of its deviation and moves pixels as far as it is told', () => {
    const empty = { width: 200, height: 50, data: new Float32Array(10_000) };
    const noisy = distorted({ noise: 0.2 })(empty, 3).data;
    expect(Math.sqrt(sum(noisy.map((value) => value * value)) / 10_000)).toBeCloseTo(0.2, 2);
    // Each pixel's number is its column: what comes out is where it came from.
    const columns = { width: 200, height: 50, data: Float32Array.from({ length: 10_000 }, (_, i) => i % 200) };
    const bent = distorted({ elastic: { strength: 2, scale: 4 } })(columns, 3).data;
    const inside = [...bent.keys()].filter((i) => i % 200 > 20 && i % 200 < 180);
    const moved = Math.sqrt(sum(inside.map((i) => (bent[i]! - (i % 200)) ** 2)) / inside.length);
    expect(moved).toBeGreaterThan(1.5);
    expect(moved).toBeLessThan(2.5);
    // Neighbours move alike.
    const apart = Math.max(...inside.slice(1).map((i) => Math.abs(bent[i]! - bent[i - 1]! - 1)));
    expect(apart).toBeLessThan(moved);
  });

  const all: DistortOptions = {
    shift: { x: [-2, 2], y: [-1, 1] },
    shear: [-0.3, 0.3],
    elastic: { strength: [0, 1], scale: [2, 4] },
    contrast: [0.5, 1],
    blur: [0, 1.5],
    noise: [0, 0.2],
  };

  it('gives the same bits for a seed in every engine, and others for another', () => {
    const distort = distorted(all);
    expect(checksum(new Uint8Array(distort(square, 7).data.buffer))).toBe('750d022d');
    expect(distort(square, 7).data).toEqual(distorted(all)(square, 7).data);
    expect(distort(square, 8).data).not.toEqual(distort(square, 7).data);
  });

  it('treats channels alike, and leaves the picture as it was', () => {
    const before = square.data.slice();
    const three = { ...square, data: Float32Array.from({ length: 144 }, (_, i) => square.data[Math.floor(i / 3)]!) };
    const { noise: _, ...still } = all;
    const [one, colours] = [distorted(still)(square, 5), distorted(still)(three, 5)];
    expect([...colours.data].filter((_, i) => i % 3 === 1)).toEqual([...one.data]);
    expect(square.data).toEqual(before);
    expect(distorted({})(square, 0).data).toEqual(square.data);
  });

  it('refuses what is wrong', () => {
    expect(() => distorted({ blurr: 1 } as never)).toThrow(/^distorted: .*blurr/);
    expect(() => distorted({ blur: [2, 1] })).toThrow(/^distorted\.blur\[1\]: expected a finite number >= 2 and/);
    expect(() => distorted({ noise: [1] as never })).toThrow(/^distorted\.noise: expected a number, or two, got/);
    expect(() => distorted({ shear: 3 })).toThrow(/^distorted\.shear: expected .*<= 2, got 3/);
    expect(() => distorted({})(square, -1)).toThrow(/^distort\(seed\): expected an integer >= 0/);
    expect(() => distorted({})(3 as never, 1)).toThrow(/^distort\(picture\): expected a picture/);
  });
});
