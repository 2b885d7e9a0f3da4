// The initial values of one parameter: each gate of it is drawn on its own, then gets its offset.

import type { Gate, ParameterSpec } from '../layers/contract.ts';
import { initialize } from '../layers/initializers.ts';
import type { MatrixToFill } from '../layers/matrix-to-fill.ts';
import { rowLength } from '../wasm/layout.ts';

/** Streams of the gates of a parameter lie this far apart. */
const GATE_STREAMS = 0x10000;

/** Writes the initial values of a parameter at `at`, where all is zero; `stream` is its number in the model. */
export async function initializeParameter(
  spec: ParameterSpec,
  place: Omit<MatrixToFill, 'rows' | 'columns' | 'ld'>,
): Promise<void> {
  const { rows, columns, initializer, offsets, role, fan, biasCounts, shape } = spec;
  const gates: readonly (Gate | undefined)[] = spec.gates ?? [undefined];
  const { kernels, arena, at, stream } = place;
  const width = columns / gates.length;
  const gateBytes = kernels.padded(width) * kernels.realBytes();
  const ld = rowLength(kernels, columns, gates.length);
  const context = { role, fan, taps: shape.length > 2 ? rows / shape[1]! : 1 };
  // Keras draws all gates as one matrix, everybody else one by one.
  const whole = initializer.kind === 'keras' && gates.length > 1;
  if (whole) await initializeTogether();
  for (const [index, gate] of gates.entries()) {
    const first = at + index * gateBytes;
    if (!whole) {
      // The logarithms of chrono's i and f are of the same numbers.
      const number = initializer.kind === 'chrono' ? 0 : index;
      const target = { ...place, at: first, rows, columns: width, ld, stream: stream + number * GATE_STREAMS };
      const biasCount = biasCounts?.[index] ?? 1;
      await initialize(initializer, target, { ...context, biasCount, ...(gate && { gate }) });
    }
    const offset = offsets?.[index] ?? 0;
    if (offset !== 0) {
      const values = arena.reals(first, (rows - 1) * ld + width);
      for (let i = 0; i < rows; i++) for (let j = 0; j < width; j++) values[i * ld + j]! += offset;
    }
  }

  /** In one piece, which is then cut into gates. */
  async function initializeTogether(): Promise<void> {
    const together = kernels.padded(columns);
    const bytes = rows * together * kernels.realBytes();
    const block = arena.allocate(bytes);
    try {
      await initialize(initializer, { ...place, at: block, rows, columns, ld: together }, context);
      for (const index of gates.keys()) {
        const from = block + index * width * kernels.realBytes();
        kernels.copyColumns(at + index * gateBytes, from, rows, width, ld, together);
      }
    } finally {
      arena.release(block, bytes);
    }
  }
}
