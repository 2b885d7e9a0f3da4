// exp, tanh, sigmoid and log on vectors, in f32 and f64, for every input: ±0, subnormals, ±infinity, NaN (a NaN stays one).
//
// All stand on one step: x = n·ln 2 + r with |r| ≤ ln(2)/2, and the Taylor series of e^r - 1. The range is so short that the
// series is as good as a minimax polynomial of one degree less, and its coefficients need no table: 1/k!.
// Errors are the largest found by the sweeps in __tests__/math.spec.ts, in units in the last place (ulp) of the exact result.
import { LANES, bytes } from "./simd";

// @ts-ignore: decorator
@inline function splat(single: f32, double: f64): v128 {
  if (sizeof<real>() == 4) return f32x4.splat(single);
  return f64x2.splat(double);
}

// @ts-ignore: decorator
@inline function all(value: f64): v128 {
  return v128.splat<real>(<real>value);
}

// @ts-ignore: decorator
@inline function add(a: v128, b: v128): v128 {
  return v128.add<real>(a, b);
}

// @ts-ignore: decorator
@inline function sub(a: v128, b: v128): v128 {
  return v128.sub<real>(a, b);
}

// @ts-ignore: decorator
@inline function mul(a: v128, b: v128): v128 {
  return v128.mul<real>(a, b);
}

/** c + p·x, one step of Horner's scheme. Not `madd`: relaxed builds must keep these errors too, whatever they fuse. */
// @ts-ignore: decorator
@inline function horner(p: v128, x: v128, c: f64): v128 {
  return add(mul(p, x), all(c));
}

/** 1.5·2^23 or 1.5·2^52: added and taken away, it rounds to the nearest integer, whose bits are then the sum's lowest. */
// @ts-ignore: decorator
@inline function magic(): v128 {
  return splat(12582912, 6755399441055744);
}

/** 2^n for integers n whose bits are the lowest of `biased` = n + magic; n from -126 to 127 (f32), -1022 to 1023 (f64). */
// @ts-ignore: decorator
@inline function power(biased: v128): v128 {
  if (sizeof<real>() == 4) return i32x4.shl(i32x4.add(biased, i32x4.splat(127)), 23);
  return i64x2.shl(i64x2.add(biased, i64x2.splat(1023)), 52);
}

/** x - n·ln 2, with ln 2 in two parts of which the first times n is exact. */
// @ts-ignore: decorator
@inline function reduce(x: v128, n: v128): v128 {
  const high = splat(0.693145751953125, 0.693147180369123816490);
  const low = splat(1.42860677e-6, 1.90821492927058770002e-10);
  return sub(sub(x, mul(n, high)), mul(n, low));
}

/** (e^r - 1 - r) / r² for |r| ≤ ln(2)/2: Σ r^(k-2)/k!, to k = 7 (f32) or 13 (f64). */
// @ts-ignore: decorator
@inline function series(r: v128): v128 {
  let p: v128;
  if (sizeof<real>() == 4) {
    p = all(1.0 / 5040);
  } else {
    p = all(1.0 / 6227020800);
    p = horner(p, r, 1.0 / 479001600);
    p = horner(p, r, 1.0 / 39916800);
    p = horner(p, r, 1.0 / 3628800);
    p = horner(p, r, 1.0 / 362880);
    p = horner(p, r, 1.0 / 40320);
    p = horner(p, r, 1.0 / 5040);
  }
  p = horner(p, r, 1.0 / 720);
  p = horner(p, r, 1.0 / 120);
  p = horner(p, r, 1.0 / 24);
  p = horner(p, r, 1.0 / 6);
  return horner(p, r, 0.5);
}

/** e^r - 1 for |r| ≤ ln(2)/2. */
// @ts-ignore: decorator
@inline function expm1Reduced(r: v128): v128 {
  return add(r, mul(mul(r, r), series(r)));
}

/** min(x, limit) and max(x, limit) that let NaN through; pmin and pmax are one instruction where min and max are seven. */
// @ts-ignore: decorator
@inline function atMost(x: v128, limit: v128): v128 {
  return v128.pmin<real>(x, limit);
}
// @ts-ignore: decorator
@inline function atLeast(x: v128, limit: v128): v128 {
  return v128.pmax<real>(x, limit);
}

/** e^x. Subnormal results come out gradually. */
// @ts-ignore: decorator
@inline export function exp(x: v128): v128 {
  // Beyond these the result is 0 or infinity, which the scaling gives.
  const y = atMost(atLeast(x, splat(-104, -746)), splat(89, 710));
  const biased = add(mul(y, all(1.4426950408889634)), magic());
  const n = sub(biased, magic());
  const p = add(all(1), expm1Reduced(reduce(y, n)));
  // 2^n in two factors, since n goes beyond the exponents of normal numbers.
  const half = add(mul(n, all(0.5)), magic());
  const rest = add(sub(n, sub(half, magic())), magic());
  return mul(mul(p, power(half)), power(rest));
}

/** e^x for x ≤ 0, as softmax needs it: results below the smallest normal number are 0. */
// @ts-ignore: decorator
@inline export function expNonPositive(x: v128): v128 {
  const floor = splat(-87.3365, -708.3964);
  const y = atLeast(x, floor);
  const biased = add(mul(y, all(1.4426950408889634)), magic());
  const p = add(all(1), expm1Reduced(reduce(y, sub(biased, magic()))));
  return v128.andnot(mul(p, power(biased)), v128.lt<real>(x, floor));
}

/** tanh x = e / (e + 2) with e = e^(2|x|) - 1, and the sign of x. Odd, exact at ±0, ±1 from |x| ≈ 9 (f32) or 19 (f64) on. */
// @ts-ignore: decorator
@inline export function tanh(x: v128): v128 {
  const sign = v128.and(x, all(-0.0));
  const y = atMost(v128.xor(x, sign), splat(9.1, 19.1));
  const z = add(y, y);
  const biased = add(mul(z, all(1.4426950408889634)), magic());
  const scale = power(biased);
  const p = expm1Reduced(reduce(z, sub(biased, magic())));
  const e = add(mul(scale, p), sub(scale, all(1)));
  return v128.or(v128.div<real>(e, add(e, all(2))), sign);
}

/** 1 / (1 + e^-x), as e / (1 + e) with e = e^x for x < 0, so that small results keep their digits. */
// @ts-ignore: decorator
@inline export function sigmoid(x: v128): v128 {
  const one = all(1);
  const e = exp(v128.or(x, all(-0.0)));
  return v128.div<real>(v128.bitselect(e, one, v128.lt<real>(x, all(0))), add(one, e));
}

/** ln x: x = 2^k·m with m in [√½, √2), ln m = f - (f²/2 - s·(f²/2 + R)) with f = m - 1, s = f/(2+f), R = Σ 2s^(2j)/(2j+1). */
// @ts-ignore: decorator
@inline export function log(x: v128): v128 {
  // Subnormal numbers are made normal first.
  const tiny = v128.lt<real>(x, splat(1.17549435e-38, 2.2250738585072014e-308));
  const y = v128.bitselect(mul(x, splat(8388608, 4503599627370496)), x, tiny);
  let k: v128, m: v128;
  if (sizeof<real>() == 4) {
    // The exponent that leaves m in [√½, √2): 0x3f3504f3 is √½.
    const offset = i32x4.sub(y, i32x4.splat(0x3f3504f3));
    const exponent = i32x4.shr_s(offset, 23);
    m = i32x4.sub(y, i32x4.shl(exponent, 23));
    k = f32x4.convert_i32x4_s(exponent);
  } else {
    const offset = i64x2.sub(y, i64x2.splat(0x3fe6a09e667f3bcd));
    const exponent = i64x2.shr_s(offset, 52);
    m = i64x2.sub(y, i64x2.shl(exponent, 52));
    k = sub(i64x2.add(exponent, magic()), magic());
  }
  k = sub(k, v128.and(tiny, splat(23, 52)));
  const f = sub(m, all(1));
  const s = v128.div<real>(f, add(f, all(2)));
  const z = mul(s, s);
  let R: v128;
  if (sizeof<real>() == 4) {
    R = all(2.0 / 11);
  } else {
    R = all(2.0 / 23);
    R = horner(R, z, 2.0 / 21);
    R = horner(R, z, 2.0 / 19);
    R = horner(R, z, 2.0 / 17);
    R = horner(R, z, 2.0 / 15);
    R = horner(R, z, 2.0 / 13);
    R = horner(R, z, 2.0 / 11);
  }
  R = horner(R, z, 2.0 / 9);
  R = horner(R, z, 2.0 / 7);
  R = horner(R, z, 2.0 / 5);
  R = mul(horner(R, z, 2.0 / 3), z);
  const high = splat(0.693145751953125, 0.693147180369123816490);
  const low = splat(1.42860677e-6, 1.90821492927058770002e-10);
  const half = mul(mul(f, f), all(0.5));
  const tail = add(mul(s, add(half, R)), mul(k, low));
  let result = add(mul(k, high), sub(f, sub(half, tail)));
  // ln ∞ = ∞, ln 0 = -∞, NaN below 0 and for NaN.
  result = v128.bitselect(x, result, v128.eq<real>(x, all(Infinity)));
  result = v128.bitselect(all(-Infinity), result, v128.eq<real>(x, all(0)));
  return v128.bitselect(result, all(NaN), v128.ge<real>(x, all(0)));
}

/** y[i] = e^x[i]; n a multiple of PANEL, as in the three below. */
export function vexp(y: usize, x: usize, n: i32): void {
  for (let i = 0; i < n; i += LANES) v128.store(y + bytes(i), exp(v128.load(x + bytes(i))));
}

/** y[i] = tanh x[i]. */
export function vtanh(y: usize, x: usize, n: i32): void {
  for (let i = 0; i < n; i += LANES) v128.store(y + bytes(i), tanh(v128.load(x + bytes(i))));
}

/** y[i] = 1 / (1 + e^-x[i]). */
export function vsigmoid(y: usize, x: usize, n: i32): void {
  for (let i = 0; i < n; i += LANES) v128.store(y + bytes(i), sigmoid(v128.load(x + bytes(i))));
}

/** y[i] = ln x[i]. */
export function vlog(y: usize, x: usize, n: i32): void {
  for (let i = 0; i < n; i += LANES) v128.store(y + bytes(i), log(v128.load(x + bytes(i))));
}
