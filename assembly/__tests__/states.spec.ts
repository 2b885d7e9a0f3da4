// Sums, dropout factors, zoneout, padded rows, and the copies between layouts.

import { PANEL, bytes, padded } from '../simd';
import { add, copy, copyColumns, fill, holdRows, keepRows, multiply, spreadRows, zoneout } from '../states';
import { block, copy as duplicate, get, matrix, room, set, strayPadding } from './rows';

const ROWS: i32 = 5;

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

describe('add and multiply', () => {
  test('add n reals and no more', () => {
    for (let panels = 1; panels <= 5; panels++) {
      const n = panels * PANEL;
      const y = matrix(1, 1, n + PANEL, n + PANEL, 1);
      const before = duplicate(y, n + PANEL);
      const x = matrix(2, 1, n + PANEL, n + PANEL, 1);
      add(y, x, n);
      for (let i = 0; i < n; i++) expect(get(y, i)).toBe(<f64>(<real>(<real>get(before, i) + <real>get(x, i))));
      for (let i = n; i < n + PANEL; i++) expect(get(y, i)).toBe(get(before, i));
    }
  });

  test('multiply by factors, in place too, and leave what comes after n', () => {
    for (let panels = 1; panels <= 3; panels++) {
      const n = panels * PANEL;
      const x = matrix(3, 1, n, n, 1);
      const m = matrix(4, 1, n, n, 2);
      const y = block(n + PANEL);
      const inPlace = duplicate(x, n);
      multiply(y, x, m, n);
      multiply(inPlace, inPlace, m, n);
      for (let i = 0; i < n; i++) {
        expect(get(y, i)).toBe(<f64>(<real>(<real>get(x, i) * <real>get(m, i))));
        expect(get(inPlace, i)).toBe(get(y, i));
      }
      for (let i = n; i < n + PANEL; i++) expect(get(y, i)).toBe(0, 'beyond n');
    }
  });
});

describe('zoneout', () => {
  test('takes z of the old value and 1 - z of the new one; exactly one of them where z is 1 or 0', () => {
    const n = 5 * PANEL;
    const before = matrix(5, 1, n, n, 1);
    const y = matrix(6, 1, n + PANEL, n + PANEL, 1);
    const fresh = duplicate(y, n + PANEL);
    const z = matrix(7, 1, n, n, 0.5);
    for (let i = 0; i < n; i++) set(z, i, i % 3 == 0 ? 0 : i % 3 == 1 ? 1 : 0.5 + get(z, i));
    zoneout(y, before, z, n);
    for (let i = 0; i < n; i++) {
      const share = <real>get(z, i);
      const mixed = <real>(share * <real>get(before, i)) + <real>((<real>1 - share) * <real>get(fresh, i));
      expect(get(y, i)).toBe(i % 3 == 0 ? get(fresh, i) : i % 3 == 1 ? get(before, i) : <f64>mixed);
    }
    for (let i = n; i < n + PANEL; i++) expect(get(y, i)).toBe(get(fresh, i), 'beyond n');
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

describe('copies', () => {
  test('copy and fill write n reals and no more', () => {
    for (let n = 1; n <= 2 * PANEL + 1; n++) {
      const x = matrix(13, 1, n, n, 1);
      const y = block(n + 1);
      set(y, n, 7);
      copy(y, x, n);
      for (let i = 0; i < n; i++) expect(get(y, i)).toBe(get(x, i));
      fill(y, 0.3, n);
      for (let i = 0; i < n; i++) expect(get(y, i)).toBe(<f64>(<real>0.3));
      expect(get(y, n)).toBe(7);
    }
  });

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

  test('spreadRows brings rows from the end of their block to their places, with zeros behind each', () => {
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
