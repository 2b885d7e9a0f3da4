// Files of word vectors: GloVe's text, and word2vec's text and binary form.
//
// GloVe       the 0.418 0.24968 ...     a word and its numbers a line, of which a word may hold spaces
// word2vec    3000000 300               how many words and numbers; then lines as above, or binary: the word, a space and f32, little-endian
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { ByteReader } from './byte-reader.ts';

/** How the vectors of a file are written. */
export type VectorFormat = 'glove' | 'word2vec' | 'word2vec-binary';

/** A word of a file. `vector` is made of what stands there only when asked for. */
export interface WordVector {
  readonly word: string;
  /** @throws BpttError for what are not `size` finite numbers, with the place. */
  vector(): Float64Array;
}

const [NEWLINE, SPACE] = [10, 32];

/** Longer than any word: what has no space in so many bytes is no such file. */
const LONGEST = 4096;

/** A line of text with more bytes is none of a word and its numbers. */
const LINE = 2 ** 20;

export class VectorFile {
  readonly #reader: ByteReader;
  readonly #where: string;
  readonly #decoder = new TextDecoder('utf-8');
  #line = 0;

  /** @param where What errors call the file. */
  constructor(reader: ByteReader, where: string) {
    this.#reader = reader;
    this.#where = where;
  }

  /**
   * The words of the file with their vectors of `size` numbers.
   *
   * @param format Default: what the beginning of the file looks like.
   * @throws BpttError `bad-file`, with the line or the byte, for what is no such file.
   */
  async *words(size: number, format: VectorFormat | undefined): AsyncGenerator<WordVector> {
    const first = await this.#nextLine();
    if (first === undefined) throw this.#bad('', 'word vectors', 'an empty file');
    const header = /^\s*(\d+)\s+(\d+)\s*$/.exec(first);
    if (format === 'glove' || header === null) {
      if (format !== undefined && format !== 'glove') {
        throw this.#bad(
          ', line 1',
          'how many words and numbers there are, as word2vec begins',
          show(first.slice(0, 80)),
        );
      }
      yield this.#parse(first, size);
      yield* this.#lines(size, undefined);
      return;
    }
    const [count, width] = [Number(header[1]), Number(header[2])];
    if (width !== size) throw this.#bad(', line 1', `vectors of ${size} numbers, as the embedding has`, `of ${width}`);
    const binary = format === undefined ? await this.#looksBinary() : format === 'word2vec-binary';
    yield* binary ? this.#records(size, count) : this.#lines(size, count);
  }

  async *#lines(size: number, count: number | undefined): AsyncGenerator<WordVector> {
    let found = 0;
    for (;;) {
      const line = await this.#nextLine();
      if (line === undefined) break;
      if (line === '') continue;
      found++;
      yield this.#parse(line, size);
    }
    if (count !== undefined && found !== count) {
      throw this.#bad('', `${count} words, as its first line says`, `${found}: the file is cut off or damaged`);
    }
  }

  /** A word and its numbers; words may hold spaces, so numbers are counted from the end. */
  #parse(line: string, size: number): WordVector {
    const place = `, line ${this.#line}`;
    const parts = line.trimEnd().split(' ');
    const at = parts.length - size;
    if (at < 1)
      throw this.#bad(place, `a word and ${size} numbers, as the embedding has`, `${parts.length - 1} numbers`);
    const word = parts.slice(0, at).join(' ');
    // Of longer vectors the first numbers would be taken for a part of the word.
    if (parts.slice(1, at).some((part) => /^-?\d+\.\d+(e-?\d+)?$/.test(part))) {
      throw this.#bad(place, `a word and ${size} numbers, as the embedding has`, `${parts.length - 1} numbers`);
    }
    return {
      word,
      vector: () =>
        Float64Array.from({ length: size }, (_, i) => {
          const value = parts[at + i] === '' ? Number.NaN : Number(parts[at + i]);
          if (Number.isFinite(value)) return value;
          throw this.#bad(`${place}, number ${i + 1}`, 'a finite number', show(parts[at + i]));
        }),
    };
  }

  async *#records(size: number, count: number): AsyncGenerator<WordVector> {
    for (let index = 0; index < count; index++) {
      // Some writers end a record with a new line, others do not.
      if ((await this.#reader.peek()) === NEWLINE) await this.#reader.take(1);
      const start = this.#reader.position;
      const place = `, byte ${start}`;
      const letters = await this.#reader.until(SPACE, LONGEST);
      if (letters === undefined) {
        throw this.#bad(place, `${count} words, as its first line says`, `${index}: the file is cut off`);
      }
      if (letters.length > LONGEST) throw this.#bad(place, 'a word and a space', `${letters.length} bytes without one`);
      const word = this.#decoder.decode(letters);
      const bytes = (await this.#reader.take(4 * size)).slice();
      if (bytes.length < 4 * size) {
        throw this.#bad(
          place,
          `${4 * size} bytes of the vector of ${show(word)}`,
          `${bytes.length}: the file is cut off`,
        );
      }
      yield { word, vector: () => this.#numbers(bytes, size, place) };
    }
  }

  #numbers(bytes: Uint8Array, size: number, place: string): Float64Array {
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    return Float64Array.from({ length: size }, (_, i) => {
      const value = view.getFloat32(4 * i, true);
      if (Number.isFinite(value)) return value;
      throw this.#bad(`${place}, number ${i + 1}`, 'a finite number', String(value));
    });
  }

  /** Whether what follows the first word are bytes of numbers, and not digits. */
  async #looksBinary(): Promise<boolean> {
    return this.#reader.peekAfter(SPACE, 16, (byte) => byte < 9 || byte > 126);
  }

  async #nextLine(): Promise<string | undefined> {
    const bytes = await this.#reader.until(NEWLINE, LINE);
    if (bytes === undefined) return undefined;
    this.#line++;
    if (bytes.length > LINE)
      throw this.#bad(`, line ${this.#line}`, 'a word and its numbers', `more than ${LINE} bytes`);
    const text = this.#decoder.decode(bytes);
    return text.endsWith('\r') ? text.slice(0, -1) : text;
  }

  #bad(place: string, expected: string, got: string): BpttError {
    return new BpttError('bad-file', `${this.#where}${place}: expected ${expected}, got ${got}`);
  }
}
