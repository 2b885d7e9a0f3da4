// Damaged files: one or a few changes of bytes, as disks, networks and attackers make them. Seeded.

/** Random whole numbers (mulberry32): each case has its own generator, so that one alone can be tried again. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed >>> 0;
  }

  /** From 0 to `below` - 1. */
  below(below: number): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let t = this.#state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * below);
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }
}

const bytesOf = (text: string) => new TextEncoder().encode(text);

/** What parsers stumble over, as text. */
const words = [
  ...[
    '-1',
    '0',
    '1.5',
    '1e308',
    '1e999',
    '2147483648',
    '4294967296',
    '100000000',
    '9007199254740993',
    'NaN',
    'null',
    'true',
  ],
  ...['{}', '[]', '""', '"\\u0000"', '"__proto__"', '"constructor"', '\ud83d', '\u0000', '\r\n', ',', ';', '"'],
  ...[
    '9'.repeat(20_000),
    '['.repeat(10_000),
    '{"a":'.repeat(5_000),
    '"'.repeat(999),
    ' '.repeat(5_000),
    '\\'.repeat(777),
  ],
].map(bytesOf);

/** The same in binary: little-endian, and a varint. */
const numbers = [
  [0, 0, 0, 0],
  [255, 255, 255, 255],
  [255, 255, 255, 127],
  [0, 0, 0, 128],
  [0, 0, 1, 0, 0, 0, 0, 0],
  [255, 255, 255, 255, 255, 255, 255, 127],
  [255, 255, 255, 255, 15],
  [128],
  [0, 0, 192, 127],
].map((list) => Uint8Array.from(list));

/** A file with up to four changes; `others` are files of the kind, of which it may get parts. */
export function mutate(file: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  let bytes = file;
  for (let changes = 1 + random.below(4); changes > 0; changes--) bytes = change(bytes, others, random);
  return bytes.slice();
}

function change(bytes: Uint8Array, others: readonly Uint8Array[], random: Random): Uint8Array {
  const at = random.below(bytes.length + 1);
  const length = random.below(Math.min(64, bytes.length - at) + 1);
  const cut = (from: number, to: number, ...between: readonly Uint8Array[]) =>
    joined(bytes.subarray(0, from), ...between, bytes.subarray(to));
  switch (random.below(9)) {
    case 0:
    case 1: {
      const copy = bytes.slice();
      if (at < copy.length) copy[at]! ^= 1 << random.below(8);
      return copy;
    }
    case 2: {
      const number = random.pick(numbers);
      return cut(at, Math.min(bytes.length, at + number.length), number);
    }
    case 3:
      return cut(at, at + length, random.pick(words));
    case 4:
      return cut(at, at, random.pick([...words, ...numbers]));
    case 5:
      return cut(at, at + length);
    case 6:
      return bytes.subarray(0, at);
    case 7: {
      const part = bytes.subarray(at, at + length);
      return cut(at, at, ...Array.from({ length: random.below(20) }, () => part));
    }
    default: {
      const other = random.pick(others);
      const from = random.below(other.length + 1);
      return cut(at, at + length, other.subarray(from, from + random.below(256)));
    }
  }
}

function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
