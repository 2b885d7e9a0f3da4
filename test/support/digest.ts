// Digests of tensors, as fixtures/draws.py makes them, and how far numbers are from them or from all numbers.
import { expect } from 'vitest';
import { numbers } from './models.ts';

const PROJECTIONS = 4;

/** All numbers of a tensor, or what is known of it. */
export type Digest =
  | readonly number[]
  | {
      readonly count: number;
      readonly norm: number;
      /** The first number, the last, and some between them at equal distances. */
      readonly samples: readonly number[];
      /** Σ w_i x_i, for each of the `weights`. */
      readonly projections: readonly number[];
    };

/** The weights of each projection, in [-1, 1). */
const weights = Array.from({ length: PROJECTIONS }, (_, p) => {
  const next = numbers(1_000_000 + p);
  let values = new Float64Array(0);
  return (count: number) => {
    if (values.length < count) {
      const known = values;
      values = Float64Array.from({ length: count }, (_, i) => (i < known.length ? known[i]! : 2 * next() - 1));
    }
    return values;
  };
});

/**
 * How far numbers are from what is expected: the larger of ‖got - expected‖ / ‖expected‖, so that small gradients are held
 * to as many digits as large ones, and of |got - expected| / max(1, |expected|) of each number. Of a digest the norm of the
 * difference is estimated, from how far the projections are off, and single numbers are the samples and the norm.
 */
export function distance(got: ArrayLike<number>, expected: Digest): number {
  if ('count' in expected) return distanceFromDigest(got, expected);
  expect(got.length).toBe(expected.length);
  return relative(
    expected,
    Array.from(expected, (value, i) => got[i]! - value),
    Math.sqrt(sumSquares(expected)),
    1,
  );
}

function distanceFromDigest(got: ArrayLike<number>, expected: Exclude<Digest, readonly number[]>): number {
  const { count, norm, samples, projections } = expected;
  expect(got.length).toBe(count);
  const values = Float64Array.from(got);
  const off = samples.map((value, k) => values[Math.floor((k * (count - 1)) / (samples.length - 1))]! - value);
  const singles = relative([...samples, norm], [...off, Math.sqrt(sumSquares(values)) - norm], norm, 0);
  const projected = projections.map((value, p) => {
    const w = weights[p]!(count);
    return values.reduce((sum, x, i) => sum + w[i]! * x, 0) - value;
  });
  // Of uniform weights in [-1, 1) the mean square is a third.
  const estimate = Math.sqrt((3 * sumSquares(projected)) / projections.length);
  return maximum([singles, norm === 0 ? estimate : estimate / norm]);
}

/** The largest |difference| / max(1, |value|), and, as far as `whole` says, ‖difference‖ / norm. */
function relative(values: readonly number[], differences: readonly number[], norm: number, whole: 0 | 1): number {
  const length = Math.sqrt(sumSquares(differences));
  const each = differences.map((difference, i) => Math.abs(difference) / Math.max(1, Math.abs(values[i]!)));
  return maximum([...each, whole * (norm === 0 ? length : length / norm)]);
}

/** NaN where one is. */
function maximum(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b), 0);
}

function sumSquares(values: readonly number[] | Float64Array): number {
  let sum = 0;
  for (const value of values) sum += value * value;
  return sum;
}
