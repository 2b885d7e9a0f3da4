// The initial values of one parameter: each gate of it is drawn on its own, then gets its offset.
import { initialize } from './initializers.ts';
import type { ParameterSpec } from './layers/contract.ts';
import type { Arena } from './wasm/arena.ts';
import type { Kernels, Pointer } from './wasm/kernels.ts';
import { rowLength } from './wasm/layout.ts';

/** Streams of the gates of a parameter lie this far apart. */
const GATE_STREAMS = 0x10000;

/** Writes the initial values of a parameter at `at`; `stream` is its number in the model. */
export function initializeParameter(
  spec: ParameterSpec,
  kernels: Kernels,
  arena: Arena,
  at: Pointer,
  seed: number,
  stream: number,
): void {
  const { rows, columns, initializer, gates, offsets } = spec;
  const count = gates?.length ?? 1;
  const width = columns / count;
  const ld = kernels.padded(width);
  const row = rowLength(kernels, columns, count);
  const real = kernels.realBytes();
  const bytes = rows * ld * real;
  const block = arena.allocate(bytes);
  try {
    for (let gate = 0; gate < count; gate++) {
      kernels.clear(block, rows * ld);
      initialize(initializer, kernels, arena, block, rows, width, seed, stream + gate * GATE_STREAMS);
      const offset = offsets?.[gate] ?? 0;
      if (offset !== 0) {
        const values = arena.reals(block, rows * ld);
        for (let i = 0; i < rows; i++) for (let j = 0; j < width; j++) values[i * ld + j]! += offset;
      }
      kernels.copyColumns(at + gate * ld * real, block, rows, ld, row, ld);
    }
  } finally {
    arena.release(block, bytes);
  }
}
