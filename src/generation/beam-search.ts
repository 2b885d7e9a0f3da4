// Beam search: the likeliest continuations of a prompt, of those that begin like the likeliest shorter ones.
import {
  checkFields,
  integer,
  number,
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
import { type Beam, Expansion, Finished, type Hypothesis, LengthPenalty } from './beams.ts';
import { checkPrompt } from './generate.ts';
import { gatherRows } from './state-rows.ts';
import { checkStop, ending, type StopSequences } from './stop.ts';
import { TokenWindow, vocabularySize } from './token-window.ts';

export const beamFields = {
  /** Tokens to read first, at least one. */
  prompt: unchecked<Int32Array | readonly number[]>(),
  /** How many hypotheses are followed at once, and at most returned. */
  beams: integer({ min: 1 }),
  /** The most tokens of a hypothesis, its stop sequence included. */
  length: integer({ min: 1 }),
  /**
   * α, at least 0, of the length penalty `((5 + n) / 6)^α` by which the log-probability of n tokens is divided (Wu et al. 2016, eq. 14;
   * 0.6 to 0.7 there): above 0, longer hypotheses are less at a disadvantage. Default 0: none.
   */
  lengthPenalty: withDefault(number({ min: 0 }), 0),
  /** Sequences at which a hypothesis is finished. Default: none; all then have `length` tokens. */
  stop: withDefault(unchecked<StopSequences>(), []),
  /** Where to start. Default the zero state. */
  state: optional(unchecked<State>()),
  /** Ends the search when it aborts, with the hypotheses as they are; nothing is thrown. */
  signal: optional(signal),
};

/** What `beamSearch` reads first, how many hypotheses it follows and how long, and how it weighs longer against shorter ones. */
export interface BeamSearchOptions extends Options<typeof beamFields> {}

/**
 * The best continuations that a search with `beams` beams finds, the best first. Of equally likely ones the first found stands first,
 * then the lower token. With as many beams as there are continuations, the first is the best of all. The event loop gets a turn
 * every few milliseconds.
 *
 * @throws BpttError when the model does not map tokens to logits over the same tokens, and for wrong options.
 *
 * @example
 * const [best] = await beamSearch(model, { prompt: vocabulary.encode('the '), beams: 4, length: 10 });
 * console.log(vocabulary.decode(best.tokens), best.logProbability);
 */
export async function beamSearch(model: Model, options: BeamSearchOptions): Promise<readonly Hypothesis[]> {
  const where = 'beamSearch';
  const size = vocabularySize(where, model);
  const { network } = model;
  const checked = checkFields(where, options, beamFields);
  const { beams, length, lengthPenalty: alpha, signal } = checked;
  const prompt = checkPrompt(`${where}.prompt`, checked.prompt, size);
  const stops = checkStop(`${where}.stop`, checked.stop, size);
  const state = checkState(network, checked.state, 1);

  const penalty = new LengthPenalty(network, alpha);
  const largest = penalty.of(length);
  const expansion = new Expansion(network, where, size, Math.min(beams + stops.length, size));
  const slice = new TimeSlice();
  const finished = new Finished(beams, stops, penalty);

  let window = new TokenWindow(network, 1, prompt.length, state);
  try {
    window.read(prompt, prompt.length);
    let live: readonly Beam[] = [{ row: 0, tokens: [], logProbability: 0 }];
    for (let count = 1; live.length > 0; count++) {
      const next: Beam[] = [];
      for (const beam of expansion.of(window, live)) {
        const stop = ending(beam.tokens, stops);
        if (stop >= 0) finished.add(beam, 'stop', stop);
        else next.push(beam);
        if (next.length === beams) break;
      }
      const aborted = signal?.aborted === true;
      if (aborted || count === length) {
        for (const beam of next) finished.add(beam, aborted ? 'aborted' : 'length');
        break;
      }
      // No log-probability grows, so the most that a beam can reach is that of now with the largest penalty.
      live = next.filter(({ logProbability }) => logProbability / largest > finished.worst);
      if (live.length > 0) window = advance(network, window, live, beams);
      live = live.map((beam, row) => ({ ...beam, row }));
      await slice.rest();
    }
  } finally {
    window.release();
    expansion.release();
    penalty.release();
  }
  return finished.best;
}

/** Reads the last token of each beam, which then has a row of its own. */
function advance(network: Network, window: TokenWindow, live: readonly Beam[], beams: number): TokenWindow {
  // First of all the memory: more beams than it holds are its error.
  const wide = window.rows === beams ? window : new TokenWindow(network, beams, 1, undefined);
  const parents = Array.from({ length: beams }, (_, index) => live[index]?.row ?? 0);
  const state = gatherRows(network, window.state(), parents);
  if (wide !== window) window.release();
  wide.restore(state);
  for (const [index, { tokens }] of live.entries()) wide.next[index] = tokens.at(-1)!;
  wide.step();
  return wide;
}
