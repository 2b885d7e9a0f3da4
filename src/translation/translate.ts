// From sources to targets: greedily, or by a search with several beams for each source.
import { checkNumbers, checkReals, checkTokens, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  boolean,
  type Checked,
  checkFields,
  integer,
  list,
  number,
  type Options,
  optional,
  signal,
  unchecked,
  withDefault,
} from '../base/fields.ts';
import { TimeSlice } from '../base/time-slice.ts';
import { interleave } from '../data/interleave.ts';
import { type Beam, Expansion, Finished, type Hypothesis, LengthPenalty } from '../generation/beams.ts';
import type { Model } from '../model/model.ts';
import type { Network } from '../model/network.ts';
import { CoveragePenalty } from './coverage.ts';
import { DecoderWindow, type Sources } from './decoder-window.ts';
import { checkPrefixes, type Prefix } from './prefixes.ts';
import { type TranslationModel, translationModel } from './translation-model.ts';

export const translateFields = {
  /** How many hypotheses are followed for each source, and at most returned. Default 1: the likeliest token at each step. */
  beams: withDefault(integer({ min: 1 }), 1),
  /** The most tokens of a target. Default: twice the steps of its source and 10, and room for `minimum` and its prefix. */
  length: optional(integer({ min: 1 })),
  /** The least tokens of a target, 0 to `length`: the end is not written before. Default 0. */
  minimum: withDefault(integer({ min: 0 }), 0),
  /**
   * Tokens that each target begins with, one prefix for each source, in their order; empty ones force nothing. They have no end in them and
   * are shorter than `length`, belong to the tokens, their number and the log-probability that are returned, and may repeat whatever
   * `noRepeat` says. Default: none.
   */
  prefixes: optional(list(unchecked<Prefix>(), 'prefixes')),
  /**
   * α, at least 0, of the length penalty `((5 + n) / 6)^α` by which the log-probability of n tokens is divided (Wu et al. 2016, eq. 14):
   * above 0, longer hypotheses are less at a disadvantage. Default 0: none.
   */
  lengthPenalty: withDefault(number({ min: 0 }), 0),
  /**
   * β, at least 0, of the coverage penalty `β Σ_s log(min(Σ_t a_ts, 1))` that is added to the score (same place): what leaves out a part of its
   * source is at a disadvantage. A step that was looked at less than 1e-6 in all counts as that. Of a model with attention. Default 0: none.
   */
  coveragePenalty: withDefault(number({ min: 0 }), 0),
  /** No run of so many tokens is written twice; 0 allows all. Default 0. */
  noRepeat: withDefault(integer({ min: 0 }), 0),
  /** How many sources are read side by side; the results are those of each alone. Default 32. */
  batch: withDefault(integer({ min: 1 }), 32),
  /** Whether to return what each step has looked at, of a model with attention. Default false. */
  attention: withDefault(boolean, false),
  /** Ends the search when it aborts, with the hypotheses as they are; nothing is thrown. */
  signal: optional(signal),
};

/** How wide `translate` searches, how long targets may be, and what they are scored by. */
export interface TranslateOptions extends Options<typeof translateFields> {}

/** What a model has written for a source. */
export interface Translation extends Omit<Hypothesis, 'stop'> {
  /**
   * With `attention: true`: for each token, and for the end, the weights of the steps of the source, of the decoder's last attention and as
   * the mean of its heads.
   */
  readonly attention?: readonly Float64Array[];
}

/** A hypothesis with what each of its steps has looked at. */
interface Looking extends Beam {
  readonly looks: readonly Float64Array[];
}

/**
 * Writes a target for each source, the best hypothesis first, in the order of the sources. The model is an encoder and a decoder in one
 * graph: two inputs with steps of their own, of which the output stands on the steps of the second, with as many outputs as its tokens. The
 * last token begins the target when it is read and ends it when it is written, as `pairs` has it. What a source gives depends on nothing
 * but itself, whatever else is in its batch.
 *
 * @param sources Tokens [S], or features [S,F] where the model reads features.
 * @throws BpttError for a model that is no encoder with a decoder, sources without steps, tokens out of range, prefixes that end or leave no
 * room, a model that gives numbers that are not finite, and wrong options.
 *
 * @example
 * const [[best]] = await translate(translator, [letters.encode('4 May 1920')], { beams: 5 });
 * digits.decode(best.tokens);
 * // The same with its year given: what follows is the likeliest after that.
 * await translate(translator, [letters.encode('4 May')], { prefixes: [digits.encode('1920-')] });
 */
export async function translate(
  model: Model,
  sources: readonly (Int32Array | Float32Array | Float64Array | readonly number[])[],
  options: TranslateOptions = {},
): Promise<readonly (readonly Translation[])[]> {
  const where = 'translate';
  const kind = translationModel(where, model);
  const checked = checkFields(where, options, translateFields);
  const { length, minimum } = checked;
  if (length !== undefined && minimum > length) {
    throw new BpttError('invalid-argument', `${where}.minimum: expected at most the length, ${length}, got ${minimum}`);
  }
  if (kind.attention === undefined) {
    const refused = (option: string, expected: string, got: unknown) =>
      new BpttError(
        'invalid-argument',
        `${where}.${option}: expected ${expected} of a model without attention, got ${got}`,
      );
    if (checked.attention) throw refused('attention', 'false', true);
    if (checked.coveragePenalty > 0) throw refused('coveragePenalty', '0', checked.coveragePenalty);
  }
  const rows = checkSources(`${where}(sources)`, sources, kind, model);
  const room = { sources: rows.length, end: kind.size - 1, length };
  const prefixes = checkPrefixes(`${where}.prefixes`, checked.prefixes, room);
  // Sources of like lengths together: what is padded costs steps and changes nothing.
  const order = [...rows.keys()].toSorted((a, b) => rows[a]!.steps - rows[b]!.steps);
  const results: (readonly Translation[])[] = [];
  const slice = new TimeSlice();
  for (let from = 0; from < order.length; from += checked.batch) {
    const members = order.slice(from, from + checked.batch);
    const search = new Search(
      model.network,
      kind,
      collate(
        members.map((index) => rows[index]!),
        kind,
      ),
      members.map((index) => prefixes[index]!),
      checked,
    );
    try {
      while (search.step()) await slice.rest();
      for (const [index, found] of search.results().entries()) results[members[index]!] = found;
    } finally {
      search.release();
    }
  }
  return results;
}

interface Source {
  readonly values: Int32Array | Float32Array | Float64Array;
  readonly steps: number;
}

function checkSources(where: string, sources: unknown, { source }: TranslationModel, model: Model): readonly Source[] {
  if (!readable(where, () => Array.isArray(sources))) {
    throw new BpttError('invalid-argument', `${where}: expected a list of sources, got ${show(sources)}`);
  }
  const { kind, size } = source.output;
  return Array.from(sources as readonly unknown[], (given, index): Source => {
    const place = `${where}[${index}]`;
    if (kind === 'tokens') {
      const values = Int32Array.from(checkTokens(place, given, size));
      if (values.length > 0) return { values, steps: values.length };
      throw new BpttError('invalid-shape', `${place}: expected at least one token, got none`);
    }
    const numbers = checkNumbers(place, given);
    const values = Float64Array.from(checkReals(place, numbers, numbers.length, '', model.dtype));
    if (values.length > 0 && values.length % size === 0) return { values, steps: values.length / size };
    throw new BpttError(
      'invalid-shape',
      `${place}: expected a multiple of F=${size} numbers, at least one step, got ${values.length}`,
    );
  });
}

/** Rows side by side, time-major, zeros where a row has ended. */
function collate(rows: readonly Source[], { source }: TranslationModel): Sources {
  const width = source.output.kind === 'tokens' ? 1 : source.output.size;
  const steps = Math.max(...rows.map((row) => row.steps));
  const inputs = interleave(
    rows.map(({ values }) => values),
    steps,
    width,
  ) as Source['values'];
  return { rows: rows.length, steps, inputs, lengths: Int32Array.from(rows, (row) => row.steps) };
}

/** Whether the last n tokens stand together earlier too. */
function repeats(tokens: readonly number[], n: number): boolean {
  const last = tokens.length - n;
  for (let start = 0; start < last; start++) {
    let i = 0;
    while (i < n && tokens[start + i] === tokens[last + i]) i++;
    if (i === n) return true;
  }
  return false;
}

/** The searches of a batch, step by step. */
class Search {
  readonly #kind: TranslationModel;
  readonly #prefixes: readonly Int32Array[];
  readonly #options: Checked<typeof translateFields>;
  /** The most tokens of each target. */
  readonly #limits: readonly number[];
  readonly #lengths: Int32Array;
  readonly #window: DecoderWindow;
  readonly #expansion: Expansion;
  readonly #penalty: LengthPenalty;
  readonly #coverage: CoveragePenalty;
  /** The penalty of each target's most tokens. */
  readonly #largest: readonly number[];
  readonly #finished: readonly Finished[];
  readonly #looks = new Map<Hypothesis, readonly Float64Array[]>();
  #live: (readonly Looking[])[];
  #tokens: Int32Array;

  constructor(
    network: Network,
    kind: TranslationModel,
    sources: Sources,
    prefixes: readonly Int32Array[],
    options: Checked<typeof translateFields>,
  ) {
    const { beams, lengthPenalty, coveragePenalty, noRepeat } = options;
    this.#kind = kind;
    this.#prefixes = prefixes;
    this.#options = options;
    this.#limits = prefixes.map(
      (prefix, index) =>
        options.length ?? Math.max(2 * sources.lengths[index]! + 10, options.minimum, prefix.length + 1),
    );
    const longest = Math.max(...this.#limits);
    this.#lengths = sources.lengths;
    const rows = sources.rows * beams;
    this.#window = new DecoderWindow(network, kind, { rows, S: sources.steps, T: longest });
    if (beams === 1) this.#window.encode(sources);
    else {
      // The sources are read once, and not once for each beam.
      const encoder = new DecoderWindow(network, kind, { rows: sources.rows, S: sources.steps, T: 1 });
      encoder.encode(sources);
      this.#window.encodeFrom(encoder, sources, beams);
      encoder.release();
    }
    const end = Int32Array.of(kind.size - 1);
    // One more than there are beams may be the end, and each that would repeat something stands in the way of another.
    const most = beams + 1 + (noRepeat > 0 ? longest : 0);
    this.#expansion = new Expansion(network, 'translate', kind.size, Math.min(most, kind.size));
    this.#coverage = new CoveragePenalty(network, coveragePenalty, sources.steps);
    this.#penalty = new LengthPenalty(network, lengthPenalty);
    this.#largest = this.#limits.map((limit) => this.#penalty.of(limit));
    this.#finished = Array.from({ length: sources.rows }, () => new Finished(beams, [end], this.#penalty));
    this.#live = this.#finished.map((_, index) => [{ row: index * beams, tokens: [], logProbability: 0, looks: [] }]);
    this.#tokens = new Int32Array(rows).fill(kind.size - 1);
  }

  /** One token more for every hypothesis that goes on. Returns whether any does. */
  step(): boolean {
    const { beams, signal } = this.#options;
    this.#window.step(this.#tokens);
    const parents = Array.from({ length: this.#window.rows }, (_, row) => row);
    const aborted = signal?.aborted === true;
    for (const [index, live] of this.#live.entries()) {
      const next = aborted ? live.filter(({ tokens }) => tokens.length > 0) : this.#longer(index, live);
      // All that could follow would repeat something, and it may not end yet: this is as long as they get.
      if (!aborted && next.length === 0 && this.#finished[index]!.best.length === 0) {
        for (const beam of live) this.#end(index, beam, 'length');
      }
      if (aborted || this.#window.written === this.#limits[index]) {
        for (const beam of next) this.#end(index, beam, aborted ? 'aborted' : 'length');
        this.#live[index] = [];
        continue;
      }
      // No log-probability grows, so the most that a beam can reach is that of now with the largest penalty.
      const [finished, largest] = [this.#finished[index]!, this.#largest[index]!];
      const kept = next.filter(({ logProbability }) => logProbability / largest > finished.worst);
      this.#live[index] = kept.map((beam, place) => {
        const row = index * beams + place;
        parents[row] = beam.row;
        this.#tokens[row] = beam.tokens.at(-1)!;
        return { ...beam, row };
      });
    }
    const goesOn = this.#live.some((live) => live.length > 0);
    if (goesOn && beams > 1) this.#window.gather(parents);
    return goesOn;
  }

  /** What the hypotheses of a source become; those that end here are put aside. */
  #longer(index: number, live: readonly Looking[]): readonly Looking[] {
    const { beams, minimum, attention, coveragePenalty, noRepeat } = this.#options;
    if (live.length === 0) return [];
    // What the row is padded with has no weight.
    const look = (row: number) => this.#window.weights(row)!.subarray(0, this.#lengths[index]);
    const looks = new Map(
      live.map(({ row, looks: before }) => [row, attention || coveragePenalty > 0 ? [...before, look(row)] : before]),
    );
    const next: Looking[] = [];
    // Until its prefix is written, a source has one beam.
    const [first] = live;
    const given = this.#prefixes[index]![first!.tokens.length];
    const found =
      given === undefined
        ? this.#expansion.of(this.#window, live)
        : [this.#expansion.forced(this.#window, first!, given)];
    for (const beam of found) {
      const longer = { ...beam, looks: looks.get(beam.row)! };
      if (given === undefined && noRepeat > 0 && repeats(beam.tokens, noRepeat)) continue;
      if (beam.tokens.at(-1) !== this.#kind.size - 1) next.push(longer);
      else if (beam.tokens.length > minimum) this.#end(index, longer, 'stop');
      if (next.length === beams) break;
    }
    return next;
  }

  #end(index: number, beam: Looking, finish: Hypothesis['finish']): void {
    const stop = finish === 'stop' ? 0 : undefined;
    const hypothesis = this.#finished[index]!.add(beam, finish, stop, this.#coverage.of(beam.looks));
    if (this.#options.attention) this.#looks.set(hypothesis, beam.looks);
  }

  results(): readonly (readonly Translation[])[] {
    return this.#finished.map(({ best }) =>
      best.map((hypothesis) => {
        const { stop: _, ...translation } = hypothesis;
        const attention = this.#looks.get(hypothesis);
        return attention === undefined ? translation : { ...translation, attention };
      }),
    );
  }

  release(): void {
    this.#penalty.release();
    this.#coverage.release();
    this.#expansion.release();
    this.#window.release();
  }
}
