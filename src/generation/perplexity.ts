// How well a model predicts a text: perplexity and bits per character.
import { checkTokens } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, optional, unchecked } from '../base/fields.ts';
import { evaluate } from '../loss/evaluate.ts';
import type { Model } from '../model/model.ts';
import type { Network } from '../model/network.ts';
import type { State } from '../model/state.ts';
import { vocabularySize } from './token-window.ts';

const fields = {
  /** Characters of the text after its first token, where a token is more or less than one. Default: one a token. */
  characters: optional(integer({ min: 1 })),
  /** Where the text starts: a state of one row. Default the zero state. */
  state: optional(unchecked<State>()),
};

/** What `perplexity` counts bits by, and the state that the text starts from. */
export interface PerplexityOptions extends Options<typeof fields> {}

/** How well a model predicts a text, in the units that papers use. */
export interface Perplexity {
  /** e^loss, in the model's precision: as if so many tokens were equally likely at each step. */
  readonly perplexity: number;
  /** Nats per token. */
  readonly loss: number;
  /** The loss in bits: nats divided by ln 2. */
  readonly bitsPerToken: number;
  /** Bits of all tokens divided by `characters`; the same as `bitsPerToken` where each token is a character. */
  readonly bitsPerCharacter: number;
  /** How many tokens were predicted: all but the first. */
  readonly counted: number;
  /** After the last token but one. */
  readonly state: State;
}

/**
 * How well a model predicts each token of a text from those before it.
 *
 * @param tokens The text, at least 2 tokens, read from start to end in one row.
 * @throws BpttError when the model does not map tokens to logits over the same tokens, and for wrong tokens and options.
 *
 * @example
 * const { perplexity: guesses, bitsPerCharacter } = perplexity(model, vocabulary.encode(text));
 * console.log(guesses, bitsPerCharacter);
 */
export function perplexity(
  model: Model,
  tokens: Int32Array | readonly number[],
  options: PerplexityOptions = {},
): Perplexity {
  const size = vocabularySize('perplexity', model);
  const given = checkFields('perplexity', options, fields);
  const text = Int32Array.from(checkTokens('perplexity.tokens', tokens, size) as ArrayLike<number>);
  if (text.length < 2) {
    throw new BpttError('invalid-argument', `perplexity.tokens: expected at least 2 tokens, got ${text.length}`);
  }
  const counted = text.length - 1;
  const { characters = counted } = given;
  const batch = { steps: counted, rows: 1, inputs: text.subarray(0, counted), targets: text.subarray(1) };
  const { loss, state } = evaluate(model, batch, { loss: 'cross-entropy' }, given.state);
  const bitsPerToken = loss / Math.LN2;
  return {
    perplexity: exponential(model.network, loss),
    loss,
    bitsPerToken,
    bitsPerCharacter: (bitsPerToken * counted) / characters,
    counted,
    state,
  };
}

/** e^x by the kernels: the same in every engine. */
function exponential({ kernels, arena }: Network, x: number): number {
  const count = kernels.padded(1);
  const bytes = count * kernels.realBytes();
  const block = arena.allocate(bytes);
  arena.reals(block, count)[0] = x;
  kernels.vexp(block, block, count);
  const y = arena.reals(block, count)[0]!;
  arena.release(block, bytes);
  return y;
}
