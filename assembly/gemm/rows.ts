// Products with few sums: of one row, and of a last panel of which only half has columns. Sums of C are in registers while k runs, each
// one sequential over ascending k. What the latency of an addition leaves of the speed counts here, and the loads; scripts/tiles.js writes
// the kernels of whole tiles.

import { madd } from '../simd';

/**
 * One row of one panel, plus `from` where it adds; values of A are `step` bytes apart, rows of B `stride` bytes.
 */
export function row1(c: usize, from: usize, a: usize, step: usize, b: usize, stride: usize, k: i32, adds: bool): void {
  let c0 = v128.splat<real>(0), c1 = c0;
  if (adds) {
    c0 = v128.load(from);
    c1 = v128.load(from, 16);
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
export function row4(c: usize, from: usize, a: usize, step: usize, b: usize, stride: usize, panel: usize, k: i32, adds: bool): void {
  let c0 = v128.splat<real>(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0, c5 = c0, c6 = c0, c7 = c0;
  if (adds) {
    c0 = v128.load(from);
    c1 = v128.load(from, 16);
    c2 = v128.load(from, 32);
    c3 = v128.load(from, 48);
    c4 = v128.load(from, 64);
    c5 = v128.load(from, 80);
    c6 = v128.load(from, 96);
    c7 = v128.load(from, 112);
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

/**
 * Five rows, `row` bytes apart, of the first vector of one panel: a bit more than half the time of a tile of five. The second one of C
 * is 0, or as it is in `from`.
 */
export function half5(c: usize, from: usize, a: usize, b: usize, k: i32, row: usize, ldc: usize, ldf: usize, adds: bool): void {
  const r1 = c + ldc, r2 = r1 + ldc, r3 = r2 + ldc, r4 = r3 + ldc;
  let c0 = v128.splat<real>(0), c1 = c0, c2 = c0, c3 = c0, c4 = c0;
  let u0 = c0, u1 = c0, u2 = c0, u3 = c0, u4 = c0;
  if (adds) {
    c0 = v128.load(from);
    u0 = v128.load(from, 16);
    from += ldf;
    c1 = v128.load(from);
    u1 = v128.load(from, 16);
    from += ldf;
    c2 = v128.load(from);
    u2 = v128.load(from, 16);
    from += ldf;
    c3 = v128.load(from);
    u3 = v128.load(from, 16);
    from += ldf;
    c4 = v128.load(from);
    u4 = v128.load(from, 16);
  }
  v128.store(c, u0, 16);
  v128.store(r1, u1, 16);
  v128.store(r2, u2, 16);
  v128.store(r3, u3, 16);
  v128.store(r4, u4, 16);
  let a1 = a + row, a2 = a1 + row, a3 = a2 + row, a4 = a3 + row;
  do {
    if (k > 0) {
      const x = v128.load(b);
      c4 = madd(v128.load_splat<real>(a4), x, c4);
      c3 = madd(v128.load_splat<real>(a3), x, c3);
      c2 = madd(v128.load_splat<real>(a2), x, c2);
      c1 = madd(v128.load_splat<real>(a1), x, c1);
      c0 = madd(v128.load_splat<real>(a), x, c0);
    }
    if (k > 1) {
      const x = v128.load(b, 32);
      c0 = madd(v128.load_splat<real>(a, sizeof<real>()), x, c0);
      c1 = madd(v128.load_splat<real>(a1, sizeof<real>()), x, c1);
      c2 = madd(v128.load_splat<real>(a2, sizeof<real>()), x, c2);
      c3 = madd(v128.load_splat<real>(a3, sizeof<real>()), x, c3);
      c4 = madd(v128.load_splat<real>(a4, sizeof<real>()), x, c4);
    }
    a += 2 * sizeof<real>();
    a1 += 2 * sizeof<real>();
    a2 += 2 * sizeof<real>();
    a3 += 2 * sizeof<real>();
    a4 += 2 * sizeof<real>();
    b += 64;
    k -= 2;
  } while (k > 0);
  v128.store(c, c0);
  v128.store(r1, c1);
  v128.store(r2, c2);
  v128.store(r3, c3);
  v128.store(r4, c4);
}
