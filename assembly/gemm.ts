// Matrix products: C[m,n] = op(A)·op(B), alone or added to something, in blocks that stay in the caches, over packed panels.
// Each element of C is one sequential sum over ascending k that starts from zero, from C or from a bias: tiles, blocks and the
// grouping of rows or columns change the speed, never a bit.

import { LANES, PANEL, STRIDE, bytes, padded } from './simd';
import { packPanels, transposeBlock, transposedRow } from './gemm/pack';
import { half5, row1, row4 } from './gemm/rows';
import { pack5, tile2, tile4, tile5 } from '../build/tiles';

/**
 * Steps of k of one block at most: a panel of B and five rows of A stay in the first-level cache, even where the rows are whole pages
 * apart and so fall on the same sets (32 KB in 8 ways: 3 for the panel, 5 for the rows; with 2,048 bytes a product over 64 rows of 2,048
 * was 12 % slower).
 */
// @ts-ignore: decorator
@inline const KC: i32 = 1536 / sizeof<real>();
/** A sum of up to so many steps is one block: what passing C once more would cost is more than what falls out of the cache. */
// @ts-ignore: decorator
@inline const WHOLE: i32 = 2048 / sizeof<real>();
/** Rows of one block of A: the packed block stays in the second-level cache. */
// @ts-ignore: decorator
@inline const MC: i32 = 256;
/** Rows of A that are multiples of so many bytes apart fall on the same sets of the first-level cache: they are copied first. */
// @ts-ignore: decorator
@inline const PAGE: usize = 4096;
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

/** Steps of k of one block: blocks of equal length. */
// @ts-ignore: decorator
@inline function depthOf(k: i32): i32 {
  if (k <= WHOLE) return k;
  const blocks = (k + KC - 1) / KC;
  return (k + blocks - 1) / blocks;
}

/** Bytes of the packed block of n columns of B. */
// @ts-ignore: decorator
@inline function panelBytes(n: i32, kc: i32): usize {
  const panel = <i32>STRIDE * kc;
  return <usize>min(padded(n) / PANEL * panel, max(B_BYTES, panel));
}

/** Bytes of scratch that `gemm` and `gemmPacked` need for these sizes, and for fewer rows and shorter sums. */
export function gemmScratch(m: i32, n: i32, k: i32): usize {
  const kc = min(k, WHOLE);
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

/** m rows of op(A) over `panels` panels that are `panel` bytes apart, each with rows of B `stride` bytes apart. */
function rows(
  c: usize, from: usize, a: usize, b: usize, m: i32, panels: i32, k: i32, panel: usize, stride: usize, ldc: usize, ldf: usize,
  row: usize, step: usize, adds: bool,
): void {
  for (; panels >= 4; panels -= 4, c += 4 * STRIDE, from += 4 * STRIDE, b += 4 * panel) {
    for (let i: usize = 0; i < <usize>m; i++) row4(c + i * ldc, from + i * ldf, a + i * row, step, b, stride, panel, k, adds);
  }
  for (; panels > 0; panels--, c += STRIDE, from += STRIDE, b += panel) {
    for (let i: usize = 0; i < <usize>m; i++) row1(c + i * ldc, from + i * ldf, a + i * row, step, b, stride, k, adds);
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
  c: usize, from: usize, a: usize, panels: usize, source: usize, ldb: usize, m: i32, n: i32, fresh: i32, k: i32, panel: usize,
  ldc: usize, ldf: usize, row: usize, adds: bool,
): i32 {
  let left = m;
  const count = padded(n) / PANEL;
  const whole = (n + LANES - 1) / PANEL; // panels that have columns in both vectors
  for (const last = fours(m) + 5; left >= last; left -= 5, a += 5 * row, c += 5 * ldc, from += 5 * ldf) {
    if (fresh > 0) pack5(c, from, a, panels, source, ldb, fresh, panel, k, row, ldc, ldf, adds);
    const behind = <usize>fresh, at = behind * STRIDE;
    if (fresh < whole) tile5(c + at, from + at, a, panels + behind * panel, whole - fresh, panel, k, row, ldc, ldf, adds);
    const end = <usize>whole * STRIDE;
    if (whole < count) half5(c + end, from + end, a, panels + <usize>whole * panel, k, row, ldc, ldf, adds);
    fresh = 0;
  }
  for (let four = fours(m); four > 0; four -= 4, left -= 4, a += 4 * row, c += 4 * ldc, from += 4 * ldf) {
    tile4(c, from, a, panels, count, panel, k, row, ldc, ldf, adds);
  }
  if (left == 2 || left == 3) {
    if (count >= 2) tile2(c, from, a, panels, count / 2, panel, k, row, ldc, ldf, adds);
    const even = <usize>(count & ~1), at = even * STRIDE;
    rows(c + at, from + at, a, panels + even * panel, 2, count & 1, k, panel, STRIDE, ldc, ldf, row, sizeof<real>(), adds);
    left -= 2;
  }
  return m - left;
}

/** Where the sums of n columns start: 0, C itself or a row. */
function start(c: usize, from: usize, m: i32, n: i32, ldc: i32): void {
  if (from == c) return;
  for (let i = 0; i < m; i++, c += bytes(ldc)) {
    if (from) memory.copy(c, from, bytes(n));
    else memory.fill(c, 0, bytes(n));
  }
}

/** The product; with `packed` B is there in panels already, else b is packed block by block. */
function multiply(
  c: usize, a: usize, b: usize, packed: bool, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32,
  transA: bool, transB: bool, from: usize, scratch: usize,
): void {
  const adds = from != 0;
  if (k <= 0) {
    start(c, from, m, padded(n), ldc);
    return;
  }
  const ldf = from == c ? bytes(ldc) : 0;
  const row = transA ? sizeof<real>() : bytes(lda);
  const step = transA ? bytes(lda) : sizeof<real>();
  // Two or three rows do not pay for packing.
  if (packed ? m < 2 : m < 4 && !transB) {
    if (packed) {
      rows(c, from, a, b, m, padded(n) / PANEL, k, <usize>k * STRIDE, STRIDE, bytes(ldc), ldf, row, step, adds);
      return;
    }
    const whole = n & -PANEL;
    rows(c, from, a, b, m, whole / PANEL, k, STRIDE, bytes(ldb), bytes(ldc), ldf, row, step, adds);
    if (whole == n) return;
    c += bytes(whole);
    if (adds) from += bytes(whole);
    b += bytes(whole);
    n -= whole;
  }
  const depth = depthOf(k);
  for (let p = 0; p < k; p += depth) {
    const kc = min(depth, k - p);
    const width = max(1, (transA ? B_BYTES / 2 : B_BYTES) / (kc * <i32>STRIDE)) * PANEL;
    const panel = <usize>(packed ? k : kc) * STRIDE;
    for (let i = 0; i < m; i += MC) {
      const mc = min(MC, m - i);
      const rowsOfA = a + <usize>i * row + <usize>p * step;
      let across = rowsOfA, apart = row, panels = scratch;
      if (transA) {
        across = scratch;
        apart = transposedRow(kc);
        transposeBlock(across, apart, rowsOfA, mc, kc, step);
        panels += <usize>mc * apart;
      } else if ((row & (PAGE - 1)) == 0 && n > TURNED_ROWS) {
        across = scratch;
        apart = transposedRow(kc);
        for (let r: usize = 0; r < <usize>mc; r++) memory.copy(across + r * apart, rowsOfA + r * row, bytes(kc));
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
        const later = p > 0;
        const first = later ? to : from + <usize>i * ldf + bytes(j);
        const firstRow = later ? bytes(ldc) : ldf;
        const done = tiles(to, first, across, panels, source, bytes(ldb), mc, nc, fresh, kc, panel, bytes(ldc), firstRow, apart, adds || later);
        if (done == mc) continue;
        const behind = <usize>done;
        rows(
          to + behind * bytes(ldc), first + behind * firstRow, across + behind * apart, panels, mc - done, count, kc, panel, STRIDE,
          bytes(ldc), firstRow, apart, sizeof<real>(), adds || later,
        );
      }
    }
  }
}

/** C = A·Bᵀ as Cᵀ = B·Aᵀ, with the same bits: A and C, which are small, are turned instead of B. */
function multiplyTurned(
  c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32, from: usize, scratch: usize,
): void {
  if (from) start(c, from, m, padded(n), ldc);
  const row = bytes(padded(m));
  for (let j = 0; j < n; j += MC, c += bytes(MC), b += <usize>MC * bytes(ldb)) {
    const width = min(MC, n - j);
    if (from) transposeBlock(scratch, row, c, width, m, bytes(ldc));
    else start(c + bytes(width), 0, m, padded(width) - width, ldc);
    multiply(scratch, b, a, false, width, m, k, ldb, lda, padded(m), false, true, from ? scratch : 0, scratch + <usize>MC * row);
    transposeBlock(c, bytes(ldc), scratch, m, width, row);
  }
}

/**
 * C[m,n] = op(A)·op(B), plus `from`: nothing where it is 0, C itself where it is c, else a row of n reals added to every row.
 * Padding columns of C get what zero padding of B gives.
 *
 * c: [m, ldc], ldc >= padded(n); a: [m, lda], or [k, lda] with transA; b: [k, ldb], or [n, ldb] with transB;
 * scratch: gemmScratch(m, n, k) bytes, 64-byte aligned.
 */
export function gemm(
  c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32,
  transA: bool, transB: bool, from: usize, scratch: usize,
): void {
  const turns = transB && !transA && m <= min(TURNED_ROWS, n / 4) && <usize>n * bytes(k) >= TURNED_BYTES;
  if (turns) multiplyTurned(c, a, b, m, n, k, lda, ldb, ldc, from, scratch);
  else multiply(c, a, b, false, m, n, k, lda, ldb, ldc, transA, transB, from, scratch);
}

/** The same with op(B) packed by `packB`: for a B that is used more than once. */
export function gemmPacked(
  c: usize, a: usize, packed: usize, m: i32, n: i32, k: i32, lda: i32, ldc: i32,
  transA: bool, from: usize, scratch: usize,
): void {
  multiply(c, a, packed, true, m, n, k, lda, 0, ldc, transA, false, from, scratch);
}
