// Pooling: of the pixels that a window sees the greatest, or the mean, channel by channel.
//
// Places are those of patches.ts: place r of a column lies in the outputs at r·C. Pixels are looked at row by row of the window, as PyTorch does.
import { bytes } from '../../simd';
import { Sliding } from '../../../build/sliding';
import { addRun, clearRun } from './reals';

/** Where in its rows the pixel lies that a place's window has at this row and column of its own; 0 where there is none. */
function pixelAt(x: usize, plan: Sliding, padding: usize, place: i32, down: i32, across: i32): usize {
  const pixel = (place % plan.places) * plan.strideDown - plan.top + down * plan.dilationDown;
  const row = (place / plan.places) % plan.B;
  const step = (place / (plan.places * plan.B)) * plan.strideAcross - plan.left + across * plan.dilationAcross;
  if (step < 0 || step >= plan.T || pixel < 0 || pixel >= plan.H) return 0;
  if (padding && load<u8>(padding + <usize>(step * plan.B + row))) return 0;
  return x + <usize>(step * plan.B + row) * bytes(plan.rowReals) + <usize>(pixel * plan.C) * sizeof<real>();
}

/** Where the outputs of a place lie. */
// @ts-ignore: decorator
@inline function outputAt(y: usize, plan: Sliding, place: i32, ldy: i32): usize {
  return y + <usize>(place / plan.places) * bytes(ldy) + bytes((place % plan.places) * plan.C);
}

/**
 * y = the greatest pixel of each place, the first of equals, and which of the window's it is; NaN where there is one. Where a window sees nothing,
 * 0 and -1.
 *
 * y: rows of `ldy` reals; chosen: i32, [places, C].
 */
export function maxPool(y: usize, chosen: usize, x: usize, at: usize, padding: usize, place: i32, count: i32, ldy: i32): void {
  const plan = changetype<Sliding>(at);
  const C = plan.C;
  for (let r = place; r < place + count; r++) {
    const out = outputAt(y, plan, r, ldy);
    const which = chosen + <usize>(r * C) * 4;
    for (let c: usize = 0; c < <usize>C; c++) {
      store<real>(out + (c << alignof<real>()), 0);
      store<i32>(which + (c << 2), -1);
    }
    for (let tap = 0; tap < plan.height * plan.width; tap++) {
      const pixel = pixelAt(x, plan, padding, r, tap / plan.width, tap % plan.width);
      if (pixel == 0) continue;
      for (let c: usize = 0; c < <usize>C; c++) {
        const value = load<real>(pixel + (c << alignof<real>()));
        const best = load<real>(out + (c << alignof<real>()));
        if (load<i32>(which + (c << 2)) >= 0 && !(value > best || value != value)) continue;
        store<real>(out + (c << alignof<real>()), value);
        store<i32>(which + (c << 2), tap);
      }
    }
  }
}

/** dx += dy at the pixels that were chosen, from the last place to the first. */
export function maxPoolBack(dx: usize, chosen: usize, dy: usize, at: usize, place: i32, count: i32, ldy: i32): void {
  const plan = changetype<Sliding>(at);
  const C = plan.C;
  for (let r = place + count - 1; r >= place; r--) {
    const out = outputAt(dy, plan, r, ldy);
    for (let c = 0; c < C; c++) {
      const tap = load<i32>(chosen + <usize>(r * C + c) * 4);
      if (tap < 0) continue;
      const pixel = pixelAt(dx, plan, 0, r, tap / plan.width, tap % plan.width) + bytes(c);
      store<real>(pixel, load<real>(pixel) + load<real>(out + bytes(c)));
    }
  }
}

/** y = the mean of each place's pixels, those that are not there counted as zeros. */
export function averagePool(y: usize, x: usize, at: usize, padding: usize, place: i32, count: i32, ldy: i32): void {
  const plan = changetype<Sliding>(at);
  const taps = plan.height * plan.width;
  for (let r = place; r < place + count; r++) {
    const out = outputAt(y, plan, r, ldy);
    clearRun(out, plan.C);
    for (let tap = 0; tap < taps; tap++) {
      const pixel = pixelAt(x, plan, padding, r, tap / plan.width, tap % plan.width);
      if (pixel) addRun(out, pixel, plan.C);
    }
    for (let c = 0; c < plan.C; c++) store<real>(out + bytes(c), load<real>(out + bytes(c)) / <real>taps);
  }
}

/** dx += dy over the pixels of each place, its share of each, from the last place to the first. */
export function averagePoolBack(dx: usize, dy: usize, at: usize, padding: usize, place: i32, count: i32, ldy: i32): void {
  const plan = changetype<Sliding>(at);
  const taps = plan.height * plan.width;
  for (let r = place + count - 1; r >= place; r--) {
    const out = outputAt(dy, plan, r, ldy);
    for (let tap = 0; tap < taps; tap++) {
      const pixel = pixelAt(dx, plan, padding, r, tap / plan.width, tap % plan.width);
      if (pixel == 0) continue;
      for (let c = 0; c < plan.C; c++) {
        store<real>(pixel + bytes(c), load<real>(pixel + bytes(c)) + load<real>(out + bytes(c)) / <real>taps);
      }
    }
  }
}
