// The recurrence of an LSTM layer over the steps [from, to) of a window: forward and backward.
//
//   a_t = p_t + s_t·W, of the gates i, f, g, o side by side      p_t = x_t·V + b is the caller's
//   i, f, o = σ(a_i), σ(a_f), σ(a_o)    g = tanh(a_g)    c_t = f∘c_{t-1} + i∘g    h_t = o∘tanh(c_t)
//
// h and c lie in T + 1 slots [T+1, B, H] as those of an Elman layer; a [T, B, 4H] holds p_t on entry and the gates on return.
// W is [H, 4H] as [in, out]. Source: Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000.

import { copyUnlessReset } from './elman.ts';
import { gemm } from './gemm.ts';
import type { Real } from './real.ts';

/** previous, previousC: scratch [B, H]. */
export function lstmForward(
  h: Real,
  c: Real,
  a: Real,
  w: Real,
  resets: Uint8Array | null,
  from: number,
  to: number,
  batch: number,
  units: number,
  previous: Real,
  previousC: Real,
): void {
  const slot = batch * units;
  for (let t = from; t < to; t++) {
    const at = t * slot;
    const next = at + slot;
    let before = h;
    let beforeC = c;
    let beforeAt = at;
    if (resets !== null) {
      copyUnlessReset(previous, 0, h, at, resets, t * batch, batch, units);
      copyUnlessReset(previousC, 0, c, at, resets, t * batch, batch, units);
      before = previous;
      beforeC = previousC;
      beforeAt = 0;
    }
    gemm(a, 4 * at, before, beforeAt, w, 0, batch, 4 * units, units, false, false, true);
    for (let r = 0; r < batch; r++) {
      let gates = 4 * (at + r * units);
      const end = (r + 1) * units;
      for (let n = r * units; n < end; n++, gates++) {
        const i = 1 / (1 + Math.exp(-a[gates]));
        const f = 1 / (1 + Math.exp(-a[gates + units]));
        const g = Math.tanh(a[gates + 2 * units]);
        const o = 1 / (1 + Math.exp(-a[gates + 3 * units]));
        a[gates] = i;
        a[gates + units] = f;
        a[gates + 2 * units] = g;
        a[gates + 3 * units] = o;
        const value = f * beforeC[beforeAt + n] + i * g;
        c[next + n] = value;
        h[next + n] = o * Math.tanh(value);
      }
    }
  }
}

/**
 * Backward over [from, to), newest step first. d: [T, B, H] holds dL/dh_t from above; da: [T, B, 4H] gets dL/da_t.
 * dcarry, dcarryC: [B, H] gradients that come from step `to`, on return those of slot `from`. dW is added to.
 */
export function lstmBackward(
  d: Real,
  da: Real,
  dcarry: Real,
  dcarryC: Real,
  dw: Real,
  h: Real,
  c: Real,
  a: Real,
  w: Real,
  resets: Uint8Array | null,
  from: number,
  to: number,
  batch: number,
  units: number,
  previous: Real,
  previousC: Real,
): void {
  const slot = batch * units;
  for (let t = to - 1; t >= from; t--) {
    const at = t * slot;
    const next = at + slot;
    let beforeC = c;
    let beforeAt = at;
    if (resets !== null) {
      copyUnlessReset(previousC, 0, c, at, resets, t * batch, batch, units);
      beforeC = previousC;
      beforeAt = 0;
    }
    for (let r = 0; r < batch; r++) {
      let gates = 4 * (at + r * units);
      const end = (r + 1) * units;
      for (let n = r * units; n < end; n++, gates++) {
        const i = a[gates];
        const f = a[gates + units];
        const g = a[gates + 2 * units];
        const o = a[gates + 3 * units];
        const y = Math.tanh(c[next + n]);
        const dh = d[at + n] + dcarry[n];
        const dc = dcarryC[n] + dh * o * (1 - y * y);
        da[gates] = dc * g * i * (1 - i);
        da[gates + units] = dc * beforeC[beforeAt + n] * f * (1 - f);
        da[gates + 2 * units] = dc * i * (1 - g * g);
        da[gates + 3 * units] = dh * y * o * (1 - o);
        dcarryC[n] = dc * f;
      }
    }
    gemm(dcarry, 0, da, 4 * at, w, 0, batch, units, 4 * units, false, true, false);
    if (resets !== null) {
      copyUnlessReset(dcarry, 0, dcarry, 0, resets, t * batch, batch, units);
      copyUnlessReset(dcarryC, 0, dcarryC, 0, resets, t * batch, batch, units);
      copyUnlessReset(previous, 0, h, at, resets, t * batch, batch, units);
      gemm(dw, 0, previous, 0, da, 4 * at, units, 4 * units, batch, true, false, true);
    }
  }
  // Without resets s_t is slot t: one product over all steps of the window.
  if (resets === null) {
    const rows = (to - from) * batch;
    gemm(dw, 0, h, from * slot, da, 4 * from * slot, units, 4 * units, rows, true, false, true);
  }
}
