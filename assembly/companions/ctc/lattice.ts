// The lattice of one sequence (Graves et al. 2006, section 4.1): its labels with a blank before, between and behind them are 2U + 1
// states, and a path goes from one of the first two to one of the last two, staying, going on by one, or by two between different labels.
//
// Blanks and labels lie in rows of their own, so that both are vectors over j: blank j is the one behind label j (blank 0 is the first),
// label j the j-th, from 1; label 0 is none. With what is emitted in step t, y:
//
//   blank_t(j) = (blank(j) + label(j)) · y(blank)                                          of step t - 1, on the right
//   label_t(j) = (label(j) + blank(j-1) + label(j-1) [label j differs from j-1]) · y(label j)
//
// Only states that can be reached from the start, and from which the end can be, are computed: those from `lowest` to `highest`.
import { larger, normalize, part, power } from './extended';

/** Where everything lies. Sizes are counts, addresses are in bytes. */
@unmanaged
export class Lattice {
  /** Steps and labels. */
  T: i32;
  U: i32;
  /** Bytes from one step to the next: of what is emitted, and of the states. */
  emission: usize;
  width: usize;
  /** m and k of what each class emits, [T, classes and one that never comes]. */
  m: usize;
  k: usize;
  /** Offset of the blank's emission in a step; i32 [width], those of the labels. */
  blank: usize;
  offsets: usize;
  /** f64 [width], added to the k of what goes on by two: 0, or -infinity where it may not. */
  skips: usize;
  /** [T, 4, width]: blanks' m and k, labels' m and k. */
  states: usize;
  /** The same of one step, for the way back. */
  back: usize;
  /** f64 [width], what labels had their part in. */
  parts: usize;
  /** f64 [ld], and room for a pair, of the logits of one step. */
  exponentials: usize;
}

/** Numbers in a row of states: those from 0 to U in pairs, one before them and three behind, which neighbours read. */
// @ts-ignore: decorator
@inline export function stateCount(U: i32): i32 {
  return ((U + 2) & -2) + 4;
}

/** Steps after which m is normalised: in each it grows by 4.3 at most, and shrinks to 0.7. */
const GROWTH: i32 = 64;

// @ts-ignore: decorator
@inline function at(j: i32): usize {
  return <usize>j << 3;
}

/** From where on the end can be reached behind step t. */
// @ts-ignore: decorator
@inline export function lowest(l: Lattice, t: i32): i32 {
  return max<i32>(0, l.U + 1 - (l.T - t));
}

/** What can be reached in step t. */
// @ts-ignore: decorator
@inline export function highest(l: Lattice, t: i32): i32 {
  return min<i32>(l.U, t + 1);
}

/** State 0 in the row of step t. */
// @ts-ignore: decorator
@inline export function rowOf(l: Lattice, t: i32): usize {
  return l.states + 4 * l.width * <usize>t + 8;
}

/** What labels j and j + 1 emit: their m or k, of a step. */
// @ts-ignore: decorator
@inline export function emitted(values: usize, offsets: usize): v128 {
  return v128.load64_lane(values + <usize>load<u32>(offsets, 4), v128.load64_zero(values + <usize>load<u32>(offsets)), 1);
}

/** Numbers j and j + 1 of a row are zero. */
// @ts-ignore: decorator
@inline function clearPair(row: usize, width: usize, j: i32): void {
  const m = row + at(j);
  v128.store(m, f64x2.splat(0));
  v128.store(m + width, f64x2.splat(-Infinity));
  v128.store(m + 2 * width, f64x2.splat(0));
  v128.store(m + 3 * width, f64x2.splat(-Infinity));
}

/** All states of all steps, going forward. */
export function goForward(l: Lattice): void {
  const width = l.width;
  begin(l);
  for (let t = 1; t < l.T; t++) {
    const from = lowest(l, t);
    const to = highest(l, t);
    const row = rowOf(l, t);
    clearPair(row, width, -1);
    stepForward(l, t, from, to);
    // Behind the last pair: those of the next step read two beyond.
    clearPair(row, width, from + ((to - from + 2) & -2));
    if (t % GROWTH == 0) normalizeRow(row, width, from, to);
  }
}

/** Step 0: the first blank and the first label. */
function begin(l: Lattice): void {
  const row = rowOf(l, 0);
  const width = l.width;
  for (let j = -1; j < min(4, stateCount(l.U) - 1); j += 2) clearPair(row, width, j);
  store<f64>(row, load<f64>(l.m + l.blank));
  store<f64>(row + width, load<f64>(l.k + l.blank));
  if (l.U == 0) return;
  const label = <usize>load<u32>(l.offsets, 4);
  store<f64>(row + 2 * width, load<f64>(l.m + label), 8);
  store<f64>(row + 3 * width, load<f64>(l.k + label), 8);
}

function stepForward(l: Lattice, t: i32, from: i32, to: i32): void {
  const width = l.width;
  const m = l.m + l.emission * <usize>t;
  const k = l.k + l.emission * <usize>t;
  const blankM = v128.load64_splat(m + l.blank);
  const blankK = v128.load64_splat(k + l.blank);
  const end = rowOf(l, t) + at(to + 1);
  let y = rowOf(l, t) + at(from);
  let x = rowOf(l, t - 1) + at(from);
  let offsets = l.offsets + (<usize>from << 2);
  let skips = l.skips + at(from);
  do {
    const bm = v128.load(x);
    const bk = v128.load(x + width);
    const lm = v128.load(x + 2 * width);
    const lk = v128.load(x + 3 * width);
    const blank = larger(bk, lk);
    v128.store(y, f64x2.mul(f64x2.add(part(bm, bk, blank), part(lm, lk, blank)), blankM));
    v128.store(y + width, f64x2.add(blank, blankK));
    const beforeK = v128.load(x + width - 8);
    const skipK = f64x2.add(v128.load(x + 3 * width - 8), v128.load(skips));
    const label = larger(larger(lk, beforeK), skipK);
    let sum = f64x2.add(part(lm, lk, label), part(v128.load(x - 8), beforeK, label));
    sum = f64x2.add(sum, part(v128.load(x + 2 * width - 8), skipK, label));
    v128.store(y + 2 * width, f64x2.mul(sum, emitted(m, offsets)));
    v128.store(y + 3 * width, f64x2.add(label, emitted(k, offsets)));
    x += 16;
    y += 16;
    offsets += 8;
    skips += 16;
  } while (y < end);
}

function normalizeRow(row: usize, width: usize, from: i32, to: i32): void {
  const m = row + at(from);
  normalize(m, m + width, to - from + 1);
  normalize(m + 2 * width, m + 3 * width, to - from + 1);
}

/** The state behind the last step, from which the way back begins. */
export function beginBack(l: Lattice): void {
  const row = l.back + 8;
  for (let j = -1; j < stateCount(l.U) - 1; j += 2) clearPair(row, l.width, j);
  store<f64>(row + at(l.U), 1);
  store<f64>(row + at(l.U) + l.width, 0);
}

/**
 * One step back: `back` was what may follow step t, with what it emits, and is now the same of step t - 1; `parts` gets the share of
 * paths that go through each label in step t, the share of those through a blank is returned, both times `total`, which has exponent `k`.
 *
 *   follows(j) = back(j) of the blank + back(j+1) of the label
 */
export function stepBack(l: Lattice, t: i32, totalK: f64): f64 {
  const width = l.width;
  const m = l.m + l.emission * <usize>t;
  const k = l.k + l.emission * <usize>t;
  const blankM = v128.load64_splat(m + l.blank);
  const blankK = v128.load64_splat(k + l.blank);
  const exponent = f64x2.splat(totalK);
  const from = lowest(l, t);
  let w = l.back + 8 + at(from);
  const end = l.back + 8 + at(highest(l, t) + 1);
  let x = rowOf(l, t) + at(from);
  let offsets = l.offsets + (<usize>from << 2);
  let skips = l.skips + at(from);
  let parts = l.parts + at(from);
  let blanks = f64x2.splat(0);
  do {
    const bm = v128.load(w);
    const bk = v128.load(w + width);
    const lm = v128.load(w + 2 * width);
    const lk = v128.load(w + 3 * width);
    const nextM = v128.load(w + 2 * width, 8);
    const nextK = v128.load(w + 3 * width, 8);
    const blank = larger(bk, nextK);
    const followsBlank = f64x2.add(part(bm, bk, blank), part(nextM, nextK, blank));
    const skipK = f64x2.add(nextK, v128.load(skips, 8));
    const label = larger(larger(lk, bk), skipK);
    const stays = f64x2.add(part(lm, lk, label), part(bm, bk, label));
    const followsLabel = f64x2.add(stays, part(nextM, skipK, label));
    const throughBlank = f64x2.add(v128.load(x + width), blank);
    blanks = f64x2.add(blanks, part(f64x2.mul(v128.load(x), followsBlank), throughBlank, exponent));
    const throughLabel = f64x2.add(v128.load(x + 3 * width), label);
    v128.store(parts, part(f64x2.mul(v128.load(x + 2 * width), followsLabel), throughLabel, exponent));
    v128.store(w, f64x2.mul(followsBlank, blankM));
    v128.store(w + width, f64x2.add(blank, blankK));
    v128.store(w + 2 * width, f64x2.mul(followsLabel, emitted(m, offsets)));
    v128.store(w + 3 * width, f64x2.add(label, emitted(k, offsets)));
    x += 16;
    w += 16;
    offsets += 8;
    skips += 16;
    parts += 16;
  } while (w < end);
  if (t % GROWTH == 0) normalizeRow(l.back + 8, width, from, highest(l, t));
  return f64x2.extract_lane(blanks, 0) + f64x2.extract_lane(blanks, 1);
}
