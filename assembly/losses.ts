// Losses with their gradients, in one call: softmax with cross-entropy, mean squared error, binary cross-entropy with logits.
//
// Every loss returns `sum` with the losses of the counted rows added, in f64 and from the last row to the first, as backward goes
// through time: in parts, the last rows first, the bits are those of all at once. It leaves d(sum)/d(output) · scale where the outputs were, so
// that a mean is a scale of 1/count. Rows with mask[r] = 0 give loss 0 and gradient exactly 0, whatever they hold; a mask
// of 0 counts all rows. Padding columns of a gradient are exactly 0. A NaN in a counted row gives a NaN loss.
//
// A partial last panel is cut with lane masks, so there are no scalar tails. Loops test at the bottom, so that V8 hoists
// what does not change in them (see optimizers.ts).

import { LANES, PANEL, STRIDE, bytes, columnLanes, padded, wholePanels } from './simd';
import { expNonPositive, log } from './math';
import { total, widen, widenSquares } from './norms';

// @ts-ignore: decorator
@inline function larger(a: real, b: real): real {
  return a < b ? b : a;
}

// @ts-ignore: decorator
@inline function horizontalMax(v: v128): real {
  if (sizeof<real>() == 4) {
    return larger(
      larger(<real>f32x4.extract_lane(v, 0), <real>f32x4.extract_lane(v, 1)),
      larger(<real>f32x4.extract_lane(v, 2), <real>f32x4.extract_lane(v, 3)),
    );
  }
  return larger(<real>f64x2.extract_lane(v, 0), <real>f64x2.extract_lane(v, 1));
}

// @ts-ignore: decorator
@inline function counted(mask: usize, r: i32): bool {
  return !mask || load<u8>(mask + r) != 0;
}

/** The largest of a row; pmax is one instruction on x86, where f32x4.max is several. It drops NaN: the sum of the exponentials keeps it. */
export function rowMax(x: usize, columns: i32): real {
  const whole = x + wholePanels(columns);
  let m0 = v128.splat<real>(<real>-Infinity);
  let m1 = m0;
  if (x < whole) do {
    m0 = v128.pmax<real>(m0, v128.load(x));
    m1 = v128.pmax<real>(m1, v128.load(x, 16));
    x += STRIDE;
  } while (x < whole);
  if (columns & (PANEL - 1)) {
    m0 = v128.pmax<real>(m0, v128.bitselect(v128.load(x), m0, columnLanes(columns, 0)));
    m1 = v128.pmax<real>(m1, v128.bitselect(v128.load(x, 16), m1, columnLanes(columns, LANES)));
  }
  return horizontalMax(v128.pmax<real>(m0, m1));
}

/** y = exp(x - max) over a row, 0 in the padding; returns the sum. Every term is at most 1 and one of them is 1. */
export function expRow(y: usize, x: usize, max: real, columns: i32): f64 {
  const whole = x + wholePanels(columns);
  const end = x + bytes(padded(columns));
  const m = v128.splat<real>(max);
  let s0 = v128.splat<real>(0);
  let s1 = s0;
  let lanes0 = i64x2.splat(-1);
  let lanes1 = lanes0;
  do {
    if (x == whole) {
      lanes0 = columnLanes(columns, 0);
      lanes1 = columnLanes(columns, LANES);
    }
    const e0 = v128.and(expNonPositive(v128.sub<real>(v128.load(x), m)), lanes0);
    const e1 = v128.and(expNonPositive(v128.sub<real>(v128.load(x, 16), m)), lanes1);
    s0 = v128.add<real>(s0, e0);
    s1 = v128.add<real>(s1, e1);
    v128.store(y, e0);
    v128.store(y, e1, 16);
    x += STRIDE;
    y += STRIDE;
  } while (x < end);
  return total(widen(s0), widen(s1));
}

/** y *= factor over a row; the padding stays 0 even when the factor is not finite. */
function scaleRow(y: usize, factor: f64, columns: i32): void {
  const whole = y + wholePanels(columns);
  const end = y + bytes(padded(columns));
  const f = v128.splat<real>(<real>factor);
  let lanes0 = i64x2.splat(-1);
  let lanes1 = lanes0;
  do {
    if (y == whole) {
      lanes0 = columnLanes(columns, 0);
      lanes1 = columnLanes(columns, LANES);
    }
    const y0 = v128.and(v128.mul<real>(v128.load(y), f), lanes0);
    const y1 = v128.and(v128.mul<real>(v128.load(y, 16), f), lanes1);
    v128.store(y, y0);
    v128.store(y, y1, 16);
    y += STRIDE;
  } while (y < end);
}

/**
 * Softmax and cross-entropy against class indices, in nats, in three passes over a row (max; exponentials and their sum; scale).
 *
 *   loss_r = log Σ_c exp(l_c - max) - (l_target - max)
 *   l_c ← (p_c - [c = target]) · scale,  p_c = exp(l_c - max) / Σ exp(l - max)
 *
 * logits: [rows, ld], replaced; targets: i32 [rows], each in 0 … classes-1 where the row counts; mask: u8 [rows] or 0.
 * No logit overflows: the largest exponential is 1. The sum over rows is in f64.
 */
export function softmaxCrossEntropy(
  logits: usize,
  targets: usize,
  mask: usize,
  rows: i32,
  classes: i32,
  ld: i32,
  scale: f64,
  sum: f64,
): f64 {
  const width = bytes(ld);
  logits += width * (rows - 1);
  for (let r = rows - 1; r >= 0; r--, logits -= width) {
    if (!counted(mask, r)) {
      memory.fill(logits, 0, width);
      continue;
    }
    const at = logits + bytes(load<i32>(targets + (<usize>r << 2)));
    const target = <f64>load<real>(at);
    const max = rowMax(logits, classes);
    const all = expRow(logits, logits, max, classes);
    const e = <f64>load<real>(at);
    sum += NativeMath.log(all) - (target - <f64>max);
    scaleRow(logits, scale / all, classes);
    store<real>(at, <real>((e / all - 1) * scale));
  }
  return sum;
}

/** p = softmax of every row of logits. p, logits: [rows, ld], p may be logits; the padding of p is 0. */
export function softmaxRows(p: usize, logits: usize, rows: i32, classes: i32, ld: i32): void {
  const width = bytes(ld);
  for (let r = 0; r < rows; r++, logits += width, p += width) {
    const sum = expRow(p, logits, rowMax(logits, classes), classes);
    scaleRow(p, 1 / sum, classes);
  }
}

/**
 * Squared error: Σ_c (y_c - t_c)² a row; y_c ← 2 (y_c - t_c) · scale. The mean is the caller's scale.
 *
 * y: [rows, ld], replaced; targets: reals [rows, ld] with zero padding; mask: u8 [rows] or 0.
 * Differences are squared and summed in f64.
 */
export function meanSquaredError(
  y: usize,
  targets: usize,
  mask: usize,
  rows: i32,
  features: i32,
  ld: i32,
  scale: f64,
  sum: f64,
): f64 {
  assert(ld % PANEL == 0 && ld >= features);
  const width = bytes(ld);
  const twice = v128.splat<real>(<real>(2 * scale));
  y += width * (rows - 1);
  targets += width * (rows - 1);
  for (let r = rows - 1; r >= 0; r--) {
    if (!counted(mask, r)) {
      memory.fill(y, 0, width);
      y -= width;
      targets -= width;
      continue;
    }
    let a0 = f64x2.splat(0);
    let a1 = f64x2.splat(0);
    const end = y + width;
    do {
      const d0 = v128.sub<real>(v128.load(y), v128.load(targets));
      const d1 = v128.sub<real>(v128.load(y, 16), v128.load(targets, 16));
      a0 = f64x2.add(a0, widenSquares(d0));
      a1 = f64x2.add(a1, widenSquares(d1));
      v128.store(y, v128.mul<real>(d0, twice));
      v128.store(y, v128.mul<real>(d1, twice), 16);
      y += STRIDE;
      targets += STRIDE;
    } while (y < end);
    sum += total(a0, a1);
    y -= 2 * width;
    targets -= 2 * width;
  }
  return sum;
}

/** exp(-|x|), from which both the loss and the gradient of a logit follow without overflow. */
// @ts-ignore: decorator
@inline function expNegative(x: v128): v128 {
  return expNonPositive(v128.neg<real>(v128.abs<real>(x)));
}

/**
 * max(x, 0) - x·t + log1p(e), with e = exp(-|x|) and u = 1 + e.
 *
 * log1p(e) = log(u) + (e - (u - 1)) / u: u - 1 is exact, so the second term is the rounding error of u to first order, and the
 * result keeps its relative accuracy (within 4 ulp, tested) down to the smallest e, where log(u) alone would be 0.
 */
// @ts-ignore: decorator
@inline function logisticLoss(x: v128, t: v128, e: v128, u: v128): v128 {
  const zero = v128.splat<real>(0);
  const one = v128.splat<real>(1);
  const lost = v128.sub<real>(e, v128.sub<real>(u, one));
  const log1p = v128.add<real>(log(u), v128.div<real>(lost, u));
  return v128.add<real>(v128.sub<real>(v128.pmax<real>(x, zero), v128.mul<real>(x, t)), log1p);
}

/** sigmoid(x) - t = (1 - t) - e/u for x ≥ 0, e/u - t for x < 0: nothing cancels when t is 0 or 1. */
// @ts-ignore: decorator
@inline function logisticGradient(x: v128, t: v128, e: v128, u: v128): v128 {
  const q = v128.div<real>(e, u);
  const positive = v128.sub<real>(v128.sub<real>(v128.splat<real>(1), t), q);
  return v128.bitselect(v128.sub<real>(q, t), positive, v128.lt<real>(x, v128.splat<real>(0)));
}

/**
 * Binary cross-entropy with logits, in nats: Σ_c max(x,0) - x·t + log1p(exp(-|x|)) a row; x ← (sigmoid(x) - t) · scale.
 *
 * logits: [rows, ld], replaced; targets: reals [rows, ld] in [0, 1]; mask: u8 [rows] or 0. The sum is in f64.
 */
export function sigmoidCrossEntropy(
  logits: usize,
  targets: usize,
  mask: usize,
  rows: i32,
  features: i32,
  ld: i32,
  scale: f64,
  sum: f64,
): f64 {
  const width = bytes(ld);
  const factor = v128.splat<real>(<real>scale);
  logits += width * (rows - 1);
  targets += width * (rows - 1);
  for (let r = rows - 1; r >= 0; r--, logits -= width, targets -= width) {
    if (!counted(mask, r)) {
      memory.fill(logits, 0, width);
      continue;
    }
    let a0 = f64x2.splat(0);
    let a1 = f64x2.splat(0);
    let lanes0 = i64x2.splat(-1);
    let lanes1 = lanes0;
    let x = logits;
    let t = targets;
    const whole = x + wholePanels(features);
    const end = x + bytes(padded(features));
    do {
      if (x == whole) {
        lanes0 = columnLanes(features, 0);
        lanes1 = columnLanes(features, LANES);
      }
      const x0 = v128.load(x);
      const x1 = v128.load(x, 16);
      const t0 = v128.load(t);
      const t1 = v128.load(t, 16);
      const e0 = expNegative(x0);
      const e1 = expNegative(x1);
      const u0 = v128.add<real>(v128.splat<real>(1), e0);
      const u1 = v128.add<real>(v128.splat<real>(1), e1);
      a0 = f64x2.add(a0, widen(v128.and(logisticLoss(x0, t0, e0, u0), lanes0)));
      a1 = f64x2.add(a1, widen(v128.and(logisticLoss(x1, t1, e1, u1), lanes1)));
      const d0 = v128.mul<real>(logisticGradient(x0, t0, e0, u0), factor);
      const d1 = v128.mul<real>(logisticGradient(x1, t1, e1, u1), factor);
      v128.store(x, v128.and(d0, lanes0));
      v128.store(x, v128.and(d1, lanes1), 16);
      x += STRIDE;
      t += STRIDE;
    } while (x < end);
    sum += total(a0, a1);
  }
  return sum;
}
