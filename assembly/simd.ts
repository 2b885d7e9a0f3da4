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

/** Bytes of one row of a panel: two vectors. */
// @ts-ignore: decorator
@inline export const STRIDE: usize = 32;

/** log2 of the bytes of one `real`, for shifting an index into a byte offset. */
// @ts-ignore: decorator
@inline export const SHIFT: i32 = alignof<real>();

/** Bytes of one `real`: 4 or 8. */
export function realBytes(): i32 {
  return sizeof<real>();
}

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

/** Bytes of the whole panels of a row of `columns`. */
// @ts-ignore: decorator
@inline export function wholePanels(columns: i32): usize {
  return bytes(columns & -PANEL);
}

/** All bits set in the lanes of the row's last, partial panel that hold columns; `first` is 0 or LANES, for its two vectors. */
// @ts-ignore: decorator
@inline export function columnLanes(columns: i32, first: i32): v128 {
  const left = v128.splat<real>(<real>((columns & (PANEL - 1)) - first));
  if (sizeof<real>() == 4) return f32x4.lt(f32x4(0, 1, 2, 3), left);
  return f64x2.lt(f64x2(0, 1), left);
}

// @ts-ignore: decorator
@inline export function add(a: v128, b: v128): v128 {
  return v128.add<real>(a, b);
}
// @ts-ignore: decorator
@inline export function sub(a: v128, b: v128): v128 {
  return v128.sub<real>(a, b);
}
// @ts-ignore: decorator
@inline export function mul(a: v128, b: v128): v128 {
  return v128.mul<real>(a, b);
}
// @ts-ignore: decorator
@inline export function div(a: v128, b: v128): v128 {
  return v128.div<real>(a, b);
}

/** a·b + c: two roundings by default, one on engines that fuse when compiled with relaxed SIMD. */
// @ts-ignore: decorator
@inline export function madd(a: v128, b: v128, c: v128): v128 {
  if (ASC_FEATURE_RELAXED_SIMD) return v128.relaxed_madd<real>(a, b, c);
  return v128.add<real>(v128.mul<real>(a, b), c);
}

// Two products with one factor in common, a·b0 + c0 and a·b1 + c1, in the order multiply, multiply, add, add:
//
//   const m = product(a, b0);
//   c1 = maddAfter(m, a, b1, c1);
//   c0 = maddOf(m, a, b0, c0);
//
// A core of AMD's takes the four in that order at 58 GFLOP/s, as multiply, add, multiply, add at 46: it hands neighbouring
// operations to the two halves of its vector unit in turn, and each half has one multiplier and one adder. Compilers would put each
// addition next to its product, asc by nesting them, older V8s by scheduling them. A shuffle that takes all lanes of its first
// operand keeps them from it: the second product must be there before it, yet engines emit nothing for it.
//
// Not where products are fused with sums; not in f64, for which it does not pay; nor where V8 shall pair the two sums into
// one of 256 bits, for which they have to look alike (the build with `wide`).

/** Whether products are scheduled as said above. */
// @ts-ignore: decorator
@inline const SCHEDULED: bool = sizeof<real>() == 4 && !ASC_FEATURE_RELAXED_SIMD && !isDefined(wide);

/** The first product. */
// @ts-ignore: decorator
@inline export function product(a: v128, b0: v128): v128 {
  return SCHEDULED ? v128.mul<real>(a, b0) : a;
}

/** a·b1 + c1, the product after the first one. */
// @ts-ignore: decorator
@inline export function maddAfter(first: v128, a: v128, b1: v128, c1: v128): v128 {
  if (!SCHEDULED) return madd(a, b1, c1);
  const second = v128.shuffle<i8>(v128.mul<real>(a, b1), first, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15);
  return v128.add<real>(second, c1);
}

/** The first product + c0, which is a·b0 + c0. */
// @ts-ignore: decorator
@inline export function maddOf(first: v128, a: v128, b0: v128, c0: v128): v128 {
  return SCHEDULED ? v128.add<real>(first, c0) : madd(a, b0, c0);
}

/** Sum of the lanes, in lane order. */
// @ts-ignore: decorator
@inline export function horizontalSum(v: v128): real {
  if (sizeof<real>() == 4) {
    return <real>(f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
  }
  return <real>(f64x2.extract_lane(v, 0) + f64x2.extract_lane(v, 1));
}
