// What is taken out of pictures: lean, brightness, contrast.
import { describe, expect, it } from 'vitest';
import { deskewed, distorted, standardized } from '../../src/vision/index.ts';

/** A bar of ink, straight up, on paper. */
const bar = (ink: number, paper: number) => ({
  width: 24,
  height: 16,
  data: Float32Array.from({ length: 384 }, (_, i) =>
    Math.abs((i % 24) - 11.5) < 2 && i >= 48 && i < 336 ? ink : paper,
  ),
});

/** How the middle of the ink changes from row to row. */
function leanOf({ width, height, data }: { width: number; height: number; data: Float32Array }, paper: number) {
  const middles = Array.from({ length: height }, (_, y) => {
    const ink = Array.from(data.subarray(y * width, (y + 1) * width), (value) => Math.abs(value - paper));
    const mass = ink.reduce((total, value) => total + value, 0);
    return mass < 0.1 ? undefined : ink.reduce((total, value, x) => total + value * x, 0) / mass;
  }).filter((middle) => middle !== undefined);
  return (middles.at(-2)! - middles[1]!) / (middles.length - 3);
}

describe('deskewed', () => {
  it.each([
    [1, 0, 0.4],
    [0.2, 0.9, -0.3],
  ])('sets up what leans: ink %f on %f', (ink, paper, shear) => {
    const leaning = distorted({ shear })(bar(ink, paper), 0);
    expect(leanOf(leaning, paper)).toBeCloseTo(-shear, 2);
    expect(Math.abs(leanOf(deskewed(leaning), paper))).toBeLessThan(0.03);
  });

  it('leaves what stands straight, and what has nothing in it', () => {
    expect(deskewed(bar(1, 0)).data).toEqual(bar(1, 0).data);
    const blank = { width: 3, height: 3, data: new Uint8Array(9).fill(255) };
    expect([...deskewed(blank).data]).toEqual(Array(9).fill(1));
    const row = { width: 3, height: 1, data: Uint8Array.of(0, 255, 0) };
    expect([...deskewed(row).data]).toEqual([0, 1, 0]);
  });
});

describe('standardized', () => {
  it('makes paper 0 and the deviation 1, whatever the contrast was', () => {
    const { data } = standardized(bar(0.1, 0.8));
    const mean = data.reduce((sum, value) => sum + value, 0) / data.length;
    const variance = data.reduce((sum, value) => sum + (value - mean) ** 2, 0) / data.length;
    expect([data[0], Math.min(...data) < -1]).toEqual([0, true]);
    expect(variance).toBeCloseTo(1, 5);
    const pale = standardized(bar(0.45, 0.8)).data;
    expect(Math.max(...pale.map((value, i) => Math.abs(value - data[i]!)))).toBeLessThan(1e-5);
  });

  it('makes what is the same everywhere 0', () => {
    expect([...standardized({ width: 2, height: 1, data: Uint8Array.of(9, 9) }).data]).toEqual([0, 0]);
  });
});

it.each([deskewed, standardized])('%o refuses more channels than one', (work) => {
  expect(() => work({ width: 1, height: 1, data: new Uint8Array(3) })).toThrow(
    `${work.name}(picture): expected 1 channel, as grey makes it, got 3`,
  );
});
