// Matrix products of a team: each thread takes some columns of C, or some rows. An element is one sum in ascending order in any case, so
// that the bits are those of one thread.
import * as one from '../gemm';
import { PANEL, bytes, padded } from '../simd';
import { beginJob, couldShare, finishJob, isWorth, meet, member, members, partFrom, partTo, setArgument, takeOver } from './team';

/** The numbers of these jobs in src/wasm/threads/jobs.ts. */
// @ts-ignore: decorator
@inline const GEMM: i32 = 0;
// @ts-ignore: decorator
@inline const GEMM_PACKED: i32 = 1;
// @ts-ignore: decorator
@inline const PACK: i32 = 2;

// @ts-ignore: decorator
@inline function aligned(size: usize): usize {
  return (size + 63) & ~63;
}

/** In passes over memory a number takes as long as so many multiplications of a product. */
// @ts-ignore: decorator
@inline const PASS: i32 = 8;

/** Bytes of scratch that the products of one thread need. */
// @ts-ignore: decorator
@inline export function scratchOfOne(m: i32, n: i32, k: i32): usize {
  return aligned(one.gemmScratch(m, n, k));
}

/** Bytes of scratch that the products of all threads need. */
export function gemmScratch(m: i32, n: i32, k: i32): usize {
  return <usize>members() * scratchOfOne(m, n, k);
}

/**
 * Whether threads take rows of C. Each packs all of B then, and all of A where it takes columns of a product with Aᵀ: what there is less of
 * is done several times.
 */
// @ts-ignore: decorator
@inline function goesByRows(m: i32, n: i32, transA: bool): bool {
  return m > (transA ? n : n / 4) && m >= 16 * members();
}

/** This thread's part of a product, as in gemm.ts. */
export function gemm(
  c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32,
  transA: bool, transB: bool, from: usize, scratch: usize,
): void {
  const own = scratch + <usize>member() * scratchOfOne(m, n, k);
  if (goesByRows(m, n, transA)) {
    const first = partFrom(m), count = partTo(m) - first;
    const down = bytes(first * ldc), start = from == c ? from + down : from;
    const rows = a + bytes(transA ? first : first * lda);
    one.gemm(c + down, rows, b, count, n, k, lda, ldb, ldc, transA, transB, start, own);
    return;
  }
  const first = firstColumn(n), count = endColumn(n) - first;
  if (count <= 0) return;
  const right = bytes(first), start = from ? from + right : 0;
  const columns = b + bytes(transB ? first * ldb : first);
  one.gemm(c + right, a, columns, m, count, k, lda, ldb, ldc, transA, transB, start, own);
}

/** The same with op(B) packed. */
export function gemmPacked(
  c: usize, a: usize, packed: usize, m: i32, n: i32, k: i32, lda: i32, ldc: i32, transA: bool, from: usize, scratch: usize,
): void {
  const own = scratch + <usize>member() * scratchOfOne(m, n, k);
  const first = firstColumn(n), count = endColumn(n) - first;
  if (count <= 0) return;
  const right = bytes(first), start = from ? from + right : 0;
  one.gemmPacked(c + right, a, packed + bytes(first * k), m, count, k, lda, ldc, transA, start, own);
}

/** This thread's panels of op(B). */
export function packB(packed: usize, b: usize, k: i32, n: i32, ldb: i32, transB: bool): void {
  const first = firstColumn(n), count = endColumn(n) - first;
  if (count > 0) one.packB(packed + bytes(first * k), b + bytes(transB ? first * ldb : first), k, count, ldb, transB);
}

// Parts begin with whole panels.
// @ts-ignore: decorator
@inline function firstColumn(n: i32): i32 {
  return partFrom(padded(n) / PANEL) * PANEL;
}
// @ts-ignore: decorator
@inline function endColumn(n: i32): i32 {
  return min(n, partTo(padded(n) / PANEL) * PANEL);
}

// What a layer that goes from step to step multiplies with. Where all threads go through its steps, each with rows of its own, these are
// that thread's products; where the leader does so alone, the others take columns of them.

/** y = x·W with packed W: `rows` of it are there. */
// @ts-ignore: decorator
@inline export function stepGemmPacked(
  c: usize, a: usize, packed: usize, m: i32, n: i32, k: i32, lda: i32, ldc: i32, from: usize, scratch: usize,
): void {
  if (ASC_FEATURE_THREADS && couldShare()) shareGemmPacked(c, a, packed, m, n, k, lda, ldc, from, scratch);
  else one.gemmPacked(c, a, packed, m, n, k, lda, ldc, false, from, scratch);
}

/** The same with W as it lies. */
// @ts-ignore: decorator
@inline export function stepGemm(
  c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32, from: usize, scratch: usize,
): void {
  if (ASC_FEATURE_THREADS && couldShare()) shareGemm(c, a, b, m, n, k, lda, ldb, ldc, from, scratch);
  else one.gemm(c, a, b, m, n, k, lda, ldb, ldc, false, false, from, scratch);
}

/** All panels of W, for all threads. */
// @ts-ignore: decorator
@inline export function stepPack(packed: usize, b: usize, k: i32, n: i32, ldb: i32, transB: bool): void {
  if (ASC_FEATURE_THREADS) sharePack(packed, b, k, n, ldb, transB);
  else one.packB(packed, b, k, n, ldb, transB);
}

function shareGemmPacked(
  c: usize, a: usize, packed: usize, m: i32, n: i32, k: i32, lda: i32, ldc: i32, from: usize, scratch: usize,
): void {
  const worth = isWorth(m, n, k);
  if (worth) {
    setProduct(c, a, packed, m, n, k, lda);
    setArgument(7, ldc);
    setArgument(8, 0);
    setArgument(9, <f64>from);
    setArgument(10, <f64>scratch);
    beginJob(GEMM_PACKED);
  }
  do gemmPacked(c, a, packed, m, n, k, lda, ldc, false, from, scratch);
  while (worth && takeOver());
  if (worth) finishJob();
}

function shareGemm(
  c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, lda: i32, ldb: i32, ldc: i32, from: usize, scratch: usize,
): void {
  const worth = isWorth(m, n, k);
  if (worth) {
    setProduct(c, a, b, m, n, k, lda);
    setArgument(7, ldb);
    setArgument(8, ldc);
    setArgument(9, 0);
    setArgument(10, 0);
    setArgument(11, <f64>from);
    setArgument(12, <f64>scratch);
    beginJob(GEMM);
  }
  do gemm(c, a, b, m, n, k, lda, ldb, ldc, false, false, from, scratch);
  while (worth && takeOver());
  if (worth) finishJob();
}

function setProduct(c: usize, a: usize, b: usize, m: i32, n: i32, k: i32, lda: i32): void {
  setArgument(0, <f64>c);
  setArgument(1, <f64>a);
  setArgument(2, <f64>b);
  setArgument(3, m);
  setArgument(4, n);
  setArgument(5, k);
  setArgument(6, lda);
}

function sharePack(packed: usize, b: usize, k: i32, n: i32, ldb: i32, transB: bool): void {
  const worth = couldShare() && isWorth(PASS, n, k);
  if (worth) {
    setArgument(0, <f64>packed);
    setArgument(1, <f64>b);
    setArgument(2, k);
    setArgument(3, n);
    setArgument(4, ldb);
    setArgument(5, <f64>transB);
    beginJob(PACK);
  }
  do packB(packed, b, k, n, ldb, transB);
  while (worth && takeOver());
  if (worth) finishJob();
  else meet();
}
