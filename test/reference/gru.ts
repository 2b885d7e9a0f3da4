// The recurrence of a GRU layer, reset after the product, over the steps [from, to) of a window: forward and backward.
//
//   r, z = σ(p_r + s·W_r), σ(p_z + s·W_z)    q = s·W_n + b_hn    n = tanh(p_n + r∘q)    h_t = n + z∘(s - n)
//
// p_t = x_t·V + b is the caller's, s = h_{t-1}. h lies in T + 1 slots [T+1, B, H]; a [T, B, 3H] holds p_t on entry and r, z, n on
// return; q is [T, B, 3H], of which r's and z's parts serve as scratch. W is [H, 3H] as [in, out].
// Source: Cho et al. 2014, with the reset where cuDNN and PyTorch have it.

import { copyUnlessReset } from './elman.ts';
import { gemm } from './gemm.ts';
import type { Real } from './real.ts';

/** previous: scratch [B, H]. */
export function gruForward(
  h: Real,
  a: Real,
  q: Real,
  w: Real,
  bn: Real,
  resets: Uint8Array | null,
  from: number,
  to: number,
  batch: number,
  units: number,
  previous: Real,
): void {
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
    for (let row = 0; row < batch; row++) {
      let gates = 3 * (at + row * units);
      const begin = row * units;
      for (let i = begin; i < begin + units; i++, gates++) {
        const r = 1 / (1 + Math.exp(-a[gates] - q[gates]));
        const z = 1 / (1 + Math.exp(-a[gates + units] - q[gates + units]));
        const p = q[gates + 2 * units] + bn[i - begin];
        const n = Math.tanh(a[gates + 2 * units] + r * p);
        q[gates + 2 * units] = p;
        a[gates] = r;
        a[gates + units] = z;
        a[gates + 2 * units] = n;
        h[at + slot + i] = n + z * (before[beforeAt + i] - n);
      }
    }
  }
}

/**
 * Backward over [from, to), newest step first. d: [T, B, H] holds dL/dh_t from above; da: [T, B, 3H] gets dL/da_t and q dL/d(s·W).
 * dcarry: [B, H] the gradient that comes from step `to`, on return that of slot `from`. dW and db_hn are added to.
 */
export function gruBackward(
  d: Real,
  da: Real,
  dcarry: Real,
  dw: Real,
  dbn: Real,
  h: Real,
  a: Real,
  q: Real,
  dq: Real,
  w: Real,
  resets: Uint8Array | null,
  from: number,
  to: number,
  batch: number,
  units: number,
  previous: Real,
): void {
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
    for (let row = 0; row < batch; row++) {
      let gates = 3 * (at + row * units);
      const begin = row * units;
      for (let i = begin; i < begin + units; i++, gates++) {
        const r = a[gates];
        const z = a[gates + units];
        const n = a[gates + 2 * units];
        const dh = d[at + i] + dcarry[i];
        const dn = dh * (1 - z) * (1 - n * n);
        const dr = dn * q[gates + 2 * units] * r * (1 - r);
        const dz = dh * (before[beforeAt + i] - n) * z * (1 - z);
        da[gates] = dr;
        da[gates + units] = dz;
        da[gates + 2 * units] = dn;
        dq[gates] = dr;
        dq[gates + units] = dz;
        dq[gates + 2 * units] = dn * r;
        dbn[i - begin] += dn * r;
        dcarry[i] = dh * z;
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
