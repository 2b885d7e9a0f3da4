// The next token from a row of logits: repetition penalty, temperature, top-k, top-p, draw, in one call.
//
// Filters set the weights of the tokens that they leave out to 0 and touch no other weight; the draw then goes through the tokens in their
// own order. So a filter that leaves out nothing changes no bit. Nothing is sorted: the least weight that stays is found by bisection,
// each step a pass of vectors without a branch. Sums of weights are in f64.

import { LANES, bytes, padded } from './simd';
import { expRow, rowMax } from './losses';
import { widen } from './norms';

/** Bytes at the start of scratch: the sum of the weights (f64), and from 16 and 32 on the lanes that `measure` leaves. */
// @ts-ignore: decorator
@inline const HEAD: usize = 64;

/** Bytes of scratch: the head, the weights [ld] and the penalised logits [ld]. */
export function samplingScratch(classes: i32): usize {
  return HEAD + 2 * bytes(padded(classes));
}

/**
 * Draws a token with probability w_c / Σ w, where w_c = exp((l_c - max l) / temperature) for the tokens that are left.
 *
 * In this order: tokens with counts[c] > 0 have l_c divided by `penalty` where it is positive, else multiplied (Keskar et al. 2019,
 * CTRL; counts of 0: no token has); the k of the largest weights are left (k from 1, `classes` and more: all); of these the fewest
 * of the largest weights that reach the part p of the sum (Holtzman et al. 2020, the nucleus; p from 1: all). Of equal weights those of
 * lower tokens stay. At a temperature of 0 the first of the largest logits is taken.
 *
 * logits: [ld], not changed; counts: i32 [classes] or 0; u in [0, 1). Leaves the weights in scratch, and their sum.
 * Returns -1 when logits are not finite.
 */
export function sampleToken(
  scratch: usize,
  logits: usize,
  counts: usize,
  classes: i32,
  penalty: f64,
  temperature: f64,
  k: i32,
  p: f64,
  u: f64,
): i32 {
  const w = scratch + HEAD;
  let x = logits;
  if (counts) {
    x = w + bytes(padded(classes));
    penalize(x, logits, counts, classes, penalty);
  }
  if (temperature == 0) return largest(x, classes);
  const max = rowMax(x, classes);
  soften(w, x, max, temperature, classes);
  const sum = expRow(w, w, 0, classes);
  if (!isFinite<f64>(sum)) return -1;
  if (k < classes) keepLargest(scratch, classes, true, k);
  if (p < 1) keepLargest(scratch, classes, false, p);
  return draw(scratch, w, classes, u);
}

/** The probability that a token had in the last draw from these weights. */
export function drawnProbability(scratch: usize, c: i32): f64 {
  return weight(scratch + HEAD, c) / load<f64>(scratch);
}

/** The first k tokens in the order of their logits. order: i32 [classes], all of it overwritten, the k first in its first places. */
export function likeliest(order: usize, logits: usize, classes: i32, k: i32): void {
  for (let c = 0; c < classes; c++) setToken(order, c, c);
  heapify(order, logits, classes);
  // The heap shrinks from its end, where the first tokens gather in reverse.
  for (let size = classes; size > classes - k; size--) pop(order, logits, size);
  for (let i = 0, j = classes - 1; i < j; i++, j--) {
    const first = token(order, i);
    setToken(order, i, token(order, j));
    setToken(order, j, first);
  }
}

/** log Σ_c exp(l_c), by which a logit becomes a log-probability; NaN when logits are not finite. scratch: reals [ld]. */
export function logNormalizer(scratch: usize, logits: usize, classes: i32): f64 {
  const max = rowMax(logits, classes);
  return <f64>max + NativeMath.log(expRow(scratch, logits, max, classes));
}

function penalize(x: usize, logits: usize, counts: usize, classes: i32, penalty: f64): void {
  memory.copy(x, logits, bytes(classes));
  for (let c = 0; c < classes; c++) {
    if (load<i32>(counts + (<usize>c << 2)) <= 0) continue;
    const logit = <f64>load<real>(logits + bytes(c));
    store<real>(x + bytes(c), <real>(logit > 0 ? logit / penalty : logit * penalty));
  }
}

/** w = (x - max) / temperature: at most 0, so that no temperature overflows upwards. */
function soften(w: usize, x: usize, max: real, temperature: f64, classes: i32): void {
  const m = v128.splat<real>(max);
  const f = v128.splat<real>(<real>(1 / temperature));
  const end = w + bytes(padded(classes));
  do {
    v128.store(w, v128.mul<real>(v128.sub<real>(v128.load(x), m), f));
    w += 16;
    x += 16;
  } while (w < end);
}

/** The first of the largest, or -1 where there is a NaN. */
function largest(x: usize, classes: i32): i32 {
  let best = 0;
  for (let c = 0; c < classes; c++) {
    const logit = load<real>(x + bytes(c));
    if (logit != logit) return -1;
    if (logit > load<real>(x + bytes(best))) best = c;
  }
  return best;
}

/** The bits of a weight: as it is not negative, in its order. */
// @ts-ignore: decorator
@inline function bitsOf(weight: real): u64 {
  if (sizeof<real>() == 4) return <u64>reinterpret<u32>(<f32>weight);
  return reinterpret<u64>(<f64>weight);
}

// @ts-ignore: decorator
@inline function ofBits(bits: u64): real {
  if (sizeof<real>() == 4) return <real>reinterpret<f32>(<u32>bits);
  return <real>reinterpret<f64>(bits);
}

/**
 * What the weights from `least` on measure: how many they are, or their sum. Leaves in the head of scratch, lane by lane, the smallest
 * of them, and the largest of the others.
 */
function measure(scratch: usize, classes: i32, counting: bool, least: real): f64 {
  const from = v128.splat<real>(least);
  const infinity = v128.splat<real>(Infinity);
  const one = v128.splat<real>(1);
  let sum = f64x2.splat(0);
  let above = infinity;
  let below = v128.splat<real>(0);
  let w = scratch + HEAD;
  const end = w + bytes(padded(classes));
  do {
    const x = v128.load(w);
    const high = v128.ge<real>(x, from);
    sum = f64x2.add(sum, widen(v128.and(counting ? one : x, high)));
    above = v128.pmin<real>(above, v128.bitselect(x, infinity, high));
    below = v128.pmax<real>(below, v128.andnot(x, high));
    w += 16;
  } while (w < end);
  v128.store(scratch, above, 16);
  v128.store(scratch, below, 32);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** The smallest of the weights that `measure` took. */
function smallestAbove(scratch: usize): real {
  let smallest = load<real>(scratch, 16);
  for (let lane = 1; lane < LANES; lane++) smallest = min<real>(smallest, load<real>(scratch + bytes(lane), 16));
  return smallest;
}

/** The largest of those that it did not. */
function largestBelow(scratch: usize): real {
  let largest = load<real>(scratch, 32);
  for (let lane = 1; lane < LANES; lane++) largest = max<real>(largest, load<real>(scratch + bytes(lane), 32));
  return largest;
}

/**
 * Sets all weights to 0 but the fewest of the largest that are `enough`: so many, or so large a part of the sum. The largest weight is 1.
 *
 * Bisection over the bits of the least weight that stays: weights from `low` on are enough, those from `high` on are not. Each end
 * moves on to a weight that there is, so that it takes few steps.
 */
function keepLargest(scratch: usize, classes: i32, counting: bool, enough: f64): void {
  const target = counting ? enough : enough * measure(scratch, classes, counting, 0);
  let low: u64 = 0;
  let high: u64 = bitsOf(1) + 1;
  let reached: f64 = 0; // from `high` on
  while (high - low > 1) {
    const measured = measure(scratch, classes, counting, ofBits((low + high) >> 1));
    if (measured >= target) low = bitsOf(smallestAbove(scratch));
    else {
      high = bitsOf(largestBelow(scratch)) + 1;
      reached = measured;
    }
  }
  const least = ofBits(low);
  // Of those that are equal to it so many stay, those of the lower tokens.
  let ties = ceil<f64>((target - reached) / (counting ? 1 : <f64>least));
  for (let w = scratch + HEAD, end = w + bytes(classes); w < end; w += sizeof<real>()) {
    const part = load<real>(w);
    let stays = part >= least;
    if (part == least) {
      stays = ties > 0;
      ties--;
    }
    store<real>(w, stays ? part : 0);
  }
}

/** The token at which the summed weights pass `u` of their total; puts the total at the start of scratch. */
function draw(scratch: usize, w: usize, classes: i32, u: f64): i32 {
  let total: f64 = 0;
  for (let c = 0; c < classes; c++) total += weight(w, c);
  store<f64>(scratch, total);
  let rest = u * total;
  let last = 0;
  for (let c = 0; c < classes; c++) {
    const part = weight(w, c);
    rest -= part;
    if (rest < 0) return c;
    if (part > 0) last = c;
  }
  return last;
}

// A binary heap (Williams 1964; built bottom-up, Floyd 1964) of tokens whose root comes before all others.

/** Whether token a comes before token b. */
// @ts-ignore: decorator
@inline function before(x: usize, a: i32, b: i32): bool {
  const la = load<real>(x + bytes(a));
  const lb = load<real>(x + bytes(b));
  return la > lb || (la == lb && a < b);
}

// @ts-ignore: decorator
@inline function weight(w: usize, c: i32): f64 {
  return <f64>load<real>(w + bytes(c));
}

// @ts-ignore: decorator
@inline function token(order: usize, at: i32): i32 {
  return load<i32>(order + (<usize>at << 2));
}

// @ts-ignore: decorator
@inline function setToken(order: usize, at: i32, c: i32): void {
  store<i32>(order + (<usize>at << 2), c);
}

function heapify(order: usize, x: usize, size: i32): void {
  for (let at = (size >> 1) - 1; at >= 0; at--) sink(order, x, size, at, token(order, at));
}

/** Takes the first token from a heap of `size` and returns it; it stays behind the heap, which is one shorter. */
function pop(order: usize, x: usize, size: i32): i32 {
  const first = token(order, 0);
  const moved = token(order, size - 1);
  setToken(order, size - 1, first);
  sink(order, x, size - 1, 0, moved);
  return first;
}

/** Puts token c into the free place `at` of a heap, or where it belongs below. */
function sink(order: usize, x: usize, size: i32, at: i32, c: i32): void {
  for (let child = 2 * at + 1; child < size; child = 2 * at + 1) {
    if (child + 1 < size && before(x, token(order, child + 1), token(order, child))) child++;
    const next = token(order, child);
    if (!before(x, next, c)) break;
    setToken(order, at, next);
    at = child;
  }
  if (at < size) setToken(order, at, c);
}
