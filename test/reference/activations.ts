// Elementwise functions and softmax, over [at, at + count) of an array, in place or not.

import type { Real } from './real.ts';

/** y = eˣ */
export function exp(y: Real, x: Real, at: number, count: number): void {
  for (let i = at; i < at + count; i++) y[i] = Math.exp(x[i]);
}

/** y = tanh x */
export function tanh(y: Real, x: Real, at: number, count: number): void {
  for (let i = at; i < at + count; i++) y[i] = Math.tanh(x[i]);
}

/** y = max(x, 0) */
export function relu(y: Real, x: Real, at: number, count: number): void {
  for (let i = at; i < at + count; i++) y[i] = Math.max(x[i], 0);
}

/** y = 1 / (1 + e⁻ˣ) */
export function sigmoid(y: Real, x: Real, at: number, count: number): void {
  for (let i = at; i < at + count; i++) y[i] = 1 / (1 + Math.exp(-x[i]));
}

/** p[r] = softmax(x[r]) for each row: p_j = e^(x_j - max x) / Σ_i e^(x_i - max x). x, p: [rows, classes]; p may be x. */
export function softmax(p: Real, x: Real, rows: number, classes: number): void {
  for (let r = 0; r < rows; r++) {
    const at = r * classes;
    const end = at + classes;
    let max = x[at];
    for (let i = at + 1; i < end; i++) max = Math.max(max, x[i]);
    let sum = 0;
    for (let i = at; i < end; i++) {
      const e = Math.exp(x[i] - max);
      sum += e;
      p[i] = e;
    }
    const inverse = 1 / sum;
    for (let i = at; i < end; i++) p[i] *= inverse;
  }
}
