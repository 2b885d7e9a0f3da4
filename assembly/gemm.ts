// Matrix products: C[m,n] (+)= op(A)·op(B), in blocks that stay in the caches, over packed panels.
// Each element of C is one sequential sum over ascending k that starts from C (accumulate) or from zero: tiles, blocks and the
// grouping of rows or columns change the speed, never a bit.

import { LANES, PANEL, bytes, padded } from './simd';
import { STRIDE, packPanels, transposeBlock, transposedRow } from './gemm/pack';
import { half5, row1, row4 } from './gemm/rows';
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

/**
 * Of a Bᵀ this large, which is beyond the second-level cache, and up to so many rows of A, a fourth of the columns of C at most, the
 * product is taken the other way round.
 */
// @ts-ignore: decorator
@inline const TURNED_BYTES: usize = 1048576;
// @ts-ignore: decorator
@inline const TURNED_ROWS: i32 = 64;

/** Bytes of the packed block of n columns of B. */
// @ts-ignore: decorator
@inline function panelBytes(n: i32, kc: i32): usize {
  const panel = <i32>STRIDE * kc;
  return <usize>min(padded(n) / PANEL * panel, max(B_BYTES, panel));
}

/** Bytes of scratch that `gemm` and `gemmPacked` need for these sizes, and for fewer rows. */
export function gemmScratch(m: i32, n: i32, k: i32): usize {
  const kc = min(k, KC);
  const usual = <usize>min(m, MC) * transposedRow(kc) + panelBytes(n, kc);
  if (<usize>n * bytes(k) < TURNED_BYTES) return usual;
  const few = min(m, TURNED_ROWS);
  return max(usual, <usize>MC * bytes(padded(few)) + panelBytes(few, kc));
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
 * Rows of n columns by tiles; returns how many of the m rows that were: all, or all but at most four.
 * The first `fresh` panels are packed on the way, from rows of B that are `ldb` bytes apart; then the first rows go by five.
 */
function tiles(
  c: usize, a: usize, panels: usize, source: usize, ldb: usize, m: i32, n: i32, fresh: i32, k: i32, panel: usize,
  ldc: usize, row: usize, accumulate: bool,
): i32 {
  let left = m;
  const count = padded(n) / PANEL;
  const whole = (n + LANES - 1) / PANEL; // panels that have columns in both vectors
  for (const last = fours(m) + 5; left >= last; left -= 5, a += 5 * row, c += 5 * ldc) {
    if (fresh > 0) pack5(c, a, panels, source, ldb, fresh, panel, k, row, ldc, accumulate);
    const behind = <usize>fresh;
    if (fresh < whole) tile5(c + behind * STRIDE, a, panels + behind * panel, whole - fresh, panel, k, row, ldc, accumulate);
    if (whole < count) half5(c + <usize>whole * STRIDE, a, panels + <usize>whole * panel, k, row, ldc, accumulate);
    fresh = 0;
  }
  for (let four = fours(m); four > 0; four -= 4, left -= 4, a += 4 * row, c += 4 * ldc) {
    tile4(c, a, panels, count, panel, k, row, ldc, accumulate);
  }
  if (left == 2 || left == 3) {
    if (count >= 2) tile2(c, a, panels, count / 2, panel, k, row, ldc, accumulate);
    const even = <usize>(count & ~1);
    rows(c + even * STRIDE, a, panels + even * panel, 2, count & 1, k, panel, STRIDE, ldc, row, sizeof<real>(), accumulate);
    left -= 2;
  }
  return m - left;
}

/** n columns of C = 0. */
function clear(c: usize, m: i32, n: i32, ldc: i32): void {
  for (let i = 0; i < m; i++, c += bytes(ldc)) memory.fill(c, 0, bytes(n));
}

/** The product; with `packed` B is there in panels already, else b is packed block by block. */
function multiply(
  c: usize, a: usize, b: usize, packed: bool, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32,
  transA: bool, transB: bool, accumulate: bool, scratch: usize,
): void {
  if (k <= 0) {
    if (!accumulate) clear(c, m, padded(n), ldc);
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
        transposeBlock(across, apart, rowsOfA, mc, kc, step);
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
        const done = tiles(to, across, panels, source, bytes(ldb), mc, nc, fresh, kc, panel, bytes(ldc), apart, add);
        if (done == mc) continue;
        rows(to + <usize>done * bytes(ldc), across + <usize>done * apart, panels, mc - done, count, kc, panel, STRIDE, bytes(ldc), apart, sizeof<real>(), add);
      }
    }
  }
}

/** C = A·Bᵀ as Cᵀ = B·Aᵀ, with the same bits: A and C, which are small, are turned instead of B. */
function multiplyTurned(
  c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32, accumulate: bool, scratch: usize,
): void {
  const row = bytes(padded(m));
  for (let j = 0; j < n; j += MC, c += bytes(MC), b += <usize>MC * bytes(ldb)) {
    const width = min(MC, n - j);
    if (accumulate) transposeBlock(scratch, row, c, width, m, bytes(ldc));
    else if (width < padded(width)) clear(c + bytes(width), m, padded(width) - width, ldc);
    multiply(scratch, b, a, false, width, m, k, ldb, lda, padded(m), false, true, accumulate, scratch + <usize>MC * row);
    transposeBlock(c, bytes(ldc), scratch, m, width, row);
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
  const turns = transB && !transA && m <= min(TURNED_ROWS, n / 4) && <usize>n * bytes(k) >= TURNED_BYTES;
  if (turns) multiplyTurned(c, a, b, m, n, k, lda, ldb, ldc, accumulate, scratch);
  else multiply(c, a, b, false, m, n, k, lda, ldb, ldc, transA, transB, accumulate, scratch);
}

/** C[m,n] (+)= op(A)·op(B) with op(B) packed by `packB`: for a B that is used more than once. */
export function gemmPacked(
  c: usize, a: usize, packed: usize, m: i32, n: i32, k: i32, lda: i32, ldc: i32,
  transA: bool, accumulate: bool, scratch: usize,
): void {
  multiply(c, a, packed, true, m, n, k, lda, 0, ldc, transA, false, accumulate, scratch);
}
