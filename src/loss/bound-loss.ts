// A loss step by step, of one output in a window: it holds targets and mask next to the activations and takes the loss of any of the steps.
import type { Clock } from '../base/signal.ts';
import { type GraphBatch, stepsOf, type Values, valuesOf } from '../data/batch.ts';
import type { BufferSpec, Track } from '../layers/contract.ts';
import type { Network } from '../model/network.ts';
import { padRows } from '../model/pad-rows.ts';
import type { Window } from '../model/window.ts';
import type { BoundLoss, Observed, StepLoss } from './losses.ts';
import type { OutputLoss } from './output-losses.ts';
import { outputsToGradient } from './outputs-to-gradient.ts';

/** Room for the targets and the mask of output `index`. */
export function lossBuffers(
  { node, loss }: OutputLoss,
  index: number,
): readonly (BufferSpec & { readonly clock: Clock })[] {
  if (loss.bind !== undefined) return [];
  const { clock, output } = node;
  const step = { extent: 'step', kept: true, clock } as const;
  const { kind, size } = loss.targets(output.size);
  const [columns, type] = kind === 'tokens' ? ([1, 'integer'] as const) : ([size, 'real'] as const);
  return [
    { ...step, name: bufferName('targets', index), columns, type, most: size - 1 },
    { ...step, name: bufferName('mask', index), columns: 1, type: 'octet', most: 1 },
    // One f64 each: reals would be padded to whole panels.
    { ...step, name: bufferName('weights', index), columns: 2, type: 'integer' },
  ];
}

const bufferName = (name: string, index: number) => (index === 0 ? name : `${name}.${index}`);

/** A loss that is taken step by step, and its output. */
export type StepOutput = OutputLoss & { readonly loss: StepLoss };

export class BoundStepLoss implements BoundLoss {
  readonly output: StepOutput;
  atFault: string | undefined;
  readonly #network: Network;
  readonly #window: Window;
  readonly #gradient: Track;
  readonly #targets: Track;
  /** [T,B] octets: 1 where a step counts. */
  readonly #mask: Track;
  /** [T,B] f64: what it counts for, 0 where it does not. */
  readonly #weights: Track;
  readonly #rows: number;

  constructor(network: Network, window: Window, output: StepOutput, index: number) {
    this.output = output;
    this.#network = network;
    this.#window = window;
    this.#rows = window.rows;
    this.#gradient = window.node(output.node).gradient;
    this.#targets = window.buffer(bufferName('targets', index));
    this.#mask = window.buffer(bufferName('mask', index));
    this.#weights = window.buffer(bufferName('weights', index));
  }

  append(batch: GraphBatch, from: number, to: number, at: number): void {
    const { clock } = this.output.node;
    const { clocks } = this.#network.graph;
    if (clock.kind === 'row') {
      if (this.#window.ends) this.#put(batch, 0, 1, 0);
    } else if (clock === clocks[0]) this.#put(batch, from, to, at);
    else this.#put(batch, 0, stepsOf(batch, clock), 0);
  }

  #put(batch: GraphBatch, from: number, to: number, at: number): void {
    const { node, loss } = this.output;
    const { arena } = this.#network;
    const rows = this.#rows;
    const count = (to - from) * rows;
    const targets = valuesOf(batch.targets, node.name) as Values;
    const place = this.#targets.pointer + at * this.#targets.stride;
    const { kind, size } = loss.targets(node.output.size);
    if (kind === 'tokens') {
      arena.integers(place, count).set(targets.subarray(from * rows, to * rows));
    } else padRows(this.#network, place, targets, from * rows, count, size, this.#targets.ld);
    const mask = batch.mask && valuesOf(batch.mask, node.name);
    const padding = this.#window.node(node).axis?.padding;
    const skipped = padding && arena.octets(padding.pointer + at * rows, count);
    const flags = this.#flags(at, at + to - from);
    const weights = this.#weightsOf(at, at + to - from);
    for (let i = 0, j = from * rows; i < count; i++, j++) {
      weights[i] = skipped?.[i] ? 0 : (mask?.[j] ?? 1) * (loss.weigh?.(targets[j]!) ?? 1);
      flags[i] = +(weights[i]! > 0);
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

  observed(from: number, to: number): Observed | undefined {
    const range = this.#range(from, to);
    const { result: y } = this.#window.node(this.output.node);
    return range && { first: range[0], y, targets: this.#targets, weights: this.#weightsOf(...range) };
  }

  counted(from: number, to: number): number {
    const range = this.#range(from, to);
    if (range === undefined) return 0;
    const weights = this.#weightsOf(...range);
    let steps = 0;
    for (let i = 0; i < weights.length; i++) steps += weights[i]!;
    return steps * this.output.loss.perStep(this.output.node.output.size);
  }

  firstCounted(from: number, to: number): number {
    if (this.output.node.clock !== this.#network.graph.clocks[0] || from >= to) return to;
    const first = this.#flags(from, to).indexOf(1);
    return first < 0 ? to : from + Math.floor(first / this.#mask.stride);
  }

  #weightsOf(from: number, to: number): Float64Array {
    const { pointer, stride } = this.#weights;
    const { buffer, byteOffset, length } = this.#network.arena.integers(
      pointer + from * stride,
      ((to - from) * stride) / 4,
    );
    return new Float64Array(buffer, byteOffset, length / 2);
  }

  #flags(from: number, to: number): Uint8Array {
    const { pointer, stride } = this.#mask;
    return this.#network.arena.octets(pointer + from * stride, (to - from) * stride);
  }

  /** Added up from the last row to the first, as everything that backward adds up: in parts, the later steps first, the bits are those of all at once. */
  take(from: number, to: number, scale: number, sum: number): number {
    const range = this.#range(from, to);
    if (range === undefined) return sum;
    const [first, end] = range;
    outputsToGradient(this.#network, this.#window.node(this.output.node), first, end);
    const weights = this.#weightsOf(first, end);
    let total = sum;
    if (weights.every((weight) => weight === 0 || weight === 1)) {
      total = this.#run(first, 0, weights.length, scale, sum);
    } else {
      // Row by row: kernels know no weights.
      for (let row = weights.length - 1; row >= 0; row--) {
        total += weights[row]! * this.#run(first, row, 1, scale * weights[row]!, 0);
      }
    }
    this.atFault = this.output.loss.atFault?.();
    return total;
  }

  /** Rows `from` of so many, counted from a step on. */
  #run(step: number, from: number, count: number, scale: number, sum: number): number {
    const { kernels } = this.#network;
    const place = ({ pointer, stride }: Track) => pointer + step * stride + (from * stride) / this.#rows;
    const size = this.output.node.output.size;
    const [y, targets, mask] = [this.#gradient, this.#targets, this.#mask].map(place) as [number, number, number];
    return this.output.loss.run(kernels, y, targets, mask, count, size, this.#gradient.ld, scale, sum);
  }
}
