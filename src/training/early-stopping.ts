// The lowest validation loss so far, the weights that had it, and when to stop hoping for a lower one.
import { type Checked, integer, number, type Options, optional, string, withDefault } from '../base/fields.ts';
import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import type { Network } from '../model/network.ts';
import { loadBlock, saveBlock } from '../model/parameters.ts';
import type { Pointer } from '../wasm/kernels.ts';

export const earlyStoppingFields = {
  /** Validations in a row without a lower loss after which training stops, ≥ 1. */
  patience: integer({ min: 1 }),
  /** How much lower a loss must be to count as lower, ≥ 0. Default 0. */
  minimumChange: withDefault(number({ min: 0 }), 0),
  /** The name of the metric, of those in `metrics`, that is to become better. Default: the loss. */
  monitor: optional(string),
};

/** Training stops when the validation loss no longer falls, or a metric no longer becomes better, and ends with the best weights (Prechelt 1998). */
export interface EarlyStopping extends Options<typeof earlyStoppingFields> {}

type CheckedStopping = Checked<typeof earlyStoppingFields>;

export class BestSoFar {
  readonly #network: Network;
  readonly #stopping: CheckedStopping | undefined;
  /** The weights of the best validation; kept only where training is to end with them. */
  readonly #weights: Pointer | undefined;
  /** The least of what is watched, and the loss that the weights had then. */
  #least: number | undefined;
  #loss: number | undefined;
  #last: number | undefined;
  /** Validations since then. */
  #since = 0;

  constructor(network: Network, stopping: CheckedStopping | undefined) {
    this.#network = network;
    this.#stopping = stopping;
    this.#weights = stopping === undefined ? undefined : network.arena.allocate(network.layout.bytes);
  }

  /** Whether it is time to stop. */
  get exhausted(): boolean {
    return this.#stopping !== undefined && this.#since >= this.#stopping.patience;
  }

  /** The loss of the last validation. */
  get last(): number | undefined {
    return this.#last;
  }

  /** Takes the loss of the network's weights of now, and what is watched, which is better when lower; says whether that is the lowest. */
  observe(loss: number, watched: number): boolean {
    const { kernels, parameters, layout } = this.#network;
    this.#last = loss;
    const lowest = this.#least === undefined || watched < this.#least - (this.#stopping?.minimumChange ?? 0);
    this.#since = lowest ? 0 : this.#since + 1;
    if (!lowest) return false;
    this.#least = watched;
    this.#loss = loss;
    if (this.#weights !== undefined) kernels.copy(this.#weights, parameters, layout.count);
    return true;
  }

  /** Gives the network the best weights, where they were kept; returns the loss of the weights that it has then. */
  restore(): number | undefined {
    const { kernels, parameters, layout } = this.#network;
    if (this.#weights === undefined || this.#loss === undefined) return this.#last;
    kernels.copy(parameters, this.#weights, layout.count);
    return this.#loss;
  }

  save(out: StateWriter): void {
    out.value('loss', this.#loss ?? null);
    out.value('least', this.#least ?? null);
    out.value('last', this.#last ?? null);
    out.value('since', this.#since);
    if (this.#weights !== undefined) saveBlock(this.#network, this.#weights, out);
  }

  load(saved: StateReader): void {
    this.#loss = saved.value('loss') === null ? undefined : saved.number('loss');
    this.#least = saved.value('least') === null ? undefined : saved.number('least');
    this.#last = saved.value('last') === null ? undefined : saved.number('last');
    this.#since = saved.count('since');
    if (this.#weights !== undefined) loadBlock(this.#network, this.#weights, saved);
  }

  release(): void {
    if (this.#weights !== undefined) this.#network.arena.release(this.#weights, this.#network.layout.bytes);
  }
}
