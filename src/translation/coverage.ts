// Translations that leave out a part of their source are at a disadvantage.
import type { Network } from '../model/network.ts';

/** What was hardly looked at counts as looked at so much: the logarithm of nothing is none. */
const LEAST = 1e-6;

/** `β Σ_s log(min(Σ_t a_ts, 1))` (Wu et al. 2016, eq. 14) by the kernels' log: the same in every engine. */
export class CoveragePenalty {
  readonly #network: Network;
  readonly #beta: number;
  readonly #count: number;
  readonly #block: number;

  /** For sources of at most `steps`. */
  constructor(network: Network, beta: number, steps: number) {
    this.#network = network;
    this.#beta = beta;
    this.#count = network.kernels.padded(steps);
    this.#block = network.arena.allocate(this.#count * network.kernels.realBytes());
  }

  /** Of the weights at each step that was written. */
  of(looks: readonly Float64Array[]): number {
    const { kernels, arena } = this.#network;
    const steps = looks[0]?.length ?? 0;
    if (this.#beta === 0 || steps === 0) return 0;
    const covered = arena.reals(this.#block, this.#count).fill(1);
    for (let s = 0; s < steps; s++) {
      let sum = 0;
      for (const weights of looks) sum += weights[s]!;
      covered[s] = Math.min(1, Math.max(LEAST, sum));
    }
    kernels.vlog(this.#block, this.#block, this.#count);
    let sum = 0;
    for (const value of arena.reals(this.#block, steps)) sum += value;
    return this.#beta * sum;
  }

  release(): void {
    this.#network.arena.release(this.#block, this.#count * this.#network.kernels.realBytes());
  }
}
