// The recurrence of an LSTM layer over the steps [from, to) of a window: forward and backward.
//
//   a_t = p_t + s·W, of the gates i, f, g, o side by side      p_t = x_t·V + b is the caller's, s = h_{t-1}
//   i = σ(a_i + w_i∘c_{t-1})   f = σ(a_f + w_f∘c_{t-1})   g = φ(a_g)   c_t = f∘c_{t-1} + i∘g
//   o = σ(a_o + w_o∘c_t)       h_t = o∘φ(c_t)              w_i, w_f, w_o: the peepholes, if there are any
//
// h and c lie in T + 1 slots [T+1, B, H] as those of an Elman layer; a [T, B, 4H] holds p_t on entry and the gates on return.
// W is [H, 4H] as [in, out]. Source: Hochreiter and Schmidhuber 1997; Gers, Schmidhuber and Cummins 2000; peepholes: Gers and
// Schmidhuber 2000.

import { scalars } from './activations.ts';
import { gemm } from './gemm.ts';
import { copyPadding, copyUnlessReset, type Rows, type State } from './state.ts';

export function lstmForward(layer: State, { resets, lengths }: Rows, from: number, to: number): void {
  const { h, c, a, y, w, peepholes, previous, previousC, batch, units } = layer;
  const phi = scalars[layer.activation].of;
  const sigma = scalars[layer.gateActivation].of;
  const peeps = peepholes.length > 0;
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
      const row = r * units;
      const gates = 4 * (at + row);
      for (let n = 0; n < units; n++) {
        const ai = gates + n;
        const af = ai + units;
        const ag = af + units;
        const ao = ag + units;
        const old = beforeC[beforeAt + row + n];
        const i = sigma(peeps ? a[ai] + peepholes[n] * old : a[ai]);
        const f = sigma(peeps ? a[af] + peepholes[units + n] * old : a[af]);
        const g = phi(a[ag]);
        const value = f * old + i * g;
        const o = sigma(peeps ? a[ao] + peepholes[2 * units + n] * value : a[ao]);
        const output = phi(value);
        a[ai] = i;
        a[af] = f;
        a[ag] = g;
        a[ao] = o;
        c[next + row + n] = value;
        y[at + row + n] = output;
        h[next + row + n] = o * output;
      }
    }
    if (lengths !== null) {
      copyPadding(h, t, lengths, units);
      copyPadding(c, t, lengths, units);
    }
  }
}

/**
 * Backward over [from, to), newest step first. d: [T, B, H] holds dL/dh_t from above; da: [T, B, 4H] gets dL/da_t, zero where
 * the step is padding. dcarry, dcarryC: [B, H] gradients that come from step `to`, on return those of slot `from`. dW and the
 * gradient of the peepholes are added to.
 */
export function lstmBackward(layer: State, { resets, lengths }: Rows, from: number, to: number): void {
  const { h, c, a, y, w, peepholes, d, da, dcarry, dcarryC, dw, dpeepholes, previous, previousC, batch, units } = layer;
  const phi = scalars[layer.activation].slope;
  const sigma = scalars[layer.gateActivation].slope;
  const peeps = peepholes.length > 0;
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
      const row = r * units;
      const gates = 4 * (at + row);
      if (lengths !== null && t >= lengths[r]) {
        da.fill(0, gates, gates + 4 * units);
        continue;
      }
      for (let n = 0; n < units; n++) {
        const ai = gates + n;
        const af = ai + units;
        const ag = af + units;
        const ao = ag + units;
        const i = a[ai];
        const f = a[af];
        const g = a[ag];
        const o = a[ao];
        const old = beforeC[beforeAt + row + n];
        const output = y[at + row + n];
        const dh = d[at + row + n] + dcarry[row + n];
        const dgo = dh * output * sigma(o);
        let dc = dcarryC[row + n] + dh * o * phi(output);
        if (peeps) dc += peepholes[2 * units + n] * dgo;
        const dgi = dc * g * sigma(i);
        const dgf = dc * old * sigma(f);
        let dold = dc * f;
        if (peeps) {
          dold += peepholes[n] * dgi + peepholes[units + n] * dgf;
          dpeepholes[n] += dgi * old;
          dpeepholes[units + n] += dgf * old;
          dpeepholes[2 * units + n] += dgo * c[next + row + n];
        }
        da[ai] = dgi;
        da[af] = dgf;
        da[ag] = dc * i * phi(g);
        da[ao] = dgo;
        dcarry[row + n] = 0;
        dcarryC[row + n] = dold;
      }
    }
    gemm(dcarry, 0, da, 4 * at, w, 0, batch, units, 4 * units, false, true, true);
    if (resets !== null) {
      copyUnlessReset(dcarry, 0, dcarry, 0, resets, t * batch, batch, units);
      copyUnlessReset(dcarryC, 0, dcarryC, 0, resets, t * batch, batch, units);
      copyUnlessReset(previous, 0, h, at, resets, t * batch, batch, units);
      gemm(dw, 0, previous, 0, da, 4 * at, units, 4 * units, batch, true, false, true);
    }
  }
  // Without resets s is slot t: one product over all steps of the window.
  if (resets === null) {
    const rows = (to - from) * batch;
    gemm(dw, 0, h, from * slot, da, 4 * from * slot, units, 4 * units, rows, true, false, true);
  }
}
