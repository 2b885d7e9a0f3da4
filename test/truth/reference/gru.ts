// The recurrence of a GRU layer, reset after the product, over the steps [from, to) of a window: forward and backward.
//
//   r, z = σ(p_r + s·W_r), σ(p_z + s·W_z)    m = s·W_n + b_hn    n = φ(p_n + r∘m)    h_t = n + z∘(s - n)
//
// p_t = x_t·V + b is the caller's, s = h_{t-1}. h lies in T + 1 slots [T+1, B, H]; a [T, B, 3H] holds p_t on entry and r, z, n on
// return; q is [T, B, 3H], of which r's and z's parts serve as scratch and n's holds m. W is [H, 3H] as [in, out].
// Source: Cho et al. 2014, with the reset where cuDNN and PyTorch have it.

import { scalars } from './activations.ts';
import { gemm } from './gemm.ts';
import { copyPadding, copyUnlessReset, type Rows, type State } from './state.ts';

export function gruForward(layer: State, { resets, lengths }: Rows, from: number, to: number): void {
  const { h, a, q, w, bn, previous, batch, units } = layer;
  const phi = scalars[layer.activation].of;
  const sigma = scalars[layer.gateActivation].of;
  const slot = batch * units;
  for (let t = from; t < to; t++) {
    const at = t * slot;
    let before = h;
    let beforeAt = at;
    if (resets !== null) {
      copyUnlessReset(previous, 0, h, at, resets, t * batch, batch, units);
      before = previous;
      beforeAt = 0;
    }
    gemm(q, 3 * at, before, beforeAt, w, 0, batch, 3 * units, units, false, false, false);
    for (let row = 0; row < slot; row += units) {
      const gates = 3 * (at + row);
      for (let i = 0; i < units; i++) {
        const ar = gates + i;
        const az = ar + units;
        const an = az + units;
        const r = sigma(a[ar] + q[ar]);
        const z = sigma(a[az] + q[az]);
        const m = q[an] + bn[i];
        const n = phi(a[an] + r * m);
        q[an] = m;
        a[ar] = r;
        a[az] = z;
        a[an] = n;
        h[at + slot + row + i] = n + z * (before[beforeAt + row + i] - n);
      }
    }
    if (lengths !== null) copyPadding(h, t, lengths, units);
  }
}

/**
 * Backward over [from, to), newest step first. d: [T, B, H] holds dL/dh_t from above; da: [T, B, 3H] gets dL/da_t and dq
 * dL/d(s·W + b_hn), both zero where the step is padding. dcarry: [B, H] the gradient that comes from step `to`, on return that
 * of slot `from`. dW and db_hn are added to.
 */
export function gruBackward(layer: State, { resets, lengths }: Rows, from: number, to: number): void {
  const { h, a, q, w, d, da, dq, dcarry, dw, dbn, previous, batch, units } = layer;
  const phi = scalars[layer.activation].slope;
  const sigma = scalars[layer.gateActivation].slope;
  const slot = batch * units;
  for (let t = to - 1; t >= from; t--) {
    const at = t * slot;
    let before = h;
    let beforeAt = at;
    if (resets !== null) {
      copyUnlessReset(previous, 0, h, at, resets, t * batch, batch, units);
      before = previous;
      beforeAt = 0;
    }
    for (let b = 0; b < batch; b++) {
      const row = b * units;
      const gates = 3 * (at + row);
      if (lengths !== null && t >= lengths[b]) {
        da.fill(0, gates, gates + 3 * units);
        dq.fill(0, gates, gates + 3 * units);
        continue;
      }
      for (let i = 0; i < units; i++) {
        const ar = gates + i;
        const az = ar + units;
        const an = az + units;
        const r = a[ar];
        const z = a[az];
        const n = a[an];
        const dh = d[at + row + i] + dcarry[row + i];
        const dn = dh * (1 - z) * phi(n);
        const dr = dn * q[an] * sigma(r);
        const dz = dh * (before[beforeAt + row + i] - n) * sigma(z);
        da[ar] = dr;
        da[az] = dz;
        da[an] = dn;
        dq[ar] = dr;
        dq[az] = dz;
        dq[an] = dn * r;
        dbn[i] += dn * r;
        dcarry[row + i] = dh * z;
      }
    }
    gemm(dcarry, 0, dq, 3 * at, w, 0, batch, units, 3 * units, false, true, true);
    if (resets !== null) {
      copyUnlessReset(dcarry, 0, dcarry, 0, resets, t * batch, batch, units);
      gemm(dw, 0, previous, 0, dq, 3 * at, units, 3 * units, batch, true, false, true);
    }
  }
  // Without resets s is slot t: one product over all steps of the window.
  if (resets === null) {
    const rows = (to - from) * batch;
    gemm(dw, 0, h, from * slot, dq, 3 * from * slot, units, 3 * units, rows, true, false, true);
  }
}
