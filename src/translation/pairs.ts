// Pairs of texts, or of tokens, as batches for an encoder and a decoder.
import { checkString, checkTokens, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { boolean, checkFields, type Field, integer, type Options, optional, withDefault } from '../base/fields.ts';
import type { GraphBatch } from '../data/batch.ts';
import { membersOf } from '../data/buckets.ts';
import { checkEpoch, type Dataset } from '../data/dataset.ts';
import { interleave } from '../data/interleave.ts';
import type { Tokenizer } from '../tokenizers/tokenizer.ts';

/** What makes tokens of a text; a vocabulary of `characters`, or any of `bptt/tokenizers`. */
type Encoder = Pick<Tokenizer, 'size' | 'encode'>;

const encoder: Field<Encoder> = {
  check(where, value) {
    const given = value as Partial<Encoder> | null | undefined;
    const fits = readable(where, () => typeof given?.encode === 'function' && Number.isInteger(given.size));
    if (fits) return value as Encoder;
    throw new BpttError(
      'invalid-argument',
      `${where}: expected a tokenizer, such as characters(text) makes, got ${show(value)}`,
    );
  },
};

const fields = {
  /** Makes tokens of the sources. */
  source: encoder,
  /** Makes tokens of the targets. The model has one token more, which begins and ends them: see `targetSize`. */
  target: encoder,
  /** B, the pairs of a batch; the last batch of an epoch has what is left. */
  batch: integer({ min: 1 }),
  /** A seed, a whole number from 0 to 2^53 - 1: each epoch then has an order of its own. Default: the order of the list. */
  shuffle: optional(integer({ min: 0 })),
  /** Puts pairs of like lengths into a batch, by the source and then the target, so that little is padded. Default true. */
  bucket: withDefault(boolean, true),
};

/** What makes tokens of both sides, and how `pairs` puts them into batches. */
export interface PairsOptions extends Options<typeof fields> {}

/** A source and what it becomes. */
export type Pair = readonly [source: string, target: string];

/** Batches of pairs, and what the model that learns from them needs to know. */
export interface PairData extends Dataset<GraphBatch> {
  /** How many tokens the input `source` has. */
  readonly sourceSize: number;
  /** How many tokens the input `target` has, and outputs the model: those of the tokenizer, and one that begins and ends. */
  readonly targetSize: number;
}

/**
 * Pairs as batches for a model with the inputs `source` and `target`: the decoder reads the target from the token that begins it, and
 * learns to write it up to the one that ends it (teacher forcing). Rows are padded to the longest of their batch, with `lengths` of both
 * sides, and what is padded has neither loss nor gradient. The batches of an epoch depend on nothing but the list, the options and the
 * epoch, so a training that is resumed meets the same ones.
 *
 * @throws BpttError that names the pair: an empty side, a character that a tokenizer does not know; no pair at all, unknown options.
 *
 * @example
 * const data = pairs([['4 May 1920', '1920-05-04'], ['5 May 1920', '1920-05-05']], { source: letters, target: digits, batch: 2, shuffle: 1 });
 * tokens(data.targetSize, { name: 'target' });
 */
export function pairs(list: readonly Pair[], options: PairsOptions): PairData {
  const { source, target, batch, shuffle, bucket } = checkFields('pairs', options, fields);
  const where = 'pairs(list)';
  if (!readable(where, () => Array.isArray(list)) || list.length === 0) {
    throw new BpttError('invalid-argument', `${where}: expected at least one pair, got ${show(list)}`);
  }
  const encoded = Array.from(list, (pair, index) => {
    const place = `${where}[${index}]`;
    if (!readable(place, () => Array.isArray(pair) && pair.length === 2)) {
      throw new BpttError('invalid-argument', `${place}: expected [source, target], got ${show(pair)}`);
    }
    return { source: encode(`${place}[0]`, pair[0], source), target: encode(`${place}[1]`, pair[1], target) };
  });
  const byLength = (a: number, b: number) =>
    encoded[a]!.source.length - encoded[b]!.source.length || encoded[a]!.target.length - encoded[b]!.target.length;
  return {
    sourceSize: source.size,
    targetSize: target.size + 1,
    *batches(epoch, skip) {
      checkEpoch(epoch, skip);
      for (const members of membersOf(encoded.length, byLength, { batch, bucket, shuffle }, epoch).slice(skip)) {
        const rows = members.map((index) => encoded[index]!);
        yield collate(
          rows.map((row) => row.source),
          rows.map((row) => row.target),
          target.size,
        );
      }
    },
  };
}

function encode(where: string, text: unknown, tokenizer: Encoder): Int32Array {
  const checked = checkString(where, text);
  let tokens: Int32Array;
  try {
    tokens = tokenizer.encode(checked);
  } catch (error) {
    if (!(error instanceof BpttError)) throw error;
    throw new BpttError(error.code, `${where}: ${error.message}`, { cause: error });
  }
  if (tokens.length > 0) return Int32Array.from(checkTokens(where, tokens, tokenizer.size));
  throw new BpttError(
    'invalid-argument',
    `${where}: expected at least one token, got ${show(checked)}, which has none`,
  );
}

/** Rows side by side. `end` begins what is read, and ends what is written. */
function collate(sources: readonly Int32Array[], targets: readonly Int32Array[], end: number): GraphBatch {
  const S = Math.max(...sources.map(({ length }) => length));
  const T = Math.max(...targets.map(({ length }) => length)) + 1;
  const side = (rows: readonly Int32Array[], steps: number) => interleave(rows, steps, 1) as Int32Array;
  const read = targets.map((tokens) => Int32Array.of(end, ...tokens));
  const written = targets.map((tokens) => Int32Array.of(...tokens, end));
  return {
    rows: sources.length,
    steps: { source: S, target: T },
    inputs: { source: side(sources, S), target: side(read, T) },
    targets: side(written, T),
    lengths: {
      source: Int32Array.from(sources, ({ length }) => length),
      target: Int32Array.from(written, ({ length }) => length),
    },
  };
}
