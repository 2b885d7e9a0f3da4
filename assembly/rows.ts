// Passes over the rows of a matrix: a bias for each row and its gradient, rows that are masked, kept or held, copies of columns.
import { PANEL, STRIDE, bytes } from "./simd";

/** y[r] = bias. y: [rows, ld]; bias: [ld]. */
export function biasRows(y: usize, bias: usize, rows: i32, ld: i32): void {
  assert(ld % PANEL == 0);
  const width = bytes(ld);
  for (let r = 0; r < rows; r++) {
    for (let b = bias, end = y + width; y < end; y += STRIDE, b += STRIDE) {
      const b0 = v128.load(b);
      const b1 = v128.load(b, 16);
      v128.store(y, b0);
      v128.store(y, b1, 16);
    }
  }
}

/**
 * db += Σ_r dy[r]: every column is one sequential sum that starts from db and takes r from the last to the first, as
 * backward goes through time: in parts, the last rows first, the bits are those of all at once.
 *
 * db: [ld]; dy: [rows, ld]. Four panels go down the rows together, two cache lines of f32 or f64 a row.
 */
export function sumRows(db: usize, dy: usize, rows: i32, ld: i32): void {
  sumColumns(db, dy, rows, ld, ld);
}

/** The same of some columns, whole panels, of rows that are ld reals apart. */
// @ts-ignore: decorator
@inline export function sumColumns(db: usize, dy: usize, rows: i32, columns: i32, ld: i32): void {
  assert(columns % PANEL == 0);
  const width = bytes(ld);
  const end = db + bytes(columns);
  dy += width * (rows - 1);
  for (; db + 4 * STRIDE <= end; db += 4 * STRIDE, dy += 4 * STRIDE) {
    let s0 = v128.load(db);
    let s1 = v128.load(db, 16);
    let s2 = v128.load(db, 32);
    let s3 = v128.load(db, 48);
    let s4 = v128.load(db, 64);
    let s5 = v128.load(db, 80);
    let s6 = v128.load(db, 96);
    let s7 = v128.load(db, 112);
    for (let r = rows, d = dy; r > 0; r--, d -= width) {
      s0 = v128.add<real>(s0, v128.load(d));
      s1 = v128.add<real>(s1, v128.load(d, 16));
      s2 = v128.add<real>(s2, v128.load(d, 32));
      s3 = v128.add<real>(s3, v128.load(d, 48));
      s4 = v128.add<real>(s4, v128.load(d, 64));
      s5 = v128.add<real>(s5, v128.load(d, 80));
      s6 = v128.add<real>(s6, v128.load(d, 96));
      s7 = v128.add<real>(s7, v128.load(d, 112));
    }
    v128.store(db, s0);
    v128.store(db, s1, 16);
    v128.store(db, s2, 32);
    v128.store(db, s3, 48);
    v128.store(db, s4, 64);
    v128.store(db, s5, 80);
    v128.store(db, s6, 96);
    v128.store(db, s7, 112);
  }
  for (; db < end; db += STRIDE, dy += STRIDE) {
    let s0 = v128.load(db);
    let s1 = v128.load(db, 16);
    for (let r = rows, d = dy; r > 0; r--, d -= width) {
      s0 = v128.add<real>(s0, v128.load(d));
      s1 = v128.add<real>(s1, v128.load(d, 16));
    }
    v128.store(db, s0);
    v128.store(db, s1, 16);
  }
}

/** du += Σ_r x[r]∘dy[r], each column one sequential sum in the order of sumRows. du: [ld]; x, dy: [rows, ld]. */
export function sumProducts(du: usize, x: usize, dy: usize, rows: i32, ld: i32): void {
  assert(ld % PANEL == 0);
  const width = bytes(ld);
  const last = width * (rows - 1);
  for (const end = du + width; du < end; du += STRIDE, x += STRIDE, dy += STRIDE) {
    let s0 = v128.load(du);
    let s1 = v128.load(du, 16);
    for (let r = rows, at = last; r > 0; r--, at -= width) {
      s0 = v128.add<real>(s0, v128.mul<real>(v128.load(x + at), v128.load(dy + at)));
      s1 = v128.add<real>(s1, v128.mul<real>(v128.load(x + at, 16), v128.load(dy + at, 16)));
    }
    v128.store(du, s0);
    v128.store(du, s1, 16);
  }
}

/** y[r] += gain∘x[r] over `columns` reals (a multiple of PANEL) of each row; rows of y and of x are ldy and ldx reals apart. */
export function addScaled(y: usize, x: usize, gain: usize, rows: i32, columns: i32, ldy: i32, ldx: i32): void {
  const width = bytes(columns);
  for (let r = 0; r < rows; r++, y += bytes(ldy), x += bytes(ldx)) {
    for (let at: usize = 0; at < width; at += 16) {
      const term = v128.mul<real>(v128.load(gain + at), v128.load(x + at));
      v128.store(y + at, v128.add<real>(v128.load(y + at), term));
    }
  }
}

/**
 * y[r] = mask[r] != 0 ? 0 : x[r], whatever x[r] holds (NaN too): the rows whose state is reset.
 *
 * y, x: [rows, ld], y may be x; mask: u8 [rows].
 */
export function maskRows(y: usize, x: usize, mask: usize, rows: i32, ld: i32): void {
  assert(ld % PANEL == 0);
  const width = bytes(ld);
  for (let r = 0; r < rows; r++) {
    const keep = i64x2.splat(load<u8>(mask + r) ? 0 : -1);
    const end = y + width;
    do {
      const x0 = v128.and(v128.load(x), keep);
      const x1 = v128.and(v128.load(x, 16), keep);
      v128.store(y, x0);
      v128.store(y, x1, 16);
      y += STRIDE;
      x += STRIDE;
    } while (y < end);
  }
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
