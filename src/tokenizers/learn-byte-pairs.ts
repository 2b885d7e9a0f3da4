// Learning byte pairs from a text (Sennrich, Haddow and Birch 2016): the pair of neighbours that is most frequent becomes a token, again and again.
import { checkString } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, type Options, withDefault } from '../base/fields.ts';
import { type BytePair, byteLetters, bytePair } from './byte-pair.ts';

const fields = {
  /** Tokens in all, the 256 bytes among them; fewer where the text has not as many pairs that come twice. Default 1000. */
  size: withDefault(integer({ min: 257, max: 65_536 }), 1000),
};

/** How many tokens `learnBytePairs` makes. */
export interface LearnBytePairsOptions extends Options<typeof fields> {}

/** As GPT-2 cuts a text before pairs are looked for: none reaches over such a piece. A space belongs to the word after it. */
const PIECE = /'(?:[sdmt]|ll|ve|re)| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** A piece that occurs `count` times, as tokens. */
interface Word {
  readonly count: number;
  symbols: readonly string[];
}

/**
 * A byte-level byte-pair tokenizer that is learned from a text; every text can be written with it, and comes back as it was. Of pairs that are
 * equally frequent the one that is first in the order of UTF-16 code units is taken, so the same text gives the same tokenizer everywhere.
 *
 * @throws BpttError for a text without a piece, and for sizes below 257 or above 65,536.
 *
 * @example
 * const vocabulary = learnBytePairs(text, { size: 2000 });
 * const model = await createModel([tokens(vocabulary.size), embedding({ units: 128 }), lstm({ units: 256 }), dense({ units: vocabulary.size })]);
 */
export function learnBytePairs(text: string, options: LearnBytePairsOptions = {}): BytePair {
  const { size } = checkFields('learnBytePairs', options, fields);
  const letters = byteLetters();
  const words = wordsOf(checkString('learnBytePairs(text)', text), letters);
  if (words.length === 0) {
    throw new BpttError('invalid-argument', 'learnBytePairs(text): expected at least one character, got none');
  }
  const merges = mergesOf(words, size - letters.length);
  const symbols = [...letters, ...merges.map(([left, right]) => left + right)];
  const part = { type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true };
  return bytePair({
    version: '1.0',
    added_tokens: [],
    normalizer: null,
    pre_tokenizer: part,
    post_processor: null,
    decoder: part,
    model: {
      type: 'BPE',
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries(symbols.map((symbol, token) => [symbol, token])),
      merges,
    },
  });
}

function wordsOf(text: string, letters: readonly string[]): readonly Word[] {
  const counts = new Map<string, number>();
  for (const [piece] of text.matchAll(PIECE)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  const encoder = new TextEncoder();
  return Array.from(counts, ([piece, count]) => ({
    count,
    symbols: Array.from(encoder.encode(piece), (byte) => letters[byte]!),
  }));
}

/** Pairs are named by their two halves with what no token has between them. */
const nameOf = (left: string, right: string) => `${left} ${right}`;

/** How often pairs occur, and in which words they may be. */
class Pairs {
  readonly #counts = new Map<string, number>();
  readonly #words = new Map<string, Set<Word>>();

  /** Adds the pairs of a word, or takes them away. */
  count(word: Word, sign: 1 | -1): void {
    const { symbols } = word;
    for (let i = 1; i < symbols.length; i++) {
      const pair = nameOf(symbols[i - 1]!, symbols[i]!);
      this.#counts.set(pair, (this.#counts.get(pair) ?? 0) + sign * word.count);
      if (sign < 0) continue;
      const words = this.#words.get(pair);
      if (words === undefined) this.#words.set(pair, new Set([word]));
      else words.add(word);
    }
  }

  /** The pair that is most frequent; undefined where none comes twice. */
  best(): string | undefined {
    let best: string | undefined;
    let most = 1;
    for (const [pair, count] of this.#counts) {
      if (count > most || (count === most && best !== undefined && pair < best)) [best, most] = [pair, count];
    }
    return best;
  }

  /** The words of a pair that is to be no more. */
  take(pair: string): Iterable<Word> {
    const words = this.#words.get(pair) ?? [];
    this.#words.delete(pair);
    return words;
  }

  forget(pair: string): void {
    this.#counts.delete(pair);
  }
}

function mergesOf(words: readonly Word[], most: number): readonly (readonly [string, string])[] {
  const pairs = new Pairs();
  for (const word of words) pairs.count(word, 1);
  const merges: [string, string][] = [];
  while (merges.length < most) {
    const best = pairs.best();
    if (best === undefined) break;
    const [left, right] = best.split(' ') as [string, string];
    merges.push([left, right]);
    for (const word of pairs.take(best)) {
      pairs.count(word, -1);
      word.symbols = merged(word.symbols, left, right);
      pairs.count(word, 1);
    }
    pairs.forget(best);
  }
  return merges;
}

/** The symbols with each pair as one, from the left on. */
function merged(symbols: readonly string[], left: string, right: string): readonly string[] {
  const result: string[] = [];
  for (let i = 0; i < symbols.length; i++) {
    const pair = symbols[i] === left && symbols[i + 1] === right;
    result.push(pair ? left + right : symbols[i]!);
    if (pair) i++;
  }
  return result;
}
