// Random orthogonal matrices, as products of random reflections: Stewart 1980, "The efficient generation of random orthogonal matrices
// with an application to condition estimators".
//
// QR of a Gaussian matrix reflects its first column into the first axis, and what is left of the matrix is Gaussian as before: the next
// column can be drawn anew instead of computed. That is uniform over all orthogonal matrices (Haar), orthogonal to rounding, and a third of
// the work. Reflections go in blocks, H₁…H_b = I - VᵀTV with their vectors as rows of V and T upper triangular (Schreiber and Van Loan
// 1989, "A storage-efficient WY representation for products of Householder transformations"), so that it is products of matrices.
import type { Pointer } from '../wasm/kernels.ts';
import { plan } from '../wasm/layout.ts';
import { draw, type MatrixToFill } from './matrix-to-fill.ts';

/** Reflections of a block: a product over 64 terms is quick already, and T is still small beside it. */
const BLOCK = 64;
/** Rows that a block is applied to between two rests. */
const ROWS = 256;

/** Orthonormal rows or columns, of whichever there are fewer, times `gain`. */
export async function drawOrthogonal(target: MatrixToFill, gain: number): Promise<void> {
  const { kernels, arena, rows, columns, ld } = target;
  if (rows <= columns) return drawRows(target, gain);
  const turned = { rows: columns, columns: rows, ld: kernels.padded(rows) };
  const bytes = turned.rows * turned.ld * kernels.realBytes();
  const at = arena.allocate(bytes);
  try {
    await drawRows({ ...target, ...turned, at }, gain);
    const from = arena.reals(at, turned.rows * turned.ld);
    const to = arena.reals(target.at, (rows - 1) * ld + columns);
    for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) to[i * ld + j] = from[j * turned.ld + i]!;
  } finally {
    arena.release(at, bytes);
  }
}

/** A block of reflections in memory. */
interface Block {
  /** Vectors [b, ldV], each of the length √2, or nearly. */
  readonly v: Pointer;
  readonly ldV: number;
  /** -Tᵀ [b, ldT]. */
  readonly t: Pointer;
  readonly ldT: number;
}

/** P = D·Eᵀ·H_n…H_1, n rows of m: the reflections from the last to the first, each of which has the axes before it alone. */
async function drawRows(target: MatrixToFill, gain: number): Promise<void> {
  const { kernels, arena, at, rows: n, columns: m, ld, rest } = target;
  const real = kernels.realBytes();
  const b = Math.min(BLOCK, n);
  const part = Math.min(ROWS, n);
  const ldT = kernels.padded(b);
  const reals = [b * kernels.padded(m), b * ldT, part * ldT, part * ldT];
  const layout = plan([...reals.map((count) => count * real), kernels.gemmScratch(part, m, m)], (bytes) => bytes);
  const base = arena.allocate(layout.bytes);
  const [v, t, w, z, scratch] = layout.entries.map(({ offset }) => base + offset) as [
    number,
    number,
    number,
    number,
    number,
  ];
  try {
    for (let first = Math.floor((n - 1) / BLOCK) * BLOCK; first >= 0; first -= BLOCK) {
      const count = Math.min(BLOCK, n - first);
      const length = m - first;
      const ldV = kernels.padded(length);
      kernels.clear(v, count * ldV);
      await draw('randomNormal', { ...target, at: v, rows: count, columns: length, ld: ldV }, 0, 1, first * m);
      const signs = reflections(target, { v, ldV, t, ldT }, count, scratch);
      for (const [i, sign] of signs.entries()) arena.reals(at + (first + i) * (ld + 1) * real, 1)[0] = gain * sign;
      // P -= P·VᵀTᵀV
      for (let row = first; row < n; row += ROWS) {
        const rows = Math.min(ROWS, n - row);
        const p = at + (row * ld + first) * real;
        kernels.gemm(w, p, v, rows, count, length, ld, ldV, ldT, false, true, 0, scratch);
        kernels.gemm(z, w, t, rows, count, count, ldT, ldT, ldT, false, false, 0, scratch);
        kernels.gemm(p, z, v, rows, length, count, ldT, ldV, ld, false, false, p, scratch);
        await rest();
      }
    }
  } finally {
    arena.release(base, layout.bytes);
  }
}

/** Makes of Gaussian vectors reflections, number i of the axes from i on, and T of them. Returns the sign of each. */
function reflections(
  { kernels, arena }: MatrixToFill,
  { v, ldV, t, ldT }: Block,
  count: number,
  scratch: Pointer,
): readonly number[] {
  const real = kernels.realBytes();
  const signs: number[] = [];
  const taus: number[] = [];
  for (let i = 0; i < count; i++) {
    const row = v + i * ldV * real;
    kernels.clear(row, i);
    const norm = Math.sqrt(kernels.sumSquares(row, ldV));
    const [head] = arena.reals(row + i * real, 1);
    // v = x + sign(x₁)·|x|·e₁ has the squared length 2·|x|·(|x| + |x₁|). What was drawn may be a single zero.
    const sign = head! < 0 ? -1 : 1;
    arena.reals(row + i * real, 1)[0] = norm === 0 ? 1 : head! + sign * norm;
    kernels.scale(row, norm === 0 ? Math.SQRT2 : 1 / Math.sqrt(norm * (norm + Math.abs(head!))), ldV);
    // Of the vector as it was rounded: then the reflection is one to rounding.
    taus.push(2 / kernels.sumSquares(row, ldV));
    signs.push(-sign);
  }
  kernels.gemm(t, v, v, count, count, ldV, ldV, ldV, ldT, false, true, 0, scratch);
  // T⁻¹ + T⁻ᵀ = V·Vᵀ; row i of -Tᵀ follows from those before it.
  const rows = arena.reals(t, count * ldT);
  for (let i = 0; i < count; i++) {
    const sums = new Float64Array(ldT);
    for (let q = 0; q < i; q++) for (let p = 0; p <= q; p++) sums[p]! += rows[i * ldT + q]! * rows[q * ldT + p]!;
    for (let p = 0; p < ldT; p++) rows[i * ldT + p] = -taus[i]! * (p === i ? 1 : sums[p]!);
  }
  return signs;
}
