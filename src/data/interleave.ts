// The numbers of several rows as a batch has them: time-major, zeros where a row has ended.
import type { Given } from './batch.ts';

/** [steps,B,width] of one array [its steps,width] a row. Reals are f64 where one of them is, and plain arrays stay what they are. */
export function interleave(rows: readonly Given[], steps: number, width: number): Given {
  const B = rows.length;
  const count = steps * B * width;
  const joined = rows[0] instanceof Int32Array ? new Int32Array(count) : realsOf(rows, count);
  for (const [row, data] of rows.entries()) {
    for (let t = 0; t * width < data.length; t++) {
      const [from, to] = [t * width, (t + 1) * width];
      joined.set(ArrayBuffer.isView(data) ? data.subarray(from, to) : data.slice(from, to), (t * B + row) * width);
    }
  }
  return Array.isArray(rows[0]) ? Array.from(joined) : joined;
}

function realsOf(rows: readonly Given[], count: number): Float32Array | Float64Array {
  if (Array.isArray(rows[0])) return new Float64Array(count);
  return rows.some((row) => row instanceof Float64Array) ? new Float64Array(count) : new Float32Array(count);
}
