// PGM and PPM (Netpbm): grey or coloured samples as words (P2, P3) or bytes (P5, P6).
import { show } from '../base/check.ts';
import type { Bad, CheckSize } from './image-headers.ts';
import type { BytePicture } from './picture.ts';

/** Numbers of a file: words with white space between, and comments from # to the end of the line. */
class Words {
  at = 2;
  readonly #bytes: Uint8Array;
  readonly #bad: Bad;

  constructor(bytes: Uint8Array, bad: Bad) {
    this.#bytes = bytes;
    this.#bad = bad;
  }

  next(what: string, most: number): number {
    this.#skip();
    const begin = this.at;
    const bytes = this.#bytes;
    let value = 0;
    while (this.at < bytes.length && bytes[this.at]! >= 48 && bytes[this.at]! <= 57 && value <= most) {
      value = 10 * value + bytes[this.at++]! - 48;
    }
    const ends = this.at === bytes.length || isSpace(bytes[this.at]!) || bytes[this.at] === 35;
    if (this.at > begin && ends && value <= most) return value;
    const got = begin >= bytes.length ? 'the end: the file is cut off' : show(this.#wordAt(begin));
    throw this.#bad(begin, `${what}, a whole number from 0 to ${most.toLocaleString('en-US')}`, got);
  }

  #wordAt(begin: number): string {
    const word = String.fromCharCode(...this.#bytes.subarray(begin, begin + 20));
    return /^\S*/.exec(word)![0];
  }

  #skip(): void {
    const bytes = this.#bytes;
    for (; this.at < bytes.length; this.at++) {
      if (bytes[this.at] === 35) while (this.at < bytes.length && bytes[this.at] !== 10) this.at++;
      else if (!isSpace(bytes[this.at]!)) return;
    }
  }
}

const isSpace = (byte: number) => byte === 32 || (byte >= 9 && byte <= 13);

/** A file that begins with P2, P3, P5 or P6. */
export function readNetpbm(bytes: Uint8Array, bad: Bad, checkSize: CheckSize): BytePicture {
  const kind = bytes[1]! - 48;
  const [asBytes, channels] = [kind > 4, kind % 3 === 0 ? 3 : 1];
  const words = new Words(bytes, bad);
  const width = words.next('the width', 1e9);
  const begin = words.at;
  const height = words.next('the height', 1e9);
  checkSize(begin, width, height);
  const white = words.next('the sample of white', 65_535);
  if (white === 0) throw bad(words.at, 'a sample of white of at least 1', '0');
  const count = width * height * channels;
  const size = white > 255 ? 2 : 1;
  const start = words.at + 1; // a single white space
  const needed = asBytes ? start + count * size : words.at + 2 * count;
  if (bytes.length < needed) {
    throw bad(bytes.length, `${count} samples from byte ${start} on`, 'the end: the file is cut off');
  }
  const sampleAt = (index: number): number => {
    if (!asBytes) return words.next(`sample ${index + 1}`, white);
    const at = start + index * size;
    const sample = size === 1 ? bytes[at]! : 256 * bytes[at]! + bytes[at + 1]!;
    if (sample <= white) return sample;
    throw bad(at, `a sample from 0 to ${white}`, `${sample}`);
  };
  const data = new Uint8ClampedArray(4 * width * height).fill(255);
  for (let index = 0; index < count; index++) {
    const byte = Math.round((sampleAt(index) * 255) / white);
    if (channels === 1) data.fill(byte, 4 * index, 4 * index + 3);
    else data[4 * Math.floor(index / 3) + (index % 3)] = byte;
  }
  return { width, height, data };
}
