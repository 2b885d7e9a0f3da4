// Tokens as one-hot inputs: a row of a table per token instead of a product with a one-hot matrix.
// The caller checks that every token is a row of the table.

import { PANEL, STRIDE, bytes } from './simd';

/**
 * y[r] = table[tokens[r]] + bias, for `rows` rows.
 *
 * y: [rows, ld]; table: [vocabulary, ld]; bias: [ld], or 0 for none; tokens: i32 [rows].
 */
export function gatherRows(y: usize, table: usize, bias: usize, tokens: usize, rows: i32, ld: i32): void {
  assert(ld % PANEL == 0);
  const width = bytes(ld);
  for (let r = 0; r < rows; r++) {
    let from = table + <usize>load<i32>(tokens + (<usize>r << 2)) * width;
    const end = y + width;
    if (bias) {
      for (let b = bias; y < end; y += STRIDE, from += STRIDE, b += STRIDE) {
        const y0 = v128.add<real>(v128.load(from), v128.load(b));
        const y1 = v128.add<real>(v128.load(from, 16), v128.load(b, 16));
        v128.store(y, y0);
        v128.store(y, y1, 16);
      }
    } else {
      for (; y < end; y += STRIDE, from += STRIDE) {
        const y0 = v128.load(from);
        const y1 = v128.load(from, 16);
        v128.store(y, y0);
        v128.store(y, y1, 16);
      }
    }
  }
}

/**
 * dTable[tokens[r]] += dy[r], for r from the last to the first: a token that occurs twice collects both rows, in that order.
 *
 * dTable: [vocabulary, ld]; dy: [rows, ld]; tokens: i32 [rows].
 */
export function scatterAddRows(dTable: usize, dy: usize, tokens: usize, rows: i32, ld: i32): void {
  assert(ld % PANEL == 0);
  const width = bytes(ld);
  dy += width * (rows - 1);
  for (let r = rows - 1; r >= 0; r--, dy -= 2 * width) {
    let to = dTable + <usize>load<i32>(tokens + (<usize>r << 2)) * width;
    for (const end = dy + width; dy < end; dy += STRIDE, to += STRIDE) {
      const d0 = v128.add<real>(v128.load(to), v128.load(dy));
      const d1 = v128.add<real>(v128.load(to, 16), v128.load(dy, 16));
      v128.store(to, d0);
      v128.store(to, d1, 16);
    }
  }
}
