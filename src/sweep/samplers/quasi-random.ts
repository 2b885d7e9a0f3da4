// Halton's sequence (Halton 1960), which fills a space more evenly than chance does. Each parameter has a prime as its base, whether it counts in
// a trial or not, so that a condition moves no other parameter. The digits of each place are permuted at random: without that, large bases
// climb together for long (Braaten and Weller 1979; Owen 2017, "A randomized Halton algorithm in R").
import { permutation } from '../../base/philox.ts';
import { atFraction, fill } from '../space.ts';
import type { Setting, Suggest } from './sampler.ts';

/** The first `count` primes. */
function primes(count: number): readonly number[] {
  const found: number[] = [];
  for (let n = 2; found.length < count; n++) if (found.every((prime) => n % prime !== 0)) found.push(n);
  return found;
}

/**
 * The fraction whose digits in `base` are those of n in reverse: 0.d₀d₁d₂… of n = …d₂d₁d₀. `permuted` puts another digit in the place of a
 * digit of that place; the zeros in front of n have places too, so as many are taken as 53 bits can tell.
 */
export function radicalInverse(n: number, base: number, permuted = (digit: number, _place: number) => digit): number {
  let fraction = 0;
  let weight = 1 / base;
  for (let place = 0, rest = n; weight > 2 ** -54; place++, weight /= base) {
    fraction += permuted(rest % base, place) * weight;
    rest = Math.floor(rest / base);
  }
  return Math.min(fraction, 1 - 2 ** -53);
}

/** The first half of a stream of permutations; those of a training's data are below 2^32. */
const STREAM = 2 ** 40;

export function quasiRandom({ space, seed }: Setting): Suggest {
  const bases = primes(Object.keys(space).length);
  const tables = new Map<number, Int32Array>();
  const digits = (index: number, place: number) => {
    const stream = STREAM + index * 64 + place;
    const known = tables.get(stream) ?? permutation(bases[index]!, seed, stream);
    tables.set(stream, known);
    return known;
  };
  return (number) =>
    fill(space, (_, parameter, index) =>
      atFraction(
        parameter,
        radicalInverse(number, bases[index]!, (digit, place) => digits(index, place)[digit]!),
      ),
    );
}
