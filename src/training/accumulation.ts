// Gradient accumulation: the gradients of several windows as one.

import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import type { Reduction } from '../loss/losses.ts';
import type { Network } from '../model/network.ts';
import { loadBlock, saveBlock } from '../model/parameters.ts';
import type { Pointer } from '../wasm/kernels.ts';

/** What the windows of one update said: means, or sums with the reduction `sum`. */
export interface Gathered {
  readonly loss: number;
  readonly penalty: number;
}

export class Accumulation {
  readonly #network: Network;
  readonly #windows: number;
  readonly #mean: boolean;
  /** The sum of the gradients; none where each window is an update. */
  readonly #block: Pointer | undefined;
  #count = 0;
  #loss = 0;
  #penalty = 0;

  /** `windows`: how many make one update. */
  constructor(network: Network, windows: number, reduction: Reduction) {
    this.#network = network;
    this.#windows = windows;
    this.#mean = reduction === 'mean';
    this.#block = windows === 1 ? undefined : network.arena.allocate(network.layout.bytes);
  }

  /** Whether some windows wait for an update. */
  get pending(): boolean {
    return this.#count > 0;
  }

  /** Takes what the network's gradient block holds in; says whether it is time for an update. */
  add({ loss, penalty }: Gathered): boolean {
    const { kernels, gradients, gradientParts } = this.#network;
    this.#count++;
    this.#loss += loss;
    this.#penalty += penalty;
    if (this.#block !== undefined) {
      const real = kernels.realBytes();
      for (const { offset, count } of gradientParts.list) {
        kernels.add(this.#block + offset * real, gradients + offset * real, count);
      }
    }
    return this.#count === this.#windows;
  }

  /** Puts what was gathered into the gradient block and begins anew. */
  take(): Gathered {
    const { kernels, gradients, gradientParts, layout } = this.#network;
    const factor = this.#mean ? 1 / this.#count : 1;
    const gathered = { loss: this.#loss * factor, penalty: this.#penalty * factor };
    if (this.#block !== undefined) {
      kernels.copy(gradients, this.#block, layout.count);
      if (factor !== 1) kernels.scale(gradients, factor, layout.count);
      kernels.clear(this.#block, layout.count);
      gradientParts.useAll();
    }
    this.#count = 0;
    this.#loss = 0;
    this.#penalty = 0;
    return gathered;
  }

  save(out: StateWriter): void {
    out.value('count', this.#count);
    out.value('loss', this.#loss);
    out.value('penalty', this.#penalty);
    if (this.#block !== undefined && this.pending) saveBlock(this.#network, this.#block, out);
  }

  load(saved: StateReader): void {
    this.#count = saved.count('count', this.#windows - 1);
    this.#loss = saved.number('loss');
    this.#penalty = saved.number('penalty');
    if (this.#block !== undefined && this.pending) loadBlock(this.#network, this.#block, saved);
  }

  release(): void {
    if (this.#block !== undefined) this.#network.arena.release(this.#block, this.#network.layout.bytes);
  }
}
