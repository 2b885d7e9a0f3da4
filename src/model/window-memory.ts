// The memory of a window: which buffers there are, where they lie, and how their rows move and are kept.

import type { StateReader, StateWriter } from '../formats/record.ts';
import type { BufferSpec, Track } from '../layers/contract.ts';
import { aligned } from '../wasm/arena.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { Layout } from '../wasm/layout.ts';
import type { Network } from './network.ts';
import { planWindow, type WindowSpec } from './window-layout.ts';

/** What a window holds besides activations. */
export interface WindowOptions {
  /** Room for gradients: `backward` can run. */
  readonly gradients?: boolean;
  /** Whether backward passes may read steps again, as with k2 > k1. Default false: what they need once may be overwritten. */
  readonly overlapping?: boolean;
  /** Whether the parameters stay as they are while the window lives: weights are then packed once. Default false. */
  readonly frozen?: boolean;
  /** Whether dropout and its like are on: `draw` must come before `forward`. Default false. */
  readonly training?: boolean;
  /** More buffers that move along with the steps, and room for the gradient of the outputs. */
  readonly buffers?: readonly BufferSpec[];
}

/** What lies where in a window, and how much scratch its layers want. */
interface WindowPlan {
  readonly layout: Layout<WindowSpec>;
  /** Of the whole block: the buffers, then scratch. */
  readonly bytes: number;
}

function planOf({ kernels, stack }: Network, capacity: number, rows: number, options: WindowOptions): WindowPlan {
  const { input, layers } = stack;
  const last = layers.length - 1;
  const own = (name: string, columns: number, type: BufferSpec['type'], kept: boolean): BufferSpec => {
    return { name, extent: 'step', columns, type, kept };
  };
  const gradientBuffers = layers.flatMap((layer, index) => {
    const needed = index < last ? options.gradients : options.buffers !== undefined && layer.keepsResult;
    return needed ? [own(`dOutput${index}`, layer.output.size, 'real', index === last)] : [];
  });
  const buffers = [
    ...layers.flatMap((layer, owner) =>
      layer.buffers
        .filter((buffer) => options.frozen === true || buffer.frozen !== true)
        .map((buffer) => ({ ...buffer, owner })),
    ),
    ...[
      input.kind === 'tokens' ? own('input', 1, 'integer', true) : own('input', input.size, 'real', true),
      own('resets', 1, 'octet', true),
      own('padding', 1, 'octet', true),
      ...(options.buffers ?? []),
      ...gradientBuffers,
    ].map((buffer) => ({ ...buffer, owner: 'window' as const })),
  ];
  const layout = planWindow(kernels, buffers, capacity, rows, options.overlapping ?? false);
  const scratch = Math.max(0, ...layers.map((layer) => layer.scratch(kernels, capacity, rows)));
  return { layout, bytes: layout.bytes + aligned(scratch) };
}

/** Bytes that a window takes. */
export function windowBytes(network: Network, capacity: number, rows: number, options: WindowOptions): number {
  return planOf(network, capacity, rows, options).bytes;
}

type Entry = Layout<WindowSpec>['entries'][number];

/** One block of memory for the buffers of a window of `capacity` steps. */
export class WindowMemory {
  readonly #network: Network;
  readonly #layout: Layout<WindowSpec>;
  readonly #block: Pointer;
  readonly #bytes: number;
  /** The buffers whose rows are read again when their steps are no longer new. */
  readonly #kept: readonly Entry[];

  constructor(network: Network, capacity: number, rows: number, options: WindowOptions) {
    const { layout, bytes } = planOf(network, capacity, rows, options);
    this.#network = network;
    this.#layout = layout;
    this.#bytes = bytes;
    this.#block = network.arena.allocate(bytes);
    this.#kept = layout.entries.filter(({ spec: { kept, extent } }) => {
      // Without backward the states alone are read again.
      return kept && (extent === 'slot' || (extent === 'step' && options.gradients === true));
    });
  }

  /** Where scratch begins. */
  get scratch(): Pointer {
    return this.#block + this.#layout.bytes;
  }

  find(owner: number | 'window', name: string): Track | undefined {
    const entry = this.#layout.entries.find(({ spec }) => spec.owner === owner && spec.name === name);
    return entry && { pointer: this.#block + entry.offset, stride: entry.spec.stride, ld: entry.spec.ld };
  }

  /** Drops the oldest `steps` of those that are `filled`: the rest moves down. */
  drop(steps: number, filled: number): void {
    const memory = this.#network.arena.octets(0, this.#network.arena.bytes);
    for (const { spec, offset } of this.#kept) {
      const start = this.#block + offset;
      const end = start + (filled + (spec.extent === 'slot' ? 1 : 0)) * spec.stride;
      memory.copyWithin(start, start + steps * spec.stride, end);
    }
  }

  /** Writes what is kept of steps `from` to `to`, and the state after them. */
  save(out: StateWriter, from: number, to: number): void {
    for (const entry of this.#saved(to - from)) out.tensor(nameOf(entry), this.#view(entry, from, to).slice());
  }

  /** The inverse: reads `steps` steps to the start of the window. */
  load(saved: StateReader, steps: number): void {
    for (const entry of this.#saved(steps)) saved.tensor(nameOf(entry), this.#view(entry, 0, steps));
  }

  /** Gives the memory back. */
  release(): void {
    this.#network.arena.release(this.#block, this.#bytes);
  }

  /**
   * The buffers to save for so many steps. Without steps that is the state alone: other buffers have a slot 0 as well, which no step
   * has written, and which must be zero.
   */
  #saved(steps: number): readonly Entry[] {
    const { layers } = this.#network.stack;
    if (steps > 0) return this.#kept;
    return this.#kept.filter(({ spec: { owner, name } }) => owner !== 'window' && layers[owner]!.state.includes(name));
  }

  #view({ spec, offset }: Entry, from: number, to: number) {
    const { arena, kernels } = this.#network;
    const start = this.#block + offset + from * spec.stride;
    const length = (to - from + (spec.extent === 'slot' ? 1 : 0)) * spec.stride;
    if (spec.type === 'octet') return arena.octets(start, length);
    if (spec.type === 'integer') return arena.integers(start, length / 4);
    return arena.reals(start, length / kernels.realBytes());
  }
}

function nameOf({ spec }: Entry): string {
  return `${spec.owner}.${spec.name}`;
}
