// One row of a batch as a batch of its own.
import type { Batch } from 'bptt';

/** Row `row` of a batch [T,B], as [T,1]; `features` and `outputs` are F and O, 1 for tokens and classes. */
export function rowOf(batch: Batch, row: number, features: number, outputs: number): Batch {
  const { steps, rows, inputs, targets, mask } = batch;
  return {
    steps,
    rows: 1,
    inputs: takeRow(inputs, row, rows, features),
    targets: takeRow(targets, row, rows, outputs),
    ...(mask && { mask: takeRow(mask, row, rows, 1) }),
  };
}

/** [T,B,F] → [T,F] of one row. */
function takeRow<Values extends Int32Array | Float32Array | Float64Array | Uint8Array>(
  values: Values,
  row: number,
  rows: number,
  width: number,
): Values {
  return values.filter((_, index) => Math.floor(index / width) % rows === row) as Values;
}
