// The memory of a window: which buffers there are, where they lie, and how their rows move and are kept.

import type { Clock } from '../base/signal.ts';
import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import type { BufferSpec, Track } from '../layers/contract.ts';
import { aligned } from '../wasm/arena.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { Layout } from '../wasm/layout.ts';
import type { Network } from './network.ts';
import { addendName, addsTo, readersOf } from './readers.ts';
import { tiedBuffers } from './tied-gradients.ts';
import { packedBuffers } from './weights.ts';
import { type OwnedBuffer, planWindow, type WindowSpec } from './window-layout.ts';

/** What a window holds besides activations. */
export interface WindowOptions {
  /** Room for gradients: `backward` can run. */
  readonly gradients?: boolean;
  /** Whether backward passes may read steps again, as with k2 > k1. Default false: what they need once may be overwritten. */
  readonly overlapping?: boolean;
  /** Whether the parameters stay as they are while the window lives: weights are then packed once. Default false. */
  readonly fixed?: boolean;
  /** Whether dropout and its like are on: `draw` must come before `forward`. Default false. */
  readonly training?: boolean;
  /** More buffers, on the time axes of nodes, and room for the gradients of the outputs. */
  readonly buffers?: readonly (BufferSpec & { readonly clock: Clock })[];
}

/** How long a window is: the steps of each time axis of the graph, and B. */
export interface WindowSize {
  readonly steps: readonly number[];
  readonly rows: number;
}

/** What lies where in a window, and how much scratch its layers want. */
interface WindowPlan {
  readonly layout: Layout<WindowSpec>;
  /** Of the whole block; scratch stands after the buffers. */
  readonly bytes: number;
}

function planOf({ kernels, graph, flow }: Network, { steps, rows }: WindowSize, options: WindowOptions): WindowPlan {
  const lengthOf = (clock: Clock) => (clock.kind === 'row' ? 1 : steps[graph.clocks.indexOf(clock)]!);
  const axisOf = (clock: Clock) => ({ T: lengthOf(clock), moves: clock === graph.clocks[0] });
  const own = (clock: Clock, name: string, columns: number, type: BufferSpec['type'], kept: boolean): OwnedBuffer => {
    return { name, extent: 'step', columns, type, kept, owner: 'window', ...axisOf(clock) };
  };
  const ofLayers = graph.layers.flatMap(({ owner, clock, layer }): OwnedBuffer[] => {
    const packed = options.fixed === true ? packedBuffers(layer) : [];
    const tied = options.gradients === true ? tiedBuffers(layer) : [];
    return [...layer.buffers, ...packed, ...tied].map(({ clock: other = clock, across, ...buffer }) => ({
      ...buffer,
      columns: across === undefined ? buffer.columns : lengthOf(across) * (buffer.gates ?? 1),
      owner,
      ...axisOf(other),
    }));
  });
  const gradients = graph.layers.flatMap(({ index, owner, clock, layer }) => {
    const output = graph.outputs.some((node) => node.index === index);
    const needed = output
      ? options.buffers !== undefined && layer.keepsResult
      : options.gradients === true && flow.has(index);
    return needed ? [own(clock, `dOutput${owner}`, layer.output.size, 'real', output)] : [];
  });
  const addends = graph.layers.flatMap((node) =>
    node.inputs.flatMap((source, port) => {
      const readers = readersOf(graph, graph.nodes[source]!);
      if (node.layer.adds === true || !options.gradients || !flow.has(source) || !addsTo(readers, node)) return [];
      const { clock, output } = graph.nodes[source]!;
      return [own(clock, addendName(node, port), output.size, 'real', false)];
    }),
  );
  const buffers: OwnedBuffer[] = [
    ...ofLayers,
    ...graph.inputs.map(({ clock, name, output: { kind, size } }, index) => {
      const [columns, type] = kind === 'tokens' ? ([1, 'integer'] as const) : ([size, 'real'] as const);
      return { ...own(clock, inputName(index, name), columns, type, true), most: size - 1 };
    }),
    ...graph.clocks.flatMap((clock, index) => [
      { ...own(clock, flagsName('resets', index), 1, 'octet', true), most: 1 },
      { ...own(clock, flagsName('padding', index), 1, 'octet', true), most: 1 },
    ]),
    ...(options.buffers ?? []).map(({ clock, ...buffer }) => ({ ...buffer, owner: 'window', ...axisOf(clock) })),
    ...gradients,
    ...addends,
  ];
  const layout = planWindow(kernels, buffers, rows, options.overlapping ?? false);
  const scratch = Math.max(
    0,
    ...graph.layers.map(({ layer, clock }) => layer.scratch(kernels, lengthOf(clock), rows, lengthOf)),
  );
  return { layout, bytes: layout.bytes + aligned(scratch) };
}

/** How the buffer of an input is called. */
export function inputName(index: number, name: string | undefined): string {
  return index === 0 ? 'input' : `input.${name}`;
}

/** The flags of a time axis: `resets` and `padding` of the first. */
export function flagsName(flags: 'resets' | 'padding', clock: number): string {
  return clock === 0 ? flags : `${flags}.${clock}`;
}

/** Bytes that a window takes. */
export function windowBytes(network: Network, size: WindowSize, options: WindowOptions): number {
  return planOf(network, size, options).bytes;
}

type Entry = Layout<WindowSpec>['entries'][number];

/** One block of memory for the buffers of a window of `capacity` steps. */
export class WindowMemory {
  readonly #network: Network;
  readonly #layout: Layout<WindowSpec>;
  readonly #size: WindowSize;
  readonly #block: Pointer;
  readonly #bytes: number;
  /** The buffers whose rows are read again when their steps are no longer new. */
  readonly #kept: readonly Entry[];

  constructor(network: Network, size: WindowSize, options: WindowOptions) {
    const { layout, bytes } = planOf(network, size, options);
    this.#network = network;
    this.#size = size;
    this.#layout = layout;
    this.#bytes = bytes;
    this.#block = network.arena.allocate(bytes);
    this.#kept = layout.entries.filter(({ spec: { kept, extent, moves } }) => {
      // Without backward the states alone are read again.
      return kept && moves && (extent === 'slot' || (extent === 'step' && options.gradients === true));
    });
  }

  /** Where scratch begins. */
  get scratch(): Pointer {
    return this.#block + this.#layout.bytes;
  }

  /** The most steps of a time axis. */
  stepsOf(clock: Clock): number {
    return clock.kind === 'row' ? 1 : this.#size.steps[this.#network.graph.clocks.indexOf(clock)]!;
  }

  find(owner: string, name: string): Track | undefined {
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
    for (const entry of this.#saved(steps)) {
      const view = this.#view(entry, 0, steps);
      saved.tensor(nameOf(entry), view);
      saved.within(nameOf(entry), view, entry.spec.most);
    }
  }

  /** The same from another window of the network: the newest `steps` of those that are `filled`. */
  adopt(other: WindowMemory, filled: number, steps: number): void {
    const entries = other.#saved(steps);
    for (const [index, entry] of this.#saved(steps).entries()) {
      this.#view(entry, 0, steps).set(other.#view(entries[index]!, filled - steps, filled));
    }
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
    if (steps > 0) return this.#kept;
    const { states } = this.#network;
    return this.#kept.filter(({ spec }) =>
      states.some(({ owner, value }) => spec.owner === owner && spec.name === value),
    );
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
