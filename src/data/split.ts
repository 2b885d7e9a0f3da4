// A stream of tokens in two: for training and for validation.
import { checkNumber, checkTokens } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';

/**
 * Cuts a stream of tokens in two: the last `fraction` of it is for validation, what is before it for training.
 *
 * @param fraction Between 0 and 1, both exclusive; validation gets `round(fraction * length)` tokens.
 * @throws BpttError when a part would have fewer than 2 tokens, one to read and one to predict.
 *
 * @example
 * const { training, validation } = split(vocabulary.encode(text), 0.1); // the last tenth is for validation
 * await fit(model, { data: training, validation, loss: 'cross-entropy', truncation: { k1: 20, k2: 20 }, epochs: 1 });
 */
export function split(
  tokens: Int32Array | readonly number[],
  fraction: number,
): { readonly training: Int32Array<ArrayBuffer>; readonly validation: Int32Array<ArrayBuffer> } {
  return splitTokens(Int32Array.from(checkTokens('split(tokens)', tokens, 2 ** 31)), fraction);
}

/** The same of tokens that need no check: a tokenizer made them, or they are checked later. */
export function splitTokens(
  all: Int32Array<ArrayBuffer>,
  fraction: number,
): { readonly training: Int32Array<ArrayBuffer>; readonly validation: Int32Array<ArrayBuffer> } {
  checkNumber('split(fraction)', fraction, { exclusiveMin: 0, exclusiveMax: 1 });
  const cut = all.length - Math.round(fraction * all.length);
  for (const [name, length] of [
    ['training', cut],
    ['validation', all.length - cut],
  ] as const) {
    if (length >= 2) continue;
    throw new BpttError(
      'invalid-argument',
      `split(tokens, ${fraction}): expected at least 2 tokens for ${name}, got ${length} of ${all.length}`,
    );
  }
  return { training: all.slice(0, cut), validation: all.slice(cut) };
}
