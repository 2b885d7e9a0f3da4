// Numbers of any size, two at a time: m · 2^k with m in an f64 and the whole number k in another. Sums and products of them cost a few
// instructions and round like those of f64, where sums of logarithms would cost an exp for each term and a log, and lose digits with
// the size of the logarithm. Zero is any m with k = -infinity.
//
// A sum has the largest k of its terms, so its m is at least that term's: m is never 0 where the number is not, but grows. `normalize`
// now and then takes m back to 1 … 2.
import { COTH_F64, LN2_F64 } from '../../math';

const LOG2E: usize = memory.data<f64>([1.4426950408889634]);
/** What x - n ln 2 stays within, whatever x is: beyond 2^50 it is all rounding error. */
const REDUCED: usize = memory.data<f64>([-0.35, 0.35]);
/** 2^k is taken for k from here on; what is smaller than its neighbour by so much is lost in it. */
const LEAST: usize = memory.data<f64>([-1022]);
/** 1.5 · 2^52 + 1023: the lowest bits of k + ROUND are the exponent of 2^k. */
const ROUND: usize = memory.data<f64>([6755399441056767]);
const ONE: usize = memory.data<f64>([1]);
/** Bits of the fraction; 2^52, and the same plus the bias of exponents. */
const FRACTION: usize = memory.data<u64>([0x000fffffffffffff]);
const LIFTED: usize = memory.data<f64>([4503599627370496, 4503599627371519]);

// Constants are read from memory: see math.ts.
// @ts-ignore: decorator
@inline function both(table: usize, i: usize = 0): v128 {
  return v128.load64_splat(table + (i << 3));
}

/** 2^k, for whole k up to 1023; below -1022, and for NaN, 2^-1022. */
// @ts-ignore: decorator
@inline export function power(k: v128): v128 {
  return i64x2.shl(f64x2.add(v128.pmax<f64>(both(LEAST), k), both(ROUND)), 52);
}

/** m · 2^k as the m of a number with another exponent. */
// @ts-ignore: decorator
@inline export function part(m: v128, k: v128, exponent: v128): v128 {
  return f64x2.mul(m, power(f64x2.sub(k, exponent)));
}

/** The larger exponent. */
// @ts-ignore: decorator
@inline export function larger(a: v128, b: v128): v128 {
  return v128.pmax<f64>(a, b);
}

/** The k of e^x. */
// @ts-ignore: decorator
@inline export function exponentOf(x: v128): v128 {
  return f64x2.nearest(f64x2.mul(x, both(LOG2E)));
}

/** The m of e^x, from 0.7 to 1.42, given its k; as `exp` of math.ts. NaN where x is not finite. */
// @ts-ignore: decorator
@inline export function mantissaOf(x: v128, k: v128): v128 {
  let r = f64x2.sub(f64x2.sub(x, f64x2.mul(k, both(LN2_F64))), f64x2.mul(k, both(LN2_F64, 1)));
  r = v128.pmax<f64>(v128.pmin<f64>(r, both(REDUCED, 1)), both(REDUCED));
  const q = f64x2.mul(r, r);
  let c = f64x2.add(f64x2.mul(both(COTH_F64, 5), q), both(COTH_F64, 4));
  c = f64x2.add(f64x2.mul(c, q), both(COTH_F64, 3));
  c = f64x2.add(f64x2.mul(c, q), both(COTH_F64, 2));
  c = f64x2.add(f64x2.mul(c, q), both(COTH_F64, 1));
  c = f64x2.add(f64x2.mul(c, q), both(COTH_F64));
  return f64x2.add(both(ONE), f64x2.div(f64x2.add(r, r), f64x2.sub(c, r)));
}

/** Takes the m of `count` numbers to 1 … 2; those of zeros to 1. */
export function normalize(m: usize, k: usize, count: i32): void {
  const end = m + (<usize>count << 3);
  do {
    const bits = v128.load(m);
    const exponent = f64x2.sub(v128.or(i64x2.shr_u(bits, 52), both(LIFTED)), both(LIFTED, 1));
    v128.store(k, f64x2.add(v128.load(k), exponent));
    v128.store(m, v128.or(v128.and(bits, both(FRACTION)), both(ONE)));
    m += 16;
    k += 16;
  } while (m < end);
}
