// What decoding reads: the logits of rows of steps, as `forward` gives them.
import {
  checkFinite,
  checkInteger,
  checkLength,
  checkNumbers,
  checkObject,
  fail,
  readable,
  show,
} from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { exp, log } from '../base/exact-log.ts';

/** Logits of B rows of T steps. */
export interface Logits {
  /** T. */
  readonly steps: number;
  /** B. */
  readonly rows: number;
  /** [T,B,C], the `outputs` of `forward`. */
  readonly logits: Float32Array | Float64Array;
  /** [B], how many steps of each row are valid, from 1 to T. Default: all. */
  readonly lengths?: Int32Array | readonly number[] | undefined;
}

/** Whether a value is an array of logits. @throws BpttError for what cannot be looked at. */
export const isReals = (where: string, value: unknown): value is Float32Array | Float64Array =>
  readable(where, () => value instanceof Float32Array || value instanceof Float64Array);

/** Log-probabilities of the classes in the steps of one row, [its steps, C]. */
export interface Row {
  readonly steps: number;
  readonly classes: number;
  readonly values: Float64Array;
}

/**
 * The log-probabilities of each row.
 *
 * @throws BpttError for shapes that do not fit together, a blank that is no class, and logits that are not finite.
 */
export function rowsOf(where: string, given: Logits, blank: number): readonly Row[] {
  const { steps, rows, logits, lengths } = checkObject(
    `${where}(logits)`,
    given,
    'an object of steps, rows and logits',
  );
  const T = checkInteger(`${where}.steps`, steps, 1);
  const B = checkInteger(`${where}.rows`, rows, 1);
  if (!isReals(`${where}.logits`, logits)) {
    return fail(`${where}.logits`, 'a Float32Array or Float64Array', show(logits));
  }
  const C = logits.length / (T * B);
  if (C < 2 || !Number.isInteger(C)) {
    throw new BpttError(
      'invalid-shape',
      `${where}.logits: expected [T=${T}, B=${B}, C] with at least two classes, got ${logits.length} numbers`,
    );
  }
  checkFinite(`${where}.logits`, logits);
  checkInteger(`${where}.blank`, blank, 0, C - 1);
  const valid = lengths === undefined ? undefined : checkNumbers(`${where}.lengths`, lengths);
  if (valid !== undefined) checkLength(`${where}.lengths`, valid, B, `[B=${B}]`);
  return Array.from({ length: B }, (_, row) => {
    const length = valid === undefined ? T : checkInteger(`${where}.lengths[${row}]`, valid[row], 1, T);
    const values = new Float64Array(length * C);
    for (let t = 0; t < length; t++) {
      const start = (t * B + row) * C;
      values.set(logSoftmax(logits.subarray(start, start + C)), t * C);
    }
    return { steps: length, classes: C, values };
  });
}

/** Log-probabilities of the classes of one step. */
export function logSoftmax(logits: Float32Array | Float64Array): Float64Array {
  let max = Number.NEGATIVE_INFINITY;
  for (const value of logits) max = Math.max(max, value);
  let sum = 0;
  for (const value of logits) sum += exp(value - max);
  const normalizer = log(sum);
  return Float64Array.from(logits, (value) => value - max - normalizer);
}
