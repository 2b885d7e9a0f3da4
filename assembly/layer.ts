// A recurrent layer over a window of T steps: the loop over time, forward and backward.
//
// The caller has put the input projection X·V + b of all steps in `a` before, and takes dX, dV, dW and db from `da`
// afterwards, each as one product over all T·B rows; only what depends on the step before is here. W is packed once a window.
//
// Slots: h has T + 1 slots of B rows; slot t is the state before step t, slot t + 1 the output of step t.
import { bytes, padded } from "./simd";
import { gemm, gemmPacked, gemmScratch, packB } from "./gemm";
import { maskRows } from "./reduce";
import { elmanBack, elmanStep } from "./cells/elman";

// @ts-ignore: decorator
@inline function aligned(size: usize): usize {
  return (size + 63) & ~63;
}

/** Bytes of scratch that recurrentForward and recurrentBackward need. */
export function recurrentScratch(B: i32, H: i32): usize {
  const ld = padded(H);
  return aligned(bytes(H * ld)) + aligned(bytes(B * ld)) + gemmScratch(B, H, H);
}

/**
 * h[t+1] = f(a[t] + h[t]·W) for t = 0 … T-1; leaves the pre-activations in a.
 * h [T+1,B,ld] with slot 0 set, a [T,B,ld], w [H,ld]; resets [T,B] u8 or 0: rows whose state before step t is zero.
 */
export function recurrentForward(
  h: usize, a: usize, w: usize, resets: usize,
  T: i32, B: i32, H: i32, activation: i32, scratch: usize,
): void {
  const ld = padded(H);
  const step = bytes(B * ld);
  const packed = scratch;
  const masked = packed + aligned(bytes(H * ld));
  const work = masked + aligned(step);
  if (T > 1) packB(packed, w, H, H, ld, false);
  for (let t = 0; t < T; t++) {
    let previous = h;
    if (resets) {
      maskRows(masked, h, resets, B, ld);
      resets += B;
      previous = masked;
    }
    if (T > 1) gemmPacked(a, previous, packed, B, H, H, ld, ld, false, true, work);
    else gemm(a, previous, w, B, H, H, ld, ld, ld, false, false, true, work);
    h += step;
    elmanStep(h, a, B * ld, activation);
    a += step;
  }
}

/**
 * da[t] = f'(a[t]) · (dh[t+1] + dy[t]), dh[t] = da[t]·Wᵀ for t = T-1 … 0: the Jacobian products of BPTT.
 * dh [B,ld]: on entry the gradient that reaches the last state from later steps, on return that of the state before step 0.
 * da [T,B,ld] (may be where a was), dy [T,B,ld], h as recurrentForward left it.
 */
export function recurrentBackward(
  dh: usize, da: usize, dy: usize, h: usize, w: usize, resets: usize,
  T: i32, B: i32, H: i32, activation: i32, scratch: usize,
): void {
  const ld = padded(H);
  const step = bytes(B * ld);
  const packed = scratch;
  const work = packed + aligned(bytes(H * ld)) + aligned(step);
  packB(packed, w, H, H, ld, true);
  for (let t = T - 1; t >= 0; t--) {
    const at = <usize>t * step;
    elmanBack(da + at, dh, dy + at, h + at + step, B * ld, activation);
    gemmPacked(dh, da + at, packed, B, H, H, ld, ld, false, false, work);
    if (resets) maskRows(dh, dh, resets + t * B, B, ld);
  }
}
