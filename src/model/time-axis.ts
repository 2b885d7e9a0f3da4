// One time axis of a window: how many of its steps are filled, at which of them rows begin anew, and which are padding.
import type { Track } from '../layers/contract.ts';
import type { Network } from './network.ts';
import { flagsName, type WindowMemory, type WindowSize } from './window-memory.ts';

export class TimeAxis {
  /** [T,B] octets: 1 where the state before the step is zero. */
  readonly resets: Track;
  /** [T,B] octets: 1 where the step is padding. */
  readonly padding: Track;
  readonly #network: Network;
  readonly #capacity: number;
  readonly #rows: number;
  #filled = 0;
  #hasResets = false;
  #hasPadding = false;

  constructor(network: Network, memory: WindowMemory, index: number, { steps, rows }: WindowSize) {
    this.#network = network;
    this.#capacity = steps[index]!;
    this.#rows = rows;
    this.resets = memory.find('window', flagsName('resets', index))!;
    this.padding = memory.find('window', flagsName('padding', index))!;
  }

  /** How many steps are there. */
  get filled(): number {
    return this.#filled;
  }

  /** Whether any step has such a flag. */
  get hasResets(): boolean {
    return this.#hasResets;
  }

  get hasPadding(): boolean {
    return this.#hasPadding;
  }

  /** No step is there. */
  clear(): void {
    // Where no step has such a flag, all are 0 already.
    if (this.#hasResets || this.#hasPadding) {
      for (const { pointer, stride } of [this.resets, this.padding]) {
        this.#network.arena.octets(pointer, this.#capacity * stride).fill(0);
      }
    }
    this.#filled = 0;
    this.#hasResets = false;
    this.#hasPadding = false;
  }

  /** The oldest steps have gone; the flags have moved down with the other buffers. */
  drop(steps: number): void {
    this.#filled -= steps;
  }

  /** The flags of so many steps are there. */
  refill(steps: number): void {
    this.#filled = steps;
    const flagged = ({ pointer }: Track) => this.#network.arena.octets(pointer, steps * this.#rows).includes(1);
    this.#hasResets = flagged(this.resets);
    this.#hasPadding = flagged(this.padding);
  }

  /** Appends steps `from` to `to` of sequences with these flags. */
  append(from: number, to: number, resets: Uint8Array | undefined, lengths: ArrayLike<number> | undefined): void {
    // Where no step has such a flag, all are 0 already.
    if (resets !== undefined || this.#hasResets) this.#reset(resets, from, to);
    if (lengths !== undefined || this.#hasPadding) this.#pad(lengths, from, to);
    this.#filled += to - from;
  }

  /** Marks the steps at which rows begin anew. */
  #reset(resets: Uint8Array | undefined, from: number, to: number): void {
    const flags = this.#flags(this.resets, to - from);
    if (resets === undefined) flags.fill(0);
    else flags.set(resets.subarray(from * this.#rows, to * this.#rows));
    this.#hasResets ||= flags.includes(1);
  }

  /** Marks the steps of rows that have ended. */
  #pad(lengths: ArrayLike<number> | undefined, from: number, to: number): void {
    const padding = this.#flags(this.padding, to - from);
    padding.fill(0);
    if (lengths === undefined) return;
    const rows = this.#rows;
    for (let row = 0; row < rows; row++) {
      for (let step = Math.max(from, lengths[row]!); step < to; step++) padding[(step - from) * rows + row] = 1;
    }
    this.#hasPadding ||= padding.includes(1);
  }

  /** Those of the next steps. */
  #flags({ pointer, stride }: Track, steps: number): Uint8Array {
    return this.#network.arena.octets(pointer + this.#filled * stride, steps * this.#rows);
  }
}
