// An exponential moving average of the weights (Polyak and Juditsky 1992; with the start of TensorFlow's ExponentialMovingAverage).
// Loaded for trainings that have one.
import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import type { Network } from '../model/network.ts';
import { loadBlock, saveBlock } from '../model/parameters.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { AverageOptions } from './options.ts';

export class WeightAverage {
  readonly #network: Network;
  readonly #decay: number;
  readonly #block: Pointer;
  #updates = 0;

  constructor(network: Network, { decay }: AverageOptions) {
    this.#network = network;
    this.#decay = decay;
    this.#block = network.arena.allocate(network.layout.bytes);
    network.kernels.copy(this.#block, network.parameters, network.layout.count);
  }

  /** Takes the weights of now in. */
  update(): void {
    const { kernels, parameters, layout } = this.#network;
    this.#updates++;
    const t = this.#updates;
    kernels.approach(this.#block, parameters, 1 - Math.min(this.#decay, (1 + t) / (10 + t)), layout.count);
  }

  /** Exchanges the weights and their average. */
  swap(): void {
    const { arena, parameters, layout } = this.#network;
    const weights = arena.reals(parameters, layout.count);
    const average = arena.reals(this.#block, layout.count);
    const kept = weights.slice();
    weights.set(average);
    average.set(kept);
  }

  save(out: StateWriter): void {
    out.value('updates', this.#updates);
    saveBlock(this.#network, this.#block, out);
  }

  load(saved: StateReader): void {
    this.#updates = saved.count('updates');
    loadBlock(this.#network, this.#block, saved);
  }

  release(): void {
    this.#network.arena.release(this.#block, this.#network.layout.bytes);
  }
}
