// Features against numpy twins of librosa's and Kaldi's formulas, and resampling against SciPy's. fixtures/audio.py made the figures.
import { describe, expect, it } from 'vitest';
import { type FrontEndOptions, frontEnd, resample } from '../../src/speech/index.ts';
import { numbers } from '../support/models.ts';
import figures from './fixtures/audio.json' with { type: 'json' };

/** Teeth of a saw that grow, and noise, as fixtures/audio.py has them. */
function sound(seed: number, length: number): Float32Array {
  const next = numbers(seed);
  return Float32Array.from({ length }, (_, i) => {
    const saw = (i % 57) / 57 - 0.5;
    return (0.4 * saw * (i + 1)) / length + 0.1 * (2 * next() - 1);
  });
}

/** The largest difference, as a part of the largest number. */
function distance(got: ArrayLike<number>, expected: readonly number[]): number {
  expect(got.length).toBe(expected.length);
  const largest = expected.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  return expected.reduce((max, value, i) => Math.max(max, Math.abs(value - got[i]!)), 0) / largest;
}

describe('features', () => {
  for (const [index, { convention, length, options, shape, values }] of figures.features.entries()) {
    it(`of ${convention} with ${JSON.stringify(options)} are those of numpy to 1e-6`, () => {
      const front = frontEnd({ convention, ...options } as FrontEndOptions);
      expect(front.size).toBe(shape[1]);
      expect(distance(front.extract(sound(index, length)), values)).toBeLessThan(1e-6);
    });
  }
});

describe('resample', () => {
  for (const [index, { from, to, length, values }] of figures.resampled.entries()) {
    it(`from ${from} to ${to} Hz gives the numbers of SciPy to 1e-6`, () => {
      expect(distance(resample(sound(index, length), from, to), values)).toBeLessThan(1e-6);
    });
  }
});
