// A model that reads one sequence and writes another: what it reads is computed once, what it writes step by step.
import { valuesOf } from '../data/batch.ts';
import type { Pass, Track } from '../layers/contract.ts';
import { type BoundNode, bindNodes, startStates } from '../model/bound-nodes.ts';
import type { InputNode } from '../model/graph.ts';
import type { Network } from '../model/network.ts';
import { padRows } from '../model/pad-rows.ts';
import { TimeAxis } from '../model/time-axis.ts';
import { inputName, WindowMemory } from '../model/window-memory.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { TranslationModel } from './translation-model.ts';

/** Rows of sources, time-major, padded to the longest. */
export interface Sources {
  readonly rows: number;
  /** S. */
  readonly steps: number;
  readonly inputs: Int32Array | Float32Array | Float64Array;
  readonly lengths: Int32Array;
}

/** Rows may have ended; nothing goes back. */
const pass: Pass = {
  resets: false,
  padding: true,
  training: false,
  keepsActivations: false,
  continuesFromLater: false,
  continuesToEarlier: false,
};

export class DecoderWindow {
  readonly rows: number;
  readonly #network: Network;
  readonly #model: TranslationModel;
  readonly #memory: WindowMemory;
  readonly #source: TimeAxis;
  readonly #target: TimeAxis;
  readonly #inputs: ReadonlyMap<InputNode, Track>;
  readonly #encoder: readonly BoundNode[];
  readonly #decoder: readonly BoundNode[];
  readonly #output: BoundNode;

  /** Room for sources of at most S steps and targets of at most T. */
  constructor(network: Network, model: TranslationModel, { rows, S, T }: { rows: number; S: number; T: number }) {
    const { clocks, inputs } = network.graph;
    const size = { rows, steps: clocks.map((clock) => (clock === model.target.clock ? T : S)) };
    this.rows = rows;
    this.#network = network;
    this.#model = model;
    this.#memory = new WindowMemory(network, size, { fixed: true });
    const axes = clocks.map((_, index) => new TimeAxis(network, this.#memory, index, size));
    this.#source = axes[clocks.indexOf(model.source.clock)]!;
    this.#target = axes[clocks.indexOf(model.target.clock)]!;
    const tracks = inputs.map(({ name }, index) => this.#memory.find('window', inputName(index, name))!);
    this.#inputs = new Map(inputs.map((input, index) => [input, tracks[index]!]));
    const nodes = bindNodes(network, this.#memory, axes, tracks, { rows, gradients: 0 });
    this.#encoder = nodes.filter(({ axis }) => axis !== this.#target);
    this.#decoder = nodes.filter(({ axis }) => axis === this.#target);
    this.#output = nodes.find(({ node }) => node.index === model.output.index)!;
  }

  /** How many steps were written. */
  get written(): number {
    return this.#target.filled;
  }

  /** Reads sources, as many as there are rows; nothing is written yet. */
  encode({ rows, steps, inputs, lengths }: Sources): void {
    const { source } = this.#model;
    const { pointer, ld } = this.#inputs.get(source)!;
    const { kind, size } = source.output;
    this.#begin();
    if (kind === 'tokens') this.#network.arena.integers(pointer, steps * rows).set(valuesOf(inputs, undefined));
    else padRows(this.#network, pointer, valuesOf(inputs, undefined), 0, steps * rows, size, ld);
    this.#source.append(0, steps, undefined, lengths);
    for (const bound of this.#encoder) {
      startStates(this.#network, bound, rows);
      bound.bound.forward(0, bound.axis === undefined ? 1 : steps, pass);
    }
  }

  /** Takes what another window has made of its sources: row r here has those of row r / `copies` there. */
  encodeFrom(other: DecoderWindow, { steps, lengths }: Sources, copies: number): void {
    this.#begin();
    this.#source.append(
      0,
      steps,
      undefined,
      Int32Array.from({ length: this.rows }, (_, r) => lengths[Math.floor(r / copies)]!),
    );
    for (const [index, { axis, result, states }] of this.#encoder.entries()) {
      const from = other.#encoder[index]!;
      this.#spread(result, from.result, axis === undefined ? 1 : steps, copies);
      for (const [at, { values, last }] of states.entries()) {
        // The last ones alone can be read.
        const there = from.states[at]!;
        this.#spread({ ...values, pointer: last() }, { ...there.values, pointer: there.last() }, 1, copies);
      }
    }
  }

  #begin(): void {
    this.#source.clear();
    this.#target.clear();
    for (const { states } of [...this.#encoder, ...this.#decoder]) {
      for (const { values, carried } of states)
        if (carried) this.#network.kernels.clear(values.pointer, this.rows * values.ld);
    }
  }

  #spread(to: Track, from: Track, steps: number, copies: number): void {
    const { arena } = this.#network;
    for (let step = 0; step < steps; step++) {
      for (let row = 0; row < this.rows; row++) {
        const there = from.pointer + step * from.stride + Math.floor(row / copies) * this.#bytes(from.ld);
        const here = to.pointer + step * to.stride + row * this.#bytes(to.ld);
        arena.octets(here, this.#bytes(to.ld)).set(arena.octets(there, this.#bytes(to.ld)));
      }
    }
  }

  #bytes(reals: number): number {
    return reals * this.#network.kernels.realBytes();
  }

  /** Reads the next token of each row. */
  step(tokens: Int32Array): void {
    const at = this.#target.filled;
    const { pointer, stride } = this.#inputs.get(this.#model.target)!;
    this.#network.arena.integers(pointer + at * stride, this.rows).set(tokens);
    this.#target.append(at, at + 1, undefined, undefined);
    for (const bound of this.#decoder) {
      if (at === 0) startStates(this.#network, bound, this.rows);
      bound.bound.forward(at, at + 1, pass);
    }
  }

  /** Row r goes on from where row `parents[r]` is, which has the same source. */
  gather(parents: readonly number[]): void {
    const { arena } = this.#network;
    for (const { states } of this.#decoder) {
      for (const { values, carried } of states) {
        if (!carried) continue;
        const width = values.ld;
        const view = arena.reals(values.pointer + this.#target.filled * values.stride, this.rows * width);
        const before = view.slice();
        for (const [row, parent] of parents.entries()) {
          view.set(before.subarray(parent * width, (parent + 1) * width), row * width);
        }
      }
    }
  }

  /** Where the logits of a row after the last step are. */
  logits(row: number): Pointer {
    const { pointer, stride, ld } = this.#output.result;
    return pointer + (this.#target.filled - 1) * stride + row * this.#bytes(ld);
  }

  /** The weights with which a row has read its source in the last step: the mean of the heads of the last attention; none without one. */
  weights(row: number): Float64Array | undefined {
    const { attention } = this.#model;
    if (attention === undefined) return undefined;
    const { pointer, stride, ld } = this.#memory.find(attention.owner, 'weights')!;
    const heads = this.#model.heads;
    const S = this.#source.filled;
    const block = ld / heads;
    const view = this.#network.arena.reals(pointer + (this.#target.filled - 1) * stride + row * this.#bytes(ld), ld);
    return Float64Array.from({ length: S }, (_, s) => {
      let sum = 0;
      for (let head = 0; head < heads; head++) sum += view[head * block + s]!;
      return sum / heads;
    });
  }

  release(): void {
    this.#memory.release();
  }
}
