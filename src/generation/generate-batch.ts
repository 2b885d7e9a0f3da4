// Generation for several prompts at once, of different lengths: a batch costs little more than one row.
import { checkInteger } from '../base/check.ts';
import { checkFields, integer, list, type Options, optional, signal, unchecked, withDefault } from '../base/fields.ts';
import { TimeSlice } from '../base/time-slice.ts';
import type { Model } from '../model/model.ts';
import { checkState, type State, zeroState } from '../model/state.ts';
import { Decoder, type GeneratedToken } from './decoder.ts';
import { checkPrompt, type Finish } from './generate.ts';
import { type SamplingOptions, samplingFields, samplingOf } from './sampling.ts';
import { copyRow } from './state-rows.ts';
import { checkStop, StopFilter, type StopSequences } from './stop.ts';
import { vocabularySize } from './token-window.ts';

const fields = {
  /** What each row reads first, at least one token each. */
  prompts: list(unchecked<Int32Array | readonly number[]>(), 'prompts', 1),
  /** Tokens to draw for each row. */
  length: integer({ min: 0 }),
  /** Sequences at which a row ends, without giving them. Default: none. */
  stop: withDefault(unchecked<StopSequences>(), []),
  /** Where the rows start. Default the zero state. */
  state: optional(unchecked<State>()),
  /** Ends all rows before the next token when it aborts, be it in the middle of a prompt; nothing is thrown. */
  signal: optional(signal),
};

/** The prompts of `generateBatch`, how it draws from what the model expects, and when rows end. */
export interface GenerateBatchOptions extends SamplingOptions, Options<typeof fields> {}

/** What one row said. */
export interface GeneratedRow {
  /** Without the stop sequence. */
  readonly tokens: Int32Array;
  /** Of each token, in nats, by the model itself: see `GeneratedToken`. */
  readonly logProbabilities: Float64Array;
  /** Why the row ended: it has `length` tokens, a stop sequence came, or the signal aborted. */
  readonly finish: Finish;
  /** The index of the stop sequence that came; undefined when none has. */
  readonly stop: number | undefined;
}

/** What `generateBatch` returns: what each row said, and where all of them go on. */
export interface GeneratedBatch {
  /** One for each prompt, in their order. */
  readonly rows: readonly GeneratedRow[];
  /** Of each row, after all that it has read, which is its prompt and all that was drawn for it: where the next batch goes on. */
  readonly state: State;
}

/**
 * Draws a continuation of each prompt; rows end on their own. Row r says what `generate` says with its prompt and the seed plus r.
 * The event loop gets a turn every few milliseconds.
 *
 * @throws BpttError as `generate` does.
 *
 * @example
 * const prompts = ['the ', 'sea'].map((prompt) => vocabulary.encode(prompt));
 * const { rows } = await generateBatch(model, { prompts, length: 20, temperature: 0.8 });
 * console.log(rows.map(({ tokens }) => vocabulary.decode(tokens)));
 */
export async function generateBatch(model: Model, options: GenerateBatchOptions): Promise<GeneratedBatch> {
  const where = 'generateBatch';
  const size = vocabularySize(where, model);
  const { network } = model;
  const checked = checkFields(where, options, { ...samplingFields, ...fields });
  const { length, signal } = checked;
  const prompts = checked.prompts.map((prompt, row) => checkPrompt(`${where}.prompts[${row}]`, prompt, size));
  const sampling = samplingOf(where, checked, size);
  checkInteger(`${where}.seed`, sampling.seed, 0, Number.MAX_SAFE_INTEGER - prompts.length + 1);
  const stops = checkStop(`${where}.stop`, checked.stop, size);
  const state = checkState(network, checked.state, prompts.length);

  const rows = prompts.map((_, row) => new Row(row, stops));
  const final = zeroState(network, prompts.length);
  const slice = new TimeSlice();
  const decoder = new Decoder(network, where, size, prompts, sampling, state);
  try {
    for (let live = rows; ; decoder.step()) {
      const aborted = signal?.aborted === true;
      const ended = live.filter((row) => row.ends(aborted, decoder.speaks(row.index), length));
      const reached = ended.length > 0 ? decoder.state() : undefined;
      for (const { index } of ended) copyRow(reached!, index, final, index);
      live = live.filter((row) => !ended.includes(row));
      if (live.length === 0) break;
      for (const row of live) if (decoder.speaks(row.index)) row.speak(decoder);
      await slice.rest();
    }
  } finally {
    decoder.release();
  }
  return { rows: rows.map((row) => row.result()), state: final };
}

/** One row and what it has said. */
class Row {
  readonly index: number;
  readonly #filter: StopFilter<GeneratedToken>;
  readonly #given: GeneratedToken[] = [];
  #drawn = 0;
  #finish: Finish = 'length';

  constructor(index: number, stops: readonly Int32Array[]) {
    this.index = index;
    this.#filter = new StopFilter(stops);
  }

  /** Whether nothing more is to be drawn; what was drawn has been read, and the prompt too when the row speaks. */
  ends(aborted: boolean, speaks: boolean, length: number): boolean {
    if (this.#filter.found >= 0) this.#finish = 'stop';
    else if (aborted) this.#finish = 'aborted';
    return this.#finish !== 'length' || (speaks && this.#drawn === length);
  }

  speak(decoder: Decoder): void {
    const token = decoder.choose(this.index);
    this.#drawn++;
    this.#given.push(...this.#filter.push(token, decoder.describe(this.index, token)));
  }

  result(): GeneratedRow {
    const found = this.#filter.found;
    const given = found < 0 ? [...this.#given, ...this.#filter.flush()] : this.#given;
    return {
      tokens: Int32Array.from(given, ({ token }) => token),
      logProbabilities: Float64Array.from(given, ({ logProbability }) => logProbability),
      finish: this.#finish,
      stop: found < 0 ? undefined : found,
    };
  }
}
