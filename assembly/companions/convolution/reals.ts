// Runs of reals of any length at any place: a pixel's channels are few and begin anywhere.
import { LANES, bytes } from '../../simd';

/** y = x over `count` reals. */
export function copyRun(y: usize, x: usize, count: i32): void {
  for (; count >= LANES; count -= LANES, y += 16, x += 16) v128.store(y, v128.load(x));
  for (; count > 0; count--, y += sizeof<real>(), x += sizeof<real>()) store<real>(y, load<real>(x));
}

/** y += x over `count` reals. */
export function addRun(y: usize, x: usize, count: i32): void {
  for (; count >= LANES; count -= LANES, y += 16, x += 16) v128.store(y, v128.add<real>(v128.load(y), v128.load(x)));
  for (; count > 0; count--, y += sizeof<real>(), x += sizeof<real>()) store<real>(y, load<real>(y) + load<real>(x));
}

/** y = 0 over `count` reals. */
export function clearRun(y: usize, count: i32): void {
  const zero = v128.splat<real>(0);
  for (; count >= LANES; count -= LANES, y += 16) v128.store(y, zero);
  for (; count > 0; count--, y += sizeof<real>()) store<real>(y, 0);
}

/** y += a∘b over `count` reals. */
export function addProducts(y: usize, a: usize, b: usize, count: i32): void {
  for (; count >= LANES; count -= LANES, y += 16, a += 16, b += 16) {
    v128.store(y, v128.add<real>(v128.load(y), v128.mul<real>(v128.load(a), v128.load(b))));
  }
  const end = bytes(count);
  for (let at: usize = 0; at < end; at += sizeof<real>()) {
    store<real>(y + at, load<real>(y + at) + load<real>(a + at) * load<real>(b + at));
  }
}
