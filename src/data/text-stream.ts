// A stream of tokens as batches for training.

import { checkTokens } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options } from '../base/fields.ts';
import { rememberTokens } from '../base/known-tokens.ts';
import type { Batch } from './batch.ts';
import { nextTokens } from './next-tokens.ts';

const fields = {
  /** B, how many rows read the stream at the same time. */
  batch: integer({ min: 1 }),
};

/** How many rows `textStream` cuts a stream of tokens into. */
export interface TextStreamOptions extends Options<typeof fields> {}

/** One stream of tokens as batches: each iteration is one epoch, and one batch. */
export interface TextStream extends Iterable<Batch> {
  /** T, the length of the longest row. */
  readonly steps: number;
  /** B */
  readonly rows: number;
  /** How many steps count: every token but the first is a target once. */
  readonly targets: number;
}

/**
 * A stream of tokens for next-token prediction. It is cut into B contiguous rows of T = ceil((N-1)/B) steps, and the
 * target of a step is the token after it. Training cuts the rows into windows and carries the state from one to the next.
 *
 * Nothing is lost at the end: when B does not divide N-1, the last rows are one step shorter, and a mask takes the padding
 * (token 0) at their end out of the loss. So each of the N-1 pairs of a token and its successor counts exactly once an epoch.
 *
 * The tokens are copied and checked here, and not in each epoch anew: the batch must not be written into.
 *
 * @param tokens N tokens, at least B + 1.
 * @throws BpttError when the stream is too short for the batch.
 *
 * @example
 * const stream = textStream(vocabulary.encode(text), { batch: 4 }); // four parts of the text, side by side
 * await fit(model, { data: stream, loss: 'cross-entropy', truncation: { k1: 20, k2: 20 }, epochs: 1 });
 */
export function textStream(tokens: Int32Array | readonly number[], options: TextStreamOptions): TextStream {
  return textStreamOf('textStream(tokens)', tokens, options);
}

/** The same for other functions: what errors call the tokens. @internal */
export function textStreamOf(
  where: string,
  tokens: Int32Array | readonly number[],
  options: TextStreamOptions,
): TextStream {
  const { batch: B } = checkFields('textStream', options, fields);
  const stream = checkTokens(where, tokens, 2 ** 31) as Int32Array | readonly number[];
  const pairs = stream.length - 1;
  if (pairs < 1) {
    throw new BpttError(
      'invalid-argument',
      `${where}: expected at least 2 tokens, one to read and one to predict, got ${stream.length}`,
    );
  }
  if (B > pairs) {
    throw new BpttError(
      'invalid-argument',
      `textStream.batch: expected at most ${pairs} rows for ${stream.length} tokens, got ${B}`,
    );
  }
  const batch = cutIntoRows(stream, B);
  return {
    steps: batch.steps,
    rows: B,
    targets: pairs,
    *[Symbol.iterator]() {
      yield batch;
    },
  };
}

/** B contiguous rows, each from the last token of the row before on; the longer ones come first. */
function cutIntoRows(stream: Int32Array | readonly number[], B: number): Batch {
  const pairs = stream.length - 1;
  const shortest = Math.floor(pairs / B);
  const longRows = pairs % B;
  const rows = Array.from({ length: B }, (_, row) => {
    const start = row * shortest + Math.min(row, longRows);
    const end = start + shortest + (row < longRows ? 1 : 0);
    return stream.slice(start, end + 1);
  });
  const batch = nextTokens(rows);
  let most = 0;
  for (let i = 0; i < stream.length; i++) most = Math.max(most, stream[i]!);
  for (const tokens of [batch.inputs, batch.targets]) rememberTokens(tokens, most);
  return batch;
}
