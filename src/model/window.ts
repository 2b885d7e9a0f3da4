// A window: the activations of up to T steps of B rows in memory, filled step by step.
//
// When new steps no longer fit, the oldest go and the rest move down, so that a backward pass can reach back beyond the
// new steps. Slot t of a state is what step t starts from; slot 0 is the state that was carried in.
import type { Input } from '../data/batch.ts';
import type { StateReader, StateWriter } from '../formats/record.ts';
import type { BoundLayer, BoundPenalty, Draw, Pass, Track } from '../layers/contract.ts';
import type { Reals } from '../wasm/arena.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { Network } from './network.ts';
import { checkState, type State } from './state.ts';
import { WindowMemory, type WindowOptions } from './window-memory.ts';

/** How a range of steps is gone back through. */
export interface BackwardOptions {
  /** The first step whose outputs have a gradient. Default: the first of the range. */
  readonly headFrom?: number;
  /** Whether another backward may read these activations. Default false: they may be overwritten. */
  readonly keepsActivations?: boolean;
  /** Whether the backward before this one was of the next steps: the gradient of the state between flows in. Default false: it is zero. */
  readonly continuesFromLater?: boolean;
  /** Whether the next backward is of the steps before: the gradient of the state between is left for it. Default false: that state is a constant. */
  readonly continuesToEarlier?: boolean;
}

export class Window {
  /** The most steps that fit. */
  readonly capacity: number;
  /** B. */
  readonly rows: number;
  /** The outputs of the last layer. */
  readonly output: Track;
  /** Their gradients: where a loss puts them and `backward` reads them. The same place unless backward needs the outputs. */
  readonly dOutput: Track;
  #filled = 0;
  #hasResets = false;
  #hasPadding = false;
  readonly #passes: Pass[] = [];
  readonly #training: boolean;
  readonly #network: Network;
  readonly #memory: WindowMemory;
  readonly #layers: readonly BoundLayer[];
  readonly #penalties: readonly BoundPenalty[];
  readonly #input: Track;
  readonly #resets: Track;
  readonly #padding: Track;
  readonly #states: readonly Track[];
  /** The outputs of each layer, and their gradients. */
  readonly #results: readonly Track[];
  readonly #gradients: readonly Track[];
  /** The index of the first layer after the last recurrent one. */
  readonly #head: number;

  constructor(network: Network, capacity: number, rows: number, options: WindowOptions = {}) {
    this.capacity = capacity;
    this.rows = rows;
    this.#network = network;
    this.#training = options.training ?? false;
    const { frozen = false } = options;
    const { kernels } = network;
    const { layers } = network.stack;
    const last = layers.length - 1;
    // Asked for first, so that the window is the last block and giving it back leaves no hole.
    const gradients = options.gradients ? network.gradients : 0;
    this.#memory = new WindowMemory(network, capacity, rows, options);
    const { scratch } = this.#memory;

    const find = (owner: number | 'window', name: string) => this.#memory.find(owner, name);
    const result = (index: number): Track => {
      const layer = layers[index]!;
      const track = find(index, layer.result)!;
      const slots = layer.buffers.find((buffer) => buffer.name === layer.result)!.extent === 'slot';
      return slots ? { ...track, pointer: track.pointer + track.stride } : track;
    };
    this.#input = find('window', 'input')!;
    this.#resets = find('window', 'resets')!;
    this.#padding = find('window', 'padding')!;
    this.#results = layers.map((_, index) => result(index));
    this.output = result(last);
    const gradientOf = (index: number): Track => find('window', `dOutput${index}`) ?? result(index);
    this.#gradients = layers.map((_, index) => gradientOf(index));
    this.#head = layers.findLastIndex((layer) => layer.reads !== 'step') + 1;
    this.dOutput = gradientOf(last);
    this.#layers = layers.map((layer, index) =>
      layer.bind({
        kernels,
        rows,
        input: index === 0 ? this.#input : result(index - 1),
        dInput: index === 0 || !options.gradients ? undefined : gradientOf(index - 1),
        dOutput: gradientOf(index),
        resets: this.#resets,
        padding: this.#padding,
        scratch,
        frozen,
        parameter: (name) => network.parameters + network.offset(name),
        gradient: (name) => gradients + network.offset(name),
        buffer: (name) => find(index, name)!,
      }),
    );
    this.#penalties = this.#layers.flatMap((layer) => layer.penalties ?? []);
    this.#states = layers.flatMap((layer, index) => layer.state.map((name) => find(index, name)!));
  }

  /** One of the buffers that were asked for. */
  buffer(name: string): Track {
    return this.#memory.find('window', name)!;
  }

  /** A buffer of a layer, and the outputs of a layer and their gradients: for what looks inside. */
  protected bufferOf(layer: number, name: string): Track | undefined {
    return this.#memory.find(layer, name);
  }

  protected resultOf(layer: number): Track {
    return this.#results[layer]!;
  }

  protected gradientOf(layer: number): Track {
    return this.#gradients[layer]!;
  }

  /** How many steps are in the window. */
  get filled(): number {
    return this.#filled;
  }

  /** Empties the window; the next step starts from `state`, by default from zero. */
  start(state?: State): void {
    if (state !== undefined) checkState(this.#network, state, this.rows);
    this.restore(state);
  }

  /** The same from a state that was checked, or that `state` has returned, whatever it holds. */
  restore(state?: State): void {
    this.#filled = 0;
    for (const { pointer, stride } of [this.#resets, this.#padding]) {
      this.#network.arena.octets(pointer, this.capacity * stride).fill(0);
    }
    this.#hasResets = false;
    this.#hasPadding = false;
    const widths = this.#network.stateWidths;
    for (const [index, track] of this.#states.entries()) {
      const view = this.#network.arena.reals(track.pointer, this.rows * track.ld);
      view.fill(0);
      if (state === undefined) continue;
      const width = widths[index]!;
      for (let row = 0; row < this.rows; row++) {
        view.set(state.layers[index]!.subarray(row * width, (row + 1) * width), row * track.ld);
      }
    }
  }

  /**
   * Appends steps `from` to `to` of `input`; drops the oldest steps where there is no room. Does not
   * compute: `forward` does. Nor check: the public entries have.
   *
   * @returns the place of the first new step in the window.
   */
  append(input: Input, from: number, to: number): number {
    const { arena } = this.#network;
    const steps = to - from;
    this.#makeRoom(steps);
    const at = this.#filled;
    const { size, kind } = this.#network.stack.input;
    const place = this.#input.pointer + at * this.#input.stride;
    if (kind === 'tokens') {
      const ids = input.inputs.subarray(from * this.rows, to * this.rows);
      arena.integers(place, ids.length).set(ids);
    } else {
      padRows(this.#network, place, input.inputs, from * this.rows, steps * this.rows, size, this.#input.ld);
    }
    // Where no step has such a flag, all are 0 already.
    if (input.resets !== undefined || this.#hasResets) this.#reset(input, from, to, at);
    if (input.lengths !== undefined || this.#hasPadding) this.#pad(input, from, to, at);
    this.#filled += steps;
    return at;
  }

  /** Draws the random masks of the steps that were appended last, from `at` on. */
  draw(at: number, source: Omit<Draw, 'mask'>): void {
    let masks = 0;
    const draw: Draw = { ...source, mask: () => ++masks };
    for (const layer of this.#layers) layer.draw?.(at, this.#filled, draw);
  }

  /** The tokens of steps `from` to `to`; none where the input is features. */
  tokens(from: number, to: number): Int32Array {
    const { pointer, stride } = this.#input;
    const count = this.#network.stack.input.kind === 'tokens' ? (to - from) * this.rows : 0;
    return this.#network.arena.integers(pointer + from * stride, count);
  }

  /**
   * Computes steps `from` to `to` of the window. Layers after the last recurrent one carry nothing from step to step: they
   * begin at `headFrom`, before which nobody wants their outputs.
   */
  forward(from: number, to: number, headFrom = from): void {
    for (const [index, layer] of this.#layers.entries()) {
      const first = index < this.#head ? from : headFrom;
      if (first < to) layer.forward(first, to, this.#pass());
    }
  }

  /** From dOutput of steps `headFrom` to `to`: adds to the network's gradients, or overwrites those of `overwritten` parameters. */
  backward(from: number, to: number, { headFrom = from, ...how }: BackwardOptions = {}): void {
    for (let index = this.#layers.length - 1; index >= 0; index--) {
      if (index === this.#head - 1) {
        const { pointer, stride } = this.#gradients[index]!;
        this.#network.arena.octets(pointer + from * stride, (headFrom - from) * stride).fill(0);
      }
      const first = index < this.#head ? from : headFrom;
      if (first < to) this.#layers[index]!.backward(first, to, this.#pass(how));
      else if (how.continuesFromLater !== true) this.#network.clearGradientsOf(this.#network.stack.layers[index]!);
    }
  }

  /** Asks what layers add to the objective, one penalty after the other, about a pass. */
  mapPenalties<T>(ask: (penalty: BoundPenalty, pass: Pass, index: number) => T, how?: BackwardOptions): readonly T[] {
    return this.#penalties.map((penalty, index) => ask(penalty, this.#pass(how), index));
  }

  /** Puts the outputs where a loss turns them into gradients; nothing to do where that is the same place. */
  moveToGradient(from: number, to: number): void {
    if (this.output.pointer === this.dOutput.pointer) return;
    const start = this.output.pointer + from * this.output.stride;
    const end = this.output.pointer + to * this.output.stride;
    const { arena } = this.#network;
    arena.octets(0, arena.bytes).copyWithin(this.dOutput.pointer + from * this.dOutput.stride, start, end);
  }

  /** The first layer whose outputs in steps `from` to `to` are not finite, for an error message. */
  firstNonFinite(from: number, to: number): string {
    const { layers, description } = this.#network.stack;
    const index = this.#results.findIndex(({ pointer, stride, ld }) => {
      const values = this.#network.arena.reals(pointer + from * stride, (to - from) * this.rows * ld);
      return values.some((value) => !Number.isFinite(value));
    });
    const layer = index < 0 ? layers.length - 1 : index;
    return `layer ${layer} (${description[layer + 1]!.kind})`;
  }

  /** A copy of the outputs of steps `from` to `to`, [to - from, B, O]; zero where the step is padding. */
  outputs(from: number, to: number): Reals {
    const { pointer, stride, ld } = this.output;
    const size = this.#network.stack.layers.at(-1)!.output.size;
    const count = (to - from) * this.rows;
    const outputs = this.#unpad(pointer + from * stride, count, size, ld);
    if (this.#network.stack.last) return outputs;
    const { pointer: flags, stride: width } = this.#padding;
    const padding = this.#network.arena.octets(flags + from * width, count);
    for (let row = 0; row < count; row++) if (padding[row] === 1) outputs.fill(0, row * size, (row + 1) * size);
    return outputs;
  }

  /** A copy of the state that the next step would start from. */
  state(): State {
    const widths = this.#network.stateWidths;
    const layers = this.#states.map(({ pointer, stride, ld }, index) =>
      this.#unpad(pointer + this.#filled * stride, this.rows, widths[index]!, ld),
    );
    return { rows: this.rows, layers };
  }

  /** Writes the last `steps` steps, fewer where there are fewer, and the state after them, for a window that goes on from there. */
  save(out: StateWriter, steps: number): void {
    const kept = Math.min(steps, this.#filled);
    out.value('rows', this.rows);
    out.value('steps', kept);
    this.#memory.save(out, this.#filled - kept, this.#filled);
  }

  /** The inverse of `save`. The window has room for the steps. */
  load(saved: StateReader): void {
    this.restore();
    const steps = saved.count('steps');
    if (steps > this.capacity) throw saved.error('steps', `at most ${this.capacity}`, String(steps));
    this.#memory.load(saved, steps);
    this.#filled = steps;
    const flagged = ({ pointer }: Track) => this.#network.arena.octets(pointer, steps * this.rows).includes(1);
    this.#hasResets = flagged(this.#resets);
    this.#hasPadding = flagged(this.#padding);
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
    const resets = this.#hasResets;
    const padding = this.#hasPadding;
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

  /** Marks the steps at which rows begin anew. */
  #reset({ resets }: Input, from: number, to: number, at: number): void {
    const { pointer, stride } = this.#resets;
    const flags = this.#network.arena.octets(pointer + at * stride, (to - from) * this.rows);
    if (resets === undefined) flags.fill(0);
    else flags.set(resets.subarray(from * this.rows, to * this.rows));
    this.#hasResets ||= flags.includes(1);
  }

  /** Marks the steps of rows that have ended. */
  #pad({ lengths }: Input, from: number, to: number, at: number): void {
    const { pointer, stride } = this.#padding;
    const padding = this.#network.arena.octets(pointer + at * stride, (to - from) * this.rows);
    padding.fill(0);
    if (lengths === undefined) return;
    for (let row = 0; row < this.rows; row++) {
      for (let step = Math.max(from, lengths[row]!); step < to; step++) padding[(step - from) * this.rows + row] = 1;
    }
    this.#hasPadding ||= padding.includes(1);
  }

  #makeRoom(steps: number): void {
    const drop = this.#filled + steps - this.capacity;
    if (drop <= 0) return;
    this.#memory.drop(drop, this.#filled);
    this.#filled -= drop;
  }

  #unpad(pointer: Pointer, count: number, width: number, ld: number): Reals {
    const view = this.#network.arena.reals(pointer, count * ld);
    const data = this.#network.dtype === 'f32' ? new Float32Array(count * width) : new Float64Array(count * width);
    for (let row = 0; row < count; row++) data.set(view.subarray(row * ld, row * ld + width), row * width);
    return data;
  }
}

/** Fills `count` padded rows at a place from those of `data`, `width` numbers each, from row `first` on. */
export function padRows(
  { kernels, arena }: Network,
  at: Pointer,
  data: Int32Array | Float32Array | Float64Array,
  first: number,
  count: number,
  width: number,
  ld: number,
): void {
  const rows = arena.reals(at, count * ld);
  rows.set(data.subarray(first * width, (first + count) * width), count * (ld - width));
  kernels.spreadRows(at, count, width, ld);
}
