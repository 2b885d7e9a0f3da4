// What layers add to the objective besides losses: activity regularisation of outputs, and Ω of how gradients flow back.
// Values are sums in f64 over rows from the last to the first, as everything that backward adds up.
import { slope } from "./activations";
import { total, widenSquares } from "./norms";
import { PANEL, STRIDE, bytes } from "./simd";

/** Gradients and products that are shorter have vanished: they count as 0. */
// @ts-ignore: decorator
@inline const VANISHED: f64 = 1e-30;

// What is known of a row at a step.
/** It is not padding. */
// @ts-ignore: decorator
@inline const THERE: u8 = 1;
/** Nor is it the first of its sequence: there is an output before it. */
// @ts-ignore: decorator
@inline const FOLLOWS: u8 = 2;

/**
 * Takes the outputs of T steps: slot t + 1 of y is x[t], or slot t where the step is padding.
 *
 * y: [T+1, B, ld]; begun: [T+1, B, PANEL], first number 1 where the row has an output in that slot of y; slot 0 of both is set.
 * flags: octets [T, B], written. x: [T, B, ld]. resets, padding: octets [T, B], or 0: none.
 */
export function activityForward(
  y: usize, begun: usize, flags: usize, x: usize, resets: usize, padding: usize, T: i32, B: i32, ld: i32,
): void {
  const width = bytes(ld);
  const row = bytes(PANEL);
  const rows = T * B;
  for (let i = 0; i < rows; i++) {
    const padded = padding != 0 && load<u8>(padding + i) != 0;
    const before: real = resets != 0 && load<u8>(resets + i) != 0 ? <real>0 : load<real>(begun);
    memory.copy(y + <usize>B * width, padded ? y : x, width);
    store<real>(begun + <usize>B * row, padded ? before : <real>1);
    store<u8>(flags + i, padded ? 0 : before != 0 ? THERE | FOLLOWS : THERE);
    y += width;
    x += width;
    begun += row;
  }
}

/** How many of n rows are there, or, `pairs`, follow on another. */
export function activityTerms(flags: usize, n: i32, pairs: bool): i32 {
  const flag = pairs ? FOLLOWS : THERE;
  let count = 0;
  for (let i = 0; i < n; i++) if (load<u8>(flags + i) & flag) count++;
  return count;
}

/** sum + Σ ‖y_t‖² over the rows that are there, or, `pairs`, Σ ‖y_t - y_{t-1}‖² over those that follow. y: [T+1, B, ld]. */
export function activitySum(y: usize, flags: usize, T: i32, B: i32, ld: i32, pairs: bool, sum: f64): f64 {
  const flag = pairs ? FOLLOWS : THERE;
  const step = bytes(B * ld);
  for (let i = T * B - 1; i >= 0; i--) {
    if (!(load<u8>(flags + i) & flag)) continue;
    let before = y + <usize>i * bytes(ld);
    let a0 = f64x2.splat(0);
    let a1 = f64x2.splat(0);
    for (const end = before + bytes(ld); before < end; before += STRIDE) {
      let y0 = v128.load(before + step);
      let y1 = v128.load(before + step, 16);
      if (pairs) {
        y0 = v128.sub<real>(y0, v128.load(before));
        y1 = v128.sub<real>(y1, v128.load(before, 16));
      }
      a0 = f64x2.add(a0, widenSquares(y0));
      a1 = f64x2.add(a1, widenSquares(y1));
    }
    sum += total(a0, a1);
  }
  return sum;
}

/**
 * dx = dy and the gradients of `square`·‖y_t‖² and `change`·‖y_t - y_{t-1}‖² of the steps from `first` on.
 *
 * dx, dy: [T, B, ld]; y: [T+1, B, ld]. dNext: [B, ld], on entry what the term of a later step adds to the last output of each
 * row, on return that for the step before.
 */
export function activityBack(
  dx: usize, dy: usize, dNext: usize, y: usize, flags: usize, T: i32, B: i32, ld: i32, first: i32, square: f64, change: f64,
): void {
  const width = bytes(ld);
  const step = bytes(B * ld);
  for (let t = T - 1; t >= 0; t--) {
    for (let r = 0; r < B; r++) {
      const i = t * B + r;
      const flag = load<u8>(flags + i);
      let to = dx + <usize>i * width;
      let from = dy + <usize>i * width;
      if (!flag) {
        memory.copy(to, from, width);
        continue;
      }
      const s = v128.splat<real>(t >= first ? <real>(2 * square) : 0);
      const c = v128.splat<real>(t >= first && flag & FOLLOWS ? <real>(2 * change) : 0);
      let before = y + <usize>i * width;
      let next = dNext + <usize>r * width;
      for (const end = to + width; to < end; to += 16, from += 16, before += 16, next += 16) {
        const now = v128.load(before + step);
        const d = v128.add<real>(v128.add<real>(v128.load(from), v128.load(next)), v128.mul<real>(s, now));
        const q = v128.mul<real>(c, v128.sub<real>(now, v128.load(before)));
        v128.store(to, v128.add<real>(d, q));
        v128.store(next, v128.neg<real>(q));
      }
    }
  }
}

/** How many of n rows begin no sequence and are not padding. resets, padding: octets [n], or 0: none. */
export function transitions(resets: usize, padding: usize, n: i32): i32 {
  let count = n;
  for (let i = 0; i < n; i++) {
    const not = (resets != 0 && load<u8>(resets + i) != 0) || (padding != 0 && load<u8>(padding + i) != 0);
    if (not) count--;
  }
  return count;
}

/**
 * Ω (Pascanu, Mikolov and Bengio 2013, eq. 9 and 10) of each row: (‖v‖ / ‖d‖ - 1)², where d is the gradient of the
 * pre-activations of a step and v = f'(a)∘m∘(W d) what it becomes on the way to those of the step before.
 *
 * @param r [rows, ld]: W d on entry; on return factor·dΩ/dv ∘f'∘m, so that its outer product with d is the gradient of W.
 * @param d [rows, ld].
 * @param h [rows, ld]: f(a) of the step before.
 * @param m [rows, ld]: what W sees of it, or 0: all.
 * @param resets Octets [rows]: rows that begin a sequence have no term; or 0: none does.
 * @returns sum + Σ Ω.
 */
export function vanishing(
  r: usize, d: usize, h: usize, m: usize, resets: usize, rows: i32, ld: i32, activation: i32, factor: f64, sum: f64,
): f64 {
  const width = bytes(ld);
  for (let i = rows - 1; i >= 0; i--) {
    const at = <usize>i * width;
    let dd = f64x2.splat(0);
    let vv = f64x2.splat(0);
    for (let j: usize = 0; j < width; j += 16) {
      let s = slope(v128.load(h + at + j), activation);
      if (m) s = v128.mul<real>(s, v128.load(m + at + j));
      dd = f64x2.add(dd, widenSquares(v128.load(d + at + j)));
      vv = f64x2.add(vv, widenSquares(v128.mul<real>(s, v128.load(r + at + j))));
    }
    const length = sqrt<f64>(f64x2.extract_lane(dd, 0) + f64x2.extract_lane(dd, 1));
    if (length < VANISHED || (resets != 0 && load<u8>(resets + i) != 0)) {
      memory.fill(r + at, 0, width);
      continue;
    }
    const norm = sqrt<f64>(f64x2.extract_lane(vv, 0) + f64x2.extract_lane(vv, 1));
    const off = norm / length - 1;
    sum += off * off;
    const unit = v128.splat<real>(norm < VANISHED ? 0 : <real>(1 / norm));
    const k = v128.splat<real>(<real>((factor * 2 * off) / length));
    for (let j: usize = 0; j < width; j += 16) {
      let s = slope(v128.load(h + at + j), activation);
      if (m) s = v128.mul<real>(s, v128.load(m + at + j));
      const v = v128.mul<real>(v128.mul<real>(s, v128.load(r + at + j)), unit);
      v128.store(r + at + j, v128.mul<real>(v128.mul<real>(s, v), k));
    }
  }
  return sum;
}
