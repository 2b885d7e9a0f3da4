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
import type { Vocabulary } from '../../tokenizers/characters.ts';
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
}

export interface Corpus {
  readonly name: string;
  /** SHA-256 of the text. */
  readonly digest: string;
  readonly characters: number;
  readonly vocabulary: Vocabulary;
  /** The first characters, at most `OPENING`. */
  readonly opening: readonly string[];
  cut(how: Cut): Promise<Parts>;
}

/** A text in memory. */
export function wholeCorpus({ name, text }: Text): Corpus {
  const vocabulary = characters(text);
  const tokens = vocabulary.encode(text);
  return {
    name,
    digest: createHash('sha256').update(text).digest('hex'),
    characters: tokens.length,
    vocabulary,
    opening: openingOf(text.slice(0, 2 * OPENING)),
    cut: async (how) => cutTokens(name, tokens, how),
  };
}

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
  return { training, validation, steps, trainingCharacters: parts.training.length, validationCharacters: length };
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
      return { training: await part(0, to), validation: fraction > 0 ? await part(to, 1) : undefined };
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
