// Rows of a table by token: the product of a one-hot matrix with the table, without the matrix.

import type { Real } from './real.ts';

/** y[r] = table[tokens[tokensAt + r]] (+ bias). table: [V, width], y: [rows, width] at yAt, bias: [width] or null. */
export function gatherRows(
  y: Real,
  yAt: number,
  table: Real,
  bias: Real | null,
  tokens: Int32Array,
  tokensAt: number,
  rows: number,
  width: number,
): void {
  for (let r = 0; r < rows; r++) {
    const from = tokens[tokensAt + r] * width;
    const to = yAt + r * width;
    if (bias === null) for (let i = 0; i < width; i++) y[to + i] = table[from + i];
    else for (let i = 0; i < width; i++) y[to + i] = table[from + i] + bias[i];
  }
}

/** dTable[tokens[tokensAt + r]] += dy[r], in ascending r. */
export function scatterAddRows(
  dTable: Real,
  dy: Real,
  dyAt: number,
  tokens: Int32Array,
  tokensAt: number,
  rows: number,
  width: number,
): void {
  for (let r = 0; r < rows; r++) {
    const to = tokens[tokensAt + r] * width;
    const from = dyAt + r * width;
    for (let i = 0; i < width; i++) dTable[to + i] += dy[from + i];
  }
}
