// Products of one row: sums of C in registers while k runs, each one sequential over ascending k. What the latency of an addition
// leaves of the speed counts here, and the loads; scripts/tiles.js writes the kernels of four and five rows.

import { madd } from '../simd';

/**
 * One row of one panel; values of A are `step` bytes apart, rows of B `stride` bytes.
 */
export function row1(c: usize, a: usize, step: usize, b: usize, stride: usize, k: i32, accumulate: bool): void {
  let c0 = v128.splat<real>(0), c1 = c0;
  if (accumulate) {
    c0 = v128.load(c);
    c1 = v128.load(c, 16);
  }
  for (; k > 0; k--, a += step, b += stride) {
    const x = v128.load_splat<real>(a);
    c0 = madd(x, v128.load(b), c0);
    c1 = madd(x, v128.load(b, 16), c1);
  }
  v128.store(c, c0);
  v128.store(c, c1, 16);
}

/**
 * One row of four panels that are `panel` bytes apart: eight sums at once, so that the latency of the addition is hidden.
 */
export function row4(c: usize, a: usize, step: usize, b: usize, stride: usize, panel: usize, k: i32, accumulate: bool): void {
  let c0 = v128.splat<real>(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  if (accumulate) {
    c0 = v128.load(c);
    c1 = v128.load(c, 16);
    c2 = v128.load(c, 32);
    c3 = v128.load(c, 48);
    c4 = v128.load(c, 64);
    c5 = v128.load(c, 80);
    c6 = v128.load(c, 96);
    c7 = v128.load(c, 112);
  }
  let p1 = b + panel;
  let p2 = p1 + panel;
  let p3 = p2 + panel;
  do {
    if (k > 0) {
      const x = v128.load_splat<real>(a);
      c7 = madd(x, v128.load(p3, 16), c7);
      c6 = madd(x, v128.load(p3), c6);
      c5 = madd(x, v128.load(p2, 16), c5);
      c4 = madd(x, v128.load(p2), c4);
      c3 = madd(x, v128.load(p1, 16), c3);
      c2 = madd(x, v128.load(p1), c2);
      c1 = madd(x, v128.load(b, 16), c1);
      c0 = madd(x, v128.load(b), c0);
      a += step;
      b += stride;
      p1 += stride;
      p2 += stride;
      p3 += stride;
    }
    if (k > 1) {
      const x = v128.load_splat<real>(a);
      c0 = madd(x, v128.load(b), c0);
      c1 = madd(x, v128.load(b, 16), c1);
      c2 = madd(x, v128.load(p1), c2);
      c3 = madd(x, v128.load(p1, 16), c3);
      c4 = madd(x, v128.load(p2), c4);
      c5 = madd(x, v128.load(p2, 16), c5);
      c6 = madd(x, v128.load(p3), c6);
      c7 = madd(x, v128.load(p3, 16), c7);
      a += step;
      b += stride;
      p1 += stride;
      p2 += stride;
      p3 += stride;
    }
    k -= 2;
  } while (k > 0);
  v128.store(c, c0);
  v128.store(c, c1, 16);
  v128.store(c, c2, 32);
  v128.store(c, c3, 48);
  v128.store(c, c4, 64);
  v128.store(c, c5, 80);
  v128.store(c, c6, 96);
  v128.store(c, c7, 112);
}
