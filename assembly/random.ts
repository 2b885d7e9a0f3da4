// Counter-based random numbers: each number is a function of seed, stream and index, so the order of drawing cannot matter.
//
// Philox4x32-10: Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3". The seed is the key, the
// counter is (index low, index high, stream, 0). Everything is computed in f64 and rounded to `real` last: models of both
// precisions start from the same numbers.
import { bytes } from "./simd";

// @ts-ignore: decorator
@inline const ROUNDS: i32 = 10;
// Multipliers and Weyl constants of Philox4x32, section 4.3 and table 2 of the paper.
// @ts-ignore: decorator
@inline const M0: u64 = 0xd2511f53;
// @ts-ignore: decorator
@inline const M1: u64 = 0xcd9e8d57;
// @ts-ignore: decorator
@inline const W0: u32 = 0x9e3779b9;
// @ts-ignore: decorator
@inline const W1: u32 = 0xbb67ae85;

/** Four 32-bit words of the counter (c0, c1, c2, c3) under the key (k0, k1). */
export function philox(dst: usize, c0: u32, c1: u32, c2: u32, c3: u32, k0: u32, k1: u32): void {
  for (let round = 0; round < ROUNDS; round++) {
    const p0 = M0 * <u64>c0;
    const p1 = M1 * <u64>c2;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c1 = <u32>p1;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c3 = <u32>p0;
    k0 += W0;
    k1 += W1;
  }
  store<u32>(dst, c0);
  store<u32>(dst, c1, 4);
  store<u32>(dst, c2, 8);
  store<u32>(dst, c3, 12);
}

/** The first two words of a block as 64 bits: philox without a place in memory. */
function word(seedLow: u32, seedHigh: u32, stream: u32, index: u64): u64 {
  let c0 = <u32>index, c1 = <u32>(index >> 32), c2 = stream, c3: u32 = 0;
  let k0 = seedLow, k1 = seedHigh;
  for (let round = 0; round < ROUNDS; round++) {
    const p0 = M0 * <u64>c0;
    const p1 = M1 * <u64>c2;
    c0 = <u32>(p1 >> 32) ^ c1 ^ k0;
    c1 = <u32>p1;
    c2 = <u32>(p0 >> 32) ^ c3 ^ k1;
    c3 = <u32>p0;
    k0 += W0;
    k1 += W1;
  }
  return ((<u64>c1) << 32) | <u64>c0;
}

/** One number in [0, 1), a multiple of 2^-53. */
export function randomAt(seedLow: u32, seedHigh: u32, stream: u32, index: u32): f64 {
  return uniform(seedLow, seedHigh, stream, <u64>index);
}

function uniform(seedLow: u32, seedHigh: u32, stream: u32, index: u64): f64 {
  return <f64>(word(seedLow, seedHigh, stream, index) >> 11) * (1.0 / 9007199254740992.0);
}

/** dst [rows, ld] = uniform in [low, high) for each of `columns` columns; element (r, c) is number r·columns + c of its stream. */
export function randomUniform(
  dst: usize, rows: i32, columns: i32, ld: i32, low: f64, high: f64, seedLow: u32, seedHigh: u32, stream: u32,
): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      const u = uniform(seedLow, seedHigh, stream, <u64>r * columns + c);
      store<real>(dst + bytes(r * ld + c), <real>(low + (high - low) * u));
    }
  }
}

/** dst [rows, ld] = normal, by the inverse of the distribution function; element (r, c) is number r·columns + c of its stream. */
export function randomNormal(
  dst: usize, rows: i32, columns: i32, ld: i32, mean: f64, deviation: f64, seedLow: u32, seedHigh: u32, stream: u32,
): void {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) {
      // In the middle of its interval of 2^-53, so that 0, whose quantile is -∞, cannot come.
      const u = uniform(seedLow, seedHigh, stream, <u64>r * columns + c) + 0.5 / 9007199254740992.0;
      store<real>(dst + bytes(r * ld + c), <real>(mean + deviation * normalQuantile(u)));
    }
  }
}

/** The x below which a standard normal number falls with probability p. Wichura 1988, algorithm AS 241, PPND16: 16 digits. */
export function normalQuantile(p: f64): f64 {
  const q = p - 0.5;
  if (NativeMath.abs(q) <= 0.425) {
    const r = 0.180625 - q * q;
    const numerator =
      (((((((2.5090809287301226727e3 * r + 3.3430575583588128105e4) * r + 6.7265770927008700853e4) * r + 4.5921953931549871457e4) * r
        + 1.3731693765509461125e4) * r + 1.9715909503065514427e3) * r + 1.3314166789178437745e2) * r + 3.387132872796366608);
    const denominator =
      (((((((5.226495278852854561e3 * r + 2.8729085735721942674e4) * r + 3.930789580009271061e4) * r + 2.1213794301586595867e4) * r
        + 5.3941960214247511077e3) * r + 6.8718700749205790830e2) * r + 4.2313330701600911252e1) * r + 1);
    return q * numerator / denominator;
  }
  const tail = q < 0 ? p : 1 - p;
  let r = NativeMath.sqrt(-NativeMath.log(tail));
  let x: f64;
  if (r <= 5) {
    r -= 1.6;
    const numerator =
      (((((((7.7454501427834140764e-4 * r + 2.27238449892691845833e-2) * r + 2.41780725177450611770e-1) * r + 1.27045825245236838258) * r
        + 3.64784832476320460504) * r + 5.76949722146069140550) * r + 4.63033784615654529590) * r + 1.42343711074968357734);
    const denominator =
      (((((((1.05075007164441684324e-9 * r + 5.475938084995344946e-4) * r + 1.51986665636164571966e-2) * r + 1.48103976427480074590e-1) * r
        + 6.89767334985100004550e-1) * r + 1.67638483018380384940) * r + 2.05319162663775882187) * r + 1);
    x = numerator / denominator;
  } else {
    r -= 5;
    const numerator =
      (((((((2.01033439929228813265e-7 * r + 2.71155556874348757815e-5) * r + 1.24266094738807843860e-3) * r + 2.65321895265761230930e-2) * r
        + 2.96560571828504891230e-1) * r + 1.78482653991729133580) * r + 5.46378491116411436990) * r + 6.65790464350110377720);
    const denominator =
      (((((((2.04426310338993978564e-15 * r + 1.42151175831644588870e-7) * r + 1.84631831751005468180e-5) * r + 7.86869131145613259100e-4) * r
        + 1.48753612908506148525e-2) * r + 1.36929880922735805310e-1) * r + 5.99832206555887937690e-1) * r + 1);
    x = numerator / denominator;
  }
  return q < 0 ? -x : x;
}
