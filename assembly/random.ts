// Counter-based random numbers: each is a function of seed, stream and index alone, so neither order nor chunking can change it.
//
// Philox4x32-10 of Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3". The seed is the key, the
// counter is (index low, index high, stream, 0), one block of 128 bits a number; 0 is a seed like any other. Everything is computed
// in f64 and rounded to `real` last, so that models of both precisions start from the same numbers.
import { bytes } from "./simd";

/** The four words of counter (c0, c1, c2, c3) under key (k0, k1): ten rounds, constants of the paper's Random123. */
function block(c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): v128 {
  for (let round = 0; round < 10; round++) {
    const p0 = <u64>0xd2511f53 * c0;
    const p1 = <u64>0xcd9e8d57 * c2;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c1 = <u32>p1;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c3 = <u32>p0;
    k0 += 0x9e3779b9;
    k1 += 0xbb67ae85;
  }
  return i32x4(c0, c1, c2, c3);
}

/** The bare block function, dst: u32[4]. */
export function philox(dst: usize, c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): void {
  v128.store(dst, block(c0, c1, c2, c3, k0, k1));
}

/** The first 64 bits of number `index` of a stream. */
function bits(seedLow: u32, seedHigh: u32, stream: u32, index: u64): u64 {
  return i64x2.extract_lane(block(<u32>index, <u32>(index >> 32), stream, 0, seedLow, seedHigh), 0);
}

/** A multiple of 2^-53 in [0, 1). */
function uniform(seedLow: u32, seedHigh: u32, stream: u32, index: u64): f64 {
  return <f64>(bits(seedLow, seedHigh, stream, index) >> 11) * 1.1102230246251565e-16;
}

/** Number `index` of a stream, uniform in [0, 1): the same as element `index` of randomUniform from 0 to 1. */
export function randomAt(seedLow: u32, seedHigh: u32, stream: u32, index: u32): f64 {
  return uniform(seedLow, seedHigh, stream, index);
}

/**
 * dst: [rows, ld], uniform from low to high (high itself only where rounding gives it); element (r, c) is number
 * first + r·columns + c of the stream, so that rows can be drawn in parts. The padding is not touched.
 */
export function randomUniform(
  dst: usize,
  rows: i32,
  columns: i32,
  ld: i32,
  low: f64,
  high: f64,
  seedLow: u32,
  seedHigh: u32,
  stream: u32,
  first: u32,
): void {
  let index: u64 = first;
  for (let r = 0; r < rows; r++, dst += bytes(ld)) {
    for (let c = 0; c < columns; c++, index++) {
      store<real>(dst + bytes(c), <real>(low + (high - low) * uniform(seedLow, seedHigh, stream, index)));
    }
  }
}

/**
 * dst: [rows, ld], normal by inversion of the distribution function; element (r, c) is number
 * first + r·columns + c of the stream. The padding is not touched.
 */
export function randomNormal(
  dst: usize,
  rows: i32,
  columns: i32,
  ld: i32,
  mean: f64,
  deviation: f64,
  seedLow: u32,
  seedHigh: u32,
  stream: u32,
  first: u32,
): void {
  let index: u64 = first;
  for (let r = 0; r < rows; r++, dst += bytes(ld)) {
    for (let c = 0; c < columns; c++, index++) {
      store<real>(dst + bytes(c), <real>(mean + deviation * normalQuantile(inside(bits(seedLow, seedHigh, stream, index)))));
    }
  }
}

/**
 * dst: [rows, ld], `value` with this probability, else 0; the masks of dropout and zoneout. Four elements come from one block of
 * counter (place in its row and row, c1, c2, c3), each from 32 bits; rows are numbered from `firstRow` on, so that a mask does not
 * depend on how many rows are drawn at once. The padding is not touched.
 */
export function bernoulli(
  dst: usize,
  rows: i32,
  columns: i32,
  ld: i32,
  probability: f64,
  value: f64,
  seedLow: u32,
  seedHigh: u32,
  firstRow: u32,
  c1: u32,
  c2: u32,
  c3: u32,
): void {
  const below = <u64>(probability * 4294967296.0);
  // Words up to this one give the value, which is 0 where none should.
  const last = i32x4.splat(<u32>(below - 1));
  const given = v128.splat<real>(below == 0 ? 0 : <real>value);
  const blocks = <u32>(columns + 3) >> 2;
  for (let r = 0; r < rows; r++, dst += bytes(ld)) {
    let index = (firstRow + r) * blocks;
    let at = dst;
    for (let left = columns; left > 0; left -= 16, index += 4, at += bytes(16)) {
      // As in `block`, four blocks at once: x0 to x3 are the words of their counters, a lane each.
      let x0 = i32x4.add(i32x4.splat(index), i32x4(0, 1, 2, 3));
      let x1 = i32x4.splat(c1);
      let x2 = i32x4.splat(c2);
      let x3 = i32x4.splat(c3);
      let k0 = seedLow;
      let k1 = seedHigh;
      for (let round = 0; round < 10; round++) {
        const m0 = i32x4.splat(0xd2511f53);
        const m1 = i32x4.splat(0xcd9e8d57);
        const a = i64x2.extmul_low_i32x4_u(x0, m0);
        const b = i64x2.extmul_high_i32x4_u(x0, m0);
        const c = i64x2.extmul_low_i32x4_u(x2, m1);
        const d = i64x2.extmul_high_i32x4_u(x2, m1);
        x0 = v128.xor(v128.xor(v128.shuffle<i32>(c, d, 1, 3, 5, 7), x1), i32x4.splat(k0));
        x1 = v128.shuffle<i32>(c, d, 0, 2, 4, 6);
        x2 = v128.xor(v128.xor(v128.shuffle<i32>(a, b, 1, 3, 5, 7), x3), i32x4.splat(k1));
        x3 = v128.shuffle<i32>(a, b, 0, 2, 4, 6);
        k0 += 0x9e3779b9;
        k1 += 0xbb67ae85;
      }
      // From a lane a block to a vector a block: its four elements.
      const a = v128.shuffle<i32>(x0, x1, 0, 4, 1, 5);
      const b = v128.shuffle<i32>(x2, x3, 0, 4, 1, 5);
      const c = v128.shuffle<i32>(x0, x1, 2, 6, 3, 7);
      const d = v128.shuffle<i32>(x2, x3, 2, 6, 3, 7);
      choose(at, i32x4.le_u(v128.shuffle<i64>(a, b, 0, 2), last), given, left);
      if (left > 4) choose(at + bytes(4), i32x4.le_u(v128.shuffle<i64>(a, b, 1, 3), last), given, left - 4);
      if (left > 8) choose(at + bytes(8), i32x4.le_u(v128.shuffle<i64>(c, d, 0, 2), last), given, left - 8);
      if (left > 12) choose(at + bytes(12), i32x4.le_u(v128.shuffle<i64>(c, d, 1, 3), last), given, left - 12);
    }
  }
}

/** The first `count` of four reals at dst, all of them where it is more: `given` where the lane of `chosen` is set, else 0. */
// @ts-ignore: decorator
@inline function choose(dst: usize, chosen: v128, given: v128, count: i32): void {
  if (count >= 4) {
    if (sizeof<real>() == 4) v128.store(dst, v128.and(chosen, given));
    else {
      v128.store(dst, v128.and(i64x2.extend_low_i32x4_s(chosen), given));
      v128.store(dst, v128.and(i64x2.extend_high_i32x4_s(chosen), given), 16);
    }
    return;
  }
  for (let i = 0; i < count; i++) {
    store<real>(dst + bytes(i), i32x4.extract_lane(chosen, 0) ? v128.extract_lane<real>(given, 0) : 0);
    chosen = v128.shuffle<i32>(chosen, chosen, 1, 2, 3, 0);
  }
}

/** The middle of one of 2^52 intervals: in (0, 1), exact, so that neither 0 nor 1, whose quantiles are infinite, can come. */
export function inside(word: u64): f64 {
  return (<f64>(word >> 12) + 0.5) * 2.220446049250313e-16;
}

// Wichura 1988, "Algorithm AS 241: The percentage points of the normal distribution", PPND16: numerator and denominator in
// rising powers, for the centre (a, b), for the tails (c, d) and for the far tails (e, f).
const CENTRE: usize = memory.data<f64>([
  3.387132872796366608, 133.14166789178437745, 1971.5909503065514427, 13731.693765509461125,
  45921.953931549871457, 67265.770927008700853, 33430.575583588128105, 2509.0809287301226727,
  1, 42.313330701600911252, 687.1870074920579083, 5394.1960214247511077,
  21213.794301586595867, 39307.89580009271061, 28729.085735721942674, 5226.495278852854561,
]);
const TAIL: usize = memory.data<f64>([
  1.42343711074968357734, 4.6303378461565452959, 5.7694972214606914055, 3.64784832476320460504,
  1.27045825245236838258, 0.24178072517745061177, 0.0227238449892691845833, 7.7454501427834140764e-4,
  1, 2.05319162663775882187, 1.6763848301838038494, 0.68976733498510000455,
  0.14810397642748007459, 0.0151986665636164571966, 5.475938084995344946e-4, 1.05075007164441684324e-9,
]);
const FAR_TAIL: usize = memory.data<f64>([
  6.6579046435011037772, 5.4637849111641143699, 1.7848265399172913358, 0.29656057182850489123,
  0.026532189526576123093, 0.0012426609473880784386, 2.71155556874348757815e-5, 2.01033439929228813265e-7,
  1, 0.59983220655588793769, 0.13692988092273580531, 0.0148753612908506148525,
  7.868691311456132591e-4, 1.8463183175100546818e-5, 1.4215117583164458887e-7, 2.04426310338993978564e-15,
]);

/** Polynomial of degree 7 over polynomial of degree 7, at r. */
function ratio(coefficients: usize, r: f64): f64 {
  let numerator = load<f64>(coefficients, 56);
  let denominator = load<f64>(coefficients, 120);
  for (let at = coefficients + 48; at >= coefficients; at -= 8) {
    numerator = numerator * r + load<f64>(at);
    denominator = denominator * r + load<f64>(at, 64);
  }
  return numerator / denominator;
}

/** The x below which a standard normal number falls with probability p, 0 < p < 1, to about 16 digits. */
export function normalQuantile(p: f64): f64 {
  const q = p - 0.5;
  if (abs<f64>(q) <= 0.425) return q * ratio(CENTRE, 0.180625 - q * q);
  const r = sqrt<f64>(-NativeMath.log(q < 0 ? p : 1 - p));
  const x = r <= 5 ? ratio(TAIL, r - 1.6) : ratio(FAR_TAIL, r - 5);
  return q < 0 ? -x : x;
}
