// Random numbers of a sweep: each is a function of the seed, the trial, the parameter and how many were drawn for it before.
import { philox, seedWords } from '../base/philox.ts';

/** The last word of the counter: apart from the streams that initialise and train a model of the same seed. */
const SWEEP = 0x73776565;

const fraction = (high: number, low: number) => (high * 2 ** 21 + (low >>> 11)) / 2 ** 53;

/** Two uniform numbers, 0 ≤ u < 1, of 53 bits each. */
export function draw(seed: number, trial: number, parameter: number, index: number): readonly [number, number] {
  const [a, b, c, d] = philox([trial, parameter, index, SWEEP], seedWords(seed));
  return [fraction(a, b), fraction(c, d)];
}
