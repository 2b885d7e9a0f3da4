// A window: the activations of up to T steps of B rows in memory, filled step by step.
//
// When new steps no longer fit, the oldest go and the rest move down, so that a backward pass can reach back over the new
// steps. Slot t of a state is what step t starts from; slot 0 is the state that was carried in.
import { type GraphInput, lengthsOf, stepsOf, valuesOf } from '../data/batch.ts';
import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import type { BoundPenalty, BoundState, Draw, Pass, Track } from '../layers/contract.ts';
import type { Reals } from '../wasm/arena.ts';
import type { Pointer } from '../wasm/kernels.ts';
import { addAddends, type BoundNode, bindNodes, labelOf, penaltiesOf, startStates } from './bound-nodes.ts';
import type { InputNode, LayerNode } from './graph.ts';
import type { Network } from './network.ts';
import { padRows } from './pad-rows.ts';
import { skipping } from './skipping.ts';
import { checkState, type State, stateOf } from './state.ts';
import { addTied } from './tied-gradients.ts';
import { TimeAxis } from './time-axis.ts';
import { inputName, WindowMemory, type WindowOptions, type WindowSize } from './window-memory.ts';

/** How a range of steps is gone back through. */
export interface BackwardOptions {
  /** The first step whose outputs have a gradient. Default: the first of the range. */
  readonly headFrom?: number;
  /** Whether a later backward may read these steps again, so that what forward left must stay. Default false. */
  readonly keepsActivations?: boolean;
  /** Whether the steps right after these were the last to go back: their gradient flows in. Default false: nothing does. */
  readonly continuesFromLater?: boolean;
  /** Whether the steps right before these go next. Default false: the state before the range is a constant. */
  readonly continuesToEarlier?: boolean;
}

export class Window {
  /** The most steps that fit. */
  readonly capacity: number;
  /** B. */
  readonly rows: number;
  /** The layer of a user's own whose backward was the first to make numbers that are not finite. */
  atFault: string | undefined;
  /** Whether the steps that were appended last are those with which sequences end. */
  #ends = false;
  readonly #passes: Pass[] = [];
  readonly #training: boolean;
  readonly #network: Network;
  readonly #memory: WindowMemory;
  readonly #axes: readonly TimeAxis[];
  readonly #axis: TimeAxis;
  readonly #size: WindowSize;
  readonly #nodes: readonly BoundNode[];
  /** Those that gradients go back through, in the order in which they do. */
  readonly #reversed: readonly BoundNode[];
  /** Those that have random masks. */
  readonly #drawn: readonly BoundNode[];
  readonly #penalties: readonly BoundPenalty[];
  readonly #inputs: readonly Track[];
  readonly #states: readonly Track[];

  constructor(network: Network, size: WindowSize, options: WindowOptions = {}) {
    this.capacity = size.steps[0]!;
    this.rows = size.rows;
    this.#network = network;
    this.#training = options.training ?? false;
    // Asked for first, so that the window is the last block and giving it back leaves no hole.
    const gradients = options.gradients ? network.gradients : 0;
    const memory = new WindowMemory(network, size, options);
    const { clocks, inputs } = network.graph;
    this.#memory = memory;
    this.#size = size;
    this.#axes = clocks.map((_, index) => new TimeAxis(network, memory, index, size));
    this.#axis = this.#axes[0]!;
    this.#inputs = inputs.map(({ name }, index) => memory.find('window', inputName(index, name))!);
    this.#nodes = bindNodes(network, memory, this.#axes, this.#inputs, { rows: size.rows, gradients });
    this.#reversed = this.#nodes.filter(({ flows }) => flows).toReversed();
    this.#drawn = this.#nodes.filter(({ bound }) => bound.draw !== undefined);
    this.#penalties = this.#nodes.flatMap((node) => penaltiesOf(network, node, this.#axis));
    this.#states = network.states.map(({ owner, value }) => memory.find(owner, value)!);
  }

  /** One of the buffers that were asked for. */
  buffer(name: string): Track {
    return this.#memory.find('window', name)!;
  }

  /** A layer of the graph in this window. */
  node(layer: LayerNode): BoundNode {
    return this.#nodes.find(({ node }) => node.index === layer.index)!;
  }

  /** A buffer of a layer, for what looks inside. */
  protected bufferOf({ owner }: LayerNode, name: string): Track | undefined {
    return this.#memory.find(owner, name);
  }

  /** How many steps are in the window. */
  get filled(): number {
    return this.#axis.filled;
  }

  /** Whether what is of such a size fits; with `atLeast` also what is smaller. */
  fits({ steps, rows }: WindowSize, atLeast: boolean): boolean {
    if (rows !== this.rows) return false;
    return steps.every((count, index) =>
      atLeast ? count <= this.#size.steps[index]! : count === this.#size.steps[index],
    );
  }

  /** Whether its last steps are those with which sequences end, and what has one output a row is there. */
  get ends(): boolean {
    return this.#ends;
  }

  /** Empties the window; the next step starts from `state`, by default from zero. */
  start(state?: State): void {
    this.restore(checkState(this.#network, state, this.rows));
  }

  /** The same from a state that was checked, or that `state` has returned, whatever it holds. */
  restore(state?: State): void {
    for (const axis of this.#axes) axis.clear();
    for (const [index, { columns }] of this.#network.states.entries()) {
      const { pointer, ld } = this.#states[index]!;
      const view = this.#network.arena.reals(pointer, this.rows * ld);
      view.fill(0);
      if (state === undefined) continue;
      for (let row = 0; row < this.rows; row++) {
        view.set(state.layers[index]!.subarray(row * columns, (row + 1) * columns), row * ld);
      }
    }
  }

  /**
   * Appends steps `from` to `to` of `input`; drops the oldest steps where there is no room. Does not
   * compute: `forward` does. Nor check: the public entries have.
   *
   * @returns the place of the first new step in the window.
   */
  append(input: GraphInput, from: number, to: number): number {
    const { inputs, clocks } = this.#network.graph;
    this.#makeRoom(to - from);
    const at = this.#axis.filled;
    this.#ends = to === stepsOf(input, clocks[0]!);
    // Counted, and not with entries(): a step of generation is short.
    for (let index = 0; index < inputs.length; index++) {
      const node = inputs[index]!;
      if (node.clock === clocks[0]) this.#fill(index, node, input, from, to, at);
      else this.#fill(index, node, input, 0, node.clock.kind === 'row' ? 1 : stepsOf(input, node.clock), 0);
    }
    this.#axis.append(from, to, input.resets, lengthsOf(input, clocks[0]!));
    for (let index = 1; index < clocks.length; index++) {
      const clock = clocks[index]!;
      this.#axes[index]!.append(0, stepsOf(input, clock), undefined, lengthsOf(input, clock));
    }
    skipping?.markSkipped(this.#network, this.#inputs, this.#axes, at);
    return at;
  }

  /** Writes steps `from` to `to` of an input, from place `at` on. */
  #fill(
    index: number,
    { name, output: { kind, size } }: InputNode,
    input: GraphInput,
    from: number,
    to: number,
    at: number,
  ) {
    const { pointer, stride, ld } = this.#inputs[index]!;
    const place = pointer + at * stride;
    const values = valuesOf(input.inputs, name);
    if (kind === 'tokens') {
      const ids = values.subarray(from * this.rows, to * this.rows);
      this.#network.arena.integers(place, ids.length).set(ids);
    } else {
      padRows(this.#network, place, values, from * this.rows, (to - from) * this.rows, size, ld);
    }
  }

  /** Draws the random masks of the steps that were appended last, from `at` on. */
  draw(at: number, source: Omit<Draw, 'mask'>): void {
    if (this.#drawn.length === 0) return;
    let masks = 0;
    const draw: Draw = { ...source, mask: () => ++masks };
    for (const { node, axis, bound } of this.#drawn) {
      if (axis === this.#axis) bound.draw!(at, this.filled, draw);
      else if (axis !== undefined) bound.draw!(0, axis.filled, draw);
      // One output a row is that of the last step, or of no step at all.
      else bound.draw!(0, 1, { ...draw, step: node.complete ? draw.step + this.filled - 1 - at : 0 });
    }
  }

  /** The tokens of an input in steps `from` to `to`; none where it is features. */
  tokens(input: number, from: number, to: number): Int32Array {
    const { graph, arena } = this.#network;
    const index = graph.inputs.findIndex((node) => node.index === input);
    const { clock, output } = graph.inputs[index]!;
    if (output.kind !== 'tokens') return new Int32Array();
    const { pointer, stride } = this.#inputs[index]!;
    if (clock === graph.clocks[0]) return arena.integers(pointer + from * stride, (to - from) * this.rows);
    const axis = this.#axes[graph.clocks.indexOf(clock)];
    return arena.integers(pointer, (axis?.filled ?? 1) * this.rows);
  }

  /**
   * Computes steps `from` to `to` of the window. What is wanted only from the first step on that a loss is taken of begins at
   * `headFrom`; what has one output a row is computed where sequences end.
   */
  forward(from: number, to: number, headFrom = from): void {
    const pass = this.#pass();
    for (const bound of this.#nodes) {
      const range = this.#range(bound, from, to, headFrom);
      if (range === undefined) continue;
      startStates(this.#network, bound, this.rows);
      bound.bound.forward(range[0], range[1], pass);
    }
  }

  /**
   * From the gradients of the outputs of steps `headFrom` to `to`: adds to the network's gradients, or overwrites those that are so.
   */
  backward(from: number, to: number, how: BackwardOptions = {}): void {
    const { headFrom = from } = how;
    const pass = this.#pass(how);
    // What has one output a row goes back once, when all steps have brought their part.
    const once = this.#pass({ keepsActivations: pass.keepsActivations });
    const first = !pass.continuesFromLater;
    if (first) this.atFault = undefined;
    // Written before any layer goes back: readers of these add to what is there.
    for (const bound of this.#reversed) this.#clearUnwritten(bound, from, to, headFrom, first);
    for (const bound of this.#reversed) {
      const early = bound.axis === undefined && !bound.node.complete && pass.continuesToEarlier;
      const range = early ? undefined : this.#range(bound, from, to, headFrom);
      if (range !== undefined) {
        bound.bound.backward(range[0], range[1], bound.axis === undefined ? once : pass);
        if (bound.bound.atFault?.()) this.atFault ??= labelOf(bound);
        addAddends(this.#network, bound, range, this.rows);
        if (bound.start !== undefined) this.#endNode(bound, bound.start);
      } else if (first) this.#network.clearOverwritten(bound.node);
    }
    if (!pass.continuesToEarlier) for (const { tied } of this.#nodes) addTied(this.#network, tied);
  }

  /** Clears what nobody writes of the gradients of a layer in this pass. */
  #clearUnwritten(bound: BoundNode, from: number, to: number, headFrom: number, first: boolean): void {
    const { kernels } = this.#network;
    if (bound.partly) {
      const { pointer, stride, ld } = bound.gradient;
      if (bound.axis === undefined && first) kernels.clear(pointer, this.rows * ld);
      // On other time axes all steps have a gradient.
      if (bound.axis === this.#axis && headFrom > from) {
        kernels.clear(pointer + from * stride, (headFrom - from) * this.rows * ld);
      }
    }
    if (!first) return;
    const written = this.#ends && to === this.filled;
    for (const { read, gradients } of bound.states) {
      if (gradients !== undefined && (!read || !written)) kernels.clear(gradients.pointer, this.rows * gradients.ld);
    }
  }

  /** The steps that a layer computes when steps `from` to `to` are; undefined where there are none. */
  #range({ node, axis }: BoundNode, from: number, to: number, headFrom: number): readonly [number, number] | undefined {
    if (axis === this.#axis) {
      const first = node.wanted === 'all' ? from : headFrom;
      return first < to ? [first, to] : undefined;
    }
    if (axis !== undefined) return [0, axis.filled];
    return !node.complete || (this.#ends && to === this.filled) ? [0, 1] : undefined;
  }

  /** The gradients of its first states go to where those come from. */
  #endNode({ states }: BoundNode, start: readonly BoundState[]): void {
    const { kernels } = this.#network;
    for (const { name, gradient, add } of start) {
      const own = states.find((state) => state.name === name)?.gradients;
      if (gradient === undefined || own === undefined) continue;
      const count = this.rows * own.ld;
      if (add) kernels.add(gradient, own.pointer, count);
      else kernels.copy(gradient, own.pointer, count);
    }
  }

  /** Asks what layers add to the objective, one penalty after the other, about a pass. */
  mapPenalties<T>(ask: (penalty: BoundPenalty, pass: Pass, index: number) => T, how?: BackwardOptions): readonly T[] {
    return this.#penalties.map((penalty, index) => ask(penalty, this.#pass(how), index));
  }

  /** The first layer whose outputs in steps `from` to `to` are not finite, for an error message. */
  firstNonFinite(from: number, to: number): string {
    const found = this.#nodes.find((bound) => {
      const range = this.#range(bound, from, to, from);
      if (range === undefined) return false;
      const { pointer, stride, ld } = bound.result;
      const [first, end] = range;
      const values = this.#network.arena.reals(pointer + first * stride, (end - first) * this.rows * ld);
      return values.some((value) => !Number.isFinite(value));
    });
    return labelOf(found ?? this.#nodes.at(-1)!);
  }

  /** A copy of the outputs of a layer in steps `from` to `to`, [to - from, B, O], zero where the step is padding; or its one output a row. */
  outputs(layer: LayerNode, from: number, to: number): Reals {
    const { result, axis } = this.node(layer);
    const { pointer, stride, ld } = result;
    const { size } = layer.output;
    if (axis === undefined) return this.#unpad(pointer, this.rows, size, ld);
    const count = (to - from) * this.rows;
    const outputs = this.#unpad(pointer + from * stride, count, size, ld);
    const { pointer: flags, stride: width } = axis.padding;
    const padding = this.#network.arena.octets(flags + from * width, count);
    for (let row = 0; row < count; row++) if (padding[row] === 1) outputs.fill(0, row * size, (row + 1) * size);
    return outputs;
  }

  /** A copy of the state that the next step would start from. */
  state(): State {
    const layers = this.#network.states.map(({ columns }, index) => {
      const { pointer, stride, ld } = this.#states[index]!;
      return this.#unpad(pointer + this.filled * stride, this.rows, columns, ld);
    });
    return stateOf(this.#network.stateNames, this.rows, layers);
  }

  /** Writes the last `steps` steps, fewer where there are fewer, and the state after them, for a window that goes on from there. */
  save(out: StateWriter, steps: number): void {
    const kept = Math.min(steps, this.filled);
    out.value('rows', this.rows);
    out.value('steps', kept);
    this.#memory.save(out, this.filled - kept, this.filled);
  }

  /** The inverse of `save`. The window has room for the steps. */
  load(saved: StateReader): void {
    this.restore();
    const steps = saved.count('steps', this.capacity);
    this.#memory.load(saved, steps);
    this.#axis.refill(steps);
  }

  /** Goes on from another window of these rows that has no more room: with its newest steps, and the state after them. */
  adopt(other: Window): void {
    this.restore();
    const steps = Math.min(other.filled, this.capacity);
    this.#memory.adopt(other.#memory, other.filled, steps);
    this.#axis.refill(steps);
  }

  /** Gives the memory back. The window must not be used after. */
  release(): void {
    this.#memory.release();
  }

  /** The same object for the same settings: nothing is allocated while training. */
  #pass({
    keepsActivations = false,
    continuesFromLater = false,
    continuesToEarlier = false,
  }: BackwardOptions = {}): Pass {
    const resets = this.#axes.some(({ hasResets }) => hasResets);
    const padding = this.#axes.some(({ hasPadding }) => hasPadding);
    const index = +resets + 2 * +padding + 4 * +keepsActivations + 8 * +continuesFromLater + 16 * +continuesToEarlier;
    this.#passes[index] ??= {
      resets,
      padding,
      training: this.#training,
      keepsActivations,
      continuesFromLater,
      continuesToEarlier,
    };
    return this.#passes[index];
  }

  #makeRoom(steps: number): void {
    const drop = this.filled + steps - this.capacity;
    if (drop <= 0) return;
    this.#memory.drop(drop, this.filled);
    this.#axis.drop(drop);
  }

  #unpad(pointer: Pointer, count: number, width: number, ld: number): Reals {
    const view = this.#network.arena.reals(pointer, count * ld);
    const data = this.#network.dtype === 'f32' ? new Float32Array(count * width) : new Float64Array(count * width);
    for (let row = 0; row < count; row++) data.set(view.subarray(row * ld, row * ld + width), row * width);
    return data;
  }
}
