// Random numbers: known answers of the generator and of the normal quantile, independence of shape and order, distribution.

import { PANEL, bytes, padded } from '../simd';
import { inside, normalQuantile, philox, randomAt, randomNormal, randomUniform } from '../random';
import { block, differences, get, room, set, strayPadding } from './blocks';

const N: i32 = 65536;

/** Checks the four words of one Philox block. */
function checkPhilox(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32, w0: u32, w1: u32, w2: u32, w3: u32): void {
  const words = room(16);
  philox(words, c0, c1, c2, c3, k0, k1);
  expect(load<u32>(words)).toBe(w0);
  expect(load<u32>(words, 4)).toBe(w1);
  expect(load<u32>(words, 8)).toBe(w2);
  expect(load<u32>(words, 12)).toBe(w3);
}

/** Relative error of normalQuantile(p). */
function quantileError(p: f64, expected: f64): f64 {
  return abs<f64>(normalQuantile(p) - expected) / abs<f64>(expected);
}

function uniform(count: i32, seedLow: u32, seedHigh: u32, stream: u32): usize {
  const x = block(count);
  randomUniform(x, 1, count, count, 0, 1, seedLow, seedHigh, stream, 0);
  return x;
}

function normal(count: i32, seedLow: u32, seedHigh: u32, stream: u32): usize {
  const x = block(count);
  randomNormal(x, 1, count, count, 0, 1, seedLow, seedHigh, stream, 0);
  return x;
}

/** Mean of (x - centre)^power. */
function moment(x: usize, centre: f64, power: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < N; i++) {
    let term: f64 = 1;
    for (let k = 0; k < power; k++) term *= get(x, i) - centre;
    sum += term;
  }
  return sum / N;
}

/** Correlation of x[i] with y[i + lag], both uniform in [0, 1). Without correlation, N times its square is about 1. */
function correlation(x: usize, y: usize, lag: i32): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < N - lag; i++) sum += (get(x, i) - 0.5) * (get(y, i + lag) - 0.5);
  return (12 * sum) / (N - lag);
}

/** Σ (count - expected)² / expected over 256 equal bins of [0, 1). */
function chiSquared(x: usize): f64 {
  const bins = room(4 * 256);
  for (let i = 0; i < N; i++) {
    const bin = bins + 4 * <usize>min<f64>(255, 256 * get(x, i));
    store<i32>(bin, load<i32>(bin) + 1);
  }
  let sum: f64 = 0;
  for (let b = 0; b < 256; b++) {
    const difference = <f64>load<i32>(bins + 4 * b) - N / 256;
    sum += (difference * difference) / (N / 256);
  }
  return sum;
}

/** Statistics of one seed and stream, each within 5 standard errors. */
function checkUniform(seedLow: u32, seedHigh: u32, stream: u32): void {
  const x = uniform(N, seedLow, seedHigh, stream);
  const root = sqrt<f64>(<f64>N);
  expect(abs<f64>(moment(x, 0.5, 1)) * root).toBeLessThan(5 * sqrt<f64>(1.0 / 12), 'mean');
  expect(abs<f64>(moment(x, 0.5, 2) - 1.0 / 12) * root).toBeLessThan(5 * sqrt<f64>(1.0 / 180), 'variance');
  expect(abs<f64>(correlation(x, x, 1)) * root).toBeLessThan(5, 'neighbours');
  expect(abs<f64>(correlation(x, x, 2)) * root).toBeLessThan(5, 'next neighbours');
  const deviation = sqrt<f64>(2 * 255);
  expect(chiSquared(x)).toBeGreaterThan(255 - 5 * deviation, 'too even');
  expect(chiSquared(x)).toBeLessThan(255 + 5 * deviation, 'too uneven');
}

describe('philox', () => {
  test('known answers of Random123 for philox4x32-10: zeros, ones, digits of pi', () => {
    checkPhilox(0, 0, 0, 0, 0, 0, 0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8);
    const ones: u32 = 0xffffffff;
    checkPhilox(ones, ones, ones, ones, ones, ones, 0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd);
    checkPhilox(
      0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344, 0xa4093822, 0x299f31d0,
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    );
  });
});

describe('randomAt', () => {
  test('the first 53 bits of the block with counter (index, 0, stream, 0)', () => {
    const words = room(16);
    for (let index: u32 = 0; index < 100; index++) {
      philox(words, index * 43046721, 0, 5, 0, 7, 9);
      const expected = <f64>(load<u64>(words) >> 11) / 9007199254740992.0;
      expect(randomAt(7, 9, 5, index * 43046721)).toBe(expected);
    }
  });
});

describe('randomUniform', () => {
  test('element i is low + (high - low) · randomAt(i), computed in f64 and rounded to real once', () => {
    const x = block(100);
    randomUniform(x, 1, 100, 100, -0.3, 2.1, 1, 2, 3, 0);
    for (let i = 0; i < 100; i++) {
      const expected: f64 = -0.3 + (2.1 - -0.3) * randomAt(1, 2, 3, i);
      expect(get(x, i)).toBe(<f64>(<real>expected));
    }
  });

  test('elements do not depend on how many are drawn or on the shape; the padding is not touched', () => {
    const flat = uniform(105, 3, 4, 5);
    expect(differences(flat, uniform(40, 3, 4, 5), 40)).toBe(0);
    const rest = block(64);
    randomUniform(rest, 1, 64, 64, 0, 1, 3, 4, 5, 41);
    expect(differences(flat + bytes(41), rest, 64)).toBe(0);
    const columns = 7;
    const ld = padded(columns) + PANEL;
    const matrix = block(15 * ld);
    set(matrix, columns, 99);
    randomUniform(matrix, 15, columns, ld, 0, 1, 3, 4, 5, 0);
    let different = 0;
    for (let r = 0; r < 15; r++) {
      for (let c = 0; c < columns; c++) {
        if (get(matrix, r * ld + c) != get(flat, r * columns + c)) different++;
      }
    }
    expect(different).toBe(0);
    expect(get(matrix, columns)).toBe(99);
    set(matrix, columns, 0);
    expect(strayPadding(matrix, 15, columns, ld)).toBe(0);
  });

  test('uniform: mean, variance, neighbours, chi-squared of 256 bins, for seeds 0, 1, 2^32 and 2^64 - 1', () => {
    checkUniform(0, 0, 0);
    checkUniform(1, 0, 0);
    checkUniform(0, 1, 0);
    checkUniform(0xffffffff, 0xffffffff, 0xffffffff);
  });

  test('seed 0 is a seed like any other: both halves of the seed and the stream give other, uncorrelated numbers', () => {
    const x = uniform(N, 0, 0, 0);
    const root = sqrt<f64>(<f64>N);
    for (let k = 0; k < 3; k++) {
      const y = uniform(N, k == 0 ? 1 : 0, k == 1 ? 1 : 0, k == 2 ? 1 : 0);
      expect(differences(x, y, N)).toBeGreaterThan(N - 100);
      expect(abs<f64>(correlation(x, y, 0)) * root).toBeLessThan(5);
      expect(abs<f64>(correlation(x, y, 1)) * root).toBeLessThan(5);
    }
    expect(differences(x, uniform(N, 0, 0, 0), N)).toBe(0, 'the same again');
  });
});

describe('normalQuantile', () => {
  test('within 1e-15 of the values that Wichura prints and of others from 40 digits, in all three ranges', () => {
    expect(normalQuantile(0.5)).toBe(0);
    expect(quantileError(0.25, -0.6744897501960817)).toBeLessThan(1e-15);
    expect(quantileError(0.001, -3.0902323061678136)).toBeLessThan(1e-15);
    expect(quantileError(1e-20, -9.262340089798407)).toBeLessThan(1e-15);
    expect(quantileError(0.6, 0.2533471031357997)).toBeLessThan(1e-15);
    expect(quantileError(0.425, -0.18911842627279252)).toBeLessThan(1e-15);
    expect(quantileError(0.9, 1.2815515655446006)).toBeLessThan(1e-15);
    expect(quantileError(0.075, -1.439531470938456)).toBeLessThan(1e-15);
    expect(quantileError(0.0749, -1.4402382675279637)).toBeLessThan(1e-15);
    expect(quantileError(0.975, 1.9599639845400538)).toBeLessThan(1e-15);
    expect(quantileError(1e-10, -6.361340902404057)).toBeLessThan(1e-15);
    expect(quantileError(1e-12, -7.034483825301132)).toBeLessThan(1e-15);
  });

  test('finite and antisymmetric at both ends of the numbers that it is given', () => {
    const least = inside(0);
    const most = inside(u64.MAX_VALUE);
    expect(least).toBe(1.1102230246251565e-16);
    expect(most).toBe(1 - 1.1102230246251565e-16);
    expect(quantileError(least, -8.209536151601387)).toBeLessThan(1e-15);
    expect(normalQuantile(most)).toBe(-normalQuantile(least));
    expect(inside(0x8000000000000000) - 0.5).toBe(0.5 - inside(0x7fffffffffffffff));
  });
});

describe('randomNormal', () => {
  test('element i is mean + deviation · quantile of the 52 bits of block i, computed in f64 and rounded to real once', () => {
    const x = block(100);
    const words = room(16);
    randomNormal(x, 1, 100, 100, 0.7, 0.3, 1, 2, 3, 0);
    for (let i = 0; i < 100; i++) {
      philox(words, i, 0, 3, 0, 1, 2);
      const expected: f64 = 0.7 + 0.3 * normalQuantile(inside(load<u64>(words)));
      expect(get(x, i)).toBe(<f64>(<real>expected));
    }
  });

  test('elements do not depend on how many are drawn or on the shape; the padding is not touched', () => {
    const flat = normal(105, 3, 4, 5);
    expect(differences(flat, normal(40, 3, 4, 5), 40)).toBe(0);
    const rest = block(64);
    randomNormal(rest, 1, 64, 64, 0, 1, 3, 4, 5, 41);
    expect(differences(flat + bytes(41), rest, 64)).toBe(0);
    const columns = 7;
    const ld = padded(columns);
    const matrix = block(15 * ld);
    randomNormal(matrix, 15, columns, ld, 0, 1, 3, 4, 5, 0);
    let different = 0;
    for (let r = 0; r < 15; r++) {
      for (let c = 0; c < columns; c++) {
        if (get(matrix, r * ld + c) != get(flat, r * columns + c)) different++;
      }
    }
    expect(different).toBe(0);
    expect(strayPadding(matrix, 15, columns, ld)).toBe(0);
  });

  test('normal: moments 1 to 4 and the share beyond 1.96, each within 5 standard errors, seed 0 included', () => {
    for (let seed: u32 = 0; seed < 3; seed++) {
      const x = normal(N, seed, 0, 1);
      const root = sqrt<f64>(<f64>N);
      expect(abs<f64>(moment(x, 0, 1)) * root).toBeLessThan(5, 'mean');
      expect(abs<f64>(moment(x, 0, 2) - 1) * root).toBeLessThan(5 * sqrt<f64>(2), 'variance');
      expect(abs<f64>(moment(x, 0, 3)) * root).toBeLessThan(5 * sqrt<f64>(15), 'third moment');
      expect(abs<f64>(moment(x, 0, 4) - 3) * root).toBeLessThan(5 * sqrt<f64>(96), 'fourth moment');
      let beyond = 0;
      for (let i = 0; i < N; i++) if (abs<f64>(get(x, i)) > 1.9599639845400538) beyond++;
      expect(abs<f64>(<f64>beyond / N - 0.05) * root).toBeLessThan(5 * sqrt<f64>(0.05 * 0.95), 'share beyond 1.96');
    }
  });
});
