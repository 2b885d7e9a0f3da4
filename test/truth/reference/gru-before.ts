// The recurrence of a GRU layer, reset before the product, over the steps [from, to) of a window: forward and backward.
//
//   r, z = σ(p_r + s·W_r), σ(p_z + s·W_z)    u = r∘s    n = φ(p_n + u·W_n)    h_t = n + z∘(s - n)
//
// Arrays as with the reset after; y [T, B, H] holds u. No bench runs this form: W is taken apart anew in each call.
// Source: Cho et al. 2014.

import { scalars } from './activations.ts';
import { gemm } from './gemm.ts';
import { type Real, zerosLike } from './real.ts';
import { copyPadding, copyUnlessReset, type Rows, type State } from './state.ts';

export function gruBeforeForward(layer: State, { resets, lengths }: Rows, from: number, to: number): void {
  const { h, a, y, w, previous, batch, units } = layer;
  const phi = scalars[layer.activation].of;
  const sigma = scalars[layer.gateActivation].of;
  const gateWeights = columns(w, 0, 2 * units, units);
  const candidateWeights = columns(w, 2 * units, 3 * units, units);
  const slot = batch * units;
  const product = zerosLike(w, 2 * slot);
  for (let t = from; t < to; t++) {
    const at = t * slot;
    if (resets === null) previous.set(h.subarray(at, at + slot));
    else copyUnlessReset(previous, 0, h, at, resets, t * batch, batch, units);
    gemm(product, 0, previous, 0, gateWeights, 0, batch, 2 * units, units);
    for (let row = 0; row < slot; row += units) {
      for (let i = 0; i < units; i++) {
        const ar = 3 * (at + row) + i;
        const az = ar + units;
        a[ar] = sigma(a[ar] + product[2 * row + i]);
        a[az] = sigma(a[az] + product[2 * row + units + i]);
        y[at + row + i] = a[ar] * previous[row + i];
      }
    }
    gemm(product, 0, y, at, candidateWeights, 0, batch, units, units);
    for (let row = 0; row < slot; row += units) {
      for (let i = 0; i < units; i++) {
        const an = 3 * (at + row) + 2 * units + i;
        const n = phi(a[an] + product[row + i]);
        a[an] = n;
        h[at + slot + row + i] = n + a[an - units] * (previous[row + i] - n);
      }
    }
    if (lengths !== null) copyPadding(h, t, lengths, units);
  }
}

/** As with the reset after; du, the gradient of r∘s, is what the product with W_n passes back. */
export function gruBeforeBackward(layer: State, { resets, lengths }: Rows, from: number, to: number): void {
  const { h, a, y, w, d, da, dcarry, dw, previous, batch, units } = layer;
  const phi = scalars[layer.activation].slope;
  const sigma = scalars[layer.gateActivation].slope;
  const gateWeights = columns(w, 0, 2 * units, units);
  const candidateWeights = columns(w, 2 * units, 3 * units, units);
  const dGateWeights = columns(dw, 0, 2 * units, units);
  const dCandidateWeights = columns(dw, 2 * units, 3 * units, units);
  const slot = batch * units;
  const dn = zerosLike(w, slot);
  const du = zerosLike(w, slot);
  const dGates = zerosLike(w, 2 * slot);
  for (let t = to - 1; t >= from; t--) {
    const at = t * slot;
    if (resets === null) previous.set(h.subarray(at, at + slot));
    else copyUnlessReset(previous, 0, h, at, resets, t * batch, batch, units);
    const padded = (row: number) => lengths !== null && t >= lengths[row / units];
    for (let row = 0; row < slot; row += units) {
      for (let i = 0; i < units; i++) {
        const an = 3 * (at + row) + 2 * units + i;
        dn[row + i] = padded(row) ? 0 : (d[at + row + i] + dcarry[row + i]) * (1 - a[an - units]) * phi(a[an]);
      }
    }
    gemm(du, 0, dn, 0, candidateWeights, 0, batch, units, units, false, true);
    for (let row = 0; row < slot; row += units) {
      for (let i = 0; i < units; i++) {
        const ar = 3 * (at + row) + i;
        const az = ar + units;
        const an = az + units;
        const k = row + i;
        const counts = !padded(row);
        const dh = d[at + k] + dcarry[k];
        da[an] = dn[k];
        da[ar] = counts ? du[k] * previous[k] * sigma(a[ar]) : 0;
        da[az] = counts ? dh * (previous[k] - a[an]) * sigma(a[az]) : 0;
        dGates[2 * row + i] = da[ar];
        dGates[2 * row + units + i] = da[az];
        if (counts) dcarry[k] = dh * a[az] + du[k] * a[ar];
      }
    }
    gemm(dcarry, 0, dGates, 0, gateWeights, 0, batch, units, 2 * units, false, true, true);
    if (resets !== null) copyUnlessReset(dcarry, 0, dcarry, 0, resets, t * batch, batch, units);
    gemm(dGateWeights, 0, previous, 0, dGates, 0, units, 2 * units, batch, true, false, true);
    gemm(dCandidateWeights, 0, y, at, dn, 0, units, units, batch, true, false, true);
  }
  for (let r = 0; r < units; r++) {
    dw.set(dGateWeights.subarray(2 * r * units, 2 * (r + 1) * units), 3 * r * units);
    dw.set(dCandidateWeights.subarray(r * units, (r + 1) * units), (3 * r + 2) * units);
  }
}

/** Columns [from, to) of w [rows, 3·rows]. */
function columns(w: Real, from: number, to: number, rows: number): Real {
  const width = to - from;
  const part = w.slice(0, rows * width);
  for (let r = 0; r < rows; r++) part.set(w.subarray(3 * rows * r + from, 3 * rows * r + to), r * width);
  return part;
}
