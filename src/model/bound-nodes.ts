// The layers of a graph in a window: each gets the addresses of what it reads, of its buffers and gradients.
import type { Binding, BoundLayer, BoundPenalty, BoundPort, BoundState, StateSpec, Track } from '../layers/contract.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { LayerNode } from './graph.ts';
import type { Network } from './network.ts';
import { addendName, addsTo, type Readers, readersOf } from './readers.ts';
import { type TiedGradient, tiedName } from './tied-gradients.ts';
import type { TimeAxis } from './time-axis.ts';
import { bindWeight, packedName } from './weights.ts';
import type { WindowMemory } from './window-memory.ts';

/** A layer in a window. */
export interface BoundNode {
  readonly node: LayerNode;
  readonly bound: BoundLayer;
  /** Its time axis; undefined where it has one output a row. */
  readonly axis: TimeAxis | undefined;
  /** Its outputs, and their gradients; the same place where nobody needs the outputs any more. */
  readonly result: Track;
  readonly gradient: Track;
  readonly states: readonly BoundStateOf[];
  /** The states from which its own start. */
  readonly start: readonly BoundState[] | undefined;
  /** Gradients of what it reads that are to be added to what is there. */
  readonly addends: readonly { readonly from: Track; readonly to: Track }[];
  /** What it finds for parameters of other layers. */
  readonly tied: readonly TiedGradient[];
  /** Whether gradients go back through it. */
  readonly flows: boolean;
  /** Whether what goes back first writes the gradient of some of its steps alone, or not in every pass: the rest is to be cleared. */
  readonly partly: boolean;
}

/** Adds what a layer could only write, in some steps of so many rows. */
export function addAddends(
  { kernels }: Network,
  { addends }: BoundNode,
  [from, to]: readonly [number, number],
  rows: number,
): void {
  for (const { from: source, to: target } of addends) {
    const count = (to - from) * rows * target.ld;
    kernels.add(target.pointer + from * target.stride, source.pointer + from * source.stride, count);
  }
}

/** Where a layer starts from another, its first states are that one's last, or its one output a row. */
export function startStates({ kernels }: Network, { states, start }: BoundNode, rows: number): void {
  if (start === undefined) return;
  for (const { name, values } of states) {
    const source = start.find((state) => state.name === name);
    const count = rows * values.ld;
    if (source === undefined) kernels.clear(values.pointer, count);
    else kernels.copy(values.pointer, source.value(), count);
  }
}

/** What errors in training call a layer. */
export function labelOf({ node: { entry, kind, name } }: BoundNode): string {
  return name === undefined ? `layer ${entry - 1} (${kind})` : `'${name}' (${kind})`;
}

/** One of the states of a layer. */
export interface BoundStateOf extends StateSpec {
  readonly values: Track;
  readonly gradients: Track | undefined;
  /** Where the last one lies: after the steps that are there. */
  last(): Pointer;
  /** Whether another layer reads the last one, and gives its gradient. */
  readonly read: boolean;
}

export interface BindOptions {
  readonly rows: number;
  /** The block of gradients, 0 where there is none. */
  readonly gradients: Pointer;
}

/** Binds the layers of a graph; `inputs` are the tracks of its inputs. */
export function bindNodes(
  network: Network,
  memory: WindowMemory,
  axes: readonly TimeAxis[],
  inputs: readonly Track[],
  options: BindOptions,
): readonly BoundNode[] {
  return new Binder(network, memory, axes, inputs, options).bind();
}

/**
 * What a layer adds to the objective: where it is not gone back through, it computes no gradients that terms could be of. `main`: the time
 * axis that windows are counted on.
 */
export function penaltiesOf(
  { flow }: Network,
  { node, bound, axis }: BoundNode,
  main: TimeAxis,
): readonly BoundPenalty[] {
  const penalties = (bound.penalties ?? []).filter((penalty) => penalty.of === 'outputs' || flow.has(node.index));
  return axis === undefined || axis === main ? penalties : penalties.map((penalty) => onOwnSteps(penalty, axis));
}

/** A penalty on another time axis, whose sequences are there as a whole: it has the terms of all its steps, or of none. */
function onOwnSteps(penalty: BoundPenalty, axis: TimeAxis): BoundPenalty {
  const own = (from: number, to: number) => [from < to ? 0 : axis.filled, axis.filled] as const;
  const { renewed } = penalty;
  return {
    ...penalty,
    count: (from, to, pass) => penalty.count(...own(from, to), pass),
    weigh: (_, factor) => penalty.weigh(0, factor),
    add: (sum, from, to, pass) => penalty.add(sum, ...own(from, to), pass),
    ...(renewed && { renewed: (from, to, pass) => renewed(...own(from, to), pass) }),
  };
}

class Binder {
  readonly #network: Network;
  readonly #memory: WindowMemory;
  readonly #axes: readonly TimeAxis[];
  readonly #inputs: readonly Track[];
  readonly #options: BindOptions;
  readonly #readers: readonly Readers[];

  constructor(
    network: Network,
    memory: WindowMemory,
    axes: readonly TimeAxis[],
    inputs: readonly Track[],
    options: BindOptions,
  ) {
    this.#network = network;
    this.#memory = memory;
    this.#axes = axes;
    this.#inputs = inputs;
    this.#options = options;
    this.#readers = network.graph.nodes.map((node) => readersOf(network.graph, node));
  }

  bind(): readonly BoundNode[] {
    return this.#network.graph.layers.map((node) => {
      const { layer, index, owner, start } = node;
      const flows = this.#options.gradients !== 0 && this.#network.flow.has(index);
      const readers = this.#readers[index]!;
      const gradient = this.#gradient(index);
      const states = layer.states.map((state) => ({
        ...state,
        values: this.#memory.find(owner, state.value)!,
        gradients: state.gradient === undefined ? undefined : this.#memory.find(owner, state.gradient)!,
        last: this.#lastOf(node, state.value),
        read: readers.state(state.name).length > 0,
      }));
      // Nobody writes the gradients of steps where the states alone are read.
      if (flows && readers.outputs.length === 0 && states.some(({ read }) => read)) this.#clear(gradient, node);
      return {
        node,
        bound: layer.bind(this.#binding(node)),
        axis: this.#axis(node),
        result: this.#result(index),
        gradient,
        states,
        addends: flows ? this.#addends(node) : [],
        tied: flows ? this.#tied(node) : [],
        start: start === undefined ? undefined : this.#statesOf(start, node),
        flows,
        partly: partly(
          node,
          readers.outputs,
          states.some(({ read }) => read),
        ),
      };
    });
  }

  #binding(node: LayerNode): Binding {
    const { layer, owner, inputs, start } = node;
    const { rows, gradients } = this.#options;
    const { kernels, parameters } = this.#network;
    // What has one output a row has no flags: they are those of the first time axis, and nobody looks.
    const { resets, padding } = this.#axis(node) ?? this.#axes[0]!;
    const buffer = (name: string) => this.#memory.find(owner, name)!;
    return {
      kernels,
      rows,
      inputs: inputs.map((source, port) => this.#port(source, node, port)),
      dOutput: this.#gradient(node.index),
      resets,
      padding,
      scratch: this.#memory.scratch,
      started: start !== undefined,
      parameter: (name) => parameters + this.#network.offset(name),
      weight: (name) => {
        const packed = this.#memory.find(owner, packedName(name))?.pointer ?? 0;
        const tied = this.#memory.find(owner, tiedName(name))?.pointer ?? 0;
        return bindWeight(this.#network, layer, name, { packed, tied, gradients });
      },
      gradient: (name) => gradients + this.#network.offset(name),
      isFrozen: (name) => this.#network.isFrozen(name),
      buffer,
    };
  }

  #addends(node: LayerNode): BoundNode['addends'] {
    return node.inputs.flatMap((source, port) => {
      const from = this.#memory.find('window', addendName(node, port));
      return from === undefined ? [] : [{ from, to: this.#gradient(source) }];
    });
  }

  #tied({ layer, owner }: LayerNode): BoundNode['tied'] {
    const learned = (layer.tied ?? []).filter(({ spec }) => !this.#network.isFrozen(spec.name));
    return learned.map(({ spec: { name } }) => ({ name, found: this.#memory.find(owner, tiedName(name))!.pointer }));
  }

  #port(source: number, reader: LayerNode, port: number): BoundPort {
    const { flow, graph } = this.#network;
    const wanted = this.#options.gradients !== 0 && flow.has(source);
    const node = graph.nodes[source]!;
    const axis = this.#axis(node) ?? this.#axes[0]!;
    const add = addsTo(this.#readers[source]!, reader);
    const own = wanted && add && reader.layer.adds !== true;
    const gradient = () => (own ? this.#memory.find('window', addendName(reader, port))! : this.#gradient(source));
    return {
      track: this.#result(source),
      gradient: wanted ? gradient() : undefined,
      add: add && !own,
      filled: () => axis.filled,
      states: reader.layer.takes === 'last-state' ? this.#statesOf(source, reader) : [],
      padding: axis.padding,
    };
  }

  /** The states in which a node ends, as one of their readers sees them. */
  #statesOf(source: number, reader: LayerNode): readonly BoundState[] {
    const { flow, graph } = this.#network;
    const node = graph.nodes[source]!;
    const wanted = this.#options.gradients !== 0 && flow.has(source);
    const readers = this.#readers[source]!;
    if (node.layer === undefined || node.clock.kind === 'row') {
      const track = this.#result(source);
      const gradient = wanted ? this.#gradient(source).pointer : undefined;
      return [{ name: 'h', value: () => track.pointer, ld: track.ld, gradient, add: addsTo(readers, reader) }];
    }
    const { owner, layer } = node;
    return layer.states.map(({ name, value, gradient }) => ({
      name,
      value: this.#lastOf(node, value),
      ld: this.#memory.find(owner, value)!.ld,
      gradient: wanted && gradient !== undefined ? this.#memory.find(owner, gradient)!.pointer : undefined,
      add: readers.state(name).at(-1)?.index !== reader.index,
    }));
  }

  /** Where the last value of a state lies: in the slot after the steps that are there, or in a buffer that holds no other. */
  #lastOf(node: LayerNode, value: string): () => Pointer {
    const { pointer, stride } = this.#memory.find(node.owner, value)!;
    const axis = this.#axis(node);
    const slots = node.layer.buffers.find(({ name }) => name === value)!.extent === 'slot';
    return () => pointer + (slots ? axis!.filled * stride : 0);
  }

  #axis({ clock }: LayerNode | { readonly clock: LayerNode['clock'] }): TimeAxis | undefined {
    return this.#axes[this.#network.graph.clocks.indexOf(clock)];
  }

  #result(index: number): Track {
    const node = this.#network.graph.nodes[index]!;
    if (node.layer === undefined) return this.#inputs[this.#network.graph.inputs.indexOf(node)]!;
    const track = this.#memory.find(node.owner, node.layer.result)!;
    const slots = node.layer.buffers.find(({ name }) => name === node.layer.result)!.extent === 'slot';
    return slots ? { ...track, pointer: track.pointer + track.stride } : track;
  }

  #gradient(index: number): Track {
    const node = this.#network.graph.nodes[index] as LayerNode;
    return this.#memory.find('window', `dOutput${node.owner}`) ?? this.#result(index);
  }

  #clear({ pointer, stride }: Track, node: LayerNode): void {
    const steps = this.#memory.stepsOf(node.clock);
    this.#network.arena.octets(pointer, steps * stride).fill(0);
  }
}

function partly({ wanted, clock, complete }: LayerNode, outputs: readonly LayerNode[], ended: boolean): boolean {
  if (clock.kind === 'row') return !complete && outputs.some((reader) => reader.complete);
  const first = outputs.at(-1);
  // Of an output the loss writes the gradient, from the first step on that counts.
  return wanted === 'all' && (first === undefined ? !ended : first.wanted === 'counted');
}
