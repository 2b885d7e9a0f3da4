// Random numbers of a seed for sounds: Philox, whose numbers are a function of the seed and of how many were drawn before.
import { log } from '../../base/exact-log.ts';
import { cosineOfAnyPi, sineOfPi } from '../../base/exact-sine.ts';
import { philox, seedWords } from '../../base/philox.ts';

export class Draws {
  readonly #key: readonly [number, number];
  #drawn = 0;

  constructor(seed: number) {
    this.#key = seedWords(seed);
  }

  /** From 0 to below 1, of 53 random bits; and another one. */
  #pair(): readonly [number, number] {
    const [a, b, c, d] = philox([this.#drawn++, 0, 0, 0x50], this.#key);
    return [(a * 2 ** 21 + (b >>> 11)) / 2 ** 53, (c * 2 ** 21 + (d >>> 11)) / 2 ** 53];
  }

  /** From the first to below the second; a number alone is always itself. */
  between(range: Range): number {
    if (typeof range === 'number') return range;
    const [from, to] = range;
    return from + this.#pair()[0] * (to - from);
  }

  /** A whole number from 0 to n - 1. */
  below(n: number): number {
    return Math.floor(this.#pair()[0] * n);
  }

  /** n numbers of mean 0 and variance 1 (Box and Muller 1958). */
  normal(n: number): Float64Array {
    const numbers = new Float64Array(n);
    for (let i = 0; i < n; i += 2) {
      const [u, v] = this.#pair();
      const radius = Math.sqrt(-2 * log(1 - u));
      numbers[i] = radius * cosineOfAnyPi(2 * v);
      if (i + 1 < n) numbers[i + 1] = radius * sineOfPi(2 * v);
    }
    return numbers;
  }
}

/** A number, or two between which one is drawn. */
export type Range = number | readonly [from: number, to: number];
