// What a window sees at each of its places, as a row of a matrix that products read: im2col, and its inverse, which adds.
//
// Place r stands for step r / (places·B), row of the batch (r / places) mod B and place r mod places down the column, so that the products'
// rows are in the order of the outputs. A row of the matrix holds the window's pixels from column to column, each from the top down, and of
// each pixel `channels` channels from `first` on. What is outside of the image, or padding of a row, is zero.
import { bytes } from '../../simd';
import { Sliding } from '../../../build/sliding';
import { addRun, clearRun, copyRun } from './reals';

/** Whether the window's column is there in this row of the batch. */
// @ts-ignore: decorator
@inline function isThere(plan: Sliding, padding: usize, column: i32, row: i32): bool {
  if (column < 0 || column >= plan.T) return false;
  return padding == 0 || load<u8>(padding + <usize>(column * plan.B + row)) == 0;
}

/** One column of the window: zeros, or the pixels that are there and zeros above and below them. */
function gatherColumn(dst: usize, source: usize, plan: Sliding, top: i32, channels: i32): void {
  const pixel = bytes(plan.C);
  if (plan.dilationDown == 1 && channels == plan.C) {
    // The pixels that are there lie side by side.
    const above = min(max(-top, 0), plan.height);
    const end = max(min(plan.height, plan.H - top), above);
    clearRun(dst, above * channels);
    copyRun(dst + bytes(above * channels), source + <usize>(top + above) * pixel, (end - above) * channels);
    clearRun(dst + bytes(end * channels), (plan.height - end) * channels);
    return;
  }
  for (let k = 0; k < plan.height; k++, dst += bytes(channels)) {
    const at = top + k * plan.dilationDown;
    if (at < 0 || at >= plan.H) clearRun(dst, channels);
    else copyRun(dst, source + <usize>at * pixel, channels);
  }
}

/** The inverse: adds what belongs to pixels that are there. */
function scatterColumn(dx: usize, source: usize, plan: Sliding, top: i32, channels: i32): void {
  const pixel = bytes(plan.C);
  for (let k = 0; k < plan.height; k++, source += bytes(channels)) {
    const at = top + k * plan.dilationDown;
    if (at >= 0 && at < plan.H) addRun(dx + <usize>at * pixel, source, channels);
  }
}

/** dst[r] = what the window sees at `count` places from `place` on. dst: [count, ld]; padding: octets [T,B], or 0. */
export function gather(
  dst: usize, ld: i32, x: usize, at: usize, padding: usize, place: i32, count: i32, first: i32, channels: i32,
): void {
  const plan = changetype<Sliding>(at);
  const B = plan.B, places = plan.places;
  const column = bytes(plan.height * channels);
  x += bytes(first);
  for (; count > 0; count--, place++, dst += bytes(ld)) {
    const row = (place / places) % B;
    const left = (place / (places * B)) * plan.strideAcross - plan.left;
    const top = (place % places) * plan.strideDown - plan.top;
    for (let k = 0, to = dst; k < plan.width; k++, to += column) {
      const step = left + k * plan.dilationAcross;
      if (!isThere(plan, padding, step, row)) clearRun(to, plan.height * channels);
      else gatherColumn(to, x + <usize>(step * B + row) * bytes(plan.rowReals), plan, top, channels);
    }
  }
}

/** dx += src[r] where the window sees it, from the last of `count` places to the first, `place`. */
export function scatter(
  dx: usize, src: usize, ld: i32, at: usize, padding: usize, place: i32, count: i32, first: i32, channels: i32,
): void {
  const plan = changetype<Sliding>(at);
  const B = plan.B, places = plan.places;
  const column = bytes(plan.height * channels);
  dx += bytes(first);
  for (let r = count - 1; r >= 0; r--) {
    const row = ((place + r) / places) % B;
    const left = ((place + r) / (places * B)) * plan.strideAcross - plan.left;
    const top = ((place + r) % places) * plan.strideDown - plan.top;
    for (let k = 0, from = src + <usize>r * bytes(ld); k < plan.width; k++, from += column) {
      const step = left + k * plan.dilationAcross;
      if (!isThere(plan, padding, step, row)) continue;
      scatterColumn(dx + <usize>(step * B + row) * bytes(plan.rowReals), from, plan, top, channels);
    }
  }
}

/** Rows of filters, one a place, to their places in the columns: y[place] = src[r] over `columns` of them. y: rows of `rowReals`. */
export function place(
  y: usize, src: usize, ld: i32, place: i32, count: i32, places: i32, filters: i32, rowReals: i32, first: i32, columns: i32,
): void {
  for (let r = place; r < place + count; r++, src += bytes(ld)) {
    copyRun(y + <usize>(r / places) * bytes(rowReals) + bytes((r % places) * filters + first), src, columns);
  }
}

/** The inverse; what is left of each row of dst is zero. */
export function take(
  dst: usize, ld: i32, y: usize, place: i32, count: i32, places: i32, filters: i32, rowReals: i32, first: i32, columns: i32,
): void {
  for (let r = place; r < place + count; r++, dst += bytes(ld)) {
    copyRun(dst, y + <usize>(r / places) * bytes(rowReals) + bytes((r % places) * filters + first), columns);
    clearRun(dst + bytes(columns), ld - columns);
  }
}
