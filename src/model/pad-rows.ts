// Rows as they lie in memory, from rows as people give them.
import type { Pointer } from '../wasm/kernels.ts';
import type { Network } from './network.ts';

/** Fills `count` padded rows at a place from those of `data`, `width` numbers each, from row `first` on. */
export function padRows(
  { kernels, arena }: Network,
  at: Pointer,
  data: Int32Array | Float32Array | Float64Array,
  first: number,
  count: number,
  width: number,
  ld: number,
): void {
  const rows = arena.reals(at, count * ld);
  rows.set(data.subarray(first * width, (first + count) * width), count * (ld - width));
  kernels.spreadRows(at, count, width, ld);
}
