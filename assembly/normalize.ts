// Layer normalisation (Ba, Kiros and Hinton 2016): N(x) = (x - mean x) / sqrt(var x + ε) over the H units of each row.
//
// Rows have ld reals of which H count; the rest, padding, is zero before and after.
import { PANEL, STRIDE, bytes, horizontalSum, padded } from "./simd";

/** ε, as PyTorch's and the paper's code have it. */
// @ts-ignore: decorator
@inline const EPSILON: f64 = 1e-5;

/** A panel of ones, then one of zeros: a panel loaded n reals further on keeps all but the last n reals of another. */
const KEEP: usize = memory.data<u64>([-1, -1, -1, -1, 0, 0, 0, 0], 16);

/** Rows that go through each pass together: sums of one row need not wait for those of another. */
// @ts-ignore: decorator
@inline const TOGETHER: i32 = 8;

/**
 * normal[r] = N(x[r]) and inverse[r] = 1 / sqrt(var + ε), for `rows` rows of padded(H) reals; normal may be x. With a gain, also
 * y[r] = bias + gain∘normal[r], or y[r] += gain∘normal[r] where bias is 0; y may be x. Gains and biases repeat every `gates` rows.
 */
export function normalize(
  normal: usize, x: usize, inverse: usize, y: usize, gain: usize, bias: usize, rows: i32, gates: i32, H: i32,
): void {
  const width = bytes(padded(H));
  for (let from = 0; from < rows; from += TOGETHER) {
    const count = min(TOGETHER, rows - from);
    const size = <usize>count * width;
    means(inverse, x, count, H, width);
    center(normal, inverse, x, count, H, width);
    if (gain) {
      scaleWithGain(normal, inverse, y, gain, bias, count, from % gates, gates, width);
      y += size;
    } else scaleRows(normal, inverse, count, width);
    x += size;
    normal += size;
    inverse += bytes(count);
  }
}

/** mean[r] of each row. */
// @ts-ignore: decorator
@inline function means(mean: usize, x: usize, rows: i32, H: i32, width: usize): void {
  for (let r = 0; r < rows; r++) {
    let s0 = v128.splat<real>(0);
    let s1 = s0;
    const end = x + width;
    do {
      s0 = v128.add<real>(s0, v128.load(x));
      s1 = v128.add<real>(s1, v128.load(x, 16));
      x += STRIDE;
    } while (x < end);
    store<real>(mean + bytes(r), horizontalSum(v128.add<real>(s0, s1)) / <real>H);
  }
}

/** centered[r] = x[r] - mean[r]; then inverse[r] takes the place of the mean. */
// @ts-ignore: decorator
@inline function center(centered: usize, inverse: usize, x: usize, rows: i32, H: i32, width: usize): void {
  const keep0 = v128.load(KEEP + bytes(-H & (PANEL - 1)));
  const keep1 = v128.load(KEEP + bytes(-H & (PANEL - 1)), 16);
  for (let r = 0; r < rows; r++) {
    const mean = v128.splat<real>(load<real>(inverse + bytes(r)));
    let s0 = v128.splat<real>(0);
    let s1 = s0;
    for (const last = x + width - STRIDE; x < last; x += STRIDE, centered += STRIDE) {
      const d0 = v128.sub<real>(v128.load(x), mean);
      const d1 = v128.sub<real>(v128.load(x, 16), mean);
      v128.store(centered, d0);
      v128.store(centered, d1, 16);
      s0 = v128.add<real>(s0, v128.mul<real>(d0, d0));
      s1 = v128.add<real>(s1, v128.mul<real>(d1, d1));
    }
    // The last panel ends in padding.
    const d0 = v128.and(v128.sub<real>(v128.load(x), mean), keep0);
    const d1 = v128.and(v128.sub<real>(v128.load(x, 16), mean), keep1);
    v128.store(centered, d0);
    v128.store(centered, d1, 16);
    s0 = v128.add<real>(s0, v128.mul<real>(d0, d0));
    s1 = v128.add<real>(s1, v128.mul<real>(d1, d1));
    x += STRIDE;
    centered += STRIDE;
    store<real>(inverse + bytes(r), <real>1 / sqrt<real>(horizontalSum(v128.add<real>(s0, s1)) / <real>H + <real>EPSILON));
  }
}

/** normal[r] *= inverse[r] and y[r] = bias or y[r], plus gain∘normal[r]; the first row is one of gate `gate`. */
// @ts-ignore: decorator
@inline function scaleWithGain(
  normal: usize, inverse: usize, y: usize, gain: usize, bias: usize, rows: i32, gate: i32, gates: i32, width: usize,
): void {
  for (let r = 0; r < rows; r++) {
    const factor = v128.splat<real>(load<real>(inverse + bytes(r)));
    const end = normal + width;
    let g = gain + <usize>gate * width;
    let base = bias ? bias + <usize>gate * width : y;
    do {
      const n0 = v128.mul<real>(v128.load(normal), factor);
      const n1 = v128.mul<real>(v128.load(normal, 16), factor);
      v128.store(normal, n0);
      v128.store(normal, n1, 16);
      const t0 = v128.add<real>(v128.load(base), v128.mul<real>(v128.load(g), n0));
      const t1 = v128.add<real>(v128.load(base, 16), v128.mul<real>(v128.load(g, 16), n1));
      v128.store(y, t0);
      v128.store(y, t1, 16);
      normal += STRIDE;
      y += STRIDE;
      g += STRIDE;
      base += STRIDE;
    } while (normal < end);
    if (++gate == gates) gate = 0;
  }
}

/** normal[r] *= inverse[r]. */
// @ts-ignore: decorator
@inline function scaleRows(normal: usize, inverse: usize, rows: i32, width: usize): void {
  for (let r = 0; r < rows; r++) {
    const factor = v128.splat<real>(load<real>(inverse + bytes(r)));
    const end = normal + width;
    do {
      v128.store(normal, v128.mul<real>(v128.load(normal), factor));
      v128.store(normal, v128.mul<real>(v128.load(normal, 16), factor), 16);
      normal += STRIDE;
    } while (normal < end);
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
  const keep0 = v128.load(KEEP + bytes(-H & (PANEL - 1)));
  const keep1 = v128.load(KEEP + bytes(-H & (PANEL - 1)), 16);
  const share = <real>1 / <real>H;
  let gate: usize = 0;
  for (let r = 0; r < rows; r++, inverse += sizeof<real>()) {
    let g = gain + gate;
    let dg = dGain + gate;
    let f0 = v128.splat<real>(0);
    let f1 = f0;
    let s0 = f0;
    let s1 = f0;
    const end = normal + width;
    do {
      const y0 = v128.load(dy);
      const y1 = v128.load(dy, 16);
      const x0 = v128.load(normal);
      const x1 = v128.load(normal, 16);
      v128.store(dg, v128.add<real>(v128.load(dg), v128.mul<real>(y0, x0)));
      v128.store(dg, v128.add<real>(v128.load(dg, 16), v128.mul<real>(y1, x1)), 16);
      const d0 = v128.mul<real>(y0, v128.load(g));
      const d1 = v128.mul<real>(y1, v128.load(g, 16));
      f0 = v128.add<real>(f0, d0);
      f1 = v128.add<real>(f1, d1);
      s0 = v128.add<real>(s0, v128.mul<real>(d0, x0));
      s1 = v128.add<real>(s1, v128.mul<real>(d1, x1));
      dy += 32;
      normal += 32;
      g += 32;
      dg += 32;
    } while (normal < end);
    dy -= width;
    normal -= width;
    g -= width;
    const scale = load<real>(inverse);
    const factor = v128.splat<real>(scale);
    const mean = v128.splat<real>(scale * (horizontalSum(v128.add<real>(f0, f1)) * share));
    const slope = v128.splat<real>(scale * (horizontalSum(v128.add<real>(s0, s1)) * share));
    const last = end - 32;
    for (; normal < last; normal += 32, dy += 32, dx += 32, g += 32) {
      const d0 = back(dy, g, normal, factor, mean, slope);
      v128.store(dx, d0);
      v128.store(dx, back(dy + 16, g + 16, normal + 16, factor, mean, slope), 16);
    }
    v128.store(dx, v128.and(back(dy, g, normal, factor, mean, slope), keep0));
    v128.store(dx, v128.and(back(dy + 16, g + 16, normal + 16, factor, mean, slope), keep1), 16);
    normal += 32;
    dy += 32;
    dx += 32;
    gate += width;
    if (gate == <usize>gates * width) gate = 0;
  }
}

/** factor·dy∘gain - mean - x̂·slope. */
// @ts-ignore: decorator
@inline function back(dy: usize, gain: usize, normal: usize, factor: v128, mean: v128, slope: v128): v128 {
  const rest = v128.add<real>(mean, v128.mul<real>(v128.load(normal), slope));
  const d = v128.mul<real>(v128.load(dy), v128.load(gain));
  return v128.sub<real>(v128.mul<real>(factor, d), rest);
}
