// A window together with a loss: it holds targets and mask next to the activations and takes the loss of any of its steps.
import type { Batch } from '../data/batch.ts';
import type { BufferSpec, Track } from '../layers/contract.ts';
import type { Network } from '../model/network.ts';
import { padRows, Window } from '../model/window.ts';
import { type WindowOptions, windowBytes } from '../model/window-memory.ts';
import type { Loss } from './losses.ts';

/** Targets and mask. */
function buffersOf(network: Network, loss: Loss): readonly BufferSpec[] {
  const outputs = network.stack.layers.at(-1)!.output.size;
  const { kind } = loss.targets(outputs);
  const step = { extent: 'step', kept: true } as const;
  const targets: BufferSpec =
    kind === 'tokens'
      ? { ...step, name: 'targets', columns: 1, type: 'integer' }
      : { ...step, name: 'targets', columns: outputs, type: 'real' };
  return [targets, { ...step, name: 'mask', columns: 1, type: 'octet' }];
}

/** Bytes that a window with a loss takes. */
export function lossWindowBytes(
  network: Network,
  loss: Loss,
  capacity: number,
  rows: number,
  options: WindowOptions,
): number {
  return windowBytes(network, capacity, rows, { ...options, buffers: buffersOf(network, loss) });
}

export class LossWindow extends Window {
  readonly #network: Network;
  readonly #loss: Loss;
  readonly #outputs: number;
  readonly #targets: Track;
  readonly #mask: Track;

  constructor(network: Network, loss: Loss, capacity: number, rows: number, options: WindowOptions = {}) {
    super(network, capacity, rows, { ...options, buffers: buffersOf(network, loss) });
    this.#network = network;
    this.#loss = loss;
    this.#outputs = network.stack.layers.at(-1)!.output.size;
    this.#targets = this.buffer('targets');
    this.#mask = this.buffer('mask');
  }

  /** Appends steps `from` to `to` of a batch with their targets; returns the place of the first. */
  appendBatch(batch: Batch, from: number, to: number): number {
    const at = this.append(batch, from, to);
    const { arena } = this.#network;
    const count = (to - from) * this.rows;
    if (this.#network.stack.last) {
      this.#appendLast(batch, from, to, at);
      return at;
    }
    const place = this.#targets.pointer + at * this.#targets.stride;
    if (this.#loss.targets(this.#outputs).kind === 'tokens') {
      arena.integers(place, count).set(batch.targets.subarray(from * this.rows, to * this.rows));
    } else {
      const { ld } = this.#targets;
      padRows(this.#network, place, batch.targets, from * this.rows, count, this.#outputs, ld);
    }
    const flags = arena.octets(this.#mask.pointer + at * this.#mask.stride, count);
    if (batch.mask === undefined) flags.fill(1);
    else flags.set(batch.mask.subarray(from * this.rows, to * this.rows));
    if (batch.lengths !== undefined) {
      for (let row = 0; row < this.rows; row++) {
        for (let step = Math.max(from, batch.lengths[row]!); step < to; step++)
          flags[(step - from) * this.rows + row] = 0;
      }
    }
    return at;
  }

  /** Targets of a model with one output a row: those of the batch's last step. */
  #appendLast(batch: Batch, from: number, to: number, at: number): void {
    const { arena } = this.#network;
    const count = (to - from) * this.rows;
    const flags = arena.octets(this.#mask.pointer + at * this.#mask.stride, count).fill(0);
    const ends = to === batch.steps;
    if (ends) flags.fill(1, count - this.rows);
    const last = this.#targets.pointer + (at + to - from - 1) * this.#targets.stride;
    if (this.#loss.targets(this.#outputs).kind === 'tokens') {
      arena.integers(this.#targets.pointer + at * this.#targets.stride, count).fill(0);
      if (ends) arena.integers(last, this.rows).set(batch.targets);
    } else if (ends) padRows(this.#network, last, batch.targets, 0, this.rows, this.#outputs, this.#targets.ld);
  }

  /** How many numbers count in steps `from` to `to`. */
  counted(from: number, to: number): number {
    const { pointer, stride } = this.#mask;
    const flags = this.#network.arena.octets(pointer + from * stride, (to - from) * stride);
    let steps = 0;
    for (let i = 0; i < flags.length; i++) steps += flags[i]!;
    return steps * this.#loss.perStep(this.#outputs);
  }

  /** The first of steps `from` to `to` in which a row counts, or `to`. */
  firstCounted(from: number, to: number): number {
    const { pointer, stride } = this.#mask;
    const first = this.#network.arena.octets(pointer + from * stride, (to - from) * stride).indexOf(1);
    return first < 0 ? to : from + Math.floor(first / stride);
  }

  /**
   * `sum` and the losses of steps `from` to `to`; their outputs become gradients, times `scale`. Added up from the last row to the
   * first, as everything that backward adds up: in parts, the later steps first, the bits are those of all at once.
   */
  takeLoss(from: number, to: number, scale: number, sum = 0): number {
    this.moveToGradient(from, to);
    const { dOutput } = this;
    return this.#loss.run(
      this.#network.kernels,
      dOutput.pointer + from * dOutput.stride,
      this.#targets.pointer + from * this.#targets.stride,
      this.#mask.pointer + from * this.#mask.stride,
      (to - from) * this.rows,
      this.#outputs,
      dOutput.ld,
      scale,
      sum,
    );
  }
}
