// Rows of a batch, cut out into a batch of their own.
import type { GraphBatch } from '../../data/batch.ts';

/** The rows of a block, of B rows in so many blocks: as even as can be. */
export function blockOfRows(rows: number, block: number, blocks: number): readonly [from: number, to: number] {
  return [Math.floor((block * rows) / blocks), Math.floor(((block + 1) * rows) / blocks)];
}

/** Rows `from` to `to` of a batch, as copies; undefined for none. `last`: the targets are of one step. */
export function takeRows(batch: GraphBatch, last: boolean, from: number, to: number): GraphBatch | undefined {
  if (from === to) return undefined;
  const { rows: B, inputs, targets, resets, mask, lengths, ...rest } = batch;
  return {
    ...rest,
    rows: to - from,
    inputs: cut(inputs, batch.steps, B, from, to),
    targets: cut(targets, last ? 1 : batch.steps, B, from, to),
    ...(resets && { resets: cut(resets, batch.steps, B, from, to) }),
    ...(mask && { mask: cut(mask, batch.steps, B, from, to) }),
    ...(lengths && { lengths: lengths.slice(from, to) }),
  };
}

/** Of [T,B,F]. */
function cut<A extends Int32Array | Float32Array | Float64Array | Uint8Array>(
  data: A,
  T: number,
  B: number,
  from: number,
  to: number,
): A {
  const width = data.length / (T * B);
  const count = (to - from) * width;
  const out = new (data.constructor as new (length: number) => A)(T * count);
  for (let t = 0; t < T; t++) {
    const start = (t * B + from) * width;
    out.set(data.subarray(start, start + count), t * count);
  }
  return out;
}
