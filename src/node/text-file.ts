// A text file as batches, read as training goes: it may be larger than memory.
import { type FileHandle, open } from 'node:fs/promises';
import { checkNumber, isCallable, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, number, type Options, such, withDefault } from '../base/fields.ts';
import type { Batch } from '../data/batch.ts';
import type { Dataset } from '../data/dataset.ts';
import { nextTokens } from '../data/next-tokens.ts';
import { checkText, notUtf8 } from '../formats/utf8.ts';
import { type CharactersOptions, characters, charactersFields, type Vocabulary } from '../tokenizers/characters.ts';
import { checkPath, fileError } from './atomic-file.ts';

/** What makes tokens of a text, piece by piece: the tokens of a text are those of its parts, as with characters and bytes. */
export interface PiecewiseTokenizer {
  /** The tokens of a piece of text. */
  encode(text: string): Int32Array;
}

const fields = {
  /** Such as `await fileCharacters(path)`. */
  vocabulary: such<PiecewiseTokenizer>('a tokenizer', (value) => isCallable(value?.encode)),
  /** B, how many rows read the file side by side. */
  batch: integer({ min: 1 }),
  /** T, the steps of a batch: what is in memory at a time. Default 1000. */
  steps: withDefault(integer({ min: 1 }), 1000),
  /** The part of the file to read, from 0 to 1, by bytes: for validation on what training does not read. Default the whole. */
  from: withDefault(number({ min: 0, max: 1 }), 0),
  /** Where the part ends, from 0 to 1; see `from`. Default 1. */
  to: withDefault(number({ max: 1 }), 1),
};

/** What makes tokens of the file, how many rows read it, and which part. */
export interface TextFileOptions extends Options<typeof fields> {}

/** Bytes that are read at a time. */
const CHUNK = 1 << 16;

/**
 * A text file in UTF-8 as a dataset for next-token prediction: B rows read the file from B places on, and each batch carries the state of the
 * one before. Every pair of a token and the one after it counts once an epoch, as with `textStream`; rows are of like lengths in bytes, so
 * those that end first are masked. Resuming reads again what was read of the epoch.
 *
 * @throws BpttError `bad-file` for a file that cannot be read or is not UTF-8, and where it is too short for the rows.
 *
 * @example
 * const vocabulary = await fileCharacters('my-text.txt');
 * const model = await createModel([tokens(vocabulary.size), gru({ units: 16 }), dense({ units: vocabulary.size })]);
 * const data = await textFile('my-text.txt', { vocabulary, batch: 4, steps: 100 });
 * await fit(model, { data, loss: 'cross-entropy', truncation: { k1: 20, k2: 20 }, steps: 10 });
 */
export async function textFile(path: string, options: TextFileOptions): Promise<Dataset<Batch, AsyncIterable<Batch>>> {
  checkPath('textFile(path)', path);
  const { vocabulary, batch: B, steps: T, from, to } = checkFields('textFile', options, fields);
  checkNumber('textFile.to', to, { min: from, max: 1 });
  const borders = await withFile(path, async (file) => {
    const { size } = await file.stat();
    const begin = Math.floor(size * from);
    const end = Math.floor(size * to);
    // No more rows than bytes: a row has a character at least.
    if (B > end - begin) throw tooShort(path, B, end - begin);
    const places = Array.from({ length: B + 1 }, (_, row) => begin + Math.floor(((end - begin) * row) / B));
    return Promise.all(places.map((place) => nextCharacter(file, place)));
  });
  if (borders.some((place, row) => row > 0 && place <= borders[row - 1]!)) {
    throw tooShort(path, B, borders.at(-1)! - borders[0]!);
  }
  return {
    async *batches(_, skip) {
      const file = await opened(path);
      try {
        const last = borders.at(-1)!;
        const rows = Array.from(
          { length: B },
          (__, row) => new Row(path, file, borders[row]!, borders[row + 1]!, last, vocabulary),
        );
        for (let done = 0; ; done++) {
          const parts = [];
          for (const row of rows) parts.push(await row.take(T + 1));
          if (parts.every((part) => part.length < 2)) return;
          if (done >= skip) yield { ...nextTokens(parts), carry: done > 0 };
        }
      } catch (cause) {
        throw fileError(path, 'read', cause);
      } finally {
        await file.close();
      }
    },
  };
}

/**
 * The vocabulary of all characters of a file, which is read piece by piece.
 *
 * @throws BpttError `bad-file` for a file that cannot be read, is empty or is not UTF-8.
 *
 * @example
 * const vocabulary = await fileCharacters('my-text.txt');
 * console.log(vocabulary.size);
 */
export async function fileCharacters(path: string, options: CharactersOptions = {}): Promise<Vocabulary> {
  checkPath('fileCharacters(path)', path);
  checkFields('fileCharacters', options, charactersFields);
  const points = new Set<string>();
  // Most characters are one UTF-16 unit, and a table of those is looked up faster than a set.
  const seen = new Uint8Array(1 << 16);
  await withFile(path, async (file) => {
    const decoder = new TextDecoder('utf-8', { fatal: true });
    const bytes = Buffer.alloc(1 << 20);
    for (let place = 0; ; ) {
      const { bytesRead } = await file.read(bytes, 0, bytes.length, place);
      if (place === 0) checkText(path, bytes.subarray(0, bytesRead));
      const text = await decode(decoder, bytes.subarray(0, bytesRead), bytesRead > 0, path, file, place);
      for (let i = 0; i < text.length; i++) {
        const unit = text.charCodeAt(i);
        if (unit >= 0xd800 && unit < 0xdc00) points.add(text.slice(i, ++i + 1));
        else seen[unit] = 1;
      }
      place += bytesRead;
      if (bytesRead === 0) break;
    }
  });
  for (const [unit, there] of seen.entries()) if (there === 1) points.add(String.fromCharCode(unit));
  if (points.size === 0) throw new BpttError('bad-file', `${path}: expected a text, got an empty file`);
  return characters([...points].join(''), options);
}

const tooShort = (path: string, rows: number, bytes: number) =>
  new BpttError(
    'bad-file',
    `${path}: expected at least a character for each of ${rows} rows, got ${bytes} bytes: textFile.batch, from and to say how many and of what`,
  );

async function opened(path: string): Promise<FileHandle> {
  try {
    return await open(path);
  } catch (cause) {
    throw fileError(path, 'read', cause);
  }
}

async function withFile<T>(path: string, use: (file: FileHandle) => Promise<T>): Promise<T> {
  const file = await opened(path);
  try {
    return await use(file);
  } catch (cause) {
    throw fileError(path, 'read', cause);
  } finally {
    await file.close();
  }
}

const BYTE_ORDER_MARK = [0xef, 0xbb, 0xbf];

/** The first byte from `place` on that begins a character; a byte order mark at the start is none. */
async function nextCharacter(file: FileHandle, place: number): Promise<number> {
  const bytes = Buffer.alloc(4);
  const { bytesRead } = await file.read(bytes, 0, 4, place);
  if (place === 0 && BYTE_ORDER_MARK.every((byte, index) => bytes[index] === byte)) return 3;
  let at = 0;
  while (at < bytesRead && (bytes[at]! & 0xc0) === 0x80) at++;
  return place + at;
}

/** `bytes` stand at `place` in the file. */
async function decode(
  decoder: TextDecoder,
  bytes: Uint8Array,
  more: boolean,
  path: string,
  file: FileHandle,
  place: number,
): Promise<string> {
  try {
    return decoder.decode(bytes, { stream: more });
  } catch {
    // The character that is wrong may have begun before them.
    const from = await nextCharacter(file, Math.max(0, place - 3));
    const around = Buffer.alloc(place + bytes.length - from);
    await file.read(around, 0, around.length, from);
    throw notUtf8(path, around, from);
  }
}

/** Reads the tokens of bytes `begin` to `end` of a file, and the one after them, which is the last target. */
class Row {
  readonly #path: string;
  readonly #file: FileHandle;
  readonly #end: number;
  readonly #last: number;
  readonly #tokenizer: PiecewiseTokenizer;
  readonly #decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
  readonly #bytes = Buffer.alloc(CHUNK);
  #place: number;
  /** Tokens that were read and not yet given. */
  #tokens: Int32Array = new Int32Array();

  /** `last`: the end of what all rows read. */
  constructor(path: string, file: FileHandle, begin: number, end: number, last: number, tokenizer: PiecewiseTokenizer) {
    this.#path = path;
    this.#file = file;
    this.#place = begin;
    this.#end = end;
    this.#last = last;
    this.#tokenizer = tokenizer;
  }

  /** The next `count` tokens, fewer at the end; the last of them comes again. */
  async take(count: number): Promise<Int32Array> {
    const parts = [this.#tokens];
    let length = this.#tokens.length;
    while (length < count && this.#place < this.#end) {
      const part = await this.#read();
      parts.push(part);
      length += part.length;
    }
    const all = join(parts);
    this.#tokens = all.slice(count - 1);
    return all.subarray(0, count);
  }

  async #read(): Promise<Int32Array> {
    const wanted = Math.min(CHUNK, this.#end - this.#place);
    const text = await this.#text(wanted);
    this.#place += wanted;
    const tokens = this.#encode(text, this.#place - wanted);
    if (this.#place < this.#end || this.#end === this.#last) return tokens;
    const after = this.#encode(await this.#after(), this.#end);
    return join([tokens, after.subarray(0, 1)]);
  }

  #encode(text: string, from: number): Int32Array {
    const where = `${this.#path}, textFile.vocabulary.encode`;
    const tokens: unknown = readable(where, () => {
      try {
        return this.#tokenizer.encode(text);
      } catch (cause) {
        if (!(cause instanceof BpttError)) throw cause;
        throw new BpttError(cause.code, `${this.#path}, read from byte ${from} on: ${cause.message}`, { cause });
      }
    });
    if (tokens instanceof Int32Array) return tokens;
    throw new BpttError('invalid-argument', `${where}: expected it to give an Int32Array, got ${show(tokens)}`);
  }

  async #text(length: number): Promise<string> {
    let there = 0;
    while (there < length) {
      const { bytesRead } = await this.#file.read(this.#bytes, there, length - there, this.#place + there);
      if (bytesRead === 0) {
        throw new BpttError(
          'bad-file',
          `${this.#path}: expected ${this.#last} bytes, got an end at ${this.#place + there}`,
        );
      }
      there += bytesRead;
    }
    const more = this.#place + length < this.#end;
    return decode(this.#decoder, this.#bytes.subarray(0, length), more, this.#path, this.#file, this.#place);
  }

  /** The character after the row. */
  async #after(): Promise<string> {
    const bytes = Buffer.alloc(4);
    const { bytesRead } = await this.#file.read(bytes, 0, 4, this.#end);
    const text = new TextDecoder('utf-8', { ignoreBOM: true }).decode(bytes.subarray(0, bytesRead));
    return String.fromCodePoint(text.codePointAt(0)!);
  }
}

function join(parts: readonly Int32Array[]): Int32Array {
  const all = new Int32Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}
