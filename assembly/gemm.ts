// Matrix products: C[m,n] (+)= op(A)·op(B), blocked, over packed panels.
// Each element of C is one sequential sum over ascending k that starts from C (accumulate) or from zero: tiles, blocks and the
// grouping of rows or columns change the speed, never a bit.

import { LANES, PANEL, SHIFT, bytes, madd, padded } from './simd';

/** Rows of a tile; A is packed in groups of so many rows, [group][k][ROWS]. */
// @ts-ignore: decorator
@inline const ROWS: i32 = 4;
/** Steps of k of one block: a panel of B and a group of A stay in the first-level cache. */
// @ts-ignore: decorator
@inline const KC: i32 = 256;
/** Rows of one block of A: the packed block stays in the second-level cache. */
// @ts-ignore: decorator
@inline const MC: i32 = 256;
/** Bytes of the block of B that stays in the first-level cache while all rows of A pass it. */
// @ts-ignore: decorator
@inline const B_BYTES: i32 = 16384;
/** Bytes of one row of a panel: two vectors. */
// @ts-ignore: decorator
@inline const STRIDE: usize = 32;

/** Bytes of scratch that `gemm` and `gemmPacked` need for these sizes. */
export function gemmScratch(m: i32, n: i32, k: i32): usize {
  const kc = min(k, KC);
  const rows = (min(m, MC) + ROWS - 1) & -ROWS;
  return bytes(rows * kc) + <usize>max(B_BYTES, <i32>STRIDE * kc) + 64;
}

/** Columns [from, from + PANEL) of op(B), k rows from `b` on, into dst [k, PANEL]; columns from n on are zero. */
function packPanel(dst: usize, b: usize, from: i32, n: i32, k: i32, ldb: i32, transB: bool): void {
  const width = min(PANEL, n - from);
  const stride = bytes(ldb);
  if (transB) {
    b += <usize>from * stride;
    for (let p = 0; p < k; p++, dst += STRIDE, b += sizeof<real>()) {
      for (let j = 0; j < PANEL; j++) store<real>(dst + bytes(j), j < width ? load<real>(b + <usize>j * stride) : 0);
    }
  } else {
    b += bytes(from);
    for (let p = 0; p < k; p++, dst += STRIDE, b += stride) {
      if (width == PANEL) {
        v128.store(dst, v128.load(b));
        v128.store(dst, v128.load(b, 16), 16);
      } else {
        for (let j = 0; j < PANEL; j++) store<real>(dst + bytes(j), j < width ? load<real>(b + bytes(j)) : 0);
      }
    }
  }
}

/**
 * op(B) in panels of PANEL columns, [n/PANEL][k][PANEL], the last one filled up with zeros.
 *
 * dst: k·padded(n) reals; b: [k, ldb], or [n, ldb] with transB.
 */
export function packB(dst: usize, b: usize, k: i32, n: i32, ldb: i32, transB: bool): void {
  const panel = <usize>k * STRIDE;
  for (let j = 0; j < n; j += PANEL, dst += panel) packPanel(dst, b, j, n, k, ldb, transB);
}

/** Rows of op(A) in groups of ROWS, [m/ROWS][k][ROWS]; a last group of fewer rows is [k][rows]. */
function packA(dst: usize, a: usize, m: i32, k: i32, lda: i32, transA: bool): void {
  const row = transA ? sizeof<real>() : bytes(lda);
  const step = transA ? bytes(lda) : sizeof<real>();
  for (let i = 0; i < m; i += ROWS, a += <usize>ROWS * row) {
    const rows = min(ROWS, m - i);
    for (let p = 0; p < k; p++) {
      for (let r = 0; r < rows; r++, dst += sizeof<real>()) store<real>(dst, load<real>(a + <usize>r * row + <usize>p * step));
    }
  }
}

// @ts-ignore: decorator
@inline function splat(pointer: usize, offset: usize): v128 {
  if (sizeof<real>() == 4) return v128.load32_splat(pointer + offset);
  return v128.load64_splat(pointer + offset);
}

/** Four rows of one panel. */
function tile4(c: usize, a: usize, b: usize, k: i32, ldc: usize, accumulate: bool): void {
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
  for (const end = b + <usize>k * STRIDE; b < end; b += STRIDE, a += 4 * sizeof<real>()) {
    const b0 = v128.load(b);
    const b1 = v128.load(b, 16);
    const a0 = splat(a, 0);
    c00 = madd(a0, b0, c00);
    c01 = madd(a0, b1, c01);
    const a1 = splat(a, sizeof<real>());
    c10 = madd(a1, b0, c10);
    c11 = madd(a1, b1, c11);
    const a2 = splat(a, 2 * sizeof<real>());
    c20 = madd(a2, b0, c20);
    c21 = madd(a2, b1, c21);
    const a3 = splat(a, 3 * sizeof<real>());
    c30 = madd(a3, b0, c30);
    c31 = madd(a3, b1, c31);
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
}

/** One row of one panel; a: one value every `step` bytes. */
function tile1(c: usize, a: usize, b: usize, k: i32, step: usize, accumulate: bool): void {
  let c0 = v128.splat<real>(0), c1 = c0;
  if (accumulate) {
    c0 = v128.load(c);
    c1 = v128.load(c, 16);
  }
  for (const end = b + <usize>k * STRIDE; b < end; b += STRIDE, a += step) {
    const a0 = splat(a, 0);
    c0 = madd(a0, v128.load(b), c0);
    c1 = madd(a0, v128.load(b, 16), c1);
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}

/** All rows of a packed block of A over `panels` packed panels that are `panel` bytes apart. */
function block(c: usize, a: usize, b: usize, m: i32, panels: i32, k: i32, panel: usize, ldc: usize, accumulate: bool): void {
  for (; m >= ROWS; m -= ROWS) {
    let to = c, from = b;
    for (let j = 0; j < panels; j++, to += STRIDE, from += panel) tile4(to, a, from, k, ldc, accumulate);
    a += bytes(ROWS * k);
    c += <usize>ROWS * ldc;
  }
  for (let r = 0; r < m; r++, c += ldc) {
    let to = c, from = b;
    for (let j = 0; j < panels; j++, to += STRIDE, from += panel) tile1(to, a + bytes(r), from, k, bytes(m), accumulate);
  }
}

/** C = 0 where nothing is added up. */
function clear(c: usize, m: i32, n: i32, ldc: i32): void {
  for (let i = 0; i < m; i++, c += bytes(ldc)) memory.fill(c, 0, bytes(padded(n)));
}

/** The product; with `packed` B is there in panels already, else b is packed panel by panel. */
function multiply(
  c: usize, a: usize, b: usize, packed: bool, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32,
  transA: bool, transB: bool, accumulate: bool, scratch: usize,
): void {
  if (k <= 0) {
    if (!accumulate) clear(c, m, n, ldc);
    return;
  }
  const panels = padded(n) / PANEL;
  for (let p = 0; p < k; p += KC) {
    const kc = min(KC, k - p);
    const panel = <usize>kc * STRIDE;
    const group = max(1, B_BYTES / <i32>panel);
    const bAt = transB ? b + bytes(p) : b + <usize>p * bytes(ldb);
    for (let i = 0; i < m; i += MC) {
      const mc = min(MC, m - i);
      const rows = (mc + ROWS - 1) & -ROWS;
      const bBlock = scratch + ((bytes(rows * kc) + 63) & ~63);
      packA(scratch, transA ? a + <usize>p * bytes(lda) + bytes(i) : a + <usize>i * bytes(lda) + bytes(p), mc, kc, lda, transA);
      const cRow = c + <usize>i * bytes(ldc);
      for (let j = 0; j < panels; j += group) {
        const count = min(group, panels - j);
        const cBlock = cRow + <usize>j * STRIDE;
        if (packed) {
          const all = <usize>k * STRIDE;
          block(cBlock, scratch, b + <usize>j * all + <usize>p * STRIDE, mc, count, kc, all, bytes(ldc), accumulate || p > 0);
        } else {
          for (let q = 0; q < count; q++) packPanel(bBlock + <usize>q * panel, bAt, (j + q) * PANEL, n, kc, ldb, transB);
          block(cBlock, scratch, bBlock, mc, count, kc, panel, bytes(ldc), accumulate || p > 0);
        }
      }
    }
  }
}

/**
 * C[m,n] (+)= op(A)·op(B); padding columns of C get what zero padding of B gives.
 *
 * c: [m, ldc], ldc >= padded(n); a: [m, lda], or [k, lda] with transA; b: [k, ldb], or [n, ldb] with transB;
 * scratch: gemmScratch(m, n, k) bytes, 64-byte aligned.
 */
export function gemm(
  c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32,
  transA: bool, transB: bool, accumulate: bool, scratch: usize,
): void {
  multiply(c, a, b, false, m, n, k, lda, ldb, ldc, transA, transB, accumulate, scratch);
}

/** C[m,n] (+)= op(A)·op(B) with op(B) packed by `packB`: for a B that is used more than once. */
export function gemmPacked(
  c: usize, a: usize, packed: usize, m: i32, n: i32, k: i32, lda: i32, ldc: i32,
  transA: bool, accumulate: bool, scratch: usize,
): void {
  multiply(c, a, packed, true, m, n, k, lda, 0, ldc, transA, false, accumulate, scratch);
}
