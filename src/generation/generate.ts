// Generation: a model that reads tokens and gives logits over the same tokens speaks one token at a time.
import { checkTokens } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  boolean,
  checkFields,
  integer,
  type Options,
  optional,
  signal,
  unchecked,
  withDefault,
} from '../base/fields.ts';
import { TimeSlice } from '../base/time-slice.ts';
import type { Model } from '../model/model.ts';
import type { Network } from '../model/network.ts';
import { checkState, type State } from '../model/state.ts';
import { Decoder, type GeneratedToken } from './decoder.ts';
import { type Sampling, type SamplingOptions, samplingFields, samplingOf } from './sampling.ts';
import { checkStop, StopFilter, type StopSequences } from './stop.ts';
import { vocabularySize } from './token-window.ts';

const fields = {
  /** Tokens to read first, at least one. */
  prompt: unchecked<Int32Array | readonly number[]>(),
  /** Tokens to draw. Default: no end. */
  length: withDefault(integer({ min: 0 }), Number.POSITIVE_INFINITY),
  /**
   * Generation ends when the tokens drawn end with one of these sequences, which is not given itself: tokens that may be its beginning are
   * held back until it is clear, and given when it is none. Default: none.
   */
  stop: withDefault(unchecked<StopSequences>(), []),
  /** Where to start. Default the zero state. */
  state: optional(unchecked<State>()),
  /** Whether each token comes with how likely it was, as a `GeneratedToken`. Default false. */
  logProbabilities: withDefault(boolean, false),
  /** Ends generation before the next token when it aborts; nothing is thrown. */
  signal: optional(signal),
};

/** What `generate` reads first, how it draws from what the model expects, and when it ends. */
export interface GenerateOptions extends SamplingOptions, Options<typeof fields> {}

/** Why generation ended: all tokens were drawn, a stop sequence came, the signal aborted. */
export type Finish = 'length' | 'stop' | 'aborted';

/**
 * Yields tokens, each drawn from softmax(logits / temperature), or from the part of it that the options leave, and read back in.
 * The same seed gives the same tokens in every engine.
 *
 * Weights are read once, before the first token: do not train the model while its tokens are drawn.
 *
 * @example
 * for (const token of generate(model, { prompt, length: 20, temperature: 0.8, topP: 0.9 })) console.log(vocabulary.decode([token]));
 * for await (const token of generate(model, { prompt, length: 20 })) console.log(token); // the event loop gets its turns
 *
 * @throws BpttError when the model does not map tokens to logits over the same tokens, and for wrong options.
 */
export function generate(
  model: Model,
  options: GenerateOptions & { readonly logProbabilities: true },
): Generation<GeneratedToken>;
export function generate(
  model: Model,
  options: GenerateOptions & { readonly logProbabilities?: false },
): Generation<number>;
export function generate(model: Model, options: GenerateOptions): Generation<number> | Generation<GeneratedToken>;
export function generate(model: Model, options: GenerateOptions): Generation<number> | Generation<GeneratedToken> {
  const size = vocabularySize('generate', model);
  const checked = checkFields('generate', options, { ...samplingFields, ...fields });
  const { prompt, length, stop, state, logProbabilities, signal } = checked;
  const plan: Plan = {
    network: model.network,
    size,
    prompt: checkPrompt('generate.prompt', prompt, size),
    length,
    sampling: samplingOf('generate', checked, size),
    stop: checkStop('generate.stop', stop, size),
    state: checkState(model.network, state, 1),
    signal,
  };
  return logProbabilities
    ? new Generation<GeneratedToken>(plan, (decoder, token) => decoder.describe(0, token))
    : new Generation<number>(plan, (_, token) => token);
}

/** Options that were checked. */
interface Plan {
  readonly network: Network;
  readonly size: number;
  readonly prompt: Int32Array;
  readonly length: number;
  readonly sampling: Sampling;
  readonly stop: readonly Int32Array[];
  readonly state: State | undefined;
  readonly signal: AbortSignal | undefined;
}

/** At least one token. */
export function checkPrompt(where: string, value: unknown, size: number): Int32Array {
  const prompt = Int32Array.from(checkTokens(where, value, size) as ArrayLike<number>);
  if (prompt.length > 0) return prompt;
  throw new BpttError('invalid-argument', `${where}: expected at least 1 token, got 0`);
}

/**
 * Tokens on their way: an iterator, and for `for await` an async one that gives the event loop a turn every few milliseconds.
 * It has memory from its first token to its end; leaving a loop ends it.
 *
 * @example
 * const generation = generate(model, { prompt: vocabulary.encode('the'), length: 50, stop: [vocabulary.encode('.')] });
 * const said = vocabulary.decode([...generation]);
 * console.log(said, generation.finish); // and generation.state is where the next call goes on
 */
export class Generation<T> implements IterableIterator<T, undefined>, AsyncIterable<T> {
  readonly #plan: Plan;
  readonly #describe: (decoder: Decoder, token: number) => T;
  readonly #filter: StopFilter<T> | undefined;
  #decoder: Decoder | undefined;
  #drawn = 0;
  /** Whether the last token drawn is still to be read. */
  #pending = false;
  /** What is known to be text and not yet given, the next first. */
  #ready: readonly T[] = [];
  #given = 0;
  #ended = false;
  #finish: Finish | undefined;
  #state: State | undefined;

  /** @internal */
  constructor(plan: Plan, describe: (decoder: Decoder, token: number) => T) {
    this.#plan = plan;
    this.#describe = describe;
    this.#filter = plan.stop.length === 0 ? undefined : new StopFilter<T>(plan.stop);
  }

  /** Why it ended; undefined while it goes on and when the caller ended it. */
  get finish(): Finish | undefined {
    return this.#finish;
  }

  /** The index of the stop sequence that came; undefined when none has. */
  get stop(): number | undefined {
    return this.#finish === 'stop' ? this.#filter!.found : undefined;
  }

  /** The state after the prompt and all that was drawn, a stop sequence and what is held back included: where a conversation goes on. */
  get state(): State {
    if (this.#state !== undefined) return this.#state;
    if (this.#ended) throw new BpttError('invalid-argument', 'generate: expected no state of a generation that failed');
    return this.#read().state();
  }

  /** The next token, read back into the model; with `logProbabilities` a `GeneratedToken`. */
  next(): IteratorResult<T, undefined> {
    for (;;) {
      if (this.#given < this.#ready.length) return { done: false, value: this.#ready[this.#given++]! };
      if (this.#ended) return { done: true, value: undefined };
      try {
        const { length, signal } = this.#plan;
        if (signal?.aborted || this.#drawn === length) this.#end(signal?.aborted ? 'aborted' : 'length');
        else {
          const decoder = this.#read();
          const token = decoder.choose(0);
          this.#drawn++;
          this.#pending = true;
          const value = this.#describe(decoder, token);
          if (this.#filter === undefined) return { done: false, value };
          this.#give(this.#filter.push(token, value));
          if (this.#filter.found >= 0) this.#end('stop');
        }
      } catch (error) {
        this.#release();
        throw error;
      }
    }
  }

  /** Ends it: what a loop calls that is left early. */
  return(): IteratorResult<T, undefined> {
    if (!this.#ended) this.#end(undefined);
    this.#give([]);
    return { done: true, value: undefined };
  }

  /** Itself, for `for`: tokens come as fast as they are computed. */
  [Symbol.iterator](): this {
    return this;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<T, void, undefined> {
    const slice = new TimeSlice();
    for (const item of this) {
      yield item;
      await slice.rest();
    }
  }

  #give(items: readonly T[]): void {
    this.#ready = items;
    this.#given = 0;
  }

  /** The decoder after all that was drawn. */
  #read(): Decoder {
    const { network, size, prompt, sampling, state } = this.#plan;
    if (this.#decoder === undefined) {
      const decoder = new Decoder(network, 'generate', size, [prompt], sampling, state);
      network.dropped.watch(this, () => decoder.release());
      this.#decoder = decoder;
    }
    if (this.#pending) this.#decoder.step();
    this.#pending = false;
    return this.#decoder;
  }

  #end(finish: Finish | undefined): void {
    this.#state = this.#read().state();
    this.#finish = finish;
    if (finish !== 'stop' && this.#filter !== undefined) this.#give(this.#filter.flush());
    this.#release();
  }

  #release(): void {
    this.#ended = true;
    this.#decoder?.release();
    this.#decoder = undefined;
  }
}
