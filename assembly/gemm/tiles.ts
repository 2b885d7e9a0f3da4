// Micro-kernels: some sums of C in registers while k runs, each one sequential over ascending k.
//
// Their shape is V8's. Node 20's TurboFan moves all loads of a basic block in front of its arithmetic, spilling the sums, where a
// block hands values to the next one directly. So each step of k is a conditional block of its own (a phi of each sum lies between
// two steps), the steps before the last name the sums in descending order and the last one in ascending order: then a load stands
// next to its use (four rows: 32 to 38.9 GFLOP/s). Later engines keep the order as written. The conditions serve as the remainder:
// the first block of steps may be short.
//
// A pointer for each row of A makes an immediate offset of every step. The two sums of a row are in the order of simd.ts's `product`,
// which takes five rows from 46 to 51 GFLOP/s on Zen 4 (V8 11 to 14). What then counts is the number of instructions beside the
// arithmetic: 1.5 for each of it with five rows, 1.6 with four, of 6 that a core takes a cycle with 4 of arithmetic among them.

import { madd, maddBehind, maddOf, product } from '../simd';
import { STRIDE } from './pack';

// @ts-ignore: decorator
@inline const S: usize = sizeof<real>();

/**
 * Four rows of one panel: C[4, PANEL] (+)= A·B with rows of A \`row\` bytes apart and a panel of B [k][PANEL].
 */
export function tile4(c: usize, a: usize, b: usize, k: i32, row: usize, ldc: usize, accumulate: bool): void {
  const r1 = c + ldc;
  const r2 = r1 + ldc;
  const r3 = r2 + ldc;
  let c00 = v128.splat<real>(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00;
  if (accumulate) {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    c10 = v128.load(r1);
    c11 = v128.load(r1, 16);
    c20 = v128.load(r2);
    c21 = v128.load(r2, 16);
    c30 = v128.load(r3);
    c31 = v128.load(r3, 16);
  }
  let p = -(-k & 3);
  b += <usize>p * STRIDE;
  let a0 = a + <usize>p * S;
  let a1 = a0 + row;
  let a2 = a1 + row;
  let a3 = a2 + row;
  do {
    if (p >= 0) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const x3 = v128.load_splat<real>(a3);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x2 = v128.load_splat<real>(a2);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x1 = v128.load_splat<real>(a1);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x0 = v128.load_splat<real>(a0);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
    }
    if (p >= -1) {
      const b0 = v128.load(b, STRIDE);
      const b1 = v128.load(b, STRIDE + 16);
      const x3 = v128.load_splat<real>(a3, S);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x2 = v128.load_splat<real>(a2, S);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x1 = v128.load_splat<real>(a1, S);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x0 = v128.load_splat<real>(a0, S);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
    }
    if (p >= -2) {
      const b0 = v128.load(b, 2 * STRIDE);
      const b1 = v128.load(b, 2 * STRIDE + 16);
      const x3 = v128.load_splat<real>(a3, 2 * S);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x2 = v128.load_splat<real>(a2, 2 * S);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x1 = v128.load_splat<real>(a1, 2 * S);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x0 = v128.load_splat<real>(a0, 2 * S);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
    }
    if (p >= -3) {
      const b0 = v128.load(b, 3 * STRIDE);
      const b1 = v128.load(b, 3 * STRIDE + 16);
      const x0 = v128.load_splat<real>(a0, 3 * S);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
      const x1 = v128.load_splat<real>(a1, 3 * S);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x2 = v128.load_splat<real>(a2, 3 * S);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x3 = v128.load_splat<real>(a3, 3 * S);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
    }
    a0 += 4 * S;
    a1 += 4 * S;
    a2 += 4 * S;
    a3 += 4 * S;
    b += 4 * STRIDE;
    p += 4;
  } while (p < k);
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
}

/**
 * Five rows of one panel: C[5, PANEL] (+)= A·B with rows of A \`row\` bytes apart and a panel of B [k][PANEL].
 */
export function tile5(c: usize, a: usize, b: usize, k: i32, row: usize, ldc: usize, accumulate: bool): void {
  const r1 = c + ldc;
  const r2 = r1 + ldc;
  const r3 = r2 + ldc;
  const r4 = r3 + ldc;
  let c00 = v128.splat<real>(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00;
  if (accumulate) {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    c10 = v128.load(r1);
    c11 = v128.load(r1, 16);
    c20 = v128.load(r2);
    c21 = v128.load(r2, 16);
    c30 = v128.load(r3);
    c31 = v128.load(r3, 16);
    c40 = v128.load(r4);
    c41 = v128.load(r4, 16);
  }
  let p = -(-k & 3);
  b += <usize>p * STRIDE;
  let a0 = a + <usize>p * S;
  let a1 = a0 + row;
  let a2 = a1 + row;
  let a3 = a2 + row;
  let a4 = a3 + row;
  do {
    if (p >= 0) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      const x4 = v128.load_splat<real>(a4);
      const m4 = product(x4, b0);
      c41 = maddBehind(m4, x4, b1, c41);
      c40 = maddOf(m4, x4, b0, c40);
      const x3 = v128.load_splat<real>(a3);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x2 = v128.load_splat<real>(a2);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x1 = v128.load_splat<real>(a1);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x0 = v128.load_splat<real>(a0);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
    }
    if (p >= -1) {
      const b0 = v128.load(b, STRIDE);
      const b1 = v128.load(b, STRIDE + 16);
      const x4 = v128.load_splat<real>(a4, S);
      const m4 = product(x4, b0);
      c41 = maddBehind(m4, x4, b1, c41);
      c40 = maddOf(m4, x4, b0, c40);
      const x3 = v128.load_splat<real>(a3, S);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x2 = v128.load_splat<real>(a2, S);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x1 = v128.load_splat<real>(a1, S);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x0 = v128.load_splat<real>(a0, S);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
    }
    if (p >= -2) {
      const b0 = v128.load(b, 2 * STRIDE);
      const b1 = v128.load(b, 2 * STRIDE + 16);
      const x4 = v128.load_splat<real>(a4, 2 * S);
      const m4 = product(x4, b0);
      c41 = maddBehind(m4, x4, b1, c41);
      c40 = maddOf(m4, x4, b0, c40);
      const x3 = v128.load_splat<real>(a3, 2 * S);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x2 = v128.load_splat<real>(a2, 2 * S);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x1 = v128.load_splat<real>(a1, 2 * S);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x0 = v128.load_splat<real>(a0, 2 * S);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
    }
    if (p >= -3) {
      const b0 = v128.load(b, 3 * STRIDE);
      const b1 = v128.load(b, 3 * STRIDE + 16);
      const x0 = v128.load_splat<real>(a0, 3 * S);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
      const x1 = v128.load_splat<real>(a1, 3 * S);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x2 = v128.load_splat<real>(a2, 3 * S);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x3 = v128.load_splat<real>(a3, 3 * S);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x4 = v128.load_splat<real>(a4, 3 * S);
      const m4 = product(x4, b0);
      c41 = maddBehind(m4, x4, b1, c41);
      c40 = maddOf(m4, x4, b0, c40);
    }
    a0 += 4 * S;
    a1 += 4 * S;
    a2 += 4 * S;
    a3 += 4 * S;
    a4 += 4 * S;
    b += 4 * STRIDE;
    p += 4;
  } while (p < k);
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
  v128.store(r4, c40);
  v128.store(r4, c41, 16);
}

/**
 * Five rows of one panel: C[5, PANEL] (+)= A·B with rows of A \`row\` bytes apart and a panel of B [k][PANEL].
 */
export function pack5(c: usize, a: usize, packed: usize, b: usize, ldb: usize, k: i32, row: usize, ldc: usize, accumulate: bool): void {
  const r1 = c + ldc;
  const r2 = r1 + ldc;
  const r3 = r2 + ldc;
  const r4 = r3 + ldc;
  let c00 = v128.splat<real>(0), c01 = c00, c10 = c00, c11 = c00, c20 = c00, c21 = c00, c30 = c00, c31 = c00, c40 = c00, c41 = c00;
  if (accumulate) {
    c00 = v128.load(c);
    c01 = v128.load(c, 16);
    c10 = v128.load(r1);
    c11 = v128.load(r1, 16);
    c20 = v128.load(r2);
    c21 = v128.load(r2, 16);
    c30 = v128.load(r3);
    c31 = v128.load(r3, 16);
    c40 = v128.load(r4);
    c41 = v128.load(r4, 16);
  }
  let p = -(-k & 3);
  packed += <usize>p * STRIDE;
  b += <usize>p * ldb;
  let a0 = a + <usize>p * S;
  let a1 = a0 + row;
  let a2 = a1 + row;
  let a3 = a2 + row;
  let a4 = a3 + row;
  do {
    if (p >= 0) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      v128.store(packed, b0);
      v128.store(packed, b1, 16);
      const x4 = v128.load_splat<real>(a4);
      const m4 = product(x4, b0);
      c41 = maddBehind(m4, x4, b1, c41);
      c40 = maddOf(m4, x4, b0, c40);
      const x3 = v128.load_splat<real>(a3);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x2 = v128.load_splat<real>(a2);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x1 = v128.load_splat<real>(a1);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x0 = v128.load_splat<real>(a0);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
    }
    b += ldb;
    if (p >= -1) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      v128.store(packed, b0, STRIDE);
      v128.store(packed, b1, STRIDE + 16);
      const x4 = v128.load_splat<real>(a4, S);
      const m4 = product(x4, b0);
      c41 = maddBehind(m4, x4, b1, c41);
      c40 = maddOf(m4, x4, b0, c40);
      const x3 = v128.load_splat<real>(a3, S);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x2 = v128.load_splat<real>(a2, S);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x1 = v128.load_splat<real>(a1, S);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x0 = v128.load_splat<real>(a0, S);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
    }
    b += ldb;
    if (p >= -2) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      v128.store(packed, b0, 2 * STRIDE);
      v128.store(packed, b1, 2 * STRIDE + 16);
      const x4 = v128.load_splat<real>(a4, 2 * S);
      const m4 = product(x4, b0);
      c41 = maddBehind(m4, x4, b1, c41);
      c40 = maddOf(m4, x4, b0, c40);
      const x3 = v128.load_splat<real>(a3, 2 * S);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x2 = v128.load_splat<real>(a2, 2 * S);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x1 = v128.load_splat<real>(a1, 2 * S);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x0 = v128.load_splat<real>(a0, 2 * S);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
    }
    b += ldb;
    if (p >= -3) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      v128.store(packed, b0, 3 * STRIDE);
      v128.store(packed, b1, 3 * STRIDE + 16);
      const x0 = v128.load_splat<real>(a0, 3 * S);
      const m0 = product(x0, b0);
      c01 = maddBehind(m0, x0, b1, c01);
      c00 = maddOf(m0, x0, b0, c00);
      const x1 = v128.load_splat<real>(a1, 3 * S);
      const m1 = product(x1, b0);
      c11 = maddBehind(m1, x1, b1, c11);
      c10 = maddOf(m1, x1, b0, c10);
      const x2 = v128.load_splat<real>(a2, 3 * S);
      const m2 = product(x2, b0);
      c21 = maddBehind(m2, x2, b1, c21);
      c20 = maddOf(m2, x2, b0, c20);
      const x3 = v128.load_splat<real>(a3, 3 * S);
      const m3 = product(x3, b0);
      c31 = maddBehind(m3, x3, b1, c31);
      c30 = maddOf(m3, x3, b0, c30);
      const x4 = v128.load_splat<real>(a4, 3 * S);
      const m4 = product(x4, b0);
      c41 = maddBehind(m4, x4, b1, c41);
      c40 = maddOf(m4, x4, b0, c40);
    }
    b += ldb;
    a0 += 4 * S;
    a1 += 4 * S;
    a2 += 4 * S;
    a3 += 4 * S;
    a4 += 4 * S;
    packed += 4 * STRIDE;
    p += 4;
  } while (p < k);
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
  v128.store(r4, c40);
  v128.store(r4, c41, 16);
}

/**
 * One row of one panel; values of A are `step` bytes apart, rows of B `stride` bytes.
 */
export function row1(c: usize, a: usize, step: usize, b: usize, stride: usize, k: i32, accumulate: bool): void {
  let c0 = v128.splat<real>(0), c1 = c0;
  if (accumulate) {
    c0 = v128.load(c);
    c1 = v128.load(c, 16);
  }
  for (; k > 0; k--, a += step, b += stride) {
    const x = v128.load_splat<real>(a);
    c0 = madd(x, v128.load(b), c0);
    c1 = madd(x, v128.load(b, 16), c1);
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}

/**
 * One row of four panels that are `panel` bytes apart: eight sums at once, so that the latency of the addition is hidden.
 */
export function row4(c: usize, a: usize, step: usize, b: usize, stride: usize, panel: usize, k: i32, accumulate: bool): void {
  let c0 = v128.splat<real>(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  if (accumulate) {
    c0 = v128.load(c);
    c1 = v128.load(c, 16);
    c2 = v128.load(c, 32);
    c3 = v128.load(c, 48);
    c4 = v128.load(c, 64);
    c5 = v128.load(c, 80);
    c6 = v128.load(c, 96);
    c7 = v128.load(c, 112);
  }
  let p1 = b + panel;
  let p2 = p1 + panel;
  let p3 = p2 + panel;
  do {
    if (k > 0) {
      const x = v128.load_splat<real>(a);
      c7 = madd(x, v128.load(p3, 16), c7);
      c6 = madd(x, v128.load(p3), c6);
      c5 = madd(x, v128.load(p2, 16), c5);
      c4 = madd(x, v128.load(p2), c4);
      c3 = madd(x, v128.load(p1, 16), c3);
      c2 = madd(x, v128.load(p1), c2);
      c1 = madd(x, v128.load(b, 16), c1);
      c0 = madd(x, v128.load(b), c0);
      a += step;
      b += stride;
      p1 += stride;
      p2 += stride;
      p3 += stride;
    }
    if (k > 1) {
      const x = v128.load_splat<real>(a);
      c0 = madd(x, v128.load(b), c0);
      c1 = madd(x, v128.load(b, 16), c1);
      c2 = madd(x, v128.load(p1), c2);
      c3 = madd(x, v128.load(p1, 16), c3);
      c4 = madd(x, v128.load(p2), c4);
      c5 = madd(x, v128.load(p2, 16), c5);
      c6 = madd(x, v128.load(p3), c6);
      c7 = madd(x, v128.load(p3, 16), c7);
      a += step;
      b += stride;
      p1 += stride;
      p2 += stride;
      p3 += stride;
    }
    k -= 2;
  } while (k > 0);
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
  v128.store(c, c4, 64);
  v128.store(c, c5, 80);
  v128.store(c, c6, 96);
  v128.store(c, c7, 112);
}
