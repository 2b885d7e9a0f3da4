// Log-probabilities of a model's own distribution: log softmax of its logits, in nats.
import type { Network } from '../model/network.ts';
import type { Pointer } from '../wasm/kernels.ts';
import { nonFinite } from './sampling.ts';

export class LogProbabilities {
  readonly #network: Network;
  readonly #where: string;
  readonly #size: number;
  readonly #scratch: Pointer;
  readonly #bytes: number;

  /** `where` names the caller in errors. */
  constructor(network: Network, where: string, size: number) {
    const { kernels, arena } = network;
    this.#network = network;
    this.#where = where;
    this.#size = size;
    this.#bytes = kernels.padded(size) * kernels.realBytes();
    this.#scratch = arena.allocate(this.#bytes);
  }

  /** What a row of logits has to be lowered by. @throws BpttError when they are not finite. */
  normalizer(logits: Pointer): number {
    const normalizer = this.#network.kernels.logNormalizer(this.#scratch, logits, this.#size);
    if (!Number.isFinite(normalizer)) throw nonFinite(this.#network, this.#where, logits, this.#size);
    return normalizer;
  }

  /** The log-probability of one token. */
  of(logits: Pointer, token: number): number {
    const normalizer = this.normalizer(logits);
    return this.#network.arena.reals(logits, this.#size)[token]! - normalizer;
  }

  /** Gives the memory back. */
  release(): void {
    this.#network.arena.release(this.#scratch, this.#bytes);
  }
}
