// Layer normalisation (Ba, Kiros and Hinton 2016): N(x) = (x - mean x) / sqrt(var x + ε) over the H units of each row.
//
// Rows have ld reals of which H count; the rest, padding, is zero before and after.
import { PANEL, bytes, horizontalSum, padded } from "./simd";

/** ε, as PyTorch's and the paper's code have it. */
// @ts-ignore: decorator
@inline const EPSILON: f64 = 1e-5;

/** A panel of ones and a panel of zeros: what is loaded from n reals before the end of the ones keeps n reals. */
const KEEP: usize = memory.data<u64>([-1, -1, -1, -1, 0, 0, 0, 0], 16);

/**
 * normal[r] = N(x[r]) and inverse[r] = 1 / sqrt(var + ε), for `rows` rows of padded(H) reals; normal may be x. With a gain, also
 * y[r] = bias + gain∘normal[r], or y[r] += gain∘normal[r] where bias is 0; y may be x. Gains and biases repeat every `gates` rows.
 */
export function normalize(
  normal: usize, x: usize, inverse: usize, y: usize, gain: usize, bias: usize, rows: i32, gates: i32, H: i32,
): void {
  const width = bytes(padded(H));
  const whole = bytes(H & -PANEL);
  const keep0 = v128.load(KEEP + bytes(PANEL - (H & (PANEL - 1))));
  const keep1 = v128.load(KEEP + bytes(PANEL - (H & (PANEL - 1))), 16);
  for (let r = 0; r < rows; r++, x += width, normal += width, inverse += sizeof<real>()) {
    let s0 = v128.splat<real>(0);
    let s1 = s0;
    for (let at: usize = 0; at < width; at += 32) {
      s0 = v128.add<real>(s0, v128.load(x + at));
      s1 = v128.add<real>(s1, v128.load(x + at, 16));
    }
    const mean = v128.splat<real>(horizontalSum(v128.add<real>(s0, s1)) / <real>H);
    s0 = v128.splat<real>(0);
    s1 = s0;
    let at: usize = 0;
    for (; at < whole; at += 32) {
      const d0 = v128.sub<real>(v128.load(x + at), mean);
      const d1 = v128.sub<real>(v128.load(x + at, 16), mean);
      v128.store(normal + at, d0);
      v128.store(normal + at, d1, 16);
      s0 = v128.add<real>(s0, v128.mul<real>(d0, d0));
      s1 = v128.add<real>(s1, v128.mul<real>(d1, d1));
    }
    if (at < width) {
      const d0 = v128.and(v128.sub<real>(v128.load(x + at), mean), keep0);
      const d1 = v128.and(v128.sub<real>(v128.load(x + at, 16), mean), keep1);
      v128.store(normal + at, d0);
      v128.store(normal + at, d1, 16);
      s0 = v128.add<real>(s0, v128.mul<real>(d0, d0));
      s1 = v128.add<real>(s1, v128.mul<real>(d1, d1));
    }
    const scale = <real>1 / sqrt<real>(horizontalSum(v128.add<real>(s0, s1)) / <real>H + <real>EPSILON);
    store<real>(inverse, scale);
    const factor = v128.splat<real>(scale);
    if (gain) {
      const gate = <usize>(r % gates) * width;
      const g = gain + gate;
      const base = bias ? bias + gate : y;
      for (at = 0; at < width; at += 16) {
        const n = v128.mul<real>(v128.load(normal + at), factor);
        v128.store(normal + at, n);
        v128.store(y + at, v128.add<real>(v128.load(base + at), v128.mul<real>(v128.load(g + at), n)));
      }
      y += width;
    } else {
      for (at = 0; at < width; at += 16) v128.store(normal + at, v128.mul<real>(v128.load(normal + at), factor));
    }
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
  const whole = bytes(H & -PANEL);
  const keep0 = v128.load(KEEP + bytes(PANEL - (H & (PANEL - 1))));
  const keep1 = v128.load(KEEP + bytes(PANEL - (H & (PANEL - 1))), 16);
  const share = <real>1 / <real>H;
  for (let r = 0; r < rows; r++, dx += width, dy += width, normal += width, inverse += sizeof<real>()) {
    const gate = <usize>(r % gates) * width;
    const g = gain + gate;
    const dg = dGain + gate;
    let f0 = v128.splat<real>(0);
    let f1 = f0;
    let s0 = f0;
    let s1 = f0;
    for (let at: usize = 0; at < width; at += 32) {
      const y0 = v128.load(dy + at);
      const y1 = v128.load(dy + at, 16);
      const x0 = v128.load(normal + at);
      const x1 = v128.load(normal + at, 16);
      v128.store(dg + at, v128.add<real>(v128.load(dg + at), v128.mul<real>(y0, x0)));
      v128.store(dg + at, v128.add<real>(v128.load(dg + at, 16), v128.mul<real>(y1, x1)), 16);
      const d0 = v128.mul<real>(y0, v128.load(g + at));
      const d1 = v128.mul<real>(y1, v128.load(g + at, 16));
      v128.store(dx + at, d0);
      v128.store(dx + at, d1, 16);
      f0 = v128.add<real>(f0, d0);
      f1 = v128.add<real>(f1, d1);
      s0 = v128.add<real>(s0, v128.mul<real>(d0, x0));
      s1 = v128.add<real>(s1, v128.mul<real>(d1, x1));
    }
    const scale = load<real>(inverse);
    const factor = v128.splat<real>(scale);
    const mean = v128.splat<real>(scale * (horizontalSum(v128.add<real>(f0, f1)) * share));
    const slope = v128.splat<real>(scale * (horizontalSum(v128.add<real>(s0, s1)) * share));
    let at: usize = 0;
    for (; at < whole; at += 32) {
      v128.store(dx + at, back(dx + at, normal + at, factor, mean, slope));
      v128.store(dx + at, back(dx + at + 16, normal + at + 16, factor, mean, slope), 16);
    }
    if (at < width) {
      v128.store(dx + at, v128.and(back(dx + at, normal + at, factor, mean, slope), keep0));
      v128.store(dx + at, v128.and(back(dx + at + 16, normal + at + 16, factor, mean, slope), keep1), 16);
    }
  }
}

/** factor·d - mean - x̂·slope. */
// @ts-ignore: decorator
@inline function back(d: usize, normal: usize, factor: v128, mean: v128, slope: v128): v128 {
  const rest = v128.add<real>(mean, v128.mul<real>(v128.load(normal), slope));
  return v128.sub<real>(v128.mul<real>(factor, v128.load(d)), rest);
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
