// Bias rows, sums over rows and values, scale, clamp and row masks.

import { PANEL, padded } from '../simd';
import { approach, biasRows, clampValues, clear, isZero, maskRows, scale, sumAbs, sumRows, sumSquares } from '../reduce';
import { block, copy, get, matrix, room, set, strayPadding } from './rows';

const ROWS: i32 = 9;

describe('biasRows and sumRows', () => {
  test('biasRows repeats the bias and leaves the next row alone', () => {
    for (let columns = 1; columns <= 3 * PANEL; columns++) {
      const ld = padded(columns);
      const bias = matrix(1, 1, columns, ld, 1);
      const y = block((ROWS + 1) * ld);
      biasRows(y, bias, ROWS, ld);
      let wrong = 0;
      for (let i = 0; i < ROWS * ld; i++) if (get(y, i) != get(bias, i % ld)) wrong++;
      for (let c = 0; c < ld; c++) if (get(y, ROWS * ld + c) != 0) wrong++;
      expect(wrong).toBe(0);
    }
  });

  test('sumRows adds each column from the last row to the first, starting from what is there', () => {
    // Up to ten panels: the blocks of four and the single panels that remain.
    for (let columns = 1; columns <= 10 * PANEL; columns += 3) {
      const ld = padded(columns);
      const db = matrix(2, 1, columns, ld, 1);
      const before = copy(db, ld);
      const dy = matrix(3, ROWS, columns, ld, 1);
      sumRows(db, dy, ROWS, ld);
      let wrong = 0;
      for (let c = 0; c < columns; c++) {
        let sum = <real>get(before, c);
        for (let r = ROWS - 1; r >= 0; r--) sum += <real>get(dy, r * ld + c);
        if (get(db, c) != <f64>sum) wrong++;
      }
      expect(wrong).toBe(0, 'same bits as a sequential sum');
      expect(strayPadding(db, 1, columns, ld)).toBe(0, 'padding');
    }
  });

  test('sumRows of the later half, then of the earlier one, equals the sum of the whole', () => {
    const ld = 5 * PANEL;
    const dy = matrix(4, 8, ld, ld, 1);
    const whole = block(ld);
    const halves = block(ld);
    sumRows(whole, dy, 8, ld);
    sumRows(halves, dy + 3 * ld * sizeof<real>(), 5, ld);
    sumRows(halves, dy, 3, ld);
    for (let c = 0; c < ld; c++) expect(get(halves, c)).toBe(get(whole, c));
  });
});

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

describe('scale and clampValues', () => {
  test('scale multiplies n values by the rounded factor and no more', () => {
    const n = 5 * PANEL;
    const x = matrix(6, 1, n + PANEL, n + PANEL, 1);
    const before = copy(x, n + PANEL);
    scale(x, 0.3, n);
    for (let i = 0; i < n; i++) expect(get(x, i)).toBe(<f64>(<real>get(before, i) * <real>0.3));
    for (let i = n; i < n + PANEL; i++) expect(get(x, i)).toBe(get(before, i));
  });

  test('approach goes a part of the way, by the rounded rate, and leaves the rest alone', () => {
    const n = 5 * PANEL;
    const y = matrix(7, 1, n + PANEL, n + PANEL, 1);
    const x = matrix(8, 1, n + PANEL, n + PANEL, 1);
    const before = copy(y, n + PANEL);
    approach(y, x, 0.3, n);
    for (let i = 0; i < n; i++) {
      const from = <real>get(before, i);
      expect(get(y, i)).toBe(<f64>(from + <real>0.3 * (<real>get(x, i) - from)));
    }
    for (let i = n; i < n + PANEL; i++) expect(get(y, i)).toBe(get(before, i));
  });

  test('clampValues limits both signs, keeps what is inside, keeps NaN', () => {
    for (let i = 0; i < 2 * PANEL; i++) {
      const x = block(3 * PANEL);
      const values: f64[] = [0.5, -0.5, 0.25, -0.25, 7, -7, Infinity, -Infinity];
      const clamped: f64[] = [0.5, -0.5, 0.25, -0.25, 0.5, -0.5, 0.5, -0.5];
      for (let k = 0; k < values.length; k++) {
        set(x, i, values[k]);
        set(x, 2 * PANEL, values[k]);
        clampValues(x, 0.5, 2 * PANEL);
        expect(get(x, i)).toBe(clamped[k]);
        expect(get(x, 2 * PANEL)).toBe(values[k], 'beyond n');
      }
      set(x, i, NaN);
      clampValues(x, 0.5, 2 * PANEL);
      expect(isNaN(get(x, i))).toBe(true);
    }
  });
});

describe('maskRows', () => {
  test('zeroes the rows that the mask names, NaN and infinity included, and copies the others', () => {
    for (let columns = 1; columns <= 3 * PANEL; columns += 2) {
      const ld = padded(columns);
      const x = matrix(7, ROWS, columns, ld, 1);
      const mask = room(ROWS);
      for (let r = 0; r < ROWS; r++) store<u8>(mask + r, r % 3 == 1 ? (r == 4 ? 255 : 1) : 0);
      set(x, ld, NaN);
      set(x, 4 * ld, Infinity);
      const y = matrix(8, ROWS, columns, ld, 1);
      maskRows(y, x, mask, ROWS, ld);
      const inPlace = copy(x, ROWS * ld);
      maskRows(inPlace, inPlace, mask, ROWS, ld);
      let wrong = 0;
      for (let i = 0; i < ROWS * ld; i++) {
        const expected = load<u8>(mask + i / ld) != 0 ? 0 : get(x, i);
        if (get(y, i) != expected) wrong++;
        if (get(inPlace, i) != expected) wrong++;
      }
      expect(wrong).toBe(0);
    }
  });
});

describe('clear', () => {
  test('zeroes n reals and no more, NaN and infinity included', () => {
    const x = matrix(9, 1, 3 * PANEL, 3 * PANEL, 1);
    set(x, 0, NaN);
    set(x, 2 * PANEL - 1, Infinity);
    const beyond = get(x, 2 * PANEL);
    clear(x, 2 * PANEL);
    for (let i = 0; i < 2 * PANEL; i++) expect(get(x, i)).toBe(0);
    expect(get(x, 2 * PANEL)).toBe(beyond);
  });
});

describe('isZero', () => {
  test('says whether all n reals are 0 of either sign, and looks no further', () => {
    const n = 3 * PANEL;
    const x = block(n + PANEL);
    set(x, n, 1);
    set(x, 5, -0.0);
    expect(isZero(x, n)).toBe(true);
    expect(isZero(x, 0)).toBe(true);
    const values: f64[] = [1, -1, NaN, Infinity, sizeof<real>() == 4 ? 1e-45 : 5e-324];
    for (let v = 0; v < values.length; v++) {
      for (let i = 0; i < n; i++) {
        set(x, i, values[v]);
        expect(isZero(x, n)).toBe(false);
        set(x, i, 0);
      }
    }
  });
});
