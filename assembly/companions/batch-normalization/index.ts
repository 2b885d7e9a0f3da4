// Batch normalisation (Ioffe and Szegedy 2015): y = gain∘(x - mean)∘inverse + bias over rows, with means and deviations over rows.
//
// Rows are [rows, ld], all vectors [ld], ld whole panels whose padding is zero and stays zero: gain and bias are zero there. `padding` is
// octets [rows], 1 for a row that is no step of its sequence, or 0: it has no part in sums, and its gradient is zero. Sums of a column run
// from the last row to the first.
import { PANEL, STRIDE, add, bytes, div, mul, sub } from '../../simd';

// @ts-ignore: decorator
@inline function skipped(padding: usize, row: i32): bool {
  return padding != 0 && load<u8>(padding + row) != 0;
}

/** mean and variance (Σ (x - mean)² / n) of each column; returns n, the rows that are counted. */
export function moments(mean: usize, variance: usize, x: usize, padding: usize, rows: i32, ld: i32): i32 {
  assert(ld % PANEL == 0);
  let count = 0;
  for (let row = 0; row < rows; row++) count += i32(!skipped(padding, row));
  const n = v128.splat<real>(<real>count);
  const width = bytes(ld);
  for (let at: usize = 0; at < width; at += STRIDE) {
    let s0 = v128.splat<real>(0);
    let s1 = s0;
    for (let row = rows - 1; row >= 0; row--) {
      if (skipped(padding, row)) continue;
      const p = x + <usize>row * width + at;
      s0 = add(s0, v128.load(p));
      s1 = add(s1, v128.load(p, 16));
    }
    const m0 = div(s0, n), m1 = div(s1, n);
    s0 = s1 = v128.splat<real>(0);
    for (let row = rows - 1; row >= 0; row--) {
      if (skipped(padding, row)) continue;
      const p = x + <usize>row * width + at;
      const d0 = sub(v128.load(p), m0), d1 = sub(v128.load(p, 16), m1);
      s0 = add(s0, mul(d0, d0));
      s1 = add(s1, mul(d1, d1));
    }
    v128.store(mean + at, m0);
    v128.store(mean + at, m1, 16);
    v128.store(variance + at, div(s0, n));
    v128.store(variance + at, div(s1, n), 16);
  }
  return count;
}

/** inverse = 1 / sqrt(variance + ε). */
export function invert(inverse: usize, variance: usize, epsilon: f64, ld: i32): void {
  const one = v128.splat<real>(1);
  const e = v128.splat<real>(<real>epsilon);
  for (let at: usize = 0; at < bytes(ld); at += 16) {
    v128.store(inverse + at, div(one, v128.sqrt<real>(add(v128.load(variance + at), e))));
  }
}

/** y = gain∘(x - mean)∘inverse + bias, also of rows that are padding. */
export function normalize(
  y: usize, x: usize, mean: usize, inverse: usize, gain: usize, bias: usize, rows: i32, ld: i32,
): void {
  const width = bytes(ld);
  for (let row = 0; row < rows; row++) {
    for (let at: usize = 0; at < width; at += 16) {
      const normal = mul(sub(v128.load(x + at), v128.load(mean + at)), v128.load(inverse + at));
      v128.store(y + at, add(mul(v128.load(gain + at), normal), v128.load(bias + at)));
    }
    x += width;
    y += width;
  }
}

/** dBias += Σ dy and dGain += Σ dy∘x̂, x̂ = (x - mean)∘inverse; both sums alone go to sums [2, ld]. */
export function sumGradients(
  dBias: usize, dGain: usize, sums: usize, dy: usize, x: usize, mean: usize, inverse: usize, padding: usize,
  rows: i32, ld: i32,
): void {
  const width = bytes(ld);
  for (let at: usize = 0; at < width; at += 16) {
    const m = v128.load(mean + at), factor = v128.load(inverse + at);
    let ofBias = v128.splat<real>(0);
    let ofGain = ofBias;
    for (let row = rows - 1; row >= 0; row--) {
      if (skipped(padding, row)) continue;
      const place = <usize>row * width + at;
      const d = v128.load(dy + place);
      ofBias = add(ofBias, d);
      ofGain = add(ofGain, mul(d, mul(sub(v128.load(x + place), m), factor)));
    }
    v128.store(sums + at, ofBias);
    v128.store(sums + width + at, ofGain);
    v128.store(dBias + at, add(v128.load(dBias + at), ofBias));
    v128.store(dGain + at, add(v128.load(dGain + at), ofGain));
  }
}

/**
 * dx = gain∘inverse∘(dy - share (Σ dy + x̂∘Σ dy∘x̂)), or dx += where `adds`. `share`: 1/n where mean and deviation are of these rows, 0 where they
 * are constants.
 */
export function normalizeBack(
  dx: usize, dy: usize, x: usize, sums: usize, mean: usize, inverse: usize, gain: usize, padding: usize,
  rows: i32, ld: i32, share: f64, adds: bool,
): void {
  const width = bytes(ld);
  const part = v128.splat<real>(<real>share);
  const keep = i32x4.splat(-i32(adds));
  for (let row = 0; row < rows; row++) {
    const counts = i32x4.splat(-i32(!skipped(padding, row)));
    for (let at: usize = 0; at < width; at += 16) {
      const factor = v128.load(inverse + at);
      const normal = mul(sub(v128.load(x + at), v128.load(mean + at)), factor);
      const mutual = mul(part, add(v128.load(sums + at), mul(normal, v128.load(sums + width + at))));
      const d = mul(mul(v128.load(gain + at), factor), sub(v128.load(dy + at), mutual));
      v128.store(dx + at, add(v128.and(v128.load(dx + at), keep), v128.and(d, counts)));
    }
    dx += width;
    dy += width;
    x += width;
  }
}
