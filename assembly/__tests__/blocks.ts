// Memory for the kernel tests: aligned zeroed blocks of reals, repeatable values, and the check that padding is zero.

import { bytes } from '../simd';

/** Relative spacing of `real` at 1. */
export const EPSILON: f64 = sizeof<real>() == 4 ? <f64>f32.EPSILON : f64.EPSILON;

/** A zeroed block of `size` bytes, 64-byte aligned; tests never free. */
export function room(size: usize): usize {
  const pointer = (heap.alloc(size + 64) + 63) & ~63;
  memory.fill(pointer, 0, size);
  return pointer;
}

/** A zeroed, 64-byte aligned block of `count` reals. */
export function block(count: i32): usize {
  return room(bytes(count));
}

export function get(pointer: usize, index: i32): f64 {
  return <f64>load<real>(pointer + bytes(index));
}

export function set(pointer: usize, index: i32, value: f64): void {
  store<real>(pointer + bytes(index), <real>value);
}

/** A repeatable value in [-1, 1) for each (seed, index). */
export function noise(seed: i32, index: i32): f64 {
  let x = <u32>(seed * 0x9e3779b1 + index * 0x85ebca6b + 0x27d4eb2f);
  x = (x ^ (x >> 15)) * 0x2c1b3c6d;
  x = (x ^ (x >> 12)) * 0x297a2d39;
  return <f64>(<i32>(x ^ (x >> 15))) / 2147483648.0;
}

/** A [rows, ld] matrix of noise times `size`, zero in the padding. */
export function matrix(seed: i32, rows: i32, columns: i32, ld: i32, size: f64): usize {
  const pointer = block(rows * ld);
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < columns; c++) set(pointer, r * ld + c, size * noise(seed, r * columns + c));
  }
  return pointer;
}

/** A copy of `count` reals. */
export function copy(from: usize, count: i32): usize {
  const pointer = block(count);
  memory.copy(pointer, from, bytes(count));
  return pointer;
}

/** How many padding values of a [rows, ld] matrix are not zero. */
export function strayPadding(pointer: usize, rows: i32, columns: i32, ld: i32): i32 {
  let stray = 0;
  for (let r = 0; r < rows; r++) {
    for (let c = columns; c < ld; c++) {
      if (get(pointer, r * ld + c) != 0) stray++;
    }
  }
  return stray;
}

/** Numbers of two blocks that differ. */
export function differences(a: usize, b: usize, count: i32): i32 {
  let different = 0;
  for (let i = 0; i < count; i++) {
    if (get(a, i) != get(b, i)) different++;
  }
  return different;
}

/** The larger error; a NaN is kept. */
export function worse(worst: f64, error: f64): f64 {
  return error <= worst ? worst : isNaN(worst) ? worst : error;
}

/** Absolute error relative to max(1, |expected|). */
export function errorOf(actual: f64, expected: f64): f64 {
  const size = abs<f64>(expected);
  return abs<f64>(actual - expected) / (size > 1 ? size : 1);
}
