// Vectors of `real`. The only file that knows lanes, precision and relaxed multiply-add.
//
// `real` is f32 or f64, chosen when the module is compiled (`asc --use real=f32`).
// Kernels are written once against these names.

/** Lanes of one 128-bit vector: 4 for f32, 2 for f64. */
// @ts-ignore: decorator
@inline export const LANES: i32 = 16 / sizeof<real>();

/** Columns of one packed panel and the padding of every row: two vectors, 8 for f32, 4 for f64. */
// @ts-ignore: decorator
@inline export const PANEL: i32 = 2 * LANES;

/** log2 of the bytes of one `real`, for shifting an index into a byte offset. */
// @ts-ignore: decorator
@inline export const SHIFT: i32 = alignof<real>();

/** Bytes of `count` reals. */
// @ts-ignore: decorator
@inline export function bytes(count: i32): usize {
  return (<usize>count) << SHIFT;
}

/** `columns` rounded up to whole panels: the leading dimension of every matrix in memory. */
// @ts-ignore: decorator
@inline export function padded(columns: i32): i32 {
  return (columns + PANEL - 1) & -PANEL;
}

/** a·b + c: two roundings by default, one on engines that fuse when compiled with relaxed SIMD. */
// @ts-ignore: decorator
@inline export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<real>(a, b, c);
  return v128.add<real>(v128.mul<real>(a, b), c);
}

/** Sum of the lanes, in lane order. */
// @ts-ignore: decorator
@inline export function horizontalSum(v: v128): real {
  if (sizeof<real>() == 4) {
    return <real>(f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
  }
  return <real>(f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1));
}
