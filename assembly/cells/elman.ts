// The Elman cell (Elman 1990, "Finding structure in time"): h_t = f(a_t), a_t = V x_t + W h_{t-1} + b.
// What differs between cells is here; the loop over time and the products with W are in layer.ts.
//
// Both directions use that f' can be written in terms of h: tanh' = 1 - h², ReLU' = [h > 0], identity' = 1.
import { bytes, PANEL } from "../simd";
import { tanh } from "../math";

/** f of an Elman layer, as the TypeScript layer numbers them. */
// @ts-ignore: decorator
@inline export const TANH: i32 = 0;
// @ts-ignore: decorator
@inline export const RELU: i32 = 1;
// @ts-ignore: decorator
@inline export const IDENTITY: i32 = 2;

/** h = f(a), over n > 0 reals (a multiple of PANEL). */
export function elmanStep(h: usize, a: usize, n: i32, activation: i32): void {
  // Loops that test at the end: V8 then keeps the constants of tanh in registers instead of making them anew each time.
  const end = a + bytes(n);
  if (activation == TANH) {
    do {
      v128.store(h, tanh(v128.load(a)));
      v128.store(h, tanh(v128.load(a, 16)), 16);
      a += 32;
      h += 32;
    } while (a < end);
  } else if (activation == RELU) {
    const zero = v128.splat<real>(0);
    do {
      // Not max(): a NaN must come through and be reported, not become 0.
      const lower = v128.load(a);
      const upper = v128.load(a, 16);
      v128.store(h, v128.andnot(lower, v128.lt<real>(lower, zero)));
      v128.store(h, v128.andnot(upper, v128.lt<real>(upper, zero)), 16);
      a += 32;
      h += 32;
    } while (a < end);
  } else {
    memory.copy(h, a, end - a);
  }
}

/** f'(a)·d for one vector, with f' taken from y = f(a). */
// @ts-ignore: decorator
@inline function chain(d: v128, y: v128, activation: i32): v128 {
  if (activation == TANH) return v128.mul<real>(d, v128.sub<real>(v128.splat<real>(1), v128.mul<real>(y, y)));
  if (activation == RELU) return v128.and(d, v128.gt<real>(y, v128.splat<real>(0)));
  return d;
}

/** da = f'(a)·(dh + dy), with f' taken from h = f(a), over n > 0 reals (a multiple of PANEL). */
export function elmanBack(da: usize, dh: usize, dy: usize, h: usize, n: i32, activation: i32): void {
  const end = da + bytes(n);
  do {
    const lower = v128.add<real>(v128.load(dh), v128.load(dy));
    const upper = v128.add<real>(v128.load(dh, 16), v128.load(dy, 16));
    v128.store(da, chain(lower, v128.load(h), activation));
    v128.store(da, chain(upper, v128.load(h, 16), activation), 16);
    da += 32;
    dh += 32;
    dy += 32;
    h += 32;
  } while (da < end);
}
