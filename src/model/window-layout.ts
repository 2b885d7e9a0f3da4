// Where the buffers of a window lie. Pure; it reads and writes no memory.
import type { BufferSpec } from '../layers/contract.ts';
import type { Kernels } from '../wasm/kernels.ts';
import { type Layout, plan, rowLength } from '../wasm/layout.ts';

/** A buffer of a window in its layer. */
export interface WindowSpec extends BufferSpec {
  /** The layer's, or 'window' for what belongs to no layer. */
  readonly owner: string;
  /** The steps of its time axis. */
  readonly T: number;
  /** Whether its steps are those that a window is filled with one by one, and that move down when it is full. */
  readonly moves: boolean;
  readonly ld: number;
  /** Bytes from one step to the next. */
  readonly stride: number;
  /** How many strides there are. */
  readonly extentSteps: number;
}

/** A buffer before it has a place. */
export type OwnedBuffer = BufferSpec & Pick<WindowSpec, 'owner' | 'T' | 'moves'>;

/**
 * The layout of a window of B rows. `overlapping`: whether later backward passes read old steps again, so that nothing may take the
 * place of what is kept.
 */
export function planWindow(
  kernels: Kernels,
  buffers: readonly OwnedBuffer[],
  B: number,
  overlapping: boolean,
): Layout<WindowSpec> {
  const specs = buffers.map((buffer): WindowSpec => {
    const { T } = buffer;
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
