// What attention is beside its products: the weights as a softmax over the steps that count, and the additive score.
//
// A matrix of scores [T,S] belongs to one row of a batch, or to one head of it. Its rows, as those of queries and keys, are as far apart as
// the caller says, in reals.
import { bytes, padded } from '../../simd';
import { expRow, rowMax } from '../../losses';
import { tanh } from '../../math';
import { widen } from '../../norms';

/** x *= factor over a row of whole panels. */
// @ts-ignore: decorator
@inline function scaleRow(x: usize, factor: real, columns: i32): void {
  const f = v128.splat<real>(factor);
  for (const end = x + bytes(padded(columns)); x < end; x += 16) v128.store(x, v128.mul<real>(v128.load(x), f));
}

// @ts-ignore: decorator
@inline function lanes(sum: v128): f64 {
  return f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
}

/**
 * a ← softmax(scale · a) of every row, over the steps that are no padding: to others the weight is exactly 0, and so are all weights of
 * a row without any.
 *
 * a: [T,S], rows `ld` apart; padding: octets, one for each of S steps, `B` apart.
 */
export function attend(a: usize, padding: usize, T: i32, S: i32, ld: i32, B: i32, scale: f64): void {
  let counted = 0;
  for (let s = 0; s < S; s++) counted += i32(load<u8>(padding + <usize>s * B) == 0);
  for (let t = 0; t < T; t++, a += bytes(ld)) {
    if (counted == 0) {
      memory.fill(a, 0, bytes(padded(S)));
      continue;
    }
    scaleRow(a, <real>scale, S);
    if (counted < S) {
      for (let s = 0; s < S; s++) if (load<u8>(padding + <usize>s * B)) store<real>(a + bytes(s), <real>-Infinity);
    }
    const sum = expRow(a, a, rowMax(a, S), S);
    scaleRow(a, <real>(1 / sum), S);
  }
}

/** From the gradient of the weights that of the scores before they were scaled: e ← scale · a∘(e - Σ a∘e), row by row. */
export function attendBack(e: usize, a: usize, T: i32, S: i32, ld: i32, scale: f64): void {
  const width = bytes(padded(S));
  const f = v128.splat<real>(<real>scale);
  for (let t = 0; t < T; t++, e += bytes(ld), a += bytes(ld)) {
    let sum = f64x2.splat(0);
    for (let i: usize = 0; i < width; i += 16) {
      sum = f64x2.add(sum, widen(v128.mul<real>(v128.load(a + i), v128.load(e + i))));
    }
    const mean = v128.splat<real>(<real>lanes(sum));
    for (let i: usize = 0; i < width; i += 16) {
      const d = v128.mul<real>(v128.load(a + i), v128.sub<real>(v128.load(e + i), mean));
      v128.store(e + i, v128.mul<real>(f, d));
    }
  }
}

/**
 * The additive score: a[t,s] = v · tanh(q_t + k_s); padding columns get 0.
 *
 * q: [T,A] and k: [S,A], rows of whole panels with zeros in the padding, `ldq` and `ldk` apart; v: a row of them.
 */
export function additive(
  a: usize, q: usize, k: usize, v: usize, T: i32, S: i32, A: i32, ld: i32, ldq: i32, ldk: i32,
): void {
  const width = bytes(padded(A));
  for (let t = 0; t < T; t++, a += bytes(ld), q += bytes(ldq)) {
    let key = k;
    for (let s = 0; s < S; s++, key += bytes(ldk)) {
      let sum = f64x2.splat(0);
      for (let i: usize = 0; i < width; i += 16) {
        const y = tanh(v128.add<real>(v128.load(q + i), v128.load(key + i)));
        sum = f64x2.add(sum, widen(v128.mul<real>(v128.load(v + i), y)));
      }
      store<real>(a + bytes(s), <real>lanes(sum));
    }
    memory.fill(a + bytes(S), 0, bytes(padded(S) - S));
  }
}

/**
 * Its backward from e, the gradient of the scores: adds to dq, dk and dv. The tanh of every pair is computed again: kept, they would be A
 * times the weights.
 */
export function additiveBack(
  dq: usize, dk: usize, dv: usize, e: usize, q: usize, k: usize, v: usize,
  T: i32, S: i32, A: i32, ld: i32, ldq: i32, ldk: i32,
): void {
  const one = v128.splat<real>(1);
  const width = bytes(padded(A));
  for (let t = 0; t < T; t++, e += bytes(ld), q += bytes(ldq), dq += bytes(ldq)) {
    let key = k, dKey = dk;
    for (let s = 0; s < S; s++, key += bytes(ldk), dKey += bytes(ldk)) {
      const d = v128.splat<real>(load<real>(e + bytes(s)));
      for (let i: usize = 0; i < width; i += 16) {
        const y = tanh(v128.add<real>(v128.load(q + i), v128.load(key + i)));
        v128.store(dv + i, v128.add<real>(v128.load(dv + i), v128.mul<real>(d, y)));
        const slope = v128.sub<real>(one, v128.mul<real>(y, y));
        const da = v128.mul<real>(v128.mul<real>(d, v128.load(v + i)), slope);
        v128.store(dq + i, v128.add<real>(v128.load(dq + i), da));
        v128.store(dKey + i, v128.add<real>(v128.load(dKey + i), da));
      }
    }
  }
}
