// Filters on the mel scale, and from their energies to cepstral coefficients.

import { BpttError } from '../../base/errors.ts';
import { exp, log } from '../../base/exact-log.ts';
import { cosineOfAnyPi, sineOfPi } from '../../base/exact-sine.ts';

/** Hz to mel and back. */
export interface MelScale {
  mel(hertz: number): number;
  hertz(mel: number): number;
}

/** 1127 ln(1 + f/700), which is 2595 log10(1 + f/700) (O'Shaughnessy 1987): HTK's and Kaldi's. */
export const htk: MelScale = {
  mel: (hertz) => 1127 * log(1 + hertz / 700),
  hertz: (mel) => 700 * (exp(mel / 1127) - 1),
};

const STEP = log(6.4) / 27;

/** Linear below 1 kHz, logarithmic above: that of the Auditory Toolbox (Slaney 1998), librosa's. */
export const slaney: MelScale = {
  mel: (hertz) => (hertz < 1000 ? (3 * hertz) / 200 : 15 + log(hertz / 1000) / STEP),
  hertz: (mel) => (mel < 15 ? (200 * mel) / 3 : 1000 * exp(STEP * (mel - 15))),
};

/** A filter: what bins from `first` on are multiplied with. */
export interface Filter {
  readonly first: number;
  readonly weights: Float64Array;
}

/**
 * Triangles: filter i rises from edge i to edge i + 1 and falls to edge i + 2.
 *
 * @param places Where each bin of the spectrum lies, on the scale of the edges.
 * @throws BpttError for a filter that no bin lies in: it would always be silent.
 */
export function triangles(where: string, edges: ArrayLike<number>, places: Float64Array): readonly Filter[] {
  return Array.from({ length: edges.length - 2 }, (_, i) => {
    const [left, centre, right] = [edges[i]!, edges[i + 1]!, edges[i + 2]!];
    const heights = places.map((x) =>
      Math.max(0, Math.min((x - left) / (centre - left), (right - x) / (right - centre))),
    );
    const first = heights.findIndex((height) => height > 0);
    if (first < 0) {
      const remedy = 'fewer filters, or longer frames, make each wide enough';
      throw new BpttError(
        'invalid-argument',
        `${where}.mels: expected filters that each hold a bin of the spectrum, got ${edges.length - 2}, of which number ${i} holds none; ${remedy}`,
      );
    }
    return { first, weights: heights.slice(first, heights.findLastIndex((height) => height > 0) + 1) };
  });
}

/** The energy in each filter. */
export function filtered(filters: readonly Filter[], power: Float64Array, into: Float64Array): void {
  for (let i = 0; i < filters.length; i++) {
    const { first, weights } = filters[i]!;
    let sum = 0;
    for (let k = 0; k < weights.length; k++) sum += weights[k]! * power[first + k]!;
    into[i] = sum;
  }
}

/**
 * Frequencies as another vocal tract would have them: divided by `factor` but near the ends, which stay where they are (Kaldi's VTLN, with its
 * defaults: from 80 Hz above the lowest to 500 Hz below the highest).
 */
export function warpedHertz(low: number, high: number, factor: number): (hertz: number) => number {
  const [from, to] = [(low + 80) * Math.max(1, factor), (high - 500) * Math.min(1, factor)];
  const [left, right] = [(from / factor - low) / (from - low), (high - to / factor) / (high - to)];
  return (hertz) => {
    if (factor === 1 || hertz < low || hertz > high) return hertz;
    if (hertz < from) return low + left * (hertz - low);
    return hertz < to ? hertz / factor : high + right * (hertz - high);
  };
}

/**
 * The orthonormal discrete cosine transform (DCT-II) of so many numbers, its first `size` coefficients, each times its lifter.
 *
 * @param lifter Of coefficient n.
 */
export function cepstrum(
  numbers: number,
  size: number,
  lifter: (n: number) => number,
): (energies: Float64Array, into: Float64Array) => void {
  const rows = Array.from({ length: size }, (_, n) =>
    Float64Array.from(
      { length: numbers },
      (_, i) => lifter(n) * Math.sqrt((n === 0 ? 1 : 2) / numbers) * cosineOfAnyPi(((2 * i + 1) * n) / (2 * numbers)),
    ),
  );
  return (energies, into) => {
    for (let n = 0; n < size; n++) {
      const row = rows[n]!;
      let sum = 0;
      for (let i = 0; i < numbers; i++) sum += row[i]! * energies[i]!;
      into[n] = sum;
    }
  };
}

/** 1 + L/2 sin(π n/L), which raises the higher coefficients (Juang, Rabiner and Wilpon 1987); of L = 0 it is 1. */
export const lift = (L: number, n: number): number => (L === 0 ? 1 : 1 + (L / 2) * sineOfPi(n / L));
