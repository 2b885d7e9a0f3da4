// Matrix products: C[m,n] (+)= op(A)·op(B), in blocks that stay in the caches, over packed panels.
// Each element of C is one sequential sum over ascending k that starts from C (accumulate) or from zero: tiles, blocks and the
// grouping of rows or columns change the speed, never a bit.

import { PANEL, bytes, padded } from './simd';
import { GROUP, ROWS, STRIDE, packGroups, packPanels } from './gemm/pack';
import { row1, row4, tile4 } from './gemm/tiles';

/** Steps of k of one block at most: a panel of B and a group of A stay in the first-level cache. */
// @ts-ignore: decorator
@inline const KC: i32 = 2048 / sizeof<real>();
/** Rows of one block of A: the packed block stays in the second-level cache. */
// @ts-ignore: decorator
@inline const MC: i32 = 256;
/** Bytes of the block of B that all rows of A pass: four panels at least, so that packing reads whole cache lines. */
// @ts-ignore: decorator
@inline const B_BYTES: i32 = 65536;
/** Bytes of scratch that `gemm` and `gemmPacked` need for these sizes. */
export function gemmScratch(m: i32, n: i32, k: i32): usize {
  const kc = min(k, KC);
  return <usize>(min(m, MC) / ROWS * kc) * GROUP + <usize>max(B_BYTES, <i32>STRIDE * kc) + 64;
}

/**
 * op(B) in panels of PANEL columns, [n/PANEL][k][PANEL], the last one filled up with zeros.
 *
 * dst: k·padded(n) reals; b: [k, ldb], or [n, ldb] with transB.
 */
export function packB(dst: usize, b: usize, k: i32, n: i32, ldb: i32, transB: bool): void {
  packPanels(dst, <usize>k * STRIDE, b, k, n, bytes(ldb), transB);
}

/** m rows (+)= the same rows of op(A) over `panels` panels that are `panel` bytes apart, each with rows of B `stride` bytes apart. */
function rows(
  c: usize, a: usize, b: usize, m: i32, panels: i32, k: i32, panel: usize, stride: usize, ldc: usize, row: usize, step: usize, accumulate: bool,
): void {
  for (; panels >= 4; panels -= 4, c += 4 * STRIDE, b += 4 * panel) {
    for (let i = 0; i < m; i++) row4(c + <usize>i * ldc, a + <usize>i * row, step, b, stride, panel, k, accumulate);
  }
  for (; panels > 0; panels--, c += STRIDE, b += panel) {
    for (let i = 0; i < m; i++) row1(c + <usize>i * ldc, a + <usize>i * row, step, b, stride, k, accumulate);
  }
}

/** m rows over `panels` panels: groups of ROWS rows from the packed `groups`, the rows after them from `a` itself. */
function block(
  c: usize, groups: usize, a: usize, b: usize, m: i32, panels: i32, k: i32, panel: usize, ldc: usize, row: usize, step: usize, accumulate: bool,
): void {
  for (; m >= ROWS; m -= ROWS) {
    let to = c, from = b;
    for (let j = panels; j > 0; j--, to += STRIDE, from += panel) tile4(to, groups, from, k, ldc, accumulate);
    groups += <usize>k * GROUP;
    a += <usize>ROWS * row;
    c += <usize>ROWS * ldc;
  }
  if (m > 0) rows(c, a, b, m, panels, k, panel, STRIDE, ldc, row, step, accumulate);
}

/** C = 0 where there is nothing to add up. */
function clear(c: usize, m: i32, n: i32, ldc: i32): void {
  for (let i = 0; i < m; i++, c += bytes(ldc)) memory.fill(c, 0, bytes(padded(n)));
}

/** The product; with `packed` B is there in panels already, else b is packed block by block. */
function multiply(
  c: usize, a: usize, b: usize, packed: bool, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32,
  transA: bool, transB: bool, accumulate: bool, scratch: usize,
): void {
  if (k <= 0) {
    if (!accumulate) clear(c, m, n, ldc);
    return;
  }
  const row = transA ? sizeof<real>() : bytes(lda);
  const step = transA ? bytes(lda) : sizeof<real>();
  if (m < ROWS && (packed || !transB)) {
    if (packed) {
      rows(c, a, b, m, padded(n) / PANEL, k, <usize>k * STRIDE, STRIDE, bytes(ldc), row, step, accumulate);
      return;
    }
    const whole = n & -PANEL;
    rows(c, a, b, m, whole / PANEL, k, STRIDE, bytes(ldb), bytes(ldc), row, step, accumulate);
    if (whole == n) return;
    c += bytes(whole);
    b += bytes(whole);
    n -= whole;
  }
  const blocks = (k + KC - 1) / KC;
  const depth = (k + blocks - 1) / blocks;
  for (let p = 0; p < k; p += depth) {
    const kc = min(depth, k - p);
    const panel = <usize>kc * STRIDE;
    const width = max(1, B_BYTES / <i32>panel) * PANEL;
    const from = transB ? b + bytes(p) : b + <usize>p * bytes(ldb);
    const add = accumulate || p > 0;
    for (let i = 0; i < m; i += MC) {
      const mc = min(MC, m - i);
      const aBlock = a + <usize>i * row + <usize>p * step;
      const cBlock = c + <usize>i * bytes(ldc);
      if (packed) {
        const all = <usize>k * STRIDE;
        const first = b + <usize>p * STRIDE;
        packGroups(scratch, aBlock, mc, kc, bytes(lda), transA);
        for (let j = 0; j < n; j += width) {
          const nc = min(width, padded(n) - j);
          block(cBlock + bytes(j), scratch, aBlock, first + bytes(j) * <usize>k, mc, nc / PANEL, kc, all, bytes(ldc), row, step, add);
        }
      } else {
        const panels = scratch + ((<usize>(mc / ROWS * kc) * GROUP + 63) & ~63);
        packGroups(scratch, aBlock, mc, kc, bytes(lda), transA);
        for (let j = 0; j < n; j += width) {
          const nc = min(width, n - j);
          packPanels(panels, panel, transB ? from + <usize>j * bytes(ldb) : from + bytes(j), kc, nc, bytes(ldb), transB);
          block(cBlock + bytes(j), scratch, aBlock, panels, mc, padded(nc) / PANEL, kc, panel, bytes(ldc), row, step, add);
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
