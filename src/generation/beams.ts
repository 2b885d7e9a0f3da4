// What beam searches share: hypotheses that go on, those that have ended, and what a beam can become.
import type { Network } from '../model/network.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { Finish } from './generate.ts';
import { LogProbabilities } from './log-probability.ts';

/** A continuation of the prompt. */
export interface Hypothesis {
  /** Without the stop sequence. */
  readonly tokens: Int32Array;
  /** Of the tokens and the stop sequence, in nats. */
  readonly logProbability: number;
  /** The log-probability divided by the length penalty, and what penalty more there is: what hypotheses are ordered by. */
  readonly score: number;
  /** Why it ended: it has `length` tokens, a stop sequence came, or the search was aborted. */
  readonly finish: Finish;
  /** The index of the stop sequence that it ends with; undefined when there is none. */
  readonly stop: number | undefined;
}

/** A hypothesis that goes on. */
export interface Beam {
  /** Its row in the window, where the state after its last token but one is. */
  readonly row: number;
  readonly tokens: readonly number[];
  readonly logProbability: number;
}

/** The best hypotheses that have ended, as many as there are beams at most. */
export class Finished {
  readonly #beams: number;
  readonly #stops: readonly Int32Array[];
  readonly #penalty: LengthPenalty;
  #best: readonly Hypothesis[] = [];

  constructor(beams: number, stops: readonly Int32Array[], penalty: LengthPenalty) {
    this.#beams = beams;
    this.#stops = stops;
    this.#penalty = penalty;
  }

  /** The best first. */
  get best(): readonly Hypothesis[] {
    return this.#best;
  }

  /** The score that another must exceed to be among them. */
  get worst(): number {
    return this.#best.length < this.#beams ? Number.NEGATIVE_INFINITY : this.#best.at(-1)!.score;
  }

  /** Returns the hypothesis, whether or not it is among the best. `more`, at most 0, is added to its score. */
  add({ tokens, logProbability }: Beam, finish: Finish, stop?: number, more = 0): Hypothesis {
    const end = stop === undefined ? tokens.length : tokens.length - this.#stops[stop]!.length;
    const hypothesis: Hypothesis = {
      tokens: Int32Array.from(tokens.slice(0, end)),
      logProbability,
      score: logProbability / this.#penalty.of(tokens.length) + more,
      finish,
      stop,
    };
    // Sorting is stable everywhere: of equals the first found stays first.
    this.#best = [...this.#best, hypothesis].toSorted((a, b) => b.score - a.score).slice(0, this.#beams);
    return hypothesis;
  }
}

/** ((5 + n) / 6)^α by the kernels' exp and log: the same in every engine. */
export class LengthPenalty {
  readonly #network: Network;
  readonly #alpha: number;
  readonly #count: number;
  readonly #block: number;

  constructor(network: Network, alpha: number) {
    this.#network = network;
    this.#alpha = alpha;
    this.#count = network.kernels.padded(1);
    this.#block = network.arena.allocate(this.#count * network.kernels.realBytes());
  }

  of(n: number): number {
    const { kernels, arena } = this.#network;
    arena.reals(this.#block, this.#count).fill((5 + n) / 6);
    kernels.vlog(this.#block, this.#block, this.#count);
    kernels.scale(this.#block, this.#alpha, this.#count);
    kernels.vexp(this.#block, this.#block, this.#count);
    return arena.reals(this.#block, 1)[0]!;
  }

  release(): void {
    this.#network.arena.release(this.#block, this.#count * this.#network.kernels.realBytes());
  }
}

/** Where the logits of rows lie after the last step. */
export interface Logits {
  logits(row: number): Pointer;
}

/** What beams can become. */
export class Expansion {
  readonly #network: Network;
  readonly #logProbabilities: LogProbabilities;
  readonly #size: number;
  /** How many tokens of each beam are looked at: no more can matter. */
  readonly #most: number;
  readonly #order: number;

  constructor(network: Network, where: string, size: number, most: number) {
    this.#network = network;
    this.#logProbabilities = new LogProbabilities(network, where, size);
    this.#size = size;
    this.#most = most;
    this.#order = network.arena.allocate(4 * size);
  }

  /** The beams one token longer, the likeliest first, of equals that of the earlier beam, then of the lower token. */
  of(window: Logits, live: readonly Beam[]): readonly Beam[] {
    const { kernels, arena } = this.#network;
    const longer = live.flatMap(({ row, tokens, logProbability }): readonly Beam[] => {
      const logits = window.logits(row);
      const normalizer = this.#logProbabilities.normalizer(logits);
      kernels.likeliest(this.#order, logits, this.#size, this.#most);
      const values = arena.reals(logits, this.#size);
      return Array.from(arena.integers(this.#order, this.#most), (token) => ({
        row,
        tokens: [...tokens, token],
        logProbability: logProbability + (values[token]! - normalizer),
      }));
    });
    return longer.toSorted((a, b) => b.logProbability - a.logProbability);
  }

  /** A beam one token longer that was not chosen. */
  forced(window: Logits, { row, tokens, logProbability }: Beam, token: number): Beam {
    const more = this.#logProbabilities.of(window.logits(row), token);
    return { row, tokens: [...tokens, token], logProbability: logProbability + more };
  }

  release(): void {
    this.#network.arena.release(this.#order, 4 * this.#size);
    this.#logProbabilities.release();
  }
}
