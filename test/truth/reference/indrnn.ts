// The recurrence of an IndRNN layer over the steps [from, to) of a window: forward and backward.
//
//   a_t = p_t + u∘s_t          p_t = x_t·V + b, the input's part, is the caller's
//   h_t = f(a_t)               s_t = h_{t-1}, or 0 for the rows whose state is reset before step t
//
// States, and a in their place, lie as those of an Elman layer (elman.ts); u is [H].
// Source: Li et al., Independently recurrent neural network (IndRNN), arXiv:1803.04831, eq. 2.

import { scalars } from './activations.ts';
import type { Real } from './real.ts';
import { copyPadding, type Rows, type State } from './state.ts';

/** Slots from+1 … to of h hold p_t on entry and h_t on return; slot `from` is read. */
export function indrnnForward({ h, w, batch, units, activation }: State, rows: Rows, from: number, to: number): void {
  const slot = batch * units;
  for (let t = from; t < to; t++) {
    for (let i = 0; i < slot; i++) {
      const at = (t + 1) * slot + i;
      h[at] = scalars[activation].of(h[at] + w[i % units] * seenAt(h, rows, t, batch, units, i));
    }
    if (rows.lengths !== null) copyPadding(h, t, rows.lengths, units);
  }
}

/**
 * Backward over [from, to), newest step first, on the arrays of elman.ts:
 *
 *   da_t = f'(a_t)∘(d_t + dcarry)      dcarry = u∘da_t, zero for the rows that were reset before step t
 *   du += Σ_b s_t∘da_t
 *
 * Where step t is padding, da_t is zero and dcarry stays.
 */
export function indrnnBackward(
  { d, dcarry, dw, h, w, batch, units, activation }: State,
  rows: Rows,
  from: number,
  to: number,
): void {
  const slot = batch * units;
  const { resets, lengths } = rows;
  for (let t = to - 1; t >= from; t--) {
    for (let i = slot - 1; i >= 0; i--) {
      const b = Math.floor(i / units);
      const at = t * slot + i;
      if (lengths !== null && t >= lengths[b]) {
        d[at] = 0;
        continue;
      }
      d[at] = scalars[activation].slope(h[at + slot]) * (d[at] + dcarry[i]);
      dw[i % units] += seenAt(h, rows, t, batch, units, i) * d[at];
      dcarry[i] = resets !== null && resets[t * batch + b] !== 0 ? 0 : w[i % units] * d[at];
    }
  }
}

/** Number i of the state before step t, as the step sees it. */
function seenAt(h: Real, { resets }: Rows, t: number, batch: number, units: number, i: number): number {
  return resets !== null && resets[t * batch + Math.floor(i / units)] !== 0 ? 0 : h[t * batch * units + i];
}
