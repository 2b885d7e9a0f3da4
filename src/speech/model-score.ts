// A language model as the score of prefixes.
import { checkTokens } from '../base/check.ts';
import { checkFields, number, type Options, optional, unchecked, withDefault } from '../base/fields.ts';
import { checkPrompt } from '../generation/generate.ts';
import { vocabularySize } from '../generation/token-window.ts';
import type { Model } from '../model/model.ts';
import type { State } from '../model/state.ts';
import { logSoftmax } from './logits.ts';
import type { PrefixScore } from './prefix-score.ts';

const fields = {
  /** Tokens that the model reads before the first label, at least one: a space or a line break, for example. */
  prompt: unchecked<Int32Array | readonly number[]>(),
  /** The model's token for each label: a label's number is its place. Default: the labels are the model's tokens. */
  tokens: optional(unchecked<Int32Array | readonly number[]>()),
  /** The factor of the model's log-probabilities, ≥ 0. Default 0.5. */
  weight: withDefault(number({ min: 0 }), 0.5),
  /** Added for each label, since every label makes a text less likely. Default 0. */
  bonus: withDefault(number(), 0),
};

/** What a language model reads first, and how much it has to say beside what was heard. */
export interface ModelScoreOptions extends Options<typeof fields> {}

/** What the model has read: the score so far, and what it expects next, which is computed where it is first asked for. */
interface Read {
  readonly total: number;
  expects(): { readonly logProbabilities: Float64Array; readonly state: State };
}

/**
 * A model of characters, or of other tokens, as the score of prefixes: `weight` times the log-probability of the labels that it finds, and
 * `bonus` for each. One step of the model for each prefix that the search follows.
 *
 * @example
 * const letters = await createModel([tokens(3), gru({ units: 8 }), dense({ units: 3 })]); // trained on texts of the same labels
 * const { outputs } = hearing.forward({ steps, rows: 1, inputs });
 * const score = modelScore(letters, { prompt: [0], weight: 0.4, bonus: 1 });
 * const [[best]] = decode({ steps, rows: 1, logits: outputs }, { beams: 16, score });
 *
 * @throws BpttError when the model does not map tokens to logits over the same tokens, and for wrong options.
 */
export function modelScore(model: Model, options: ModelScoreOptions): PrefixScore<Read> {
  const where = 'modelScore';
  const size = vocabularySize(where, model);
  const { prompt, tokens, weight, bonus } = checkFields(where, options, fields);
  const first = checkPrompt(`${where}.prompt`, prompt, size);
  const known = tokens === undefined ? undefined : checkTokens(`${where}.tokens`, tokens, size);
  const tokenOf = (label: number) => {
    const [token] = checkTokens('modelScore: labels', [label], known?.length ?? size) as readonly [number];
    return known?.[token] ?? token;
  };

  const read = (total: number, inputs: Int32Array, before: () => State | undefined): Read => {
    let found: ReturnType<Read['expects']> | undefined;
    const expects = () => {
      if (found !== undefined) return found;
      const { outputs, state } = model.forward({ steps: inputs.length, rows: 1, inputs }, before());
      found = { logProbabilities: logSoftmax(outputs.subarray(-size)), state };
      return found;
    };
    return { total, expects };
  };
  return {
    start: read(0, first, () => undefined),
    next(prefix, label) {
      const token = tokenOf(label);
      const total = prefix.total + weight * prefix.expects().logProbabilities[token]! + bonus;
      return read(total, Int32Array.of(token), () => prefix.expects().state);
    },
    total: ({ total }) => total,
  };
}
