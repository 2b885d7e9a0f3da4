// Where the parameters of a model lie, and with them gradients and optimizer slots. Pure; it reads and writes no memory.
import { BpttError } from '../base/errors.ts';
import type { Layer, ParameterSpec } from '../layers/contract.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { type Layout, plan, rowLength } from '../wasm/layout.ts';

/** Bytes that 32-bit addresses reach. */
const MEMORY = 2 ** 32;

/** Where a row of a parameter of this shape lies outside: the last of its dimensions comes first in memory, as in a transpose of all of them. */
function turnedRow(row: number, shape: readonly number[]): number {
  let outside = 0;
  for (const size of shape.slice(1)) {
    outside = outside * size + (row % size);
    row = Math.floor(row / size);
  }
  return outside;
}

/** Visits each number of a parameter: where it lies in memory, and where outside. */
export function eachElement(
  spec: ParameterSpec,
  kernels: Kernels,
  visit: (inside: number, outside: number) => void,
): void {
  const { rows, columns, transposed, gates, shape } = spec;
  const width = columns / (gates?.length ?? 1);
  const ld = kernels.padded(width);
  const row = rowLength(kernels, columns, gates?.length ?? 1);
  for (let i = 0; i < rows; i++) {
    const turned = transposed ? turnedRow(i, shape) : 0;
    for (let j = 0; j < columns; j++) {
      const gate = Math.floor(j / width);
      visit(i * row + gate * ld + (j - gate * width), transposed ? j * rows + turned : i * columns + j);
    }
  }
}

/** The layout of the parameters, and with it of gradients and optimizer slots. */
export interface ParameterLayout extends Layout<ParameterSpec> {
  /** Reals of the whole block, padding included: the length of one flat call. */
  readonly count: number;
  /** Reals of the weights, which stand before all else: what is decayed and regularised. */
  readonly weightCount: number;
}

export function planParameters(kernels: Kernels, layers: readonly Layer[]): ParameterLayout {
  const specs = layers.flatMap((layer) => layer.parameters);
  const ordered = [
    ...specs.filter((spec) => spec.kind === 'weight'),
    ...specs.filter((spec) => spec.kind !== 'weight'),
  ];
  const real = kernels.realBytes();
  const needed = specs.reduce((sum, { rows, columns }) => sum + rows * columns, 0) * real;
  if (needed >= MEMORY) {
    const parameters = (needed / real).toLocaleString('en-US');
    throw new BpttError(
      'out-of-memory',
      `model: expected parameters that fit into the 4 GiB of Wasm memory, got ${parameters}, which need ${(needed / 2 ** 30).toFixed(1)} GiB`,
    );
  }
  const layout = plan(ordered, (spec) => spec.rows * rowLength(kernels, spec.columns, spec.gates?.length ?? 1) * real);
  const firstOther = layout.entries.find(({ spec }) => spec.kind !== 'weight');
  return { ...layout, count: layout.bytes / real, weightCount: (firstOther?.offset ?? layout.bytes) / real };
}
