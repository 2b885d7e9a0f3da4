// The product of a convolution with one filter for each channel: patches hold all channels of each pixel side by side, as weights do.
import { bytes } from '../../simd';
import { addProducts, clearRun, copyRun } from './reals';

/** y[r] = bias + Σ_tap w[tap]∘src[r, tap]. y: [rows, ldy]; src: [rows, ld], each [taps, C]; w: [taps, ldw]. */
export function depthwise(
  y: usize, ldy: i32, src: usize, ld: i32, w: usize, ldw: i32, bias: usize, rows: i32, taps: i32, C: i32,
): void {
  for (; rows > 0; rows--, y += bytes(ldy), src += bytes(ld)) {
    copyRun(y, bias, C);
    for (let tap = 0; tap < taps; tap++) {
      addProducts(y, src + bytes(tap * C), w + <usize>tap * bytes(ldw), C);
    }
  }
}

/** dw[tap] += Σ_r src[r, tap]∘dy[r], r from the last to the first. */
export function depthwiseWeights(
  dw: usize, ldw: i32, src: usize, ld: i32, dy: usize, ldy: i32, rows: i32, taps: i32, C: i32,
): void {
  for (let r = rows - 1; r >= 0; r--) {
    for (let tap = 0; tap < taps; tap++) {
      addProducts(dw + <usize>tap * bytes(ldw), src + <usize>r * bytes(ld) + bytes(tap * C), dy + <usize>r * bytes(ldy), C);
    }
  }
}

/** dsrc[r, tap] = w[tap]∘dy[r]. */
export function depthwiseBack(
  dsrc: usize, ld: i32, w: usize, ldw: i32, dy: usize, ldy: i32, rows: i32, taps: i32, C: i32,
): void {
  for (; rows > 0; rows--, dsrc += bytes(ld), dy += bytes(ldy)) {
    clearRun(dsrc, taps * C);
    for (let tap = 0; tap < taps; tap++) addProducts(dsrc + bytes(tap * C), w + <usize>tap * bytes(ldw), dy, C);
  }
}
