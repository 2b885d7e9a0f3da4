// The gated recurrent unit (Cho et al. 2014): r = σ(a_r), z = σ(a_z), h_t = (1 - z)∘n + z∘h_{t-1}, with the candidate
//   n = φ(V_n x + b_n + r∘(W_n h_{t-1} + b_hn))    reset after the product, as in cuDNN and PyTorch, or
//   n = φ(V_n x + b_n + W_n (r∘h_{t-1}))           reset before it, the paper's form.
// φ is tanh, σ the sigmoid unless told otherwise.
//
// A row of a holds r, z, n, each ld reals; the steps leave their values there.
import { phi, phiSlope, sigma, sigmaSlope, SIGMOID, TANH } from "../activations";
import { bytes } from "../simd";

/** n + z∘(h - n). */
// @ts-ignore: decorator
@inline function mix(n: v128, z: v128, h: v128): v128 {
  return v128.add<real>(n, v128.mul<real>(z, v128.sub<real>(h, n)));
}

// @ts-ignore: decorator
@inline function afterRows(
  h: usize, a: usize, p: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32, usual: bool,
): void {
  const width = bytes(ld);
  for (let r = 0; r < rows; r++, a += 2 * width) {
    const end = a + width;
    do {
      const rv = sigma(v128.load(a), gate, usual);
      const zv = sigma(v128.load(a + width), gate, usual);
      const nv = phi(v128.add<real>(v128.load(a + 2 * width), v128.mul<real>(rv, v128.load(p))), cell, usual);
      v128.store(a, rv);
      v128.store(a + width, zv);
      v128.store(a + 2 * width, nv);
      v128.store(h, mix(nv, zv, v128.load(before)));
      a += 16;
      p += 16;
      h += 16;
      before += 16;
    } while (a < end);
  }
}

/** Reset after: h from a [rows, 3 ld], whose r and z have all their terms, p = W_n h + b_hn and the h before, [rows, ld]. */
export function gruStepAfter(h: usize, a: usize, p: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32): void {
  if (cell == TANH && gate == SIGMOID) afterRows(h, a, p, before, rows, ld, TANH, SIGMOID, true);
  else afterRows(h, a, p, before, rows, ld, cell, gate, false);
}

/** Reset before, first part: r and z from a, p = r∘h with h as the products see it. */
export function gruGates(a: usize, p: usize, seen: usize, rows: i32, ld: i32, gate: i32): void {
  const width = bytes(ld);
  const usual = gate == SIGMOID;
  for (let r = 0; r < rows; r++, a += 2 * width) {
    const end = a + width;
    do {
      const rv = sigma(v128.load(a), gate, usual);
      v128.store(a, rv);
      v128.store(a + width, sigma(v128.load(a + width), gate, usual));
      v128.store(p, v128.mul<real>(rv, v128.load(seen)));
      a += 16;
      p += 16;
      seen += 16;
    } while (a < end);
  }
}

/** Reset before, second part, when a_n has all its terms: h. */
export function gruStepBefore(h: usize, a: usize, before: usize, rows: i32, ld: i32, cell: i32): void {
  const width = bytes(ld);
  const usual = cell == TANH;
  for (let r = 0; r < rows; r++, a += 2 * width) {
    const end = a + width;
    do {
      const nv = phi(v128.load(a + 2 * width), cell, usual);
      v128.store(a + 2 * width, nv);
      v128.store(h, mix(nv, v128.load(a + width), v128.load(before)));
      a += 16;
      h += 16;
      before += 16;
    } while (a < end);
  }
}

// @ts-ignore: decorator
@inline function backRows(
  da: usize, dp: usize, dh: usize, dy: usize, a: usize, p: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32, after: bool,
  usual: bool,
): void {
  const width = bytes(ld);
  const one = v128.splat<real>(1);
  for (let r = 0; r < rows; r++, a += 2 * width, da += 2 * width) {
    const end = a + width;
    do {
      const rv = v128.load(a);
      const zv = v128.load(a + width);
      const nv = v128.load(a + 2 * width);
      const d = v128.add<real>(v128.load(dh), v128.load(dy));
      const dn = v128.mul<real>(v128.mul<real>(d, v128.sub<real>(one, zv)), phiSlope(nv, cell, usual));
      const dz = v128.mul<real>(v128.mul<real>(d, v128.sub<real>(v128.load(before), nv)), sigmaSlope(zv, gate, usual));
      if (after) {
        v128.store(da, v128.mul<real>(v128.mul<real>(dn, v128.load(p)), sigmaSlope(rv, gate, usual)));
        v128.store(dp, v128.mul<real>(dn, rv));
        p += 16;
        dp += 16;
      }
      v128.store(da + width, dz);
      v128.store(da + 2 * width, dn);
      v128.store(dh, v128.mul<real>(d, zv));
      a += 16;
      da += 16;
      dh += 16;
      dy += 16;
      before += 16;
    } while (a < end);
  }
}

/**
 * Reset after: da [rows, 3 ld], which may be where a is, and dp = dL/dp from d = dh + dy; dh becomes the part of the gradient
 * of the h before that does not go through W, d∘z.
 */
export function gruBackAfter(
  da: usize, dp: usize, dh: usize, dy: usize, a: usize, p: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32,
): void {
  if (cell == TANH && gate == SIGMOID) backRows(da, dp, dh, dy, a, p, before, rows, ld, TANH, SIGMOID, true, true);
  else backRows(da, dp, dh, dy, a, p, before, rows, ld, cell, gate, true, false);
}

/** Reset before, first part: da of z and n, dh as above; da of r stays what a has. */
export function gruBackBefore(da: usize, dh: usize, dy: usize, a: usize, before: usize, rows: i32, ld: i32, cell: i32, gate: i32): void {
  const width = bytes(ld);
  if (da != a) for (let r = 0; r < rows; r++) memory.copy(da + <usize>(3 * r) * width, a + <usize>(3 * r) * width, width);
  backRows(da, 0, dh, dy, a, 0, before, rows, ld, cell, gate, false, false);
}

/** Second part, from dp = da_n·W_nᵀ: da of r, and dp becomes the gradient of the h that the products saw, dp∘r. */
export function gruBackGates(da: usize, dp: usize, seen: usize, rows: i32, ld: i32, gate: i32): void {
  const width = bytes(ld);
  const usual = gate == SIGMOID;
  for (let r = 0; r < rows; r++, da += 2 * width) {
    const end = da + width;
    do {
      const rv = v128.load(da);
      const d = v128.load(dp);
      v128.store(da, v128.mul<real>(v128.mul<real>(d, v128.load(seen)), sigmaSlope(rv, gate, usual)));
      v128.store(dp, v128.mul<real>(d, rv));
      da += 16;
      dp += 16;
      seen += 16;
    } while (da < end);
  }
}
