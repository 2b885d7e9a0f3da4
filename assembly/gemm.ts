// Matrix products: C[m,n] (+)= op(A)·op(B), in blocks that stay in the caches, over packed panels.
// Each element of C is one sequential sum over ascending k that starts from C (accumulate) or from zero: tiles, blocks and the
// grouping of rows or columns change the speed, never a bit.

import { PANEL, bytes, padded } from './simd';
import { STRIDE, packPanels, transposeBlock, transposedRow } from './gemm/pack';
import { row1, row4 } from './gemm/rows';
import { pack5, tile2, tile4, tile5 } from '../build/tiles';

/**
 * Steps of k of one block at most: a panel of B and five rows of A stay in the first-level cache, even where the rows are whole pages
 * apart and so fall on the same sets (32 KB in 8 ways: 3 for the panel, 5 for the rows; with 2,048 bytes a product over 64 rows of 2,048
 * was 12 % slower).
 */
// @ts-ignore: decorator
@inline const KC: i32 = 1536 / sizeof<real>();
/** Rows of one block of A: the packed block stays in the second-level cache. */
// @ts-ignore: decorator
@inline const MC: i32 = 256;
/**
 * Bytes of the block of B that all rows of A pass: four panels at least, so that packing reads whole cache lines. Half of it beside a
 * transposed block of A, which takes as much of the second-level cache.
 */
// @ts-ignore: decorator
@inline const B_BYTES: i32 = 262144;

/** Bytes of scratch that `gemm` and `gemmPacked` need for these sizes. */
export function gemmScratch(m: i32, n: i32, k: i32): usize {
  const kc = min(k, KC);
  const panel = <i32>STRIDE * kc;
  return <usize>min(m, MC) * transposedRow(kc) + <usize>min(padded(n) / PANEL * panel, max(B_BYTES, panel));
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

/** How many of m rows go by four, so that the others go by five, or by five but for two; where there is no such number, none. */
// @ts-ignore: decorator
@inline function fours(m: i32): i32 {
  if (m % 5 == 2) return 0;
  const count = (5 - m % 5) % 5;
  return 4 * count > m ? 0 : 4 * count;
}

/**
 * Rows of `count` panels by tiles; returns how many of the m rows that were: all, or all but at most four.
 * The first `fresh` panels are packed on the way, from rows of B that are `ldb` bytes apart; then the first rows go by five.
 */
function tiles(
  c: usize, a: usize, panels: usize, source: usize, ldb: usize, m: i32, count: i32, fresh: i32, k: i32, panel: usize,
  ldc: usize, row: usize, accumulate: bool,
): i32 {
  let left = m;
  for (const last = fours(m) + 5; left >= last; left -= 5, a += 5 * row, c += 5 * ldc) {
    let to = c, from = panels;
    for (let j = count; j > 0; j--, to += STRIDE, from += panel) {
      if (fresh > 0) {
        pack5(to, a, from, source, ldb, k, row, ldc, accumulate);
        source += STRIDE;
        fresh--;
      } else tile5(to, a, from, k, row, ldc, accumulate);
    }
  }
  for (let four = fours(m); four > 0; four -= 4, left -= 4, a += 4 * row, c += 4 * ldc) {
    let to = c, from = panels;
    for (let j = count; j > 0; j--, to += STRIDE, from += panel) tile4(to, a, from, k, row, ldc, accumulate);
  }
  if (left == 2 || left == 3) {
    let to = c, from = panels, j = count;
    for (; j > 1; j -= 2, to += 2 * STRIDE, from += 2 * panel) tile2(to, a, from, panel, k, row, ldc, accumulate);
    rows(to, a, from, 2, j, k, panel, STRIDE, ldc, row, sizeof<real>(), accumulate);
    left -= 2;
  }
  return m - left;
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
  // Two or three rows do not pay for packing.
  if (packed ? m < 2 : m < 4 && !transB) {
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
    const width = max(1, (transA ? B_BYTES / 2 : B_BYTES) / (kc * <i32>STRIDE)) * PANEL;
    const panel = <usize>(packed ? k : kc) * STRIDE;
    const add = accumulate || p > 0;
    for (let i = 0; i < m; i += MC) {
      const mc = min(MC, m - i);
      const rowsOfA = a + <usize>i * row + <usize>p * step;
      let across = rowsOfA, apart = row, panels = scratch;
      if (transA) {
        across = scratch;
        apart = transposedRow(kc);
        transposeBlock(across, rowsOfA, mc, kc, step);
        panels += <usize>mc * apart;
      }
      for (let j = 0; j < n; j += width) {
        const nc = min(width, n - j);
        const count = padded(nc) / PANEL;
        let source: usize = 0, fresh = 0; // panels that the first tiles pack on their way
        if (packed) panels = b + <usize>p * STRIDE + bytes(j) * <usize>k;
        else {
          source = transB ? b + bytes(p) + <usize>j * bytes(ldb) : b + <usize>p * bytes(ldb) + bytes(j);
          if (!transB && mc >= 5 && fours(mc) < mc) fresh = nc / PANEL;
          const rest = nc - fresh * PANEL;
          packPanels(panels + <usize>fresh * panel, panel, source + <usize>fresh * STRIDE, kc, rest, bytes(ldb), transB);
        }
        const to = c + <usize>i * bytes(ldc) + bytes(j);
        const done = tiles(to, across, panels, source, bytes(ldb), mc, count, fresh, kc, panel, bytes(ldc), apart, add);
        if (done == mc) continue;
        rows(to + <usize>done * bytes(ldc), across + <usize>done * apart, panels, mc - done, count, kc, panel, STRIDE, bytes(ldc), apart, sizeof<real>(), add);
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
