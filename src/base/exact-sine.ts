// Sines and cosines of any angle in + - * / alone, which every engine computes to the same bits.
import { cosineOfPi } from './exact-math.ts';

/** sin(π x), to 2 units in the last place of 1. */
export function sineOfPi(x: number): number {
  const turned = x - 2 * Math.floor(x / 2);
  // sin(π y) = cos(π (y - ½))
  return turned <= 1 ? cosineOfPi(Math.abs(turned - 0.5)) : -cosineOfPi(Math.abs(turned - 1.5));
}

/** cos(π x) for any x, to 2 units in the last place of 1 where x is not large. */
export const cosineOfAnyPi = (x: number): number => sineOfPi(x + 0.5);
