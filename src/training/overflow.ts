// Whether an update leaves numbers that the dtype does not hold. That it cannot is shown by bounds of a few operations a step; where they do not
// show it, the update is tried, and undone if it does.
import type { Network } from '../model/network.ts';
import type { Pointer } from '../wasm/kernels.ts';

/** What an update is made with. */
export interface Reach {
  /** Euclidean norm of the gradient after clipping: none of its numbers is greater. */
  readonly gradient: number;
  /** The greatest factor from a gradient to a change of a parameter. */
  readonly rate: number;
  /** The greatest part of a parameter that is taken away. */
  readonly decay: number;
}

export class OverflowGuard {
  readonly #network: Network;
  /** The slots of the optimizer; `squares`: whether the last one is of squares of gradients. */
  readonly #slots: readonly Pointer[];
  readonly #squares: boolean;
  /** A quarter of the greatest number: a step of Nesterov's is up to twice as long, and sums are rounded. */
  readonly #limit: number;
  /** No parameter is greater. */
  #weights = Number.POSITIVE_INFINITY;
  /** No number of a slot is greater, or than its square in the slot of squares: all are sums of gradients with factors of at most 1. */
  #gradients = 0;
  #edits = 0;

  constructor(network: Network, slots: readonly Pointer[], squares: boolean) {
    this.#network = network;
    this.#slots = slots;
    this.#squares = squares;
    this.#limit = network.dtype === 'f32' ? 2 ** 126 : 2 ** 1022;
  }

  /** Makes an update. Returns undefined, or the name of a parameter that it would have taken too far: then nothing has changed. */
  run(update: () => void, reach: Reach): string | undefined {
    const { edits } = this.#network;
    if (edits !== this.#edits) this.#weights = Number.POSITIVE_INFINITY;
    this.#edits = edits;
    if (!this.#isSafe(reach)) {
      this.#measure();
      if (!this.#isSafe(reach)) return this.#attempt(update);
    }
    update();
    return undefined;
  }

  /** Moves the bounds on by an update; says whether all is within the limit then. */
  #isSafe({ gradient, rate, decay }: Reach): boolean {
    this.#gradients += gradient;
    // At least 1, so that a rate without end is seen also where nothing is to be learned.
    this.#weights = this.#weights * Math.max(1, decay - 1) + rate * Math.max(1, this.#gradients);
    return this.#weights < this.#limit && this.#gradients * this.#gradients < this.#limit;
  }

  #measure(): void {
    this.#weights = this.#largest(this.#network.parameters);
    const found = this.#slots.map((slot) => this.#largest(slot));
    if (this.#squares) found.push(Math.sqrt(found.pop()!));
    this.#gradients = Math.max(0, ...found);
  }

  /** The greatest magnitude in a block; NaN where one is. */
  #largest(block: Pointer): number {
    const { arena, layout } = this.#network;
    let most = 0;
    for (const value of arena.reals(block, layout.count)) most = Math.max(most, Math.abs(value));
    return most;
  }

  #attempt(update: () => void): string | undefined {
    const { arena, parameters, layout, kernels } = this.#network;
    const blocks = [parameters, ...this.#slots];
    const before = blocks.map((block) => arena.octets(block, layout.bytes).slice());
    update();
    const isTooFar = (value: number) => !(Math.abs(value) <= 2 * this.#limit);
    const failed = layout.entries.find(({ offset, bytes }) =>
      blocks.some((block) => arena.reals(block + offset, bytes / kernels.realBytes()).some(isTooFar)),
    );
    if (failed === undefined) this.#measure();
    else for (const [index, block] of blocks.entries()) arena.octets(block, layout.bytes).set(before[index]!);
    return failed?.spec.name;
  }
}
