// Sums over rows and over all values, and the flat passes of clipping: bias, bias gradient, norms, scale, clamp, mask.
// Sums over all values are taken in f64, in a fixed order, so a norm neither overflows nor depends on the engine.
// Loops with something to hoist test at the bottom (see optimizers.ts).

import { PANEL, bytes } from './simd';

/** Bytes of one panel: two vectors. */
// @ts-ignore: decorator
@inline const STRIDE: usize = 32;

/** The lanes of a vector of reals as an f64x2 that has the same sum: f32 lanes i and i+2 are added in f64; f64 lanes stay. */
// @ts-ignore: decorator
@inline export function widen(v: v128): v128 {
  if (sizeof<real>() == 8) return v;
  return f64x2.add(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<u64>(v, v, 1, 1)));
}

/** The sum of the squares of two pairs. */
// @ts-ignore: decorator
@inline function squares(low: v128, high: v128): v128 {
  return f64x2.add(f64x2.mul(low, low), f64x2.mul(high, high));
}

/** Like `widen`, of the squares of the lanes; f32 lanes are squared in f64, which is exact. */
// @ts-ignore: decorator
@inline export function widenSquares(v: v128): v128 {
  if (sizeof<real>() == 8) return f64x2.mul(v, v);
  return squares(f64x2.promote_low_f32x4(v), f64x2.promote_low_f32x4(v128.shuffle<u64>(v, v, 1, 1)));
}

/** The same of a vector in memory: an f32 pair is widened as it is loaded. */
// @ts-ignore: decorator
@inline function widenSquaresAt(x: usize): v128 {
  if (sizeof<real>() == 8) return widenSquares(v128.load(x));
  return squares(f64x2.promote_low_f32x4(v128.load64_zero(x)), f64x2.promote_low_f32x4(v128.load64_zero(x, 8)));
}

/** Sum of both lanes of both accumulators of a panel. */
// @ts-ignore: decorator
@inline export function total(a0: v128, a1: v128): f64 {
  const a = f64x2.add(a0, a1);
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

/** y[r] = bias. y: [rows, ld]; bias: [ld]. */
export function biasRows(y: usize, bias: usize, rows: i32, ld: i32): void {
  assert(ld % PANEL == 0);
  const width = bytes(ld);
  for (let r = 0; r < rows; r++) {
    for (let b = bias, end = y + width; y < end; y += STRIDE, b += STRIDE) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      v128.store(y, b0);
      v128.store(y, b1, 16);
    }
  }
}

/**
 * db += Σ_r dy[r]: every column is one sequential sum that starts from db and takes r from the last to the first, as
 * backward goes through time: in parts, the later rows first, the bits are those of all at once.
 *
 * db: [ld]; dy: [rows, ld]. Four panels go down the rows together, two cache lines of f32 or f64 a row.
 */
export function sumRows(db: usize, dy: usize, rows: i32, ld: i32): void {
  assert(ld % PANEL == 0);
  const width = bytes(ld);
  const end = db + width;
  dy += width * (rows - 1);
  for (; db + 4 * STRIDE <= end; db += 4 * STRIDE, dy += 4 * STRIDE) {
    let s0 = v128.load(db);
    let s1 = v128.load(db, 16);
    let s2 = v128.load(db, 32);
    let s3 = v128.load(db, 48);
    let s4 = v128.load(db, 64);
    let s5 = v128.load(db, 80);
    let s6 = v128.load(db, 96);
    let s7 = v128.load(db, 112);
    for (let r = rows, d = dy; r > 0; r--, d -= width) {
      s0 = v128.add<real>(s0, v128.load(d));
      s1 = v128.add<real>(s1, v128.load(d, 16));
      s2 = v128.add<real>(s2, v128.load(d, 32));
      s3 = v128.add<real>(s3, v128.load(d, 48));
      s4 = v128.add<real>(s4, v128.load(d, 64));
      s5 = v128.add<real>(s5, v128.load(d, 80));
      s6 = v128.add<real>(s6, v128.load(d, 96));
      s7 = v128.add<real>(s7, v128.load(d, 112));
    }
    v128.store(db, s0);
    v128.store(db, s1, 16);
    v128.store(db, s2, 32);
    v128.store(db, s3, 48);
    v128.store(db, s4, 64);
    v128.store(db, s5, 80);
    v128.store(db, s6, 96);
    v128.store(db, s7, 112);
  }
  for (; db < end; db += STRIDE, dy += STRIDE) {
    let s0 = v128.load(db);
    let s1 = v128.load(db, 16);
    for (let r = rows, d = dy; r > 0; r--, d -= width) {
      s0 = v128.add<real>(s0, v128.load(d));
      s1 = v128.add<real>(s1, v128.load(d, 16));
    }
    v128.store(db, s0);
    v128.store(db, s1, 16);
  }
}

/** Σ x² over n reals (n a multiple of PANEL), in f64: the square of the norm that clipping needs. */
export function sumSquares(x: usize, n: i32): f64 {
  assert(n % PANEL == 0);
  let a0 = f64x2.splat(0);
  let a1 = f64x2.splat(0);
  for (const end = x + bytes(n); x < end; x += STRIDE) {
    a0 = f64x2.add(a0, widenSquaresAt(x));
    a1 = f64x2.add(a1, widenSquaresAt(x + 16));
  }
  return total(a0, a1);
}

/** Σ |x| over n reals (n a multiple of PANEL), in f64. */
export function sumAbs(x: usize, n: i32): f64 {
  assert(n % PANEL == 0);
  let a0 = f64x2.splat(0);
  let a1 = f64x2.splat(0);
  for (const end = x + bytes(n); x < end; x += STRIDE) {
    a0 = f64x2.add(a0, widen(v128.abs<real>(v128.load(x))));
    a1 = f64x2.add(a1, widen(v128.abs<real>(v128.load(x, 16))));
  }
  return total(a0, a1);
}

/** x *= factor over n reals (n a multiple of PANEL); the factor is rounded to real once. */
export function scale(x: usize, factor: f64, n: i32): void {
  assert(n % PANEL == 0);
  const f = v128.splat<real>(<real>factor);
  const end = x + bytes(n);
  if (x == end) return;
  do {
    const x0 = v128.mul<real>(v128.load(x), f);
    const x1 = v128.mul<real>(v128.load(x, 16), f);
    v128.store(x, x0);
    v128.store(x, x1, 16);
    x += STRIDE;
  } while (x < end);
}

/** y += rate·(x - y) over n reals (n a multiple of PANEL): one step of an exponential moving average; the rate is rounded to real once. */
export function approach(y: usize, x: usize, rate: f64, n: i32): void {
  assert(n % PANEL == 0);
  const r = v128.splat<real>(<real>rate);
  for (const end = y + bytes(n); y < end; y += 16, x += 16) {
    const now = v128.load(y);
    v128.store(y, v128.add<real>(now, v128.mul<real>(r, v128.sub<real>(v128.load(x), now))));
  }
}

/** x = min(max(x, -limit), limit) over n reals (n a multiple of PANEL); NaN stays NaN, because pmin and pmax return their first operand then. */
export function clampValues(x: usize, limit: f64, n: i32): void {
  assert(n % PANEL == 0);
  const high = v128.splat<real>(<real>limit);
  const low = v128.neg<real>(high);
  const end = x + bytes(n);
  if (x == end) return;
  do {
    const x0 = v128.pmin<real>(v128.pmax<real>(v128.load(x), low), high);
    const x1 = v128.pmin<real>(v128.pmax<real>(v128.load(x, 16), low), high);
    v128.store(x, x0);
    v128.store(x, x1, 16);
    x += STRIDE;
  } while (x < end);
}

/**
 * y[r] = mask[r] != 0 ? 0 : x[r], whatever x[r] holds (NaN too): the rows whose state is reset.
 *
 * y, x: [rows, ld], y may be x; mask: u8 [rows].
 */
export function maskRows(y: usize, x: usize, mask: usize, rows: i32, ld: i32): void {
  assert(ld % PANEL == 0);
  const width = bytes(ld);
  for (let r = 0; r < rows; r++) {
    const keep = i64x2.splat(load<u8>(mask + r) ? 0 : -1);
    const end = y + width;
    do {
      const x0 = v128.and(v128.load(x), keep);
      const x1 = v128.and(v128.load(x, 16), keep);
      v128.store(y, x0);
      v128.store(y, x1, 16);
      y += STRIDE;
      x += STRIDE;
    } while (y < end);
  }
}

/** x = 0, over n reals; unlike a product with 0 also where x is not finite. */
export function clear(x: usize, n: i32): void {
  memory.fill(x, 0, bytes(n));
}

/** Whether n reals (a multiple of PANEL) are all 0. */
export function isZero(x: usize, n: i32): bool {
  const zero = v128.splat<real>(0);
  for (const end = x + bytes(n); x < end; x += 16) {
    if (v128.any_true(v128.ne<real>(v128.load(x), zero))) return false;
  }
  return true;
}
