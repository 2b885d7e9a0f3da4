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

/** h = f(a), over n reals (n a multiple of PANEL). */
export function elmanStep(h: usize, a: usize, n: i32, activation: i32): void {
  const end = a + bytes(n);
  if (activation == TANH) {
    while (a < end) {
      v128.store(h, tanh(v128.load(a)));
      v128.store(h, tanh(v128.load(a, 16)), 16);
      a += 32;
      h += 32;
    }
  } else if (activation == RELU) {
    const zero = v128.splat<real>(0);
    while (a < end) {
      // Not max(): a NaN must come through and be reported, not become 0.
      const lower = v128.load(a);
      const upper = v128.load(a, 16);
      v128.store(h, v128.andnot(lower, v128.lt<real>(lower, zero)));
      v128.store(h, v128.andnot(upper, v128.lt<real>(upper, zero)), 16);
      a += 32;
      h += 32;
    }
  } else {
    memory.copy(h, a, end - a);
  }
}

/** da = f'(a) · (dh + dy), with f' taken from h = f(a); n reals. dy may be 0: no gradient comes from above. */
export function elmanBack(da: usize, dh: usize, dy: usize, h: usize, n: i32, activation: i32): void {
  const one = v128.splat<real>(1);
  const zero = v128.splat<real>(0);
  const end = da + bytes(n);
  while (da < end) {
    for (let part: usize = 0; part < 32; part += 16) {
      let d = v128.load(dh + part);
      if (dy) d = v128.add<real>(d, v128.load(dy + part));
      const y = v128.load(h + part);
      if (activation == TANH) d = v128.mul<real>(d, v128.sub<real>(one, v128.mul<real>(y, y)));
      else if (activation == RELU) d = v128.and(d, v128.gt<real>(y, zero));
      v128.store(da + part, d);
    }
    da += 32;
    dh += 32;
    h += 32;
    if (dy) dy += 32;
  }
}
