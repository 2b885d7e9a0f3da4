// How likely a model finds given sequences.
import { checkTokens, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Options, optional, unchecked } from '../base/fields.ts';
import { stackIn } from '../model/graph.ts';
import type { Model } from '../model/model.ts';
import type { Network } from '../model/network.ts';
import { checkState, type State } from '../model/state.ts';
import { Window } from '../model/window.ts';
import { checkPrompt } from './generate.ts';
import { LogProbabilities } from './log-probability.ts';
import { gatherRows } from './state-rows.ts';
import { TokenWindow, vocabularySize } from './token-window.ts';

const fields = {
  /** Tokens that stand before every sequence. Default: none; the first token of a sequence then has no log-probability. */
  prompt: optional(unchecked<Int32Array | readonly number[]>()),
  /** Where the prompt, or each sequence, starts: a state of one row. Default the zero state. */
  state: optional(unchecked<State>()),
};

/** What `score` reads before each sequence, and where it starts. */
export interface ScoreOptions extends Options<typeof fields> {}

/** How likely one sequence is, in nats. */
export interface SequenceScore {
  /** Of each token given those before it, from the first token after the prompt, or from the second where there is no prompt. */
  readonly logProbabilities: Float64Array;
  /** Their sum. */
  readonly logProbability: number;
}

/** Sequences computed at a time, and steps: bounds the memory. */
const ROWS = 32;
const CHUNK = 32;

/**
 * The log-probability of each token of each sequence. Sequences of like lengths are computed together; the numbers do not depend on
 * which these are.
 *
 * @example
 * const [whale, ship] = score(model, [encode('whale'), encode('ship')], { prompt: encode('the ') });
 * console.log(whale.logProbability > ship.logProbability);
 *
 * @throws BpttError when the model does not map tokens to logits over the same tokens at every step, and for wrong sequences and options.
 */
export function score(
  model: Model,
  sequences: readonly (Int32Array | readonly number[])[],
  options: ScoreOptions = {},
): readonly SequenceScore[] {
  const size = vocabularySize('score', model);
  const { network } = model;
  const given = checkFields('score', options, fields);
  if (stackIn(network.graph, 'score').last) {
    throw new BpttError('invalid-argument', "score: expected a model with outputs at every step, got returns: 'last'");
  }
  if (!readable('score(sequences)', () => Array.isArray(sequences))) {
    throw new BpttError('invalid-argument', `score.sequences: expected an array of sequences, got ${show(sequences)}`);
  }
  const start = checkState(network, given.state, 1);
  const prompt = given.prompt === undefined ? undefined : checkPrompt('score.prompt', given.prompt, size);
  // The prompt's last token stands before each sequence; the others are read once.
  const before = prompt === undefined ? [] : [prompt.at(-1)!];
  const all = Array.from(sequences, (sequence, index) => {
    const where = `score.sequences[${index}]`;
    const tokens = Int32Array.from([...before, ...(checkTokens(where, sequence, size) as readonly number[])]);
    if (tokens.length >= 2) return tokens;
    const least = 2 - before.length;
    throw new BpttError('invalid-argument', `${where}: expected at least ${least} tokens, got ${sequence.length}`);
  });
  const state = prompt === undefined ? start : stateBehind(network, prompt.subarray(0, -1), start);

  const results = all.map(({ length }) => new Float64Array(length - 1));
  const order = [...all.keys()].toSorted((a, b) => all[b]!.length - all[a]!.length);
  const logProbabilities = new LogProbabilities(network, 'score', size);
  try {
    for (let from = 0; from < order.length; from += ROWS) {
      const members = order.slice(from, from + ROWS);
      const tokens = members.map((member) => all[member]!);
      scoreRows(network, logProbabilities, tokens, state, (row) => results[members[row]!]!);
    }
  } finally {
    logProbabilities.release();
  }
  return results.map((values) => ({
    logProbabilities: values,
    logProbability: values.reduce((sum, value) => sum + value, 0),
  }));
}

/** The state after a prompt, which may be empty. */
function stateBehind(network: Network, prompt: Int32Array, state: State | undefined): State | undefined {
  if (prompt.length === 0) return state;
  const window = new TokenWindow(network, 1, prompt.length, state);
  try {
    window.read(prompt, prompt.length);
    return window.state();
  } finally {
    window.release();
  }
}

/** Scores rows, the longest first. */
function scoreRows(
  network: Network,
  logProbabilities: LogProbabilities,
  rows: readonly Int32Array[],
  state: State | undefined,
  resultOf: (row: number) => Float64Array,
): void {
  const B = rows.length;
  const lengths = Int32Array.from(rows, ({ length }) => length - 1);
  const steps = lengths[0]!;
  const inputs = new Int32Array(steps * B);
  for (const [row, tokens] of rows.entries()) {
    for (let t = 0; t < lengths[row]!; t++) inputs[t * B + row] = tokens[t]!;
  }
  const window = new Window(network, { steps: [Math.min(CHUNK, steps)], rows: B }, { fixed: true });
  const output = window.node(network.graph.outputs[0]!).result;
  const rowBytes = output.ld * network.kernels.realBytes();
  try {
    window.restore(state && gatherRows(network, state, new Array<number>(B).fill(0)));
    for (let from = 0; from < steps; from += CHUNK) {
      const to = Math.min(from + CHUNK, steps);
      const at = window.append({ steps, rows: B, inputs, lengths }, from, to);
      window.forward(at, window.filled);
      for (let t = from; t < to; t++) {
        const step = output.pointer + (at + t - from) * output.stride;
        for (let row = 0; row < B && t < lengths[row]!; row++) {
          resultOf(row)[t] = logProbabilities.of(step + row * rowBytes, rows[row]![t + 1]!);
        }
      }
    }
  } finally {
    window.release();
  }
}
