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
  const layout = plan(ordered, (spec) => spec.rows * kernels.padded(spec.columns) * real);
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

/** The layout of a window of T steps and B rows. */
export function planWindow(
  kernels: Kernels,
  buffers: readonly (BufferSpec & { readonly owner: number | 'window' })[],
  T: number,
  B: number,
): Layout<WindowSpec> {
  const specs = buffers.map((buffer): WindowSpec => {
    const ld = buffer.type === 'real' ? kernels.padded(buffer.columns) : buffer.columns;
    const unit = buffer.type === 'real' ? kernels.realBytes() : buffer.type === 'integer' ? 4 : 1;
    const extentSteps = buffer.extent === 'batch' ? 1 : buffer.extent === 'slot' ? T + 1 : T;
    return { ...buffer, ld, stride: B * ld * unit, extentSteps };
  });
  return plan(specs, (spec) => spec.stride * spec.extentSteps);
}
