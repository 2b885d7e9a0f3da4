// Layer normalisation (Ba, Kiros and Hinton 2016): N(x) = (x - mean x) / sqrt(var x + ε) over the H units of each row.
//
// Rows have ld reals of which H count; the rest, padding, is zero before and after.
import { LANES, bytes, horizontalSum, padded } from "./simd";

/** ε, as PyTorch's and the paper's code have it. */
// @ts-ignore: decorator
@inline const EPSILON: f64 = 1e-5;

/** LANES lanes of ones, then LANES of zeros: what is loaded from lane LANES - n on keeps n lanes. */
const KEEP: usize = memory.data<u64>([-1, -1, 0, 0], 16);

/** A vector that keeps the first n lanes, 0 <= n <= LANES. */
// @ts-ignore: decorator
@inline function keep(n: i32): v128 {
  return v128.load(KEEP + bytes(LANES - n));
}

/** Σ x over the H reals at x; what follows them up to the end of a vector is zero. */
// @ts-ignore: decorator
@inline function sum(x: usize, H: i32): real {
  let total = v128.splat<real>(0);
  for (const end = x + bytes(H); x < end; x += 16) total = v128.add<real>(total, v128.load(x));
  return horizontalSum(total);
}

/**
 * y[r] = N(x[r]) and inverse[r] = 1 / sqrt(var + ε), for `rows` rows of padded(H) reals. y may be x.
 */
export function normalize(y: usize, x: usize, inverse: usize, rows: i32, H: i32): void {
  const width = bytes(padded(H));
  const whole = bytes(H & -LANES);
  const tail = keep(H & (LANES - 1));
  for (let r = 0; r < rows; r++, x += width, y += width, inverse += sizeof<real>()) {
    const mean = v128.splat<real>(sum(x, H) / <real>H);
    let squares = v128.splat<real>(0);
    let at: usize = 0;
    for (; at < whole; at += 16) {
      const d = v128.sub<real>(v128.load(x + at), mean);
      v128.store(y + at, d);
      squares = v128.add<real>(squares, v128.mul<real>(d, d));
    }
    for (; at < width; at += 16) {
      const d = at == whole ? v128.and(v128.sub<real>(v128.load(x + at), mean), tail) : v128.splat<real>(0);
      v128.store(y + at, d);
      squares = v128.add<real>(squares, v128.mul<real>(d, d));
    }
    const scale = <real>1 / sqrt<real>(horizontalSum(squares) / <real>H + <real>EPSILON);
    store<real>(inverse, scale);
    const factor = v128.splat<real>(scale);
    for (at = 0; at < width; at += 16) v128.store(y + at, v128.mul<real>(v128.load(y + at), factor));
  }
}

/**
 * Backward through y = gain∘N(x): dx[r] = inverse[r] · (d - mean d - x̂ · mean(d∘x̂)) with d = gain∘dy[r] and x̂ = N(x[r]);
 * dGain += Σ_r dy[r]∘x̂[r]. Gains repeat every `gates` rows: gain, dGain [gates, ld]. dx may be dy.
 */
export function normalizeBack(
  dx: usize, dy: usize, normal: usize, inverse: usize, gain: usize, dGain: usize, rows: i32, gates: i32, H: i32,
): void {
  const width = bytes(padded(H));
  const whole = bytes(H & -LANES);
  const tail = keep(H & (LANES - 1));
  const share = <real>1 / <real>H;
  for (let r = 0; r < rows; r++, dx += width, dy += width, normal += width, inverse += sizeof<real>()) {
    const g = gain + <usize>(r % gates) * width;
    const dg = dGain + <usize>(r % gates) * width;
    let first = v128.splat<real>(0);
    let second = v128.splat<real>(0);
    for (let at: usize = 0; at < width; at += 16) {
      const given = v128.load(dy + at);
      const x = v128.load(normal + at);
      v128.store(dg + at, v128.add<real>(v128.load(dg + at), v128.mul<real>(given, x)));
      const d = v128.mul<real>(given, v128.load(g + at));
      v128.store(dx + at, d);
      first = v128.add<real>(first, d);
      second = v128.add<real>(second, v128.mul<real>(d, x));
    }
    const mean = v128.splat<real>(horizontalSum(first) * share);
    const slope = v128.splat<real>(horizontalSum(second) * share);
    const scale = v128.splat<real>(load<real>(inverse));
    for (let at: usize = 0; at < width; at += 16) {
      const rest = v128.sub<real>(v128.load(dx + at), v128.add<real>(mean, v128.mul<real>(v128.load(normal + at), slope)));
      const all = v128.mul<real>(scale, rest);
      v128.store(dx + at, at < whole ? all : at == whole ? v128.and(all, tail) : v128.splat<real>(0));
    }
  }
}

/** y[r] += gain∘x[r] over `columns` reals (a multiple of PANEL) of each row; rows of y and of x are ldy and ldx reals apart. */
export function addScaled(y: usize, x: usize, gain: usize, rows: i32, columns: i32, ldy: i32, ldx: i32): void {
  const width = bytes(columns);
  for (let r = 0; r < rows; r++, y += bytes(ldy), x += bytes(ldx)) {
    for (let at: usize = 0; at < width; at += 16) {
      const term = v128.mul<real>(v128.load(gain + at), v128.load(x + at));
      v128.store(y + at, v128.add<real>(v128.load(y + at), term));
    }
  }
}
