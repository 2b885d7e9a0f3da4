// Elementwise functions and softmax, over [at, at + count) of an array, in place or not.

import type { Real } from './real.ts';

/** What a cell computes of its candidate and its output. */
export type Activation = 'tanh' | 'relu' | 'identity' | 'softsign';
export type GateActivation = 'sigmoid' | 'hard-sigmoid' | 'hard-sigmoid-fifth';

/** A function of one number, and its derivative by its value y. */
export interface Scalar {
  of: (x: number) => number;
  slope: (y: number) => number;
}

export const scalars: Readonly<Record<Activation | GateActivation, Scalar>> = {
  tanh: { of: Math.tanh, slope: (y) => 1 - y * y },
  relu: { of: (x) => Math.max(x, 0), slope: (y) => (y > 0 ? 1 : 0) },
  identity: { of: (x) => x, slope: () => 1 },
  // x / (1 + |x|), whose derivative is 1 / (1 + |x|)².
  softsign: { of: (x) => x / (1 + Math.abs(x)), slope: (y) => (1 - Math.abs(y)) ** 2 },
  sigmoid: { of: (x) => 1 / (1 + Math.exp(-x)), slope: (y) => y * (1 - y) },
  // x/6 + 1/2 within [0, 1], as in PyTorch and Keras 3.
  'hard-sigmoid': { of: (x) => Math.min(Math.max(x / 6 + 0.5, 0), 1), slope: (y) => (y > 0 && y < 1 ? 1 / 6 : 0) },
  // x/5 + 1/2 within [0, 1], as in Keras 1 and 2.
  'hard-sigmoid-fifth': { of: (x) => Math.min(Math.max(x / 5 + 0.5, 0), 1), slope: (y) => (y > 0 && y < 1 ? 0.2 : 0) },
};

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

/** y = x / (1 + |x|) */
export function softsign(y: Real, x: Real, at: number, count: number): void {
  for (let i = at; i < at + count; i++) y[i] = x[i] / (1 + Math.abs(x[i]));
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
