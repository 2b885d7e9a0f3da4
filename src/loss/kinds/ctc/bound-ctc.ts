// CTC of one output in a window.
import { type GraphBatch, type Labels, lengthsOf, type Mask, stepsOf, valuesOf } from '../../../data/batch.ts';
import type { LayerNode } from '../../../model/graph.ts';
import type { Network } from '../../../model/network.ts';
import type { Window } from '../../../model/window.ts';
import type { Pointer } from '../../../wasm/kernels.ts';
import type { BoundLoss, LabelledRow, ObservedSequences, Reduction } from '../../losses.ts';
import { outputsToGradient } from '../../outputs-to-gradient.ts';
import { type CtcKernels, ctcKernels } from './kernels.ts';
import { fits } from './labels.ts';

interface Place {
  readonly network: Network;
  readonly window: Window;
  readonly node: LayerNode;
  readonly reduction: Reduction;
}

export class BoundCtc implements BoundLoss {
  readonly #blank: number;
  readonly #place: Place;
  readonly #kernels: CtcKernels;
  #rows: readonly LabelledRow[] = [];
  /** The steps of the batch. */
  #steps = 0;
  /** What the kernel works in for the row that needs most, and then the labels of all rows; it grows with the batches. */
  #room: { readonly start: Pointer; readonly bytes: number } = { start: 0, bytes: 0 };
  #labels: Pointer = 0;

  constructor({ blank }: { readonly blank: number }, place: Place) {
    this.#blank = blank;
    this.#place = place;
    this.#kernels = ctcKernels.of(place.network.kernels);
  }

  append(batch: GraphBatch): void {
    const { node, network } = this.#place;
    const lengths = lengthsOf(batch, node.clock);
    const mask = batch.mask && valuesOf<Mask>(batch.mask, node.name);
    this.#steps = stepsOf(batch, node.clock);
    this.#rows = (valuesOf(batch.targets, node.name) as Labels).map((labels, row) => {
      const steps = lengths?.[row] ?? this.#steps;
      const weight = fits(labels, steps) ? (mask?.[row] ?? 1) : 0;
      return { labels, steps: weight > 0 ? steps : 0, weight };
    });
    this.#makeRoom();
    let at = this.#labels;
    for (const { labels } of this.#rows) {
      network.arena.integers(at, labels.length).set(labels);
      at += labels.byteLength;
    }
  }

  /** Each row is one number. */
  counted(): number {
    return this.#rows.reduce((sum, { weight }) => sum + weight, 0);
  }

  firstCounted(from: number, to: number): number {
    const { node, network } = this.#place;
    return node.clock === network.graph.clocks[0] ? from : to;
  }

  observed(): ObservedSequences {
    const { window, node } = this.#place;
    return { y: window.node(node).result, rows: this.#rows };
  }

  take(_: number, __: number, scale: number, sum: number): number {
    const { network, window, node, reduction } = this.#place;
    const bound = window.node(node);
    outputsToGradient(network, bound, 0, this.#steps);
    const { pointer, stride, ld } = bound.gradient;
    const { ctc } = this.#kernels;
    const width = stride / this.#rows.length;
    let at = this.#labels + this.#rows.reduce((bytes, { labels }) => bytes + labels.byteLength, 0);
    for (let row = this.#rows.length - 1; row >= 0; row--) {
      const { labels, steps, weight: own } = this.#rows[row]!;
      const { length: U } = labels;
      at -= labels.byteLength;
      const weight = reduction === 'mean' ? own / Math.max(1, U) : own;
      const where = [pointer + row * width, stride, this.#steps, steps, node.output.size, ld] as const;
      sum += weight * ctc(...where, at, U, this.#blank, scale * weight, this.#room.start);
    }
    return sum;
  }

  release(): void {
    const { start, bytes } = this.#room;
    if (bytes > 0) this.#place.network.arena.release(start, bytes);
    this.#room = { start: 0, bytes: 0 };
  }

  #makeRoom(): void {
    const { node, network } = this.#place;
    const { ld } = this.#place.window.node(node).gradient;
    let scratch = 0;
    let bytes = 0;
    for (const { labels, steps } of this.#rows) {
      bytes += labels.byteLength;
      scratch = Math.max(scratch, this.#kernels.ctcScratch(steps, labels.length, node.output.size, ld));
    }
    bytes += scratch;
    if (bytes > this.#room.bytes) {
      this.release();
      this.#room = { start: network.arena.allocate(bytes), bytes };
    }
    this.#labels = this.#room.start + scratch;
  }
}
