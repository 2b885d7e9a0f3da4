// What layers add to the objective besides losses, one number after the other.
//
//   activity:  Σ ‖y_t‖² over the rows and steps that are there, Σ ‖y_t - y_{t-1}‖² over those with a step before
//              (Merity, McCann and Socher, Revisiting activation regularization for language RNNs, 2017)
//   vanishing: Σ Ω_t, Ω_t = (‖v_t‖ / ‖d_t‖ - 1)², where v_t = f'(a_{t-1}) ⊙ (d_t·Wᵀ) and d_t = dE/da_t
//              (Pascanu, Mikolov and Bengio, On the difficulty of training recurrent neural networks, 2013, eq. 9 and 10)

import type { Activation } from './activations.ts';
import type { Real } from './real.ts';
import type { Rows, State } from './state.ts';

/** A sum and how many terms it has. */
export interface Terms {
  sum: number;
  count: number;
}

/** Of y [T, B, size] over steps [from, to). The first step of the stream has none before. */
export function activity(
  y: Real,
  size: number,
  batch: number,
  { resets, lengths }: Rows,
  from: number,
  to: number,
): { squares: Terms; changes: Terms } {
  const squares = { sum: 0, count: 0 };
  const changes = { sum: 0, count: 0 };
  for (let row = from * batch; row < to * batch; row++) {
    const t = Math.floor(row / batch);
    if (lengths !== null && t >= lengths[row % batch]) continue;
    const follows = t > 0 && (resets === null || resets[row] === 0);
    squares.count++;
    if (follows) changes.count++;
    for (let i = row * size; i < (row + 1) * size; i++) {
      squares.sum += y[i] ** 2;
      if (follows) changes.sum += (y[i] - y[i - batch * size]) ** 2;
    }
  }
  return { squares, changes };
}

/**
 * Of an Elman layer after its backward over [from, to), whose first step hands its gradient to nobody. dw [H, H]: the gradient of
 * the sum where W stands in the formula, d and a constant:
 *
 *   dΩ/dv = 2 (‖v‖ / ‖d‖ - 1) / ‖d‖ · v / ‖v‖      dW += (f'(a) ⊙ dΩ/dv)ᵀ·d
 */
export function vanishing(layer: State, { resets, lengths }: Rows, from: number, to: number): Terms & { dw: Real } {
  const { h, w, d, batch, units: H, activation } = layer;
  const dw = new Float64Array(H * H);
  let sum = 0;
  let count = 0;
  for (let row = (from + 1) * batch; row < to * batch; row++) {
    const begins = resets !== null && resets[row] !== 0;
    if (begins || (lengths !== null && Math.floor(row / batch) >= lengths[row % batch])) continue;
    count++;
    // Slot t of h is what step t - 1 computed.
    const at = row * H;
    const slopes = Array.from({ length: H }, (_, i) => slope(h[at + i], activation));
    const v = slopes.map((f, i) => {
      let product = 0;
      for (let j = 0; j < H; j++) product += w[i * H + j] * d[at + j];
      return f * product;
    });
    const length = Math.hypot(...d.subarray(at, at + H));
    const norm = Math.hypot(...v);
    if (length === 0) continue;
    const off = norm / length - 1;
    sum += off * off;
    if (norm === 0) continue;
    for (let i = 0; i < H; i++) {
      const dv = ((2 * off) / length) * (v[i] / norm);
      for (let j = 0; j < H; j++) dw[i * H + j] += slopes[i] * dv * d[at + j];
    }
  }
  return { sum, count, dw };
}

/** f'(a) from f(a). */
function slope(y: number, activation: Activation): number {
  if (activation === 'tanh') return 1 - y * y;
  if (activation === 'relu') return y > 0 ? 1 : 0;
  return activation === 'softsign' ? (1 - Math.abs(y)) ** 2 : 1;
}
