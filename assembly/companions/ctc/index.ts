// Connectionist temporal classification (Graves et al. 2006): the loss of one sequence, -log of the probability of all paths that give its
// labels when repeats are merged and blanks dropped, with the gradient of its logits. All sums are in f64 and by numbers of any size
// (extended.ts), whatever the precision of the logits and however long the sequence.
import { rowMax } from '../../losses';
import { bytes } from '../../simd';
import { exponentOf, mantissaOf, power } from './extended';
import { beginBack, goForward, highest, Lattice, lowest, rowOf, stateCount, stepBack } from './lattice';

/** What stands for the logit of a class beyond the last: its exponential is nothing beside that of the largest, which is 1. */
const FAR: f64 = -1e9;
/** Products of normalisers are taken back below this, 2^512. */
const LARGE: f64 = 1.3407807929942597e154;
const LN2: f64 = 0.6931471805599453;

/** Numbers of a row of emissions: the classes and one that never comes, in pairs. */
// @ts-ignore: decorator
@inline function emissionCount(classes: i32): i32 {
  return (classes + 2) & -2;
}

/** Bytes that `ctc` needs to work in for at most T steps and U labels. */
export function ctcScratch(T: i32, U: i32, classes: i32, ld: i32): f64 {
  const states = <f64>stateCount(U);
  return 128 + 8 * (<f64>T * (2 * <f64>emissionCount(classes) + 4 * states) + 7 * states + <f64>ld + 2);
}

/** Where everything lies, and what the labels say: which emissions are theirs, and where paths may go on by two. */
function layOut(scratch: usize, T: i32, labels: usize, U: i32, classes: i32, blank: i32): Lattice {
  const l = changetype<Lattice>(scratch);
  const width = <usize>stateCount(U) << 3;
  l.T = T;
  l.U = U;
  l.emission = <usize>emissionCount(classes) << 3;
  l.width = width;
  l.blank = <usize>blank << 3;
  l.m = scratch + 128;
  l.k = l.m + l.emission * <usize>T;
  l.states = l.k + l.emission * <usize>T;
  l.back = l.states + 4 * width * <usize>T;
  l.parts = l.back + 4 * width;
  l.skips = l.parts + width;
  l.offsets = l.skips + width;
  l.exponentials = l.offsets + width;
  const none = <u32>classes << 3;
  for (let j = 0; j < stateCount(U); j++) {
    const isLabel = j > 0 && j <= U;
    const at = labels + (<usize>j << 2);
    store<u32>(l.offsets + (<usize>j << 2), isLabel ? load<u32>(at - 4) << 3 : none);
    const skips = isLabel && j > 1 && load<i32>(at - 4) != load<i32>(at - 8);
    store<f64>(l.skips + (<usize>j << 3), skips ? 0 : -Infinity);
  }
  return l;
}

/** Logits c and c + 1. */
// @ts-ignore: decorator
@inline function logitsAt(x: usize): v128 {
  return sizeof<real>() == 8 ? v128.load(x) : f64x2.promote_low_f32x4(v128.load64_zero(x));
}

/** What each class emits in step t, exp(logit - largest); returns the sum. */
function emit(l: Lattice, t: i32, x: usize, classes: i32): f64 {
  const m = l.m + l.emission * <usize>t;
  const k = l.k + l.emission * <usize>t;
  const largest = f64x2.splat(<f64>rowMax(x, classes));
  const half = classes & 1 ? classes - 1 : classes;
  let sum = f64x2.splat(0);
  for (let c = 0; c < classes; c += 2) {
    let d = f64x2.sub(logitsAt(x + bytes(c)), largest);
    if (c == half) d = f64x2.replace_lane(d, 1, FAR);
    const at = <usize>c << 3;
    const exponent = exponentOf(d);
    const mantissa = mantissaOf(d, exponent);
    const e = f64x2.mul(mantissa, power(exponent));
    sum = f64x2.add(sum, e);
    v128.store(m + at, mantissa);
    v128.store(k + at, exponent);
    v128.store(l.exponentials + at, e);
  }
  const none = <usize>classes << 3;
  store<f64>(m + none, 1);
  store<f64>(k + none, -Infinity);
  store<f64>(l.exponentials + none, 0);
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/** x = factor · exponentials, of a whole row. */
function scaleInto(x: usize, l: Lattice, factor: f64, ld: i32): void {
  const f = f64x2.splat(factor);
  for (let c = 0; c < ld; c += 2) {
    const y = f64x2.mul(v128.load(l.exponentials + (<usize>c << 3)), f);
    if (sizeof<real>() == 8) v128.store(x + bytes(c), y);
    else v128.store64_lane(x + bytes(c), f32x4.demote_f64x2_zero(y), 0);
  }
}

// @ts-ignore: decorator
@inline function subtract(x: usize, y: f64): void {
  store<real>(x, <real>(<f64>load<real>(x) - y));
}

/**
 * -log p(labels), in nats; the logits of all steps become their gradient times `scale`, softmax less occupancy: the share of paths that
 * are at a class in a step. With a scale of 0 that is not computed. Logits that are not finite give a loss that is none either.
 *
 * logits: the row of step 0, ld reals; `stride` bytes further that of step 1. T steps, of which `steps` are the sequence's: the gradient
 * of the others is 0, and where there are none the loss is. labels: i32 [U], none of them `blank`; U and how many repeat the one before are together ≤ steps.
 */
export function ctc(
  logits: usize,
  stride: usize,
  T: i32,
  steps: i32,
  classes: i32,
  ld: i32,
  labels: usize,
  U: i32,
  blank: i32,
  scale: f64,
  scratch: usize,
): f64 {
  for (let t = steps; t < T; t++) memory.fill(logits + stride * <usize>t, 0, bytes(ld));
  if (steps == 0) return 0;
  assert(steps >= U && blank >= 0 && blank < classes);
  const l = layOut(scratch, steps, labels, U, classes, blank);
  memory.fill(l.exponentials, 0, <usize>ld << 3);
  // The product of the sums of all steps, what probabilities are divided by, as m · 2^k.
  let m: f64 = 1;
  let k: f64 = 0;
  for (let t = 0; t < steps; t++) {
    const x = logits + stride * <usize>t;
    const sum = emit(l, t, x, classes);
    scaleInto(x, l, scale / sum, ld);
    m *= sum;
    if (m > LARGE) {
      m /= LARGE;
      k += 512;
    }
  }
  goForward(l);

  const end = rowOf(l, steps - 1) + (<usize>U << 3);
  const blankK = load<f64>(end + l.width);
  const labelK = load<f64>(end + 3 * l.width);
  const totalK = max<f64>(blankK, labelK);
  const ends = f64x2.replace_lane(f64x2.splat(blankK), 1, labelK);
  const shares = power(f64x2.sub(ends, f64x2.splat(totalK)));
  const totalM = load<f64>(end) * f64x2.extract_lane(shares, 0) + load<f64>(end + 2 * l.width) * f64x2.extract_lane(shares, 1);
  if (scale != 0) goBack(l, logits, stride, totalK, scale / totalM);
  return -(NativeMath.log(totalM / m) + (totalK - k) * LN2);
}

/** Takes the occupancies of all steps, times `factor`, from what is there. */
function goBack(l: Lattice, logits: usize, stride: usize, totalK: f64, factor: f64): void {
  beginBack(l);
  for (let t = l.T - 1; t >= 0; t--) {
    const x = logits + stride * <usize>t;
    const blanks = stepBack(l, t, totalK);
    // The offsets are those of emissions in f64.
    subtract(x + (sizeof<real>() == 8 ? l.blank : l.blank >> 1), blanks * factor);
    for (let j = max(1, lowest(l, t)), to = highest(l, t); j <= to; j++) {
      const offset = <usize>load<u32>(l.offsets + (<usize>j << 2));
      subtract(x + (sizeof<real>() == 8 ? offset : offset >> 1), load<f64>(l.parts + (<usize>j << 3)) * factor);
    }
  }
}
