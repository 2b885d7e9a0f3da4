// What models read and learn from: B rows of T steps, time-major, as flat typed arrays.
import {
  checkArray,
  checkBoolean,
  checkFlags,
  checkInteger,
  checkLength,
  checkNumbers,
  checkOptions,
  checkTokens,
} from '../base/check.ts';
import type { Dtype } from '../base/dtype.ts';
import { BpttError } from '../base/errors.ts';
import type { Signal } from '../base/signal.ts';

/** T steps of B rows for a model to read. */
export interface Input {
  /** T. */
  readonly steps: number;
  /** B. */
  readonly rows: number;
  /** Tokens [T,B] as Int32Array, or features [T,B,F] as Float32Array or Float64Array. */
  readonly inputs: Int32Array | Float32Array | Float64Array;
  /** [T,B], 1 where the row begins a new sequence at this step: its state before the step is zero. Default: nowhere. */
  readonly resets?: Uint8Array;
  /**
   * [B], how many steps of each row are valid, from 1 to T; what comes after is padding: it leaves the state as it is, its outputs
   * are zero, and it has neither loss nor gradient. Default: all.
   */
  readonly lengths?: Int32Array | readonly number[];
}

/** T steps of B rows with what the outputs should be. */
export interface Batch extends Input {
  /** For a model with `returns: 'last'` T is 1 here. Classes [T,B] as Int32Array for cross-entropy; [T,B,O] as Float32Array or Float64Array for the other losses. */
  readonly targets: Int32Array | Float32Array | Float64Array;
  /**
   * [T,B], 1 where the step counts, 0 where it has no loss. Default: every step counts. Over padding at the end of rows it does for
   * losses and gradients of one direction what `lengths` do, which also say where the last valid state is and where reverse begins.
   */
  readonly mask?: Uint8Array;
  /** Whether the rows go on where those of the batch before ended, with its state. Default false: they start at zero. */
  readonly carry?: boolean;
}

/**
 * Checks what a model is to read.
 *
 * @throws BpttError for wrong kinds and lengths, tokens out of range, numbers that are not finite in `dtype`.
 */
export function checkInput(where: string, input: Input, signal: Signal, dtype: Dtype): void {
  const T = checkInteger(`${where}.steps`, input.steps, 1);
  const B = checkInteger(`${where}.rows`, input.rows, 1);
  if (signal.kind === 'tokens') {
    checkTokens(`${where}.inputs`, input.inputs, signal.size, T * B, `[T=${T}, B=${B}]`);
  } else {
    const shape = `[T=${T}, B=${B}, F=${signal.size}]`;
    checkReals(`${where}.inputs`, input.inputs, T * B * signal.size, shape, dtype);
  }
  if (input.resets !== undefined) checkFlags(`${where}.resets`, input.resets, T * B, `[T=${T}, B=${B}]`);
  if (input.lengths !== undefined) {
    checkLength(`${where}.lengths`, checkNumbers(`${where}.lengths`, input.lengths), B, `[B=${B}]`);
    for (let row = 0; row < B; row++) checkInteger(`${where}.lengths[${row}]`, input.lengths[row], 1, T);
  }
}

/** Checks what a model is to learn from; `targets` says what the loss compares the outputs with. */
export function checkBatch(
  where: string,
  batch: Batch,
  { input, last }: { readonly input: Signal; readonly last: boolean },
  targets: Signal,
  dtype: Dtype,
): void {
  checkOptions(where, batch, ['steps', 'rows', 'inputs', 'resets', 'lengths', 'targets', 'mask', 'carry']);
  checkInput(where, batch, input, dtype);
  const { steps, rows: B } = batch;
  const T = last ? 1 : steps;
  if (targets.kind === 'tokens') {
    checkTokens(`${where}.targets`, batch.targets, targets.size, T * B, `[T=${T}, B=${B}]`);
  } else {
    const shape = `[T=${T}, B=${B}, O=${targets.size}]`;
    checkReals(`${where}.targets`, batch.targets, T * B * targets.size, shape, dtype);
  }
  if (last && batch.mask !== undefined) {
    throw new BpttError(
      'invalid-argument',
      `${where}.mask: expected none for a model with one output a row (returns: 'last'), got one`,
    );
  }
  if (batch.mask !== undefined) checkFlags(`${where}.mask`, batch.mask, T * B, `[T=${T}, B=${B}]`);
  if (batch.carry !== undefined) checkBoolean(`${where}.carry`, batch.carry);
}

function checkReals(where: string, value: unknown, length: number, shape: string, dtype: Dtype): void {
  const values = checkArray(where, value, length, shape);
  if (dtype === 'f64' || values instanceof Float32Array) return;
  for (let i = 0; i < values.length; i++) {
    if (Number.isFinite(Math.fround(values[i]!))) continue;
    throw new BpttError('non-finite', `${where}[${i}]: expected a number that is finite in f32, got ${values[i]}`);
  }
}
