// Passes over states and activations between the products: sums, dropout factors, zoneout, and the rows that are padding.
import { PANEL, bytes } from "./simd";

/** Bytes of one panel: two vectors. */
// @ts-ignore: decorator
@inline const STRIDE: usize = 32;

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

/** y = x∘m over n > 0 reals (a multiple of PANEL); y may be x. */
export function multiply(y: usize, x: usize, m: usize, n: i32): void {
  assert(n % PANEL == 0);
  const end = y + bytes(n);
  do {
    const y0 = v128.mul<real>(v128.load(x), v128.load(m));
    const y1 = v128.mul<real>(v128.load(x, 16), v128.load(m, 16));
    v128.store(y, y0);
    v128.store(y, y1, 16);
    y += STRIDE;
    x += STRIDE;
    m += STRIDE;
  } while (y < end);
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

/** y[r] = before[r] in rows that are padding. y, before: [rows, ld]; padding: octets [rows]. */
export function keepRows(y: usize, before: usize, padding: usize, rows: i32, ld: i32): void {
  const width = bytes(ld);
  for (let r = 0; r < rows; r++, y += width, before += width) {
    if (load<u8>(padding + r)) memory.copy(y, before, width);
  }
}

/**
 * Splits d = dh + dy into what passes a step as it is, held, and what reaches the cell, dh: all of d is held in rows that are
 * padding, z∘d elsewhere. z [rows, ld] and padding [rows] may be 0: nothing is.
 */
export function holdRows(held: usize, dh: usize, dy: usize, z: usize, padding: usize, rows: i32, ld: i32): void {
  const one = v128.splat<real>(1);
  const zero = v128.splat<real>(0);
  for (let r = 0; r < rows; r++) {
    const all = padding != 0 && load<u8>(padding + r) != 0;
    for (const end = dh + bytes(ld); dh < end; dh += 16, dy += 16, held += 16) {
      let share = all ? one : zero;
      if (z) {
        if (!all) share = v128.load(z);
        z += 16;
      }
      const d = v128.add<real>(v128.load(dh), v128.load(dy));
      v128.store(held, v128.mul<real>(share, d));
      v128.store(dh, v128.mul<real>(v128.sub<real>(one, share), d));
    }
  }
}

/** y = x over n reals. */
export function copy(y: usize, x: usize, n: i32): void {
  memory.copy(y, x, bytes(n));
}

/** y = value over n reals. */
export function fill(y: usize, value: f64, n: i32): void {
  for (const end = y + bytes(n); y < end; y += sizeof<real>()) store<real>(y, <real>value);
}

/** Copies `columns` reals of each of `rows` rows; rows of y are ldy apart, those of x ldx. */
export function copyColumns(y: usize, x: usize, rows: i32, columns: i32, ldy: i32, ldx: i32): void {
  for (let r = 0; r < rows; r++, y += bytes(ldy), x += bytes(ldx)) memory.copy(y, x, bytes(columns));
}

/** Rows of `columns` reals that lie close together at the end of the block y [rows, ld] come to their places; the rest is zero. */
export function spreadRows(y: usize, rows: i32, columns: i32, ld: i32): void {
  let x = y + bytes(rows * (ld - columns));
  const end = y + bytes(rows * ld);
  for (const width = bytes(columns), row = bytes(ld); y < end; y += row) {
    // A row never reaches what is not read yet.
    let at: usize = 0;
    for (; at < width; at += sizeof<real>()) store<real>(y + at, load<real>(x + at));
    for (; at < row; at += sizeof<real>()) store<real>(y + at, 0);
    x += width;
  }
}
