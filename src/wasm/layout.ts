// Where things lie: from names and shapes to offsets. Pure; it reads and writes no memory.
import { aligned } from './arena.ts';
import type { Kernels } from './kernels.ts';

/** A block of memory as a table of what is where. */
export interface Layout<Spec> {
  readonly entries: readonly { readonly spec: Spec; readonly offset: number; readonly bytes: number }[];
  readonly bytes: number;
}

/** Lays `specs` one after the other, each on a cache line of its own. */
export function plan<Spec>(specs: readonly Spec[], bytesOf: (spec: Spec) => number): Layout<Spec> {
  let end = 0;
  const entries = specs.map((spec) => {
    const bytes = bytesOf(spec);
    const offset = end;
    end += aligned(bytes);
    return { spec, offset, bytes };
  });
  return { entries, bytes: end };
}

/** Reals of a row in memory: each gate's columns are padded on their own. */
export function rowLength(kernels: Kernels, columns: number, gates: number): number {
  return gates * kernels.padded(columns / gates);
}
