// Batches for next-token prediction: the target of a step is the token after it.
import type { Batch } from './batch.ts';

/**
 * Rows of tokens side by side, time-major. The last token of a row is a target alone; where rows are of several lengths, a mask takes the
 * padding (token 0) at the ends of the shorter ones out of the loss.
 */
export function nextTokens(rows: readonly ArrayLike<number>[]): Omit<Batch, 'inputs' | 'targets'> & {
  readonly inputs: Int32Array;
  readonly targets: Int32Array;
} {
  const B = rows.length;
  const T = rows.reduce((longest, { length }) => Math.max(longest, length), 0) - 1;
  const inputs = new Int32Array(T * B); // [T,B]
  const targets = new Int32Array(T * B); // [T,B]
  const mask = new Uint8Array(T * B); // [T,B]
  for (const [row, tokens] of rows.entries()) {
    for (let t = 0; t + 1 < tokens.length; t++) {
      inputs[t * B + row] = tokens[t]!;
      targets[t * B + row] = tokens[t + 1]!;
      mask[t * B + row] = 1;
    }
  }
  return { steps: T, rows: B, inputs, targets, ...(mask.includes(0) && { mask }) };
}
