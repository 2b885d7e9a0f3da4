// How the next token is chosen: the options that every way of sampling shares, and the choice itself.
import { BpttError } from '../base/errors.ts';
import { type Checked, integer, number, type Options, optional, withDefault } from '../base/fields.ts';
import { seedWords } from '../base/philox.ts';
import type { Network } from '../model/network.ts';
import type { Pointer } from '../wasm/kernels.ts';

export const samplingFields = {
  /** Divides the logits: below 1 bolder, above 1 wilder, 0 always the most likely token (the first of equals). Default 1. */
  temperature: withDefault(number({ min: 0 }), 1),
  /** Draws from the k most likely tokens alone, of equals the lower ones; k from the number of tokens on leaves all. Default: all. */
  topK: optional(integer({ min: 1 })),
  /**
   * Above 0, at most 1: draws from the nucleus alone, the fewest most likely tokens whose probabilities add up to at least this
   * part of those that top-k leaves (Holtzman et al. 2020, "The curious case of neural text degeneration"). Default 1: all.
   */
  topP: withDefault(number({ exclusiveMin: 0, max: 1 }), 1),
  /**
   * Above 0: tokens of the prompt and those given since have their logit divided by this where it is positive and multiplied where
   * it is not, so that above 1 they get rarer (Keskar et al. 2019, "CTRL"; 1.2 there). Default 1: no penalty.
   */
  repetitionPenalty: optional(number({ exclusiveMin: 0 })),
  /** Only the last so many tokens are penalised. Default: all that were read since generation began. */
  repetitionWindow: optional(integer({ min: 1 })),
  /** Fixes the random choices. Default 0. */
  seed: withDefault(integer({ min: 0 }), 0),
};

/** What a token is drawn from. Applied in this order: repetition penalty, temperature, top-k, top-p. */
export interface SamplingOptions extends Options<typeof samplingFields> {}

/** What they mean for a vocabulary. */
export interface Sampling {
  readonly temperature: number;
  readonly topK: number;
  readonly topP: number;
  readonly penalty: number;
  /** How many of the last tokens are penalised. */
  readonly window: number;
  readonly seed: number;
}

/** Temperatures below this are asked for as 0: they overflow. */
const COLDEST = 1e-30;

/** @throws BpttError for a temperature too low for its numbers, and for a window without a penalty. */
export function samplingOf(where: string, options: Checked<typeof samplingFields>, size: number): Sampling {
  const { temperature, topK = size, topP, repetitionPenalty, repetitionWindow, seed } = options;
  if (temperature > 0 && temperature < COLDEST) {
    throw new BpttError(
      'invalid-argument',
      `${where}.temperature: expected 0 or a number >= ${COLDEST}, got ${temperature}`,
    );
  }
  if (repetitionWindow !== undefined && repetitionPenalty === undefined) {
    throw new BpttError('invalid-argument', `${where}.repetitionWindow: expected repetitionPenalty with it, got none`);
  }
  return {
    temperature,
    topK: Math.min(topK, size),
    topP,
    penalty: repetitionPenalty ?? 1,
    window: repetitionWindow ?? Number.POSITIVE_INFINITY,
    seed,
  };
}

/** Random numbers of generation have a stream of their own. */
const STREAM = 0x67656e;

/** Bytes of a count. */
const COUNT = 4;

/** Chooses the tokens of one row. Nothing is allocated while it does. */
export class Sampler {
  readonly #network: Network;
  readonly #where: string;
  readonly #sampling: Sampling;
  readonly #size: number;
  readonly #seed: readonly [low: number, high: number];
  readonly #scratch: Pointer;
  readonly #scratchBytes: number;
  /** How often each token is among those that are penalised; 0 where none is ever. */
  readonly #counts: Pointer;
  /** The penalised tokens, the oldest at `#seen` modulo their number; only where they are limited. */
  readonly #recent: Int32Array;
  #seen = 0;

  /** `where` names the caller in errors. */
  constructor(network: Network, where: string, sampling: Sampling, size: number) {
    const { kernels, arena } = network;
    this.#network = network;
    this.#where = where;
    this.#sampling = sampling;
    this.#size = size;
    this.#seed = seedWords(sampling.seed);
    this.#scratchBytes = kernels.samplingScratch(size);
    this.#scratch = arena.allocate(this.#scratchBytes);
    this.#counts = sampling.penalty === 1 ? 0 : arena.allocate(size * COUNT);
    this.#recent = new Int32Array(this.#counts !== 0 && Number.isFinite(sampling.window) ? sampling.window : 0);
  }

  /** Counts a token that was read or given. */
  see(token: number): void {
    if (this.#counts === 0) return;
    const counts = this.#network.arena.integers(this.#counts, this.#size);
    const { length } = this.#recent;
    if (length > 0) {
      const place = this.#seen % length;
      if (this.#seen >= length) counts[this.#recent[place]!]!--;
      this.#recent[place] = token;
    }
    counts[token]!++;
    this.#seen++;
  }

  /** Chooses a token by random number `index` and counts it. */
  choose(logits: Pointer, index: number): number {
    const { kernels } = this.#network;
    const { temperature, penalty, topK, topP } = this.#sampling;
    const [low, high] = this.#seed;
    const u = temperature === 0 ? 0 : kernels.randomAt(low, high, STREAM, index);
    const token = kernels.sampleToken(
      this.#scratch,
      logits,
      this.#counts,
      this.#size,
      penalty,
      temperature,
      topK,
      topP,
      u,
    );
    if (token < 0) throw nonFinite(this.#network, this.#where, logits, this.#size);
    this.see(token);
    return token;
  }

  /** The probability with which the last token was chosen. */
  probability(token: number): number {
    if (this.#sampling.temperature === 0) return 1;
    return this.#network.kernels.drawnProbability(this.#scratch, token);
  }

  /** Gives the memory back. */
  release(): void {
    const { arena } = this.#network;
    if (this.#counts !== 0) arena.release(this.#counts, this.#size * COUNT);
    arena.release(this.#scratch, this.#scratchBytes);
  }
}

/** The error for logits among which one is not finite. */
export function nonFinite({ arena }: Network, where: string, logits: Pointer, size: number): BpttError {
  const values = arena.reals(logits, size);
  const token = values.findIndex((value) => !Number.isFinite(value));
  const got = token < 0 ? 'some beyond all numbers, by the repetition penalty' : `${values[token]} for token ${token}`;
  return new BpttError('non-finite', `${where}: expected finite logits, got ${got}`);
}
