// Dense layer: y = x·W + b, with W as [in, out] (PyTorch's transposed).

import { gemm } from './gemm.ts';
import type { Real } from './real.ts';

/** y[rows, outputs] = x[rows, inputs]·w + b; y starts at yAt, x at xAt. */
export function denseForward(
  y: Real,
  yAt: number,
  x: Real,
  xAt: number,
  w: Real,
  b: Real,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  for (let r = 0; r < rows; r++) {
    const to = yAt + r * outputs;
    for (let i = 0; i < outputs; i++) y[to + i] = b[i];
  }
  gemm(y, yAt, x, xAt, w, 0, rows, outputs, inputs, false, false, true);
}

/**
 * dw += xᵀ·dy, db += Σ_r dy[r], and dx = dy·wᵀ unless dx is null (dx is replaced, as every layer has one reader here).
 */
export function denseBackward(
  dx: Real | null,
  dxAt: number,
  dw: Real,
  db: Real,
  dy: Real,
  dyAt: number,
  x: Real,
  xAt: number,
  w: Real,
  rows: number,
  inputs: number,
  outputs: number,
): void {
  gemm(dw, 0, x, xAt, dy, dyAt, inputs, outputs, rows, true, false, true);
  sumRows(db, dy, dyAt, rows, outputs);
  if (dx !== null) gemm(dx, dxAt, dy, dyAt, w, 0, rows, inputs, outputs, false, true, false);
}

/** db += Σ_r dy[r]. dy: [rows, width] at dyAt. */
export function sumRows(db: Real, dy: Real, dyAt: number, rows: number, width: number): void {
  for (let r = 0; r < rows; r++) {
    const from = dyAt + r * width;
    for (let i = 0; i < width; i++) db[i] += dy[from + i];
  }
}
