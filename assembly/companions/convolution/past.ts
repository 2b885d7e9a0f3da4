// A convolution over time that reads no later steps: what it sees before a step is its state, the R inputs before, the oldest first.
//
// With a kernel of K steps that are `dilation` apart R = (K - 1)·dilation: of a step's patch all but the last lie in its state at multiples of
// the dilation, the last is the input itself.
import { bytes } from '../../simd';
import { addRun, clearRun, copyRun } from './reals';

/**
 * The state after each of T steps from the one before it: the input follows, the oldest goes. Zero where a row begins anew, and as it was
 * where a step is padding.
 *
 * past: [T+1, B, ld], slot 0 is there; x: [T, B, ldx]; resets, padding: octets [T,B], or 0.
 */
export function remember(
  past: usize, x: usize, resets: usize, padding: usize, T: i32, B: i32, R: i32, C: i32, ld: i32, ldx: i32,
): void {
  const slot = bytes(B * ld);
  const kept = (R - 1) * C;
  for (let row = 0; row < T * B; row++, past += bytes(ld), x += bytes(ldx)) {
    if (resets && load<u8>(resets + row)) clearRun(past, R * C);
    if (padding && load<u8>(padding + row)) {
      copyRun(past + slot, past, R * C);
      continue;
    }
    copyRun(past + slot, past + bytes(C), kept);
    copyRun(past + slot + bytes(kept), x, C);
  }
}

/** dst[r] = the patch of each of `count` rows: K-1 inputs of its state, and its own. Of each `channels` channels; the caller says which. */
export function gatherPast(
  dst: usize, ld: i32, past: usize, ldPast: i32, x: usize, ldx: i32, count: i32, K: i32, dilation: i32, C: i32, channels: i32,
): void {
  const apart = bytes(dilation * C);
  for (; count > 0; count--, dst += bytes(ld), past += bytes(ldPast), x += bytes(ldx)) {
    let to = dst;
    for (let k = 0, from = past; k < K - 1; k++, from += apart, to += bytes(channels)) copyRun(to, from, channels);
    copyRun(to, x, channels);
  }
}

/**
 * The way back, from the last of `count` rows to the first, which is row `first` of the window: dx = the gradient of the input from its own
 * patch and from the state after it; dPast [B, ldPast], the gradient of the state after the rows, becomes that before them.
 *
 * dx, src: the first of the rows; resets, padding: of the window.
 */
export function scatterPast(
  dx: usize, ldx: i32, dPast: usize, ldPast: i32, src: usize, ld: i32, resets: usize, padding: usize, first: i32, count: i32, B: i32,
  K: i32, dilation: i32, C: i32, channels: i32,
): void {
  const R = (K - 1) * dilation;
  const step = bytes(C);
  for (let r = count - 1; r >= 0; r--) {
    const to = dx + <usize>r * bytes(ldx);
    if (padding && load<u8>(padding + <usize>(first + r))) {
      clearRun(to, channels);
      continue;
    }
    const own = src + <usize>r * bytes(ld);
    const state = dPast + <usize>((first + r) % B) * bytes(ldPast);
    copyRun(to, state + <usize>(R - 1) * step, channels);
    addRun(to, own + bytes((K - 1) * channels), channels);
    for (let j = R - 1; j > 0; j--) copyRun(state + <usize>j * step, state + <usize>(j - 1) * step, channels);
    clearRun(state, channels);
    for (let k = 0; k < K - 1; k++) addRun(state + <usize>(k * dilation) * step, own + bytes(k * channels), channels);
    if (resets && load<u8>(resets + <usize>(first + r))) {
      for (let j = 0; j < R; j++) clearRun(state + <usize>j * step, channels);
    }
  }
}
