// Packing: op(B), and op(A) where it is a transpose, copied into the order in which the tiles read them.

import { LANES, PANEL, STRIDE, bytes } from '../simd';

/** Fewer than LANES columns, or rows with transpose, of a [k, LANES] strip, the rest zero. */
function packPart(dst: usize, width: usize, src: usize, ld: usize, count: i32, k: i32, transpose: bool): void {
  const row = transpose ? sizeof<real>() : ld;
  const column = transpose ? ld : sizeof<real>();
  for (let p = 0; p < k; p++, dst += width, src += row) {
    for (let i = 0; i < LANES; i++) store<real>(dst + bytes(i), i < count ? load<real>(src + <usize>i * column) : 0);
  }
}

/** LANES columns of k rows of `src` into dst [k], `width` bytes apart. */
function copyStrip(dst: usize, width: usize, src: usize, ld: usize, k: i32): void {
  for (; k > 0; k--, dst += width, src += ld) v128.store(dst, v128.load(src));
}

/** Four strips side by side, a cache line of each row at once: far fewer misses where ld is a power of two. */
function copyLine(d0: usize, d1: usize, d2: usize, d3: usize, width: usize, src: usize, ld: usize, k: i32): void {
  for (; k > 0; k--, src += ld) {
    v128.store(d0, v128.load(src));
    v128.store(d1, v128.load(src, 16));
    v128.store(d2, v128.load(src, 32));
    v128.store(d3, v128.load(src, 48));
    d0 += width;
    d1 += width;
    d2 += width;
    d3 += width;
  }
}

/** LANES rows of k columns of `src`, transposed into dst [k], `width` bytes apart. */
function transposeStrip(dst: usize, width: usize, src: usize, ld: usize, k: i32): void {
  const s1 = src + ld;
  if (sizeof<real>() == 4) {
    const s2 = s1 + ld;
    const s3 = s2 + ld;
    let at: usize = 0;
    for (; k >= 4; k -= 4, at += 16) {
      const r0 = v128.load(src + at);
      const r1 = v128.load(s1 + at);
      const r2 = v128.load(s2 + at);
      const r3 = v128.load(s3 + at);
      const low01 = v128.shuffle<f32>(r0, r1, 0, 4, 1, 5);
      const high01 = v128.shuffle<f32>(r0, r1, 2, 6, 3, 7);
      const low23 = v128.shuffle<f32>(r2, r3, 0, 4, 1, 5);
      const high23 = v128.shuffle<f32>(r2, r3, 2, 6, 3, 7);
      v128.store(dst, v128.shuffle<f64>(low01, low23, 0, 2));
      dst += width;
      v128.store(dst, v128.shuffle<f64>(low01, low23, 1, 3));
      dst += width;
      v128.store(dst, v128.shuffle<f64>(high01, high23, 0, 2));
      dst += width;
      v128.store(dst, v128.shuffle<f64>(high01, high23, 1, 3));
      dst += width;
    }
    packPart(dst, width, src + at, ld, LANES, k, true);
  } else {
    let at: usize = 0;
    for (; k >= 2; k -= 2, at += 16) {
      const r0 = v128.load(src + at);
      const r1 = v128.load(s1 + at);
      v128.store(dst, v128.shuffle<f64>(r0, r1, 0, 2));
      dst += width;
      v128.store(dst, v128.shuffle<f64>(r0, r1, 1, 3));
      dst += width;
    }
    packPart(dst, width, src + at, ld, LANES, k, true);
  }
}

/** One strip of LANES columns of op(src), [k, LANES]; of them only `count` exist, the others are zero. */
// @ts-ignore: decorator
@inline function packStrip(dst: usize, width: usize, src: usize, ld: usize, count: i32, k: i32, transpose: bool): void {
  if (count < LANES) packPart(dst, width, src, ld, count, k, transpose);
  else if (transpose) transposeStrip(dst, width, src, ld, k);
  else copyStrip(dst, width, src, ld, k);
}

/**
 * Panels of op(B): columns [0, n) of k rows from `b` on as [n/PANEL][k][PANEL], `panel` bytes a panel; columns from n on are zero.
 */
export function packPanels(dst: usize, panel: usize, b: usize, k: i32, n: i32, ldb: usize, transB: bool): void {
  const across = transB ? <usize>LANES * ldb : <usize>16;
  if (!transB) {
    for (; n >= 2 * PANEL; n -= 2 * PANEL, dst += 2 * panel, b += 64) {
      copyLine(dst, dst + 16, dst + panel, dst + panel + 16, STRIDE, b, ldb, k);
    }
  }
  for (; n > 0; n -= PANEL, dst += panel, b += 2 * across) {
    packStrip(dst, STRIDE, b, ldb, n, k, transB);
    packStrip(dst + 16, STRIDE, b + across, ldb, n - LANES, k, transB);
  }
}

/** Bytes between the rows of a transposed block: whole cache lines and one more, so that rows do not fall on one set. */
// @ts-ignore: decorator
@inline export function transposedRow(k: i32): usize {
  return (bytes(k) + 127) & ~63;
}

/** aᵀ of k rows of a, `lda` bytes apart, their first m columns: [m][k], rows `row` bytes apart. */
export function transposeBlock(dst: usize, row: usize, a: usize, m: i32, k: i32, lda: usize): void {
  for (; k >= LANES; k -= LANES, dst += 16, a += <usize>LANES * lda) transposeStrip(dst, row, a, lda, m);
  for (; k > 0; k--, dst += sizeof<real>(), a += lda) {
    for (let j = 0; j < m; j++) store<real>(dst + <usize>j * row, load<real>(a + bytes(j)));
  }
}
