// What frames are multiplied with before their spectrum is taken.

import { exp, log } from '../../base/exact-log.ts';
import { cosineOfAnyPi } from '../../base/exact-sine.ts';

/** Of windows that are symmetric, as Kaldi's, and of periodic ones, as librosa's, which leave out the last number of one that is longer. */
type WindowFunction = (x: number) => number;

/** By name, of the place from 0 to 1. */
export const windowFunctions = {
  hann: (x) => 0.5 - 0.5 * cosineOfAnyPi(2 * x),
  hamming: (x) => 0.54 - 0.46 * cosineOfAnyPi(2 * x),
  blackman: (x) => 0.42 - 0.5 * cosineOfAnyPi(2 * x) + 0.08 * cosineOfAnyPi(4 * x),
  /** Kaldi's own: like Hamming's, but 0 at the ends. */
  povey: (x) => {
    const hann = 0.5 - 0.5 * cosineOfAnyPi(2 * x);
    return hann > 0 ? exp(0.85 * log(hann)) : 0;
  },
  rectangular: () => 1,
} satisfies Readonly<Record<string, WindowFunction>>;

export type WindowName = keyof typeof windowFunctions;

/** `length` numbers. */
export function windowOf(name: WindowName, length: number, periodic: boolean): Float64Array {
  const last = periodic ? length : length - 1;
  return Float64Array.from({ length }, (_, i) => (last === 0 ? 1 : windowFunctions[name](i / last)));
}
