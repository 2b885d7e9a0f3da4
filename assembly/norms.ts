// Sums over all values, in f64 and in a fixed order, so that a norm neither overflows nor depends on the engine.
import { PANEL, STRIDE, bytes } from "./simd";

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
