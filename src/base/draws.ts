// Random numbers of a seed for sounds and pictures: Philox, whose numbers are a function of the seed and of how many were drawn before.
import { checkNumber, type NumberLimits, show } from './check.ts';
import { BpttError } from './errors.ts';
import { log } from './exact-log.ts';
import { cosineOfAnyPi, sineOfPi } from './exact-sine.ts';
import type { Field } from './fields.ts';
import { philox, seedWords } from './philox.ts';

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

/** A number within limits, or two in ascending order between which one is drawn each time. */
export const range = (limits: NumberLimits): Field<Range> => ({
  check(where, value) {
    if (!Array.isArray(value)) return checkNumber(where, value, limits);
    if (value.length !== 2) {
      throw new BpttError('invalid-argument', `${where}: expected a number, or two, got ${show(value)}`);
    }
    const from = checkNumber(`${where}[0]`, value[0], limits);
    return [from, checkNumber(`${where}[1]`, value[1], { ...limits, min: from })];
  },
});

let white: Float64Array | undefined;

/** 65,536 numbers of mean 0 and variance 1, made once: drawing noise anew each time takes as long as all the rest. */
export function whiteNoise(): Float64Array {
  white ??= new Draws(0).normal(2 ** 16);
  return white;
}
