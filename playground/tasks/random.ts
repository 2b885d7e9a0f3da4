// Random numbers for data, from integers only, so that every machine sees the same sequences.

export interface Random {
  /** A number in [0, 1). */
  real(): number;
  /** A whole number from 0 to n - 1. */
  below(n: number): number;
}

/** A Weyl sequence through the finalizer of MurmurHash3 (Steele, Lea and Flood 2014, "Fast splittable pseudorandom number generators"). */
export function createRandom(seed: number, stream: number): Random {
  let state = (mix(seed >>> 0) ^ mix(Math.floor(seed / 2 ** 32) + 0x51ed27) ^ mix(stream + 0x3c6ef3)) >>> 0;
  const real = () => {
    state = (state + 0x9e3779b9) >>> 0;
    return mix(state) / 2 ** 32;
  };
  return { real, below: (n) => Math.floor(real() * n) };
}

function mix(value: number): number {
  let z = value >>> 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}

/** Streams of one seed: what is learned from, and what is tested on. */
export const LEARNED = 1;
export const TESTED = 2;
/** Sequences of a test. */
export const TEST_ROWS = 64;
/** Sequences of it that are shown. */
export const SHOWN_ROWS = 6;

/** Batches without end, from the beginning at each iteration. */
export function endless<Item>(seed: number, make: (random: Random) => Item): Iterable<Item> {
  return {
    *[Symbol.iterator]() {
      const random = createRandom(seed, LEARNED);
      for (;;) yield make(random);
    },
  };
}
