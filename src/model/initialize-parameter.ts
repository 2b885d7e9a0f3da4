// The initial values of one parameter: each gate of it is drawn on its own, then gets its offset.

import type { ParameterSpec } from '../layers/contract.ts';
import { initialize } from '../layers/initializers.ts';
import type { Arena } from '../wasm/arena.ts';
import type { Kernels, Pointer } from '../wasm/kernels.ts';
import { rowLength } from '../wasm/layout.ts';

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
  const { rows, columns, initializer, gates = [undefined], offsets, role, fan, biasCounts } = spec;
  const width = columns / gates.length;
  const ld = kernels.padded(width);
  const row = rowLength(kernels, columns, gates.length);
  const real = kernels.realBytes();
  // Keras draws all gates as one matrix, everybody else one by one.
  const whole = initializer.kind === 'keras';
  const drawn = whole ? columns : width;
  const length = kernels.padded(drawn);
  const bytes = rows * length * real;
  const block = arena.allocate(bytes);
  const fill = (index: number) => {
    const gate = gates[index];
    const context = {
      role,
      fan,
      ...(gate && !whole && { gate }),
      ...(biasCounts && { biasCount: biasCounts[index]! }),
    };
    // The logarithms of chrono's i and f are of the same numbers.
    const number = initializer.kind === 'chrono' ? 0 : index;
    kernels.clear(block, rows * length);
    const target = { kernels, arena, at: block, rows, columns: drawn, seed, stream: stream + number * GATE_STREAMS };
    initialize(initializer, target, context);
  };
  try {
    if (whole) fill(0);
    for (let index = 0; index < gates.length; index++) {
      if (!whole) fill(index);
      const first = block + (whole ? index * width * real : 0);
      const target = at + index * ld * real;
      kernels.copyColumns(target, first, rows, width, row, length);
      const offset = offsets?.[index] ?? 0;
      if (offset !== 0) {
        const values = arena.reals(target, (rows - 1) * row + width);
        for (let i = 0; i < rows; i++) for (let j = 0; j < width; j++) values[i * row + j]! += offset;
      }
    }
  } finally {
    arena.release(block, bytes);
  }
}
