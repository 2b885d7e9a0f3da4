// Flat passes over n reals, whatever they are: sums, products, scales, limits, copies.
// Loops with something to hoist test at the bottom (see optimizers.ts).
import { PANEL, STRIDE, bytes } from "./simd";

/** y += x over n > 0 reals (a multiple of PANEL). */
export function add(y: usize, x: usize, n: i32): void {
  assert(n % PANEL == 0);
  const end = y + bytes(n);
  do {
    const y0 = v128.add<real>(v128.load(y), v128.load(x));
    const y1 = v128.add<real>(v128.load(y, 16), v128.load(x, 16));
    v128.store(y, y0);
    v128.store(y, y1, 16);
    y += STRIDE;
    x += STRIDE;
  } while (y < end);
}

/** y[t] = x[t]∘m for t < T, over n > 0 reals each (a multiple of PANEL); y may be x. */
export function multiply(y: usize, x: usize, m: usize, T: i32, n: i32): void {
  assert(n % PANEL == 0);
  for (let t = 0; t < T; t++) {
    const end = y + bytes(n);
    let f = m;
    do {
      const y0 = v128.mul<real>(v128.load(x), v128.load(f));
      const y1 = v128.mul<real>(v128.load(x, 16), v128.load(f, 16));
      v128.store(y, y0);
      v128.store(y, y1, 16);
      y += STRIDE;
      x += STRIDE;
      f += STRIDE;
    } while (y < end);
  }
}

/** y = z∘before + (1 - z)∘y over n > 0 reals: zoneout (Krueger et al. 2017, eq. 2); exact where z is 0 or 1. */
export function zoneout(y: usize, before: usize, z: usize, n: i32): void {
  const one = v128.splat<real>(1);
  const end = y + bytes(n);
  do {
    const share = v128.load(z);
    const old = v128.mul<real>(share, v128.load(before));
    v128.store(y, v128.add<real>(old, v128.mul<real>(v128.sub<real>(one, share), v128.load(y))));
    y += 16;
    before += 16;
    z += 16;
  } while (y < end);
}

/** y = x over n reals. */
export function copy(y: usize, x: usize, n: i32): void {
  memory.copy(y, x, bytes(n));
}

/** y = value over n reals. */
export function fill(y: usize, value: f64, n: i32): void {
  for (const end = y + bytes(n); y < end; y += sizeof<real>()) store<real>(y, <real>value);
}

/** x = 0, over n reals; unlike a product with 0 also where x is not finite. */
export function clear(x: usize, n: i32): void {
  memory.fill(x, 0, bytes(n));
}

/** Whether n reals (a multiple of PANEL) are all 0. */
export function isZero(x: usize, n: i32): bool {
  const zero = v128.splat<real>(0);
  for (const end = x + bytes(n); x < end; x += 16) {
    if (v128.any_true(v128.ne<real>(v128.load(x), zero))) return false;
  }
  return true;
}

/** x *= factor over n reals (n a multiple of PANEL); the factor is rounded to real once. */
export function scale(x: usize, factor: f64, n: i32): void {
  assert(n % PANEL == 0);
  const f = v128.splat<real>(<real>factor);
  const end = x + bytes(n);
  if (x == end) return;
  do {
    const x0 = v128.mul<real>(v128.load(x), f);
    const x1 = v128.mul<real>(v128.load(x, 16), f);
    v128.store(x, x0);
    v128.store(x, x1, 16);
    x += STRIDE;
  } while (x < end);
}

/** y += rate·(x - y) over n reals (n a multiple of PANEL): one step of an exponential moving average; the rate is rounded to real once. */
export function approach(y: usize, x: usize, rate: f64, n: i32): void {
  assert(n % PANEL == 0);
  const r = v128.splat<real>(<real>rate);
  for (const end = y + bytes(n); y < end; y += 16, x += 16) {
    const now = v128.load(y);
    v128.store(y, v128.add<real>(now, v128.mul<real>(r, v128.sub<real>(v128.load(x), now))));
  }
}

/** x = min(max(x, -limit), limit) over n reals (n a multiple of PANEL); NaN stays NaN, because pmin and pmax return their first operand then. */
export function clampValues(x: usize, limit: f64, n: i32): void {
  assert(n % PANEL == 0);
  const high = v128.splat<real>(<real>limit);
  const low = v128.neg<real>(high);
  const end = x + bytes(n);
  if (x == end) return;
  do {
    const x0 = v128.pmin<real>(v128.pmax<real>(v128.load(x), low), high);
    const x1 = v128.pmin<real>(v128.pmax<real>(v128.load(x, 16), low), high);
    v128.store(x, x0);
    v128.store(x, x1, 16);
    x += STRIDE;
  } while (x < end);
}
