// Where things lie: from names and shapes to offsets. Pure; it reads and writes no memory.
import type { BufferSpec, Layer, ParameterSpec } from '../layers/contract.ts';
import { aligned } from './arena.ts';
import type { Kernels } from './kernels.ts';

/** A block of memory as a table of what is where. */
export interface Layout<Spec> {
  readonly entries: readonly { readonly spec: Spec; readonly offset: number; readonly bytes: number }[];
  readonly bytes: number;
}

/** Lays `specs` one after the other, each on a cache line of its own. */
function plan<Spec>(specs: readonly Spec[], bytesOf: (spec: Spec) => number): Layout<Spec> {
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

/** Visits each number of a parameter: where it lies in memory, and where outside. */
export function eachElement(
  spec: ParameterSpec,
  kernels: Kernels,
  visit: (inside: number, outside: number) => void,
): void {
  const { rows, columns, transposed, gates } = spec;
  const width = columns / (gates?.length ?? 1);
  const ld = kernels.padded(width);
  const row = rowLength(kernels, columns, gates?.length ?? 1);
  for (let i = 0; i < rows; i++) {
    for (let j = 0; j < columns; j++) {
      const gate = Math.floor(j / width);
      visit(i * row + gate * ld + (j - gate * width), transposed ? j * rows + i : i * columns + j);
    }
  }
}

/** The layout of the parameters, and with it of gradients and optimizer slots. */
export interface ParameterLayout extends Layout<ParameterSpec> {
  /** Reals of the whole block, padding included: the length of one flat call. */
  readonly count: number;
  /** Reals of the weights, which stand before the biases: what is decayed and regularised. */
  readonly weightCount: number;
}

export function planParameters(kernels: Kernels, layers: readonly Layer[]): ParameterLayout {
  const specs = layers.flatMap((layer) => layer.parameters);
  const ordered = [...specs.filter((spec) => spec.kind === 'weight'), ...specs.filter((spec) => spec.kind === 'bias')];
  const real = kernels.realBytes();
  const layout = plan(ordered, (spec) => spec.rows * rowLength(kernels, spec.columns, spec.gates?.length ?? 1) * real);
  const firstBias = layout.entries.find(({ spec }) => spec.kind === 'bias');
  return { ...layout, count: layout.bytes / real, weightCount: (firstBias?.offset ?? layout.bytes) / real };
}

/** A buffer of a window in its layer. */
export interface WindowSpec extends BufferSpec {
  /** The index of the layer, or 'window' for what belongs to no layer. */
  readonly owner: number | 'window';
  readonly ld: number;
  /** Bytes from one step to the next. */
  readonly stride: number;
  /** How many strides there are. */
  readonly extentSteps: number;
}

/**
 * The layout of a window of T steps and B rows. `overlapping`: whether later backward passes read old steps again, so that
 * nothing may take the place of what is kept.
 */
export function planWindow(
  kernels: Kernels,
  buffers: readonly (BufferSpec & { readonly owner: number | 'window' })[],
  T: number,
  B: number,
  overlapping: boolean,
): Layout<WindowSpec> {
  const specs = buffers.map((buffer): WindowSpec => {
    const ld = buffer.type === 'real' ? rowLength(kernels, buffer.columns, buffer.gates ?? 1) : buffer.columns;
    const unit = buffer.type === 'real' ? kernels.realBytes() : buffer.type === 'integer' ? 4 : 1;
    const extentSteps = buffer.extent === 'slot' ? T + 1 : buffer.extent === 'step' ? T : 1;
    return { ...buffer, ld, stride: (buffer.extent === 'fixed' ? buffer.rows! : B) * ld * unit, extentSteps };
  });
  const inPlace = (spec: WindowSpec) => spec.inPlaceOf !== undefined && !overlapping;
  const layout = plan(specs, (spec) => (inPlace(spec) ? 0 : spec.stride * spec.extentSteps));
  const entries = layout.entries.map((entry) => {
    if (!inPlace(entry.spec)) return entry;
    const { owner, inPlaceOf } = entry.spec;
    return {
      ...entry,
      offset: layout.entries.find(({ spec }) => spec.owner === owner && spec.name === inPlaceOf)!.offset,
    };
  });
  return { entries, bytes: layout.bytes };
}
