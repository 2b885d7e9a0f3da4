// The loss of one output in a window: it holds targets and mask next to the activations and takes the loss of any of the steps.
import type { Clock } from '../base/signal.ts';
import { type GraphBatch, lengthsOf, stepsOf, valuesOf } from '../data/batch.ts';
import type { BufferSpec, Track } from '../layers/contract.ts';
import type { Network } from '../model/network.ts';
import { padRows, type Window } from '../model/window.ts';
import type { OutputLoss } from './output-losses.ts';

/** Room for the targets and the mask of output `index`. */
export function lossBuffers(
  { node, loss }: OutputLoss,
  index: number,
): readonly (BufferSpec & { readonly clock: Clock })[] {
  const { clock, output } = node;
  const step = { extent: 'step', kept: true, clock } as const;
  const { kind, size } = loss.targets(output.size);
  const [columns, type] = kind === 'tokens' ? ([1, 'integer'] as const) : ([output.size, 'real'] as const);
  return [
    { ...step, name: bufferName('targets', index), columns, type, most: size - 1 },
    { ...step, name: bufferName('mask', index), columns: 1, type: 'octet', most: 1 },
  ];
}

const bufferName = (name: string, index: number) => (index === 0 ? name : `${name}.${index}`);

export class BoundLoss {
  readonly output: OutputLoss;
  readonly #network: Network;
  readonly #window: Window;
  readonly #result: Track;
  readonly #gradient: Track;
  readonly #targets: Track;
  readonly #mask: Track;
  readonly #rows: number;

  constructor(network: Network, window: Window, output: OutputLoss, index: number) {
    this.output = output;
    this.#network = network;
    this.#window = window;
    this.#rows = window.rows;
    const { result, gradient } = window.node(output.node);
    this.#result = result;
    this.#gradient = gradient;
    this.#targets = window.buffer(bufferName('targets', index));
    this.#mask = window.buffer(bufferName('mask', index));
  }

  /** Takes the targets and the mask of steps `from` to `to` of a batch in, which lie from place `at` on. */
  append(batch: GraphBatch, from: number, to: number, at: number): void {
    const { node } = this.output;
    const { clocks } = this.#network.graph;
    const mask = ArrayBuffer.isView(batch.mask) || batch.mask === undefined ? batch.mask : batch.mask[node.name!];
    if (node.clock.kind === 'row') {
      if (this.#window.ends) this.#put(batch, 0, 1, 0, undefined, undefined);
    } else if (node.clock === clocks[0]) this.#put(batch, from, to, at, mask, lengthsOf(batch, node.clock));
    else this.#put(batch, 0, stepsOf(batch, node.clock), 0, mask, lengthsOf(batch, node.clock));
  }

  #put(
    batch: GraphBatch,
    from: number,
    to: number,
    at: number,
    mask: Uint8Array | undefined,
    lengths: ArrayLike<number> | undefined,
  ): void {
    const { node, loss } = this.output;
    const { arena } = this.#network;
    const rows = this.#rows;
    const count = (to - from) * rows;
    const targets = valuesOf(batch.targets, node.name);
    const place = this.#targets.pointer + at * this.#targets.stride;
    if (loss.targets(node.output.size).kind === 'tokens') {
      arena.integers(place, count).set(targets.subarray(from * rows, to * rows));
    } else padRows(this.#network, place, targets, from * rows, count, node.output.size, this.#targets.ld);
    const flags = arena.octets(this.#mask.pointer + at * this.#mask.stride, count);
    if (mask === undefined) flags.fill(1);
    else flags.set(mask.subarray(from * rows, to * rows));
    if (lengths === undefined) return;
    for (let row = 0; row < rows; row++) {
      for (let step = Math.max(from, lengths[row]!); step < to; step++) flags[(step - from) * rows + row] = 0;
    }
  }

  /** The steps of the output that belong to steps `from` to `to` of the window; undefined where there are none. */
  #range(from: number, to: number): readonly [number, number] | undefined {
    const { clock } = this.output.node;
    const { clocks } = this.#network.graph;
    if (clock === clocks[0]) return from < to ? [from, to] : undefined;
    if (to !== this.#window.filled || !this.#window.ends || from === to) return undefined;
    return [0, this.#window.node(this.output.node).axis?.filled ?? 1];
  }

  /** How many numbers count in steps `from` to `to`. */
  counted(from: number, to: number): number {
    const range = this.#range(from, to);
    if (range === undefined) return 0;
    let steps = 0;
    const flags = this.#flags(...range);
    for (let i = 0; i < flags.length; i++) steps += flags[i]!;
    return steps * this.output.loss.perStep(this.output.node.output.size);
  }

  /** The first of steps `from` to `to` in which a row counts, or `to`: that also of an output that has other steps. */
  firstCounted(from: number, to: number): number {
    if (this.output.node.clock !== this.#network.graph.clocks[0] || from >= to) return to;
    const first = this.#flags(from, to).indexOf(1);
    return first < 0 ? to : from + Math.floor(first / this.#mask.stride);
  }

  #flags(from: number, to: number): Uint8Array {
    const { pointer, stride } = this.#mask;
    return this.#network.arena.octets(pointer + from * stride, (to - from) * stride);
  }

  /**
   * `sum` and the losses of steps `from` to `to`; their outputs become gradients, times `scale`. Added up from the last row to the
   * first, as everything that backward adds up: in parts, the later steps first, the bits are those of all at once.
   */
  take(from: number, to: number, scale: number, sum: number): number {
    const range = this.#range(from, to);
    if (range === undefined) return sum;
    const [first, end] = range;
    this.#moveToGradient(first, end);
    const { pointer, stride, ld } = this.#gradient;
    return this.output.loss.run(
      this.#network.kernels,
      pointer + first * stride,
      this.#targets.pointer + first * this.#targets.stride,
      this.#mask.pointer + first * this.#mask.stride,
      (end - first) * this.#rows,
      this.output.node.output.size,
      ld,
      scale,
      sum,
    );
  }

  /** Puts the outputs where the loss turns them into gradients; nothing to do where that is the same place. */
  #moveToGradient(from: number, to: number): void {
    const { pointer, stride } = this.#result;
    if (pointer === this.#gradient.pointer) return;
    const { arena } = this.#network;
    const target = this.#gradient.pointer + from * this.#gradient.stride;
    arena.octets(0, arena.bytes).copyWithin(target, pointer + from * stride, pointer + to * stride);
  }
}
