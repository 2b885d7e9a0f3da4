// The masks of dropout: which words they come from, how often, and that nothing depends on what is drawn at once.

import { padded } from '../simd';
import { bernoulli, philox } from '../random';
import { block, differences, get, room, set } from './blocks';

const N: i32 = 65536;

/** A mask of N elements in rows of 256. */
function mask(probability: f64, seedLow: u32, seedHigh: u32, c1: u32, c2: u32, c3: u32): usize {
  const dst = block(N);
  bernoulli(dst, N / 256, 256, 256, probability, 1, seedLow, seedHigh, 0, c1, c2, c3);
  return dst;
}

function share(x: usize): f64 {
  let sum: f64 = 0;
  for (let i = 0; i < N; i++) sum += get(x, i);
  return sum / N;
}

/** The first 32 elements of a row of 32, the first one in the lowest bit. */
function pattern(probability: f64, seedLow: u32, seedHigh: u32, row: u32, c1: u32, c2: u32, c3: u32): u32 {
  const dst = block(32);
  bernoulli(dst, 1, 32, 32, probability, 1, seedLow, seedHigh, row, c1, c2, c3);
  let bits: u32 = 0;
  for (let i = 0; i < 32; i++) if (get(dst, i) != 0) bits |= <u32>1 << i;
  return bits;
}

describe('bernoulli', () => {
  test('element c of row r is word c mod 4 of the block with counter (r · ceil(columns / 4) + c / 4, c1, c2, c3), below p · 2^32', () => {
    const words = room(16);
    for (let columns = 1; columns <= 37; columns++) {
      const ld = padded(columns) + 8;
      const dst = block(7 * ld);
      bernoulli(dst, 7, columns, ld, 0.3, 1.25, 5, 6, 1000, 7, 8, 9);
      let wrong = 0;
      for (let r = 0; r < 7; r++) {
        for (let c = 0; c < columns; c++) {
          philox(words, (1000 + r) * ((columns + 3) / 4) + c / 4, 7, 8, 9, 5, 6);
          const word = load<u32>(words + 4 * (c % 4));
          if (get(dst, r * ld + c) != (<f64>word < 0.3 * 4294967296.0 ? 1.25 : 0)) wrong++;
        }
      }
      expect(wrong).toBe(0, columns.toString());
    }
  });

  test('known masks', () => {
    expect(pattern(0.5, 0, 0, 0, 0, 0, 0)).toBe(0xa8b0afa1, 'seed 0');
    expect(pattern(0.25, 1, 2, 3, 4, 5, 6)).toBe(0x0024c061, 'all counters');
    expect(pattern(0.75, 0xffffffff, 0xffffffff, 0xffffff, 0xffffffff, 0xffffffff, 0xffffffff)).toBe(0xdfffe15e, 'the largest');
  });

  test('does not depend on how many rows are drawn at once', () => {
    for (let columns = 1; columns <= 21; columns++) {
      const ld = padded(columns);
      const whole = block(12 * ld);
      bernoulli(whole, 12, columns, ld, 0.5, 2, 1, 2, 40, 3, 4, 5);
      const parts = block(12 * ld);
      let row = 0;
      for (let count = 1; row < 12; count++) {
        const rows = min(count, 12 - row);
        bernoulli(parts + row * ld * sizeof<real>(), rows, columns, ld, 0.5, 2, 1, 2, 40 + row, 3, 4, 5);
        row += rows;
      }
      expect(differences(whole, parts, 12 * ld)).toBe(0, columns.toString());
    }
  });

  test('leaves the padding and the row after the last alone', () => {
    const columns = 5;
    const ld = padded(columns);
    const dst = block(4 * ld);
    for (let i = 0; i < 4 * ld; i++) set(dst, i, 99);
    bernoulli(dst, 3, columns, ld, 0.5, 1, 1, 2, 0, 3, 4, 5);
    for (let i = 0; i < 4 * ld; i++) {
      if (i >= 3 * ld || i % ld >= columns) expect(get(dst, i)).toBe(99);
      else expect(get(dst, i) == 0 || get(dst, i) == 1).toBe(true);
    }
  });

  test('probability 0 gives zeros only, 1 the value only, rounded to real once', () => {
    const dst = block(N);
    bernoulli(dst, N / 256, 256, 256, 1, 1 / 0.3, 1, 2, 0, 3, 4, 5);
    let wrong = 0;
    for (let i = 0; i < N; i++) if (get(dst, i) != <f64>(<real>(1 / 0.3))) wrong++;
    expect(wrong).toBe(0);
    bernoulli(dst, N / 256, 256, 256, 0, 1 / 0.3, 1, 2, 0, 3, 4, 5);
    for (let i = 0; i < N; i++) if (get(dst, i) != 0) wrong++;
    expect(wrong).toBe(0);
  });

  test('shares, and pairs of neighbours in a row and in a column, are within 5 standard errors', () => {
    const root = sqrt<f64>(<f64>N);
    const probabilities: f64[] = [0.01, 0.1, 0.5, 0.8, 0.99];
    for (let k = 0; k < probabilities.length; k++) {
      const p = probabilities[k];
      const variance = p * (1 - p);
      const x = mask(p, k, 0, 0, 0, 1);
      expect(abs<f64>(share(x) - p) * root).toBeLessThan(5 * sqrt<f64>(variance), p.toString());
      const lags: i32[] = [1, 2, 3, 4, 256];
      for (let j = 0; j < lags.length; j++) {
        const lag = lags[j];
        let sum: f64 = 0;
        for (let i = 0; i < N - lag; i++) sum += (get(x, i) - p) * (get(x, i + lag) - p);
        expect(abs<f64>(sum / (variance * root))).toBeLessThan(5, p.toString());
      }
    }
  });

  test('both halves of the seed and each counter give other masks, that have nothing to do with it', () => {
    const x = mask(0.5, 0, 0, 0, 0, 0);
    for (let k = 0; k < 5; k++) {
      const y = mask(0.5, k == 0 ? 1 : 0, k == 1 ? 1 : 0, k == 2 ? 1 : 0, k == 3 ? 1 : 0, k == 4 ? 1 : 0);
      // Half of the elements differ, with a standard deviation of sqrt(N) / 2.
      expect(abs<f64>(differences(x, y, N) - N / 2)).toBeLessThan(2.5 * sqrt<f64>(<f64>N), k.toString());
    }
    expect(differences(x, mask(0.5, 0, 0, 0, 0, 0), N)).toBe(0, 'the same again');
  });
});
