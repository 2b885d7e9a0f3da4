// The recurrence of an Elman layer over the steps [from, to) of a window: forward and backward.
//
//   a_t = p_t + s_t·W          p_t = x_t·V + b, the input's part, is the caller's (dense, or a gather for tokens)
//   h_t = f(a_t)               s_t = h_{t-1}, or 0 for the rows whose state is reset before step t
//
// States lie in T + 1 slots [T+1, B, H]: slot t is the state before step t, slot t + 1 what step t computes. Slot 0 is the
// carried state. W is [H, H] as [in, out] (PyTorch's weight_hh transposed). a lies where h does: slot t + 1 holds p_t on entry.
// Source: Elman, Finding structure in time, 1990; Werbos, Backpropagation through time, 1990.

import { type Activation, relu, softsign, tanh } from './activations.ts';
import { gemm } from './gemm.ts';
import type { Real } from './real.ts';
import { copyPadding, copyUnlessReset, type Rows, type State } from './state.ts';

/** Slots from+1 … to of h hold p_t on entry and h_t on return; slot `from` is read. */
export function elmanForward(
  { h, w, previous, batch, units, activation }: State,
  { resets, lengths }: Rows,
  from: number,
  to: number,
): void {
  const slot = batch * units;
  for (let t = from; t < to; t++) {
    const next = (t + 1) * slot;
    if (resets === null) {
      gemm(h, next, h, t * slot, w, 0, batch, units, units, false, false, true);
    } else {
      copyUnlessReset(previous, 0, h, t * slot, resets, t * batch, batch, units);
      gemm(h, next, previous, 0, w, 0, batch, units, units, false, false, true);
    }
    if (activation === 'tanh') tanh(h, h, next, slot);
    else if (activation === 'relu') relu(h, h, next, slot);
    else if (activation === 'softsign') softsign(h, h, next, slot);
    if (lengths !== null) copyPadding(h, t, lengths, units);
  }
}

/**
 * Backward over [from, to), newest step first. d: [T, B, H] holds dL/dh_t on entry (the part that comes from above, not
 * from later steps) and dL/da_t on return, from which the caller gets the gradients of V, b and x.
 *
 *   dh_t = d_t + dcarry        dcarry: [B, H], on entry the gradient that comes from step `to` (zero when it does not count)
 *   da_t = f'(a_t) ⊙ dh_t      f' by h: tanh 1 - h², ReLU h > 0, identity 1, softsign (1 - |h|)²
 *   dcarry = da_t·Wᵀ           zero for the rows that were reset before step t; on return the gradient of slot `from`
 *   dW += s_tᵀ·da_t
 *
 * Where step t is padding, da_t is zero and dcarry stays.
 */
export function elmanBackward(
  { d, dcarry, dw, h, w, previous, batch, units, activation }: State,
  { resets, lengths }: Rows,
  from: number,
  to: number,
): void {
  const slot = batch * units;
  for (let t = to - 1; t >= from; t--) {
    const at = t * slot;
    for (let b = 0; b < batch; b++) {
      const row = b * units;
      if (lengths !== null && t >= lengths[b]) d.fill(0, at + row, at + row + units);
      else derivative(d, at + row, dcarry, row, h, at + slot + row, units, activation);
    }
    gemm(dcarry, 0, d, at, w, 0, batch, units, units, false, true, true);
    if (resets !== null) {
      copyUnlessReset(dcarry, 0, dcarry, 0, resets, t * batch, batch, units);
      copyUnlessReset(previous, 0, h, at, resets, t * batch, batch, units);
      gemm(dw, 0, previous, 0, d, at, units, units, batch, true, false, true);
    }
  }
  // Without resets s_t is slot t: one product over all steps of the window.
  if (resets === null) {
    gemm(dw, 0, h, from * slot, d, from * slot, units, units, (to - from) * batch, true, false, true);
  }
}

/** d = f'(a) ⊙ (d + dcarry), f' computed from h = f(a); dcarry = 0. */
function derivative(
  d: Real,
  at: number,
  dcarry: Real,
  carryAt: number,
  h: Real,
  hAt: number,
  count: number,
  activation: Activation,
): void {
  if (activation === 'tanh') {
    for (let i = 0; i < count; i++) {
      const y = h[hAt + i];
      d[at + i] = (1 - y * y) * (d[at + i] + dcarry[carryAt + i]);
    }
  } else if (activation === 'relu') {
    for (let i = 0; i < count; i++) d[at + i] = h[hAt + i] > 0 ? d[at + i] + dcarry[carryAt + i] : 0;
  } else if (activation === 'softsign') {
    for (let i = 0; i < count; i++) d[at + i] = (1 - Math.abs(h[hAt + i])) ** 2 * (d[at + i] + dcarry[carryAt + i]);
  } else {
    for (let i = 0; i < count; i++) d[at + i] += dcarry[carryAt + i];
  }
  dcarry.fill(0, carryAt, carryAt + count);
}
