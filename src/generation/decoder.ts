// Rows that first read their prompts, of different lengths, and then what they say themselves, one token a step.
import type { Network } from '../model/network.ts';
import type { State } from '../model/state.ts';
import { LogProbabilities } from './log-probability.ts';
import { Sampler, type Sampling } from './sampling.ts';
import { TokenWindow } from './token-window.ts';

/** One token with how likely it was. */
export interface GeneratedToken {
  /** The token, from 0 to the size of the vocabulary - 1. */
  readonly token: number;
  /** In nats, by the model itself: log softmax of the logits, before penalty, temperature and filters. What `score` gives for it. */
  readonly logProbability: number;
  /** With which it was drawn: after penalty, temperature and filters. 1 at temperature 0. */
  readonly probability: number;
}

export class Decoder {
  readonly #prompts: readonly Int32Array[];
  readonly #window: TokenWindow;
  readonly #samplers: readonly Sampler[];
  readonly #logProbabilities: LogProbabilities;
  #position: number;
  #released = false;

  /** Row r is drawn with the seed of `sampling` and r. `where` names the caller in errors. */
  constructor(
    network: Network,
    where: string,
    size: number,
    prompts: readonly Int32Array[],
    sampling: Sampling,
    state: State | undefined,
  ) {
    const rows = prompts.length;
    const shortest = Math.min(...prompts.map(({ length }) => length));
    this.#prompts = prompts;
    this.#window = new TokenWindow(network, rows, shortest, state);
    this.#logProbabilities = new LogProbabilities(network, where, size);
    this.#samplers = prompts.map((prompt, row) => {
      const sampler = new Sampler(network, where, { ...sampling, seed: sampling.seed + row }, size);
      for (const token of prompt) sampler.see(token);
      return sampler;
    });
    const common = new Int32Array(shortest * rows); // [steps,B]
    for (let i = 0; i < common.length; i++) common[i] = prompts[i % rows]![Math.floor(i / rows)]!;
    this.#window.read(common, shortest);
    this.#position = shortest;
    this.#prepare();
  }

  /** Whether a row has read its prompt and can say something. */
  speaks(row: number): boolean {
    return this.#position >= this.#prompts[row]!.length;
  }

  /** Chooses what a row that speaks says and reads next. */
  choose(row: number): number {
    const index = this.#position - this.#prompts[row]!.length;
    const token = this.#samplers[row]!.choose(this.#window.logits(row), index);
    this.#window.next[row] = token;
    return token;
  }

  /** The last choice of a row with how likely it was. */
  describe(row: number, token: number): GeneratedToken {
    return {
      token,
      logProbability: this.#logProbabilities.of(this.#window.logits(row), token),
      probability: this.#samplers[row]!.probability(token),
    };
  }

  /** Every row reads its next token. */
  step(): void {
    this.#window.step();
    this.#position++;
    this.#prepare();
  }

  /** After all that was read. */
  state(): State {
    return this.#window.state();
  }

  /** Gives the memory back, once, however often it is called. */
  release(): void {
    if (this.#released) return;
    this.#released = true;
    for (const sampler of this.#samplers) sampler.release();
    this.#logProbabilities.release();
    this.#window.release();
  }

  /** The next tokens of prompts that are not yet read. */
  #prepare(): void {
    for (let row = 0; row < this.#prompts.length; row++) {
      if (!this.speaks(row)) this.#window.next[row] = this.#prompts[row]![this.#position]!;
    }
  }
}
