// What exp, tanh, sigmoid and log should give, and how far off an answer is in ulp.
//
// exactExp(x) and the others set the exact value, (high + low) · 2^scale with two f64; ulpError(y) measures against it. For f32,
// NativeMath in f64 is exact enough. For f64, double-double arithmetic (Dekker 1971, "A floating-point technique for extending the
// available precision") gives about 95 bits: e^x - 1 by its Taylor series at x / 2^j and m ← m (m + 2), which doubles the argument;
// everything else follows from it.

/** The exact value is the sum of the pair times 2^scale. */
let exact: v128 = f64x2.splat(0);
let scale: i32 = 0;

function put(value: v128, power: i32 = 0): void {
  exact = value;
  scale = power;
}

// @ts-ignore: decorator
@inline function pair(high: f64, low: f64): v128 {
  return f64x2(high, low);
}

// @ts-ignore: decorator
@inline function high(a: v128): f64 {
  return f64x2.extract_lane(a, 0);
}

// @ts-ignore: decorator
@inline function low(a: v128): f64 {
  return f64x2.extract_lane(a, 1);
}

/** a + b as a pair. */
// @ts-ignore: decorator
@inline function sum(a: f64, b: f64): v128 {
  const s = a + b;
  const t = s - a;
  return pair(s, a - (s - t) + (b - t));
}

/** a · b as a pair, |a| and |b| below 2^996. */
function product(a: f64, b: f64): v128 {
  const p = a * b;
  let c = 134217729 * a; // 2^27 + 1 splits 53 bits in two halves
  const a1 = c - (c - a);
  const a2 = a - a1;
  c = 134217729 * b;
  const b1 = c - (c - b);
  const b2 = b - b1;
  return pair(p, a1 * b1 - p + a1 * b2 + a2 * b1 + a2 * b2);
}

function add(a: v128, b: v128): v128 {
  const s = sum(high(a), high(b));
  const t = sum(low(a), low(b));
  const u = sum(high(s), low(s) + high(t));
  return sum(high(u), low(u) + low(t));
}

function multiply(a: v128, b: v128): v128 {
  const p = product(high(a), high(b));
  return sum(high(p), low(p) + (high(a) * low(b) + low(a) * high(b)));
}

function divide(a: v128, b: v128): v128 {
  const q = high(a) / high(b);
  const r = add(a, multiply(pair(-q, 0), b));
  const q2 = high(r) / high(b);
  const rest = add(r, multiply(pair(-q2, 0), b));
  return add(sum(q, q2), pair(high(rest) / high(b), 0));
}

/** a / k for a small integer k. */
function divideBy(a: v128, k: f64): v128 {
  const q = high(a) / k;
  const p = product(q, k);
  return sum(q, (high(a) - high(p) - low(p) + low(a)) / k);
}

/** 2^n of a normal number. */
// @ts-ignore: decorator
@inline function power(n: i32): f64 {
  return reinterpret<f64>(<u64>(n + 1023) << 52);
}

/** x · 2^n for |n| <= 2000, exact where the result is normal. */
function scaled(x: f64, n: i32): f64 {
  return x * power(n >> 1) * power(n - (n >> 1));
}

/** a · 2^n likewise. */
function shift(a: v128, n: i32): v128 {
  return pair(scaled(high(a), n), scaled(low(a), n));
}

/** floor(log2 |x|) of a finite x other than 0. */
function exponentOf(x: f64): i32 {
  const field = <i32>(reinterpret<u64>(x) >> 52) & 0x7ff;
  return field > 0 ? field - 1023 : exponentOf(x * 18014398509481984) - 54;
}

/** e^x - 1 for 0 <= x <= 400. */
function expm1(x: f64): v128 {
  let doublings = 0;
  for (; x > 1.0 / 64; doublings++) x *= 0.5;
  let m = pair(1, 0);
  for (let k = 16; k > 1; k--) m = add(pair(1, 0), divideBy(multiply(pair(x, 0), m), k));
  m = multiply(pair(x, 0), m);
  for (; doublings > 0; doublings--) m = multiply(m, add(m, pair(2, 0)));
  return m;
}

/** e^x. */
export function exactExp(x: f64): void {
  if (sizeof<real>() == 4) return put(pair(NativeMath.exp(x), 0));
  if (!(abs<f64>(x) < 800)) return put(pair(x > 0 ? Infinity : x < 0 ? 0 : NaN, 0));
  const root = add(expm1(0.5 * abs<f64>(x)), pair(1, 0));
  const n = exponentOf(high(root));
  const unit = shift(root, -n);
  const e = multiply(unit, unit);
  if (x < 0) put(divide(pair(1, 0), e), -2 * n);
  else put(e, 2 * n);
}

/** tanh x. */
export function exactTanh(x: f64): void {
  if (sizeof<real>() == 4) return put(pair(NativeMath.tanh(x), 0));
  const y = abs<f64>(x);
  const sign = NativeMath.sign(x);
  if (isNaN(x) || y < 1e-150) return put(pair(x, 0)); // x - x³/3, where x³ is beyond 106 bits
  if (y > 100) return put(pair(sign, 0));
  const m = expm1(2 * y);
  put(multiply(pair(sign, 0), divide(m, add(m, pair(2, 0)))));
}

/** 1 / (1 + e^-x). */
export function exactSigmoid(x: f64): void {
  if (sizeof<real>() == 4) {
    const e = NativeMath.exp(-abs<f64>(x));
    return put(pair((x < 0 ? e : 1) / (1 + e), 0));
  }
  if (isNaN(x)) return put(pair(x, 0));
  if (x > 100) return put(pair(1, 0));
  if (x < -100) return exactExp(x); // e^x - e^2x, where the second is beyond 106 bits
  exactExp(-x);
  put(divide(pair(1, 0), add(pair(1, 0), shift(exact, scale))));
}

/** ln x. */
export function exactLog(x: f64): void {
  const y = NativeMath.log(x);
  if (sizeof<real>() == 4 || y == 0 || !isFinite(y)) return put(pair(y, 0));
  // One step of Halley's iteration from y: ln x = y + 2 (x - e^y) / (x + e^y), with e^y - 1 where x is near 1.
  let difference: v128, total: v128;
  if (x > 0.5 && x < 2) {
    const m = expm1(abs<f64>(y));
    const e = y < 0 ? divide(multiply(pair(-1, 0), m), add(m, pair(1, 0))) : m;
    difference = add(pair(x - 1, 0), multiply(pair(-1, 0), e));
    total = add(pair(x + 1, 0), e);
  } else {
    exactExp(y);
    const unit = pair(scaled(x, -scale), 0);
    difference = add(unit, multiply(pair(-1, 0), exact));
    total = add(unit, exact);
  }
  put(add(pair(y, 0), divide(add(difference, difference), total)));
}

// @ts-ignore: decorator
@inline const FRACTION: i32 = sizeof<real>() == 4 ? 23 : 52;
// @ts-ignore: decorator
@inline const BIAS: i32 = sizeof<real>() == 4 ? 127 : 1023;

/** Whether the exact value, if it is not 0, is below the smallest normal number of `real`. */
export function isSubnormal(): bool {
  const first = high(exact);
  return isFinite(first) && first != 0 && exponentOf(first) + scale <= -BIAS;
}

/**
 * How far y is from the exact value, in units in the last place of the exact value. Infinity counts as the power of 2 after the
 * largest number. Where the exact value is 0, infinite or NaN, only the same will do.
 */
export function ulpError(y: real): f64 {
  const first = high(exact);
  if (isNaN(first)) return isNaN(y) ? 0 : Infinity;
  if (isNaN(y)) return Infinity;
  if (first == 0 || !isFinite(first)) return <f64>y == first ? 0 : Infinity;
  let exponent = exponentOf(first);
  if ((reinterpret<u64>(first) & 0x000fffffffffffff) == 0 && first * low(exact) < 0) exponent--;
  exponent += scale;
  if (exponent > BIAS) return <f64>y == NativeMath.sign(first) * Infinity ? 0 : Infinity;
  if (exponent < -2 * BIAS) return abs<f64>(<f64>y) == 0 ? 0 : Infinity;
  const unit = max<i32>(exponent, 1 - BIAS) - FRACTION;
  const answer = isFinite(y) ? scaled(<f64>y, -unit) : NativeMath.sign(<f64>y) * power(BIAS + 1 - exponent + FRACTION);
  const wanted = shift(exact, scale - unit);
  return abs<f64>(answer - high(wanted) - low(wanted));
}
