// Bytes that come in parts, read up to a mark or so many at a time. One look at a time; what was read is dropped.

import { checkBytes, checkReadable, fail, readable, show } from '../base/check.ts';

export type ByteSource = Uint8Array | Iterable<Uint8Array> | AsyncIterable<Uint8Array>;

export class ByteReader {
  readonly #where: string;
  readonly #parts: AsyncIterator<unknown> | Iterator<unknown>;
  #bytes: Uint8Array = new Uint8Array();
  /** Where the next byte stands in `#bytes`. */
  #at = 0;
  /** How many bytes stand before `#bytes`. */
  #before = 0;

  /** @throws BpttError that begins with `where` for what gives no parts; as they are read, for parts that are no bytes. */
  constructor(where: string, source: ByteSource) {
    this.#where = where;
    checkReadable(where, source);
    this.#parts = readable(where, () => iteratorOf(source) ?? fail(where, 'bytes or parts of them', show(source)));
  }

  /** How many bytes have been read. */
  get position(): number {
    return this.#before + this.#at;
  }

  /**
   * The bytes before the next `mark`, which is read too; before the end where there is none; undefined at the end. Where there is none in more
   * than `most` bytes, some of these. Valid until the next call.
   */
  async until(mark: number, most: number): Promise<Uint8Array | undefined> {
    let searched = 0;
    for (;;) {
      const end = this.#bytes.indexOf(mark, this.#at + searched);
      if (end >= 0) return this.#take(end - this.#at, 1);
      searched = this.#bytes.length - this.#at;
      if (searched <= most && (await this.#more())) continue;
      return searched === 0 ? undefined : this.#take(searched, 0);
    }
  }

  /** The next `count` bytes, fewer at the end. Valid until the next call. */
  async take(count: number): Promise<Uint8Array> {
    while (this.#bytes.length - this.#at < count && (await this.#more()));
    return this.#take(Math.min(count, this.#bytes.length - this.#at), 0);
  }

  /** The next byte, which stays. */
  async peek(): Promise<number | undefined> {
    if (this.#at === this.#bytes.length) await this.#more();
    return this.#bytes[this.#at];
  }

  /** Whether `is` holds of one of the `count` bytes after the next `mark`; all of them stay. */
  async peekAfter(mark: number, count: number, is: (byte: number) => boolean): Promise<boolean> {
    const end = () => this.#bytes.indexOf(mark, this.#at);
    while ((end() < 0 || this.#bytes.length - end() <= count) && (await this.#more()));
    return end() >= 0 && this.#bytes.subarray(end() + 1, end() + 1 + count).some(is);
  }

  #take(count: number, mark: number): Uint8Array {
    const from = this.#at;
    this.#at += count + mark;
    return this.#bytes.subarray(from, from + count);
  }

  /** Reads one part more; false at the end. */
  async #more(): Promise<boolean> {
    const next = await this.#parts.next();
    if (next.done === true) return false;
    const part = checkBytes(`${this.#where}: a part`, next.value);
    const left = this.#bytes.subarray(this.#at);
    this.#before += this.#at;
    this.#at = 0;
    this.#bytes = new Uint8Array(left.length + part.length);
    this.#bytes.set(left);
    this.#bytes.set(part, left.length);
    return true;
  }
}

function iteratorOf(source: unknown): AsyncIterator<unknown> | Iterator<unknown> | undefined {
  if (source instanceof Uint8Array) return [source].values();
  if (typeof source !== 'object' || source === null) return undefined;
  const { [Symbol.asyncIterator]: later, [Symbol.iterator]: now } = source as Partial<
    AsyncIterable<unknown> & Iterable<unknown>
  >;
  return later === undefined ? now?.call(source) : later.call(source);
}
