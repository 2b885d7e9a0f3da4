// What `bptt train` learns from: a text in memory, or a file that is read as training goes.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { BpttError } from '../../base/errors.ts';
import type { Data } from '../../data/dataset.ts';
import { splitTokens } from '../../data/split.ts';
import { notUtf8 } from '../../formats/utf8.ts';
import { characters, textStream } from '../../index.ts';
import { fileError } from '../../node/atomic-file.ts';
import { fileCharacters, textFile } from '../../node/text-file.ts';
import { Vocabulary } from '../../tokenizers/characters.ts';
import { learnBytePairs, type Tokenizer, words } from '../../tokenizers/index.ts';
import { renamedError } from './renamed-error.ts';
import type { Text } from './text-file.ts';

/** Bytes of a file above which it is read as training goes: in memory a text takes some 15 bytes for each character. */
const LARGE = 32e6;

/** How many characters of a text's beginning are kept: what samples begin with, and what a report looks into. */
const OPENING = 101;

/** Whether a file is to be read as training goes; one that is not there is not. */
export async function isLarge(path: string): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return (found?.size ?? 0) > LARGE;
}

/** How a text is cut. */
export interface Cut {
  /** The last part, to validate on. */
  readonly validation: number;
  /** Rows. */
  readonly batch: number;
}

/** The two parts of a text. */
export interface Parts {
  readonly training: Data;
  readonly validation: Data | undefined;
  /** The length of the rows that train, where it is known before they are read. */
  readonly steps?: number;
  /** Characters of each part, where they are known. */
  readonly trainingCharacters?: number;
  readonly validationCharacters?: number;
  /** How many characters a token has in the mean: losses are said for characters, so that they can be compared. */
  readonly perToken: { readonly training: number; readonly validation: number };
}

/** What tokens are, and how many there may be. */
export interface Tokens {
  readonly tokenizer: 'characters' | 'words' | 'byte-pairs';
  readonly vocabularySize: number | undefined;
}

/** Tokens where nothing else is said. */
const SIZES = { words: 8000, 'byte-pairs': 1000 } as const;

/** What stands for words that have no token. */
export const UNKNOWN = '<unk>';

/** @throws BpttError for a vocabulary size that is wrong. */
export function tokenizerOf(text: string, { tokenizer, vocabularySize }: Tokens): Tokenizer {
  if (tokenizer === 'characters') {
    if (vocabularySize === undefined) return characters(text);
    const expected = '--tokenizer words or byte-pairs with it';
    throw new BpttError('invalid-argument', `--vocabulary-size: expected ${expected}, got characters`);
  }
  const size = vocabularySize ?? SIZES[tokenizer];
  if (tokenizer === 'words') return words(text, { size, unknown: UNKNOWN });
  try {
    return learnBytePairs(text, { size });
  } catch (cause) {
    throw renamedError(cause, { 'learnBytePairs.size': '--vocabulary-size' });
  }
}

export interface Corpus {
  readonly name: string;
  /** SHA-256 of the text. */
  readonly digest: string;
  readonly characters: number;
  readonly vocabulary: Tokenizer;
  /** How many tokens the text has, where that is known. */
  readonly tokens: number;
  /** The first tokens as text, at most `OPENING`. */
  readonly opening: readonly string[];
  cut(how: Cut): Promise<Parts>;
}

/** A text in memory. */
export function wholeCorpus({ name, text }: Text, kind: Tokens): Corpus {
  const vocabulary = tokenizerOf(text, kind);
  return corpusOf({ name, text }, vocabulary, vocabulary.encode(text));
}

/** A text that is read with a vocabulary, as these tokens. */
export function corpusOf({ name, text }: Text, vocabulary: Tokenizer, tokens: Int32Array<ArrayBuffer>): Corpus {
  const single = vocabulary instanceof Vocabulary;
  return {
    name,
    digest: createHash('sha256').update(text).digest('hex'),
    characters: single ? tokens.length : lengthOf(text),
    vocabulary,
    tokens: tokens.length,
    opening: Array.from(tokens.subarray(0, OPENING), (token) => vocabulary.decode([token])),
    cut: async (how) => {
      const parts = cutTokens(name, tokens, how);
      if (single) return parts;
      const border = parts.trainingCharacters!;
      const [training, validation] = [tokens.subarray(0, border), tokens.subarray(border)].map((part) =>
        lengthOf(vocabulary.decode(part)),
      );
      const per = (characters: number, tokens: number) => (tokens === 0 ? 1 : characters / tokens);
      return {
        ...parts,
        trainingCharacters: training!,
        validationCharacters: validation!,
        perToken: { training: per(training!, border), validation: per(validation!, tokens.length - border) },
      };
    },
  };
}

/** Characters of a text. */
const lengthOf = (text: string) => {
  let count = 0;
  for (const _ of text) count++;
  return count;
};

function cutTokens(name: string, tokens: Int32Array<ArrayBuffer>, { validation: fraction, batch }: Cut): Parts {
  const last = Math.round(fraction * tokens.length);
  if (fraction > 0 && Math.min(last, tokens.length - last) < 2) {
    const got = `${tokens.length - last} and ${last} of ${tokens.length}`;
    throw new BpttError(
      'bad-file',
      `${name}: expected at least 2 characters to train and 2 to validate on, got ${got} (--validation ${fraction}); --validation 0 trains on all`,
    );
  }
  const parts = fraction > 0 ? splitTokens(tokens, fraction) : { training: tokens, validation: undefined };
  const pairs = parts.training.length - 1;
  if (batch > pairs) {
    throw new BpttError(
      'invalid-argument',
      `--batch: expected at most ${pairs} for a training text of ${pairs + 1} characters, got ${batch}`,
    );
  }
  const training = textStream(parts.training, { batch });
  const length = parts.validation?.length ?? 0;
  // A short validation text has fewer rows; the loss per character is of all its characters in any case.
  const validation = parts.validation && textStream(parts.validation, { batch: Math.min(batch, length - 1) });
  const { steps } = training;
  return {
    training,
    validation,
    steps,
    trainingCharacters: parts.training.length,
    validationCharacters: length,
    perToken: { training: 1, validation: 1 },
  };
}

/**
 * A file in UTF-8 that is read piece by piece, twice before training begins.
 *
 * @throws BpttError `bad-file` as `fileCharacters` and `textFile` do.
 */
export async function streamedCorpus(path: string): Promise<Corpus> {
  const vocabulary = await fileCharacters(path);
  const { digest, count, opening } = await survey(path);
  return {
    name: path,
    digest,
    characters: count,
    vocabulary,
    tokens: count,
    opening,
    async cut({ validation: fraction, batch }) {
      const to = 1 - fraction;
      const part = (from: number, end: number) =>
        textFile(path, { vocabulary, batch, from, to: end }).catch((cause) => {
          throw renamedError(cause, {
            [`each of ${batch} rows`]: `each of the ${batch} rows of --batch`,
            ': textFile.batch, from and to say how many and of what': '',
          });
        });
      const validation = fraction > 0 ? await part(to, 1) : undefined;
      return { training: await part(0, to), validation, perToken: { training: 1, validation: 1 } };
    },
  };
}

/** What one more reading of a file tells, which is known to be UTF-8. */
async function survey(path: string): Promise<{ digest: string; count: number; opening: readonly string[] }> {
  const hash = createHash('sha256');
  let count = 0;
  let read = 0;
  let opening: readonly string[] | undefined;
  try {
    for await (const bytes of createReadStream(path, { highWaterMark: 1 << 20 })) {
      hash.update(bytes);
      if ((bytes as Buffer).includes(0)) throw notUtf8(path, bytes, read);
      read += bytes.length;
      // A character begins at each byte that does not continue one.
      for (const byte of bytes as Buffer) if ((byte & 0xc0) !== 0x80) count++;
      // No character has more than 4 bytes; `stream` leaves out one that is cut.
      opening ??= openingOf(new TextDecoder().decode(bytes.subarray(0, 4 * OPENING + 3), { stream: true }));
    }
  } catch (cause) {
    throw fileError(path, 'read', cause);
  }
  return { digest: hash.digest('hex'), count, opening: opening ?? [] };
}

const openingOf = (text: string) => [...text].slice(0, OPENING);
