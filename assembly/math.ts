// exp, tanh, sigmoid and log of vectors of `real`: no call and no branch per lane, one division each.
// Every input is taken: ±0, subnormal, ±infinity; NaN gives NaN. The bits are the same in every engine, but for relaxed builds.
//
// All but log stand on one function. With x = n ln 2 + r, |r| <= ln(2)/2, and the even function c(r²) = r coth(r/2),
//   e^r = (c + r) / (c - r),    c = 2 + r²/6 - r⁴/360 + ...
// (from coth(r/2) = (e^r + 1) / (e^r - 1)), so tanh and sigmoid are quotients of what 2^n and c give. c needs 3 coefficients in
// f32 and 6 in f64, where e^r itself needs 7 and 13. They are minimax (Remez exchange in 60 digits).
//
// Errors are in units in the last place (ulp) of the exact result. The largest found, in every seventh f32 and in 6 million f64
// of each critical range: exp 1.36 and 1.39, tanh 2.60 and 2.77, sigmoid 2.41 and 2.42, log 0.83 and 0.88. What is stated at the
// functions is tested in __tests__/math.spec.ts.
import { add, bytes, div, madd, mul, sub } from "./simd";

// Constants are read from memory: V8's newer compiler (Node 24) builds every v128.const again in every turn of a loop, from four
// instructions, and takes twice as long (tanh 7.7 ns a vector instead of 3.6). Where constants are hoisted it costs 5 %.

/** ln 2 in two parts, the first with so few bits that n times it is exact; the same halved. */
// @ts-ignore: decorator
@lazy export const LN2_F64: usize = memory.data<f64>([0.6931471803691238, 1.9082149292705877e-10]);
const LN2: usize = sizeof<real>() == 4 ? memory.data<real>([0.693359375, -0.00021219444005469057]) : LN2_F64;
const HALF_LN2: usize = sizeof<real>() == 4
  ? memory.data<real>([0.34657359027997264])
  : memory.data<real>([0.3465735901845619, 9.5410746463529385e-11]);
const LOG2E: usize = memory.data<real>([1.4426950408889634]);
const TWO_LOG2E: usize = memory.data<real>([2.8853900817779268]);

/**
 * 1.5·2^23 + b or 1.5·2^52 + b: a sum with it is rounded to an integer, and its lowest bits are that integer plus b. With the
 * exponent's bias in b, the shift by FRACTION then leaves a power of 2.
 */
const ROUND: usize = sizeof<real>() == 4 ? memory.data<real>([12583039]) : memory.data<real>([6755399441056767]); // b = bias
const ROUND_TWICE: usize = sizeof<real>() == 4 ? memory.data<real>([12583166]) : memory.data<real>([6755399441057790]); // 2 bias
const ROUND_LIFTED: usize = sizeof<real>() == 4 ? memory.data<real>([12583103]) : memory.data<real>([6755399441057279]); // + LIFT
/** 2^LIFT, LIFT = 64 or 512: it keeps powers of 2 in the normal range until the last operation; and its inverse. */
const LIFTED: usize = sizeof<real>() == 4
  ? memory.data<real>([18446744073709551616.0, 5.421010862427522e-20])
  : memory.data<real>([1.3407807929942597e+154, 7.458340731200207e-155]);

/** Beyond these e^x is 0 or infinity, and 1 / (1 + e^-x) is 0 or 1: limits that keep n in range. */
const EXP_LIMITS: usize = sizeof<real>() == 4 ? memory.data<real>([-104, 89]) : memory.data<real>([-746, 710]);
const SIGMOID_MOST: usize = sizeof<real>() == 4 ? memory.data<real>([18]) : memory.data<real>([38]);
/** From here on tanh x rounds to ±1. */
const TANH_LIMITS: usize = sizeof<real>() == 4 ? memory.data<real>([-9.2, 9.2]) : memory.data<real>([-20, 20]);

/** r coth(r/2) in powers of r², for |r| <= 0.3472: error 2^-27.7 in f32, 2^-58.9 in f64. */
// @ts-ignore: decorator
@lazy export const COTH_F64: usize = memory.data<f64>([
  2, 0.16666666666666602, -0.0027777777777016296, 6.613756320843023e-5, -1.653390096387832e-6, 4.138074288524028e-8,
]);
const COTH: usize = sizeof<real>() == 4 ? memory.data<real>([2, 0.16666625440120697, -0.002766725607216358]) : COTH_F64;
/** (r coth r - 1) / r² in powers of r², for |r| <= 0.1736: COTH's coefficients with r halved. */
const COTH_HALF: usize = sizeof<real>() == 4
  ? memory.data<real>([0.33333250880241394, -0.022133804857730865])
  : memory.data<real>([
    0.33333333333333204, -0.022222222221613037, 0.0021164020226697674, -0.0002116339323376425, 2.1186940357243025e-5,
  ]);
/** (ln((1 + s) / (1 - s)) - 2s) / s³ in powers of s², for |s| <= 0.1717: error, as part of the result, 2^-36.6 and 2^-58.5. */
const ATANH: usize = sizeof<real>() == 4
  ? memory.data<real>([0.6666666269302368, 0.4000033736228943, 0.28537169098854065, 0.23584993183612823])
  : memory.data<real>([
    0.6666666666666735, 0.3999999999940747, 0.2857142874414509, 0.2222219837813301, 0.1818357518141147, 0.15313755398726742,
    0.14799069309117852,
  ]);

/** The smallest normal number and what lifts every smaller one above it; 2^FRACTION plus the bias, the same with that lift. */
const NORMAL: usize = sizeof<real>() == 4
  ? memory.data<real>([1.1754943508222875e-38, 16777216])
  : memory.data<real>([2.2250738585072014e-308, 18014398509481984]);
const EXPONENT: usize = sizeof<real>() == 4
  ? memory.data<real>([8388608, 8388735, 8388759])
  : memory.data<real>([4503599627370496, 4503599627371519, 4503599627371573]);

/** Bits of 1 less those of sqrt(1/2), the mask of the fraction, bits of sqrt(1/2). */
const ROOT: usize = sizeof<real>() == 4
  ? memory.data<u32>([0x004afb0d, 0x007fffff, 0x3f3504f3])
  : memory.data<u64>([0x00095f619980c433, 0x000fffffffffffff, 0x3fe6a09e667f3bcd]);
const SPECIAL: usize = memory.data<real>([-Infinity, NaN, Infinity]);

const ONE: usize = memory.data<real>([1]);
const TWO: usize = memory.data<real>([2]);
const HALF: usize = memory.data<real>([0.5]);

/** Constant i of a table, in all lanes. */
// @ts-ignore: decorator
@inline function all(table: usize, i: i32 = 0): v128 {
  if (sizeof<real>() == 4) return v128.load32_splat(table + bytes(i));
  return v128.load64_splat(table + bytes(i));
}

/** c - a·b. */
// @ts-ignore: decorator
@inline function nmadd(a: v128, b: v128, c: v128): v128 {
  return sub(c, mul(a, b));
}

/** x within limits 0 and 1 of a table. pmin and pmax are one x86 instruction, min and max seven; NaN passes, as x is first. */
// @ts-ignore: decorator
@inline function clamp(x: v128, limits: usize): v128 {
  return v128.pmax<real>(v128.pmin<real>(x, all(limits, 1)), all(limits));
}

/** Bits of the fraction. */
// @ts-ignore: decorator
@inline const FRACTION: i32 = sizeof<real>() == 4 ? 23 : 52;

/** Integers as wide as `real`, shifted left by FRACTION: from an exponent's bits to a power of 2. */
// @ts-ignore: decorator
@inline function power(exponent: v128): v128 {
  if (sizeof<real>() == 4) return i32x4.shl(exponent, FRACTION);
  return i64x2.shl(exponent, FRACTION);
}

/** x - n ln 2. */
// @ts-ignore: decorator
@inline function reduce(x: v128, n: v128): v128 {
  return nmadd(n, all(LN2, 1), nmadd(n, all(LN2), x));
}

/** c = r coth(r/2). */
// @ts-ignore: decorator
@inline function coth(r: v128): v128 {
  const q = mul(r, r);
  let c: v128;
  if (sizeof<real>() == 4) {
    c = madd(all(COTH, 2), q, all(COTH, 1));
  } else {
    c = madd(all(COTH, 5), q, all(COTH, 4));
    c = madd(c, q, all(COTH, 3));
    c = madd(c, q, all(COTH, 2));
    c = madd(c, q, all(COTH, 1));
  }
  return madd(c, q, all(COTH));
}

/** e^r = 1 + 2r / (c - r): smaller error than (c + r) / (c - r). */
// @ts-ignore: decorator
@inline function expReduced(r: v128): v128 {
  return add(all(ONE), div(add(r, r), sub(coth(r), r)));
}

/** e^x, within 1.5 ulp; subnormal results within 0.9 ulp, gradually down to 0. */
// @ts-ignore: decorator
@inline export function exp(x: v128): v128 {
  x = clamp(x, EXP_LIMITS);
  const t = madd(x, all(LOG2E), all(ROUND_TWICE));
  const e = expReduced(reduce(x, sub(t, all(ROUND_TWICE))));
  // 2^n as 2^floor(n/2) · 2^ceil(n/2), each in the normal range: only the last product rounds. n + 2 bias gives both their bias.
  if (sizeof<real>() == 4) {
    const floor = i32x4.shr_u(t, 1);
    return mul(mul(e, power(floor)), power(i32x4.sub(t, floor)));
  }
  const floor = i64x2.shr_u(t, 1);
  return mul(mul(e, power(floor)), power(i64x2.sub(t, floor)));
}

/** e^x for x <= 0 (softmax), otherwise as exp and faster. Above 0 the result is meaningless. */
// @ts-ignore: decorator
@inline export function expNonPositive(x: v128): v128 {
  x = v128.pmax<real>(x, all(EXP_LIMITS));
  const t = madd(x, all(LOG2E), all(ROUND_LIFTED));
  const e = expReduced(reduce(x, sub(t, all(ROUND_LIFTED))));
  return mul(mul(e, power(t)), all(LIFTED, 1));
}

/**
 * tanh x, within 2.9 ulp. Exactly odd, ±0 and subnormal numbers give themselves, never beyond ±1.
 *
 * With x = (n/2) ln 2 + r, s = 2^n, k = r coth r - 1, numerator and denominator of (s e^2r - 1) / (s e^2r + 1), both times
 * r coth r - r: y = (r (1 + s) - k (1 - s) - (1 - s)) / (k (1 + s) - r (1 - s) + (1 + s)), where 1 + s and 1 - s are
 * exact or s or ±1 to rounding. Negating x takes s to 1/s, which scales all terms by a power of 2: there is no sign to put aside.
 */
// @ts-ignore: decorator
@inline export function tanh(x: v128): v128 {
  x = clamp(x, TANH_LIMITS);
  const t = madd(x, all(TWO_LOG2E), all(ROUND));
  const n = sub(t, all(ROUND));
  // In f32 one part of ln 2 is enough: what n adds to the error of r, the slope of tanh takes away.
  let r = nmadd(n, all(HALF_LN2), x);
  if (sizeof<real>() == 8) r = nmadd(n, all(HALF_LN2, 1), r);
  const q = mul(r, r);
  let k: v128;
  if (sizeof<real>() == 4) {
    k = madd(all(COTH_HALF, 1), q, all(COTH_HALF));
  } else {
    k = madd(all(COTH_HALF, 4), q, all(COTH_HALF, 3));
    k = madd(k, q, all(COTH_HALF, 2));
    k = madd(k, q, all(COTH_HALF, 1));
    k = madd(k, q, all(COTH_HALF));
  }
  k = mul(k, q);
  const s = power(t);
  const a = sub(all(ONE), s);
  const b = add(all(ONE), s);
  // In this order: for s = 1 the numerator is 2r with the sign of zero, and where 1 is lost in s (or s in 1) y is ±1.
  return div(sub(sub(mul(r, b), mul(k, a)), a), add(sub(mul(k, b), mul(r, a)), b));
}

/**
 * 1 / (1 + e^-x), within 2.5 ulp, however small; subnormal results within 0.9 ulp.
 *
 * With x = n ln 2 + r: y = 2^n (c + r) / (2^n (c + r) + (c - r)), all of it times 2^LIFT.
 */
// @ts-ignore: decorator
@inline export function sigmoid(x: v128): v128 {
  x = v128.pmax<real>(v128.pmin<real>(x, all(SIGMOID_MOST)), all(EXP_LIMITS));
  const t = madd(x, all(LOG2E), all(ROUND_LIFTED));
  const r = reduce(x, sub(t, all(ROUND_LIFTED)));
  const c = coth(r);
  const e = mul(add(c, r), power(t));
  return div(e, madd(sub(c, r), all(LIFTED), e));
}

/**
 * ln x, within 0.9 ulp; -infinity for ±0, NaN below.
 *
 * x = 2^k (1 + f) with 1 + f from sqrt(1/2) to sqrt 2, s = f / (2 + f), h = f²/2; as in fdlibm's e_log.c (Sun Microsystems 1993):
 * ln(1 + f) = ln((1 + s) / (1 - s)) = f - (h - s (h + s² A(s²))), so that the leading term is exact.
 */
function logarithm(x: v128): v128 {
  const small = v128.lt<real>(x, all(NORMAL));
  const normal = v128.bitselect(mul(x, all(NORMAL, 1)), x, small);
  let exponent: v128, one: v128;
  if (sizeof<real>() == 4) {
    const u = i32x4.add(normal, all(ROOT));
    exponent = i32x4.shr_u(u, FRACTION);
    one = i32x4.add(v128.and(u, all(ROOT, 1)), all(ROOT, 2));
  } else {
    const u = i64x2.add(normal, all(ROOT));
    exponent = i64x2.shr_u(u, FRACTION);
    one = i64x2.add(v128.and(u, all(ROOT, 1)), all(ROOT, 2));
  }
  // The biased exponent as the lowest bits of a number near 2^FRACTION.
  const k = sub(v128.or(exponent, all(EXPONENT)), v128.bitselect(all(EXPONENT, 2), all(EXPONENT, 1), small));
  const f = sub(one, all(ONE));
  const s = div(f, add(f, all(TWO)));
  const h = mul(mul(f, f), all(HALF));
  const w = mul(s, s);
  let A: v128;
  if (sizeof<real>() == 4) {
    A = all(ATANH, 3);
  } else {
    A = madd(all(ATANH, 6), w, all(ATANH, 5));
    A = madd(A, w, all(ATANH, 4));
    A = madd(A, w, all(ATANH, 3));
  }
  A = madd(A, w, all(ATANH, 2));
  A = madd(A, w, all(ATANH, 1));
  A = madd(A, w, all(ATANH));
  const tail = madd(s, madd(w, A, h), mul(k, all(LN2, 1)));
  const y = madd(k, all(LN2), sub(f, sub(h, tail)));
  // Infinity and NaN are their own logarithm.
  const zero = v128.splat<real>(0);
  const low = v128.bitselect(all(SPECIAL), all(SPECIAL, 1), v128.eq<real>(x, zero));
  const edge = v128.bitselect(low, x, v128.le<real>(x, zero));
  return v128.bitselect(y, edge, v128.and(v128.gt<real>(x, zero), v128.lt<real>(x, all(SPECIAL, 2))));
}

/** ln x by a call: in line its four copies would be 0.4 KB more for a page to load. */
// @ts-ignore: decorator
@inline export function log(x: v128): v128 {
  return logarithm(x);
}

/** y = e^x over n reals; n a multiple of PANEL; y may be x. Loops test at the bottom: V8 hoists out of those only. */
export function vexp(y: usize, x: usize, n: i32): void {
  const end = x + bytes(n);
  if (x < end) do {
    const a = exp(v128.load(x));
    const b = exp(v128.load(x, 16));
    v128.store(y, a);
    v128.store(y, b, 16);
    x += 32;
    y += 32;
  } while (x < end);
}

/** y = e^x for x <= 0 over n reals; n a multiple of PANEL; y may be x. */
export function vexpNonPositive(y: usize, x: usize, n: i32): void {
  const end = x + bytes(n);
  if (x < end) do {
    const a = expNonPositive(v128.load(x));
    const b = expNonPositive(v128.load(x, 16));
    v128.store(y, a);
    v128.store(y, b, 16);
    x += 32;
    y += 32;
  } while (x < end);
}

/** y = tanh x over n reals; n a multiple of PANEL; y may be x. */
export function vtanh(y: usize, x: usize, n: i32): void {
  const end = x + bytes(n);
  if (x < end) do {
    const a = tanh(v128.load(x));
    const b = tanh(v128.load(x, 16));
    v128.store(y, a);
    v128.store(y, b, 16);
    x += 32;
    y += 32;
  } while (x < end);
}

/** y = 1 / (1 + e^-x) over n reals; n a multiple of PANEL; y may be x. */
export function vsigmoid(y: usize, x: usize, n: i32): void {
  const end = x + bytes(n);
  if (x < end) do {
    const a = sigmoid(v128.load(x));
    const b = sigmoid(v128.load(x, 16));
    v128.store(y, a);
    v128.store(y, b, 16);
    x += 32;
    y += 32;
  } while (x < end);
}

/** y = ln x over n reals; n a multiple of PANEL; y may be x. */
export function vlog(y: usize, x: usize, n: i32): void {
  const end = x + bytes(n);
  if (x < end) do {
    const a = log(v128.load(x));
    const b = log(v128.load(x, 16));
    v128.store(y, a);
    v128.store(y, b, 16);
    x += 32;
    y += 32;
  } while (x < end);
}
