// Sums over all values.

import { sumAbs, sumSquares } from '../norms';
import { PANEL } from '../simd';
import { block, get, matrix, set } from './blocks';

describe('sumSquares and sumAbs', () => {
  test('agree with a scalar f64 sum to 1e-14', () => {
    for (let panels = 0; panels <= 33; panels += 3) {
      const n = panels * PANEL;
      const x = matrix(5, 1, n, n, 3);
      let squares: f64 = 0;
      let sizes: f64 = 0;
      for (let i = 0; i < n; i++) {
        squares += get(x, i) * get(x, i);
        sizes += abs<f64>(get(x, i));
      }
      expect(abs<f64>(sumSquares(x, n) - squares)).toBeLessThanOrEqual(1e-14 * squares);
      expect(abs<f64>(sumAbs(x, n) - sizes)).toBeLessThanOrEqual(1e-14 * sizes);
    }
  });

  test('every position counts once', () => {
    const n = 3 * PANEL;
    for (let i = 0; i < n; i++) {
      const x = block(n + PANEL);
      set(x, i, -3);
      expect(sumSquares(x, n)).toBe(9);
      expect(sumAbs(x, n)).toBe(3);
    }
    const beyond = block(n + PANEL);
    set(beyond, n, 1);
    expect(sumSquares(beyond, n)).toBe(0);
    expect(sumAbs(beyond, n)).toBe(0);
  });

  test('neither overflows nor loses small values where f32 would', () => {
    const x = block(PANEL);
    set(x, 0, 1e30);
    expect(sumSquares(x, PANEL)).toBeGreaterThan(0.99e60);
    expect(sumSquares(x, PANEL)).toBeLessThan(1.01e60);
    set(x, 0, 4096);
    set(x, PANEL - 1, 0.0009765625);
    expect(sumSquares(x, PANEL)).toBe(16777216.00000095367431640625);
  });

  test('a NaN or an infinity shows in the sum', () => {
    for (let i = 0; i < 2 * PANEL; i++) {
      const x = block(2 * PANEL);
      set(x, i, NaN);
      expect(isNaN(sumSquares(x, 2 * PANEL))).toBe(true);
      expect(isNaN(sumAbs(x, 2 * PANEL))).toBe(true);
      set(x, i, -Infinity);
      expect(sumSquares(x, 2 * PANEL)).toBe(Infinity);
      expect(sumAbs(x, 2 * PANEL)).toBe(Infinity);
    }
  });
});
