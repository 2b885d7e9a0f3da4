// What every tokenizer can do, whatever its tokens are.

import { BpttError } from '../base/errors.ts';
import type { VocabularyDescription } from './characters.ts';

/** The words of a text as plain data, for JSON. */
export interface WordsDescription {
  /** Tells it from the other tokenizers. */
  readonly kind: 'words';
  /** All symbols in the order of their tokens. */
  readonly symbols: readonly string[];
  /** Whether text is taken in lower case. */
  readonly lowercase: boolean;
  /** What stands for all that is not in the vocabulary, when it was declared. */
  readonly unknown?: string;
}

/** The bytes of UTF-8 as plain data, for JSON. */
export interface BytesDescription {
  /** Tells it from the other tokenizers. */
  readonly kind: 'bytes';
}

/** A byte-pair tokenizer as plain data, for JSON. */
export interface BytePairDescription {
  /** Tells it from the other tokenizers. */
  readonly kind: 'byte-pair';
  /** The content of its tokenizer.json. */
  readonly tokenizer: Readonly<Record<string, unknown>>;
}

/** Any tokenizer as plain data: what `toJSON` gives and `tokenizerFromJSON` takes. */
export type TokenizerDescription = VocabularyDescription | WordsDescription | BytesDescription | BytePairDescription;

/** Text to tokens 0 .. size - 1 and back: what `characters`, `words`, `bytes` and `bytePair` give. */
export interface Tokenizer {
  /** How many tokens there are: the size that a model's `tokens` and last `dense` need. */
  readonly size: number;
  /** The tokens of a text. */
  encode(text: string): Int32Array<ArrayBuffer>;
  /** The text of some tokens. */
  decode(tokens: Int32Array | readonly number[]): string;
  /** Plain data from which `tokenizerFromJSON` makes the same tokenizer. */
  toJSON(): TokenizerDescription;
}

/** @throws BpttError for half a surrogate pair, which no encoding of Unicode can hold. */
export function checkWellFormed(where: string, text: string): string {
  const place = text.search(/\p{Surrogate}/u);
  if (place < 0) return text;
  const half = text.charCodeAt(place).toString(16).toUpperCase();
  throw new BpttError(
    'invalid-argument',
    `${where}: expected well-formed Unicode, got half a surrogate pair (U+${half}) at position ${[...text.slice(0, place)].length}`,
  );
}
