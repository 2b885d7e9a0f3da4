// The gradient of a matrix that every step multiplies by: sums over all rows of a range of steps, from the last to the first.
//
// That is the order in which backward goes through time, so a sum that goes on where a later range ended has the bits of one
// sum over both: a long sequence may be worked through in segments of any length.
import type { Kernels, Pointer } from '../../wasm/kernels.ts';
import type { Pass, Weight } from '../contract.ts';

/** Rows of x [rows, inputs] and of dy [rows, outputs], `ldx` and `ldy` reals apart. */
export interface WeightGradientRows {
  readonly x: Pointer;
  readonly ldx: number;
  readonly inputs: number;
  readonly dy: Pointer;
  readonly ldy: number;
  readonly outputs: number;
  readonly rows: number;
}

/**
 * dW (+)= Σ_r x[r]ᵀ·dy[r], r from rows - 1 to 0, where somebody asks for it. dW: [inputs, ld], or [outputs, ld] of a matrix that is
 * read the other way round. It starts from zero where no later steps have gone and nobody else adds to it.
 *
 * @param scratch gemmScratch(inputs, outputs, rows) bytes, and the same the other way round.
 */
export function weightGradient(
  kernels: Kernels,
  { gradient, shared, turned }: Weight,
  ld: number,
  product: WeightGradientRows,
  pass: Pass,
  scratch: Pointer,
): void {
  if (gradient === 0) return;
  sumOfProducts(kernels, gradient, ld, turned ? swapped(product) : product, shared || pass.continuesFromLater, scratch);
}

const swapped = ({ x, ldx, inputs, dy, ldy, outputs, rows }: WeightGradientRows): WeightGradientRows => {
  return { x: dy, ldx: ldy, inputs: outputs, dy: x, ldy: ldx, outputs: inputs, rows };
};

/** dW (+)= Σ_r x[r]ᵀ·dy[r], r from rows - 1 to 0; without `accumulate` it starts from zero. */
export function sumOfProducts(
  kernels: Kernels,
  dW: Pointer,
  ld: number,
  { x, ldx, inputs, dy, ldy, outputs, rows }: WeightGradientRows,
  accumulate: boolean,
  scratch: Pointer,
): void {
  const last = (rows - 1) * kernels.realBytes();
  kernels.gemm(
    dW,
    x + last * ldx,
    dy + last * ldy,
    inputs,
    outputs,
    rows,
    -ldx,
    -ldy,
    ld,
    true,
    false,
    accumulate ? dW : 0,
    scratch,
  );
}
