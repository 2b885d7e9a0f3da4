// Bias rows and their gradient, masked and padded rows, and the copies between layouts.

import { PANEL, bytes, padded } from '../simd';
import { addScaled, biasRows, copyColumns, holdRows, keepRows, maskRows, spreadRows, sumProducts, sumRows } from '../rows';
import { copy } from '../vectors';
import { block, copy as duplicate, get, matrix, room, set, strayPadding } from './blocks';

const ROWS: i32 = 9;

/** Octets [ROWS], 1 in rows 1 and 4. */
function someRows(): usize {
  const mask = room(ROWS);
  store<u8>(mask + 1, 1);
  store<u8>(mask + 4, 1);
  return mask;
}

/** Whether someRows names this row. */
function named(row: i32): bool {
  return row == 1 || row == 4;
}

describe('sumProducts', () => {
  test('adds the products of each column from the last row to the first, starting from what is there', () => {
    for (let columns = 1; columns <= 5 * PANEL; columns += 3) {
      const ld = padded(columns);
      const x = matrix(1, ROWS, columns, ld, 1);
      const dy = matrix(2, ROWS, columns, ld, 1);
      const du = matrix(3, 1, columns, ld, 1);
      const expected = duplicate(du, ld);
      sumProducts(du, x, dy, ROWS, ld);
      let wrong = 0;
      for (let c = 0; c < columns; c++) {
        let sum = <real>get(expected, c);
        for (let r = ROWS - 1; r >= 0; r--) sum += <real>get(x, r * ld + c) * <real>get(dy, r * ld + c);
        if (get(du, c) != <f64>sum) wrong++;
      }
      expect(wrong).toBe(0);
      expect(strayPadding(du, 1, columns, ld)).toBe(0);
    }
  });

  test('in parts, the later rows first, gives the bits of all at once', () => {
    const ld = padded(11);
    const x = matrix(4, ROWS, 11, ld, 1);
    const dy = matrix(5, ROWS, 11, ld, 1);
    const whole = block(ld);
    const parts = block(ld);
    sumProducts(whole, x, dy, ROWS, ld);
    sumProducts(parts, x + bytes(4 * ld), dy + bytes(4 * ld), ROWS - 4, ld);
    sumProducts(parts, x, dy, 4, ld);
    let wrong = 0;
    for (let c = 0; c < ld; c++) if (get(whole, c) != get(parts, c)) wrong++;
    expect(wrong).toBe(0);
  });
});

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
      const before = duplicate(db, ld);
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

  test('sumRows of the last rows, then of the first ones, equals the sum of the whole', () => {
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

describe('addScaled', () => {
  test('adds gain∘x to columns of rows at different distances, and touches nothing else', () => {
    const ldy = 4 * PANEL;
    const ldx = 3 * PANEL;
    for (let panels = 1; panels <= 2; panels++) {
      const columns = panels * PANEL;
      const x = matrix(10, ROWS, ldx, ldx, 1);
      const gain = matrix(11, 1, columns, columns, 2);
      const y = matrix(12, ROWS, ldy, ldy, 1);
      const before = duplicate(y, ROWS * ldy);
      addScaled(y + bytes(PANEL), x, gain, ROWS, columns, ldy, ldx);
      for (let i = 0; i < ROWS * ldy; i++) {
        const column = i % ldy - PANEL;
        const term = column >= 0 && column < columns ? <real>get(gain, column) * <real>get(x, (i / ldy) * ldx + column) : 0;
        expect(get(y, i)).toBe(<f64>(<real>(<real>get(before, i) + term)));
      }
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
      const inPlace = duplicate(x, ROWS * ld);
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

describe('rows that are padding', () => {
  test('keepRows brings back the rows of before, and leaves the others', () => {
    for (let columns = 1; columns <= 2 * PANEL + 1; columns += 2) {
      const ld = padded(columns);
      const y = matrix(8, ROWS, columns, ld, 1);
      set(y, ld, NaN); // row 1 is padding: whatever was computed there goes
      const before = matrix(9, ROWS, columns, ld, 1);
      const fresh = duplicate(y, ROWS * ld);
      const mask = someRows();
      store<u8>(mask + 4, 255);
      keepRows(y, before, mask, ROWS, ld);
      let wrong = 0;
      for (let i = 0; i < ROWS * ld; i++) if (get(y, i) != get(named(i / ld) ? before : fresh, i)) wrong++;
      expect(wrong).toBe(0);
      expect(strayPadding(y, ROWS, columns, ld)).toBe(0, 'padding');
    }
  });

  test('holdRows splits dh + dy: all of it held in padding, z of it elsewhere, the rest on to the cell', () => {
    for (let form = 0; form < 4; form++) {
      const withZ = (form & 1) != 0;
      const withPadding = (form & 2) != 0;
      for (let columns = 1; columns <= 2 * PANEL + 1; columns += 3) {
        const ld = padded(columns);
        const n = ROWS * ld;
        const dh = matrix(10, ROWS, columns, ld, 1);
        const old = duplicate(dh, n);
        const dy = matrix(11, ROWS, columns, ld, 1);
        const z = matrix(12, ROWS, columns, ld, 0.5);
        for (let i = 0; i < n; i++) set(z, i, i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : 0.5 + get(z, i));
        const held = block(n + PANEL);
        holdRows(held, dh, dy, withZ ? z : 0, withPadding ? someRows() : 0, ROWS, ld);
        let wrong = 0;
        for (let i = 0; i < n; i++) {
          const d = <real>get(old, i) + <real>get(dy, i);
          const share: real = withPadding && named(i / ld) ? 1 : withZ ? <real>get(z, i) : 0;
          if (get(held, i) != <f64>(<real>(share * d))) wrong++;
          if (get(dh, i) != <f64>(<real>((<real>1 - share) * d))) wrong++;
        }
        expect(wrong).toBe(0, form.toString());
        expect(strayPadding(held, ROWS, columns, ld)).toBe(0, 'padding of held');
        expect(strayPadding(dh, ROWS, columns, ld)).toBe(0, 'padding of dh');
        for (let i = n; i < n + PANEL; i++) expect(get(held, i)).toBe(0, 'beyond the last row');
      }
    }
  });
});

describe('copyColumns and spreadRows', () => {
  test('copyColumns moves columns of rows that lie at different distances, and touches nothing else', () => {
    const ldy = 5 * PANEL;
    const ldx = 3 * PANEL;
    for (let columns = 1; columns <= 2 * PANEL; columns++) {
      const x = matrix(14, ROWS, ldx, ldx, 1);
      const y = matrix(15, ROWS, ldy, ldy, 1);
      const before = duplicate(y, ROWS * ldy);
      copyColumns(y + bytes(PANEL), x + bytes(1), ROWS, columns, ldy, ldx);
      let wrong = 0;
      for (let i = 0; i < ROWS * ldy; i++) {
        const column = i % ldy - PANEL;
        const copied = column >= 0 && column < columns;
        if (get(y, i) != (copied ? get(x, (i / ldy) * ldx + 1 + column) : get(before, i))) wrong++;
      }
      expect(wrong).toBe(0);
    }
  });

  test('spreadRows brings rows from the end of their block to their places, with zeros after each', () => {
    for (let columns = 1; columns <= 3 * PANEL; columns++) {
      const ld = padded(columns);
      const close = matrix(16, 1, ROWS * columns, ROWS * columns, 1);
      const y = matrix(17, ROWS + 1, ld, ld, 1);
      const after = duplicate(y, (ROWS + 1) * ld);
      copy(y + bytes(ROWS * (ld - columns)), close, ROWS * columns);
      spreadRows(y, ROWS, columns, ld);
      let wrong = 0;
      for (let i = 0; i < ROWS * ld; i++) {
        const column = i % ld;
        if (get(y, i) != (column < columns ? get(close, (i / ld) * columns + column) : 0)) wrong++;
      }
      for (let i = ROWS * ld; i < (ROWS + 1) * ld; i++) if (get(y, i) != get(after, i)) wrong++;
      expect(wrong).toBe(0);
    }
  });
});
