// The normal distribution in + - * / and exact powers, so that every engine suggests the same parameters.
import { exp } from '../../base/exact-log.ts';

const SQRT_PI = 1.772453850905516;
/** Here the series ends and the continued fraction begins: both have 1e-14 there. */
const BORDER = 2;

/** erf(x) for 0 ≤ x ≤ 2: 2/√π e^(-x²) Σ 2ⁿ x^(2n+1) / (2n+1)!!, all of one sign (Abramowitz and Stegun 7.1.6). */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 2 ** -54; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / SQRT_PI) * exp(-x * x) * sum;
}

/** erfc(x) for x ≥ 2, to its own last digits: the continued fraction of Laplace (Abramowitz and Stegun 7.1.14). */
function tail(x: number): number {
  let fraction = x;
  for (let n = 80; n > 0; n--) fraction = x + n / 2 / fraction;
  return exp(-x * x) / (SQRT_PI * fraction);
}

/** The probability that a standard normal number lies between a and b, a ≤ b; exact to the last digits in the tails too. */
export function mass(a: number, b: number): number {
  if (a > 0) return upper(a) - upper(b);
  if (b < 0) return upper(-b) - upper(-a);
  return middle(-a) + middle(b);
}

/** P(Z > z) for z ≥ 0. */
function upper(z: number): number {
  const x = z * Math.SQRT1_2;
  return x < BORDER ? 0.5 - 0.5 * series(x) : 0.5 * tail(x);
}

/** P(0 < Z < z) for z ≥ 0. */
function middle(z: number): number {
  const x = z * Math.SQRT1_2;
  return x < BORDER ? 0.5 * series(x) : 0.5 - 0.5 * tail(x);
}

/** The density of a standard normal number. */
export const density = (z: number): number => exp((-z * z) / 2) / (SQRT_PI * Math.SQRT2);

/** P(0 < Z < z), below 0 where z is. */
const fromMiddle = (z: number) => (z < 0 ? -middle(-z) : middle(z));

/** Steps of Newton's method that are made at most; it takes seven or so. */
const STEPS = 60;

/** The z from a to b below which the fraction u of the probability between them lies; a ≤ 0 ≤ b. */
export function quantile(u: number, a: number, b: number): number {
  const wanted = fromMiddle(a) + u * mass(a, b);
  let [low, high] = [a, b];
  let z = 0;
  for (let i = 0; i < STEPS; i++) {
    const beyond = fromMiddle(z) - wanted;
    if (beyond < 0) low = z;
    else high = z;
    const next = z - beyond / density(z);
    // Out of what is left, or into nothing far from the middle: a half instead.
    const moved = next > low && next < high ? next : (low + high) / 2;
    if (Math.abs(moved - z) < 1e-15) break;
    z = moved;
  }
  return z;
}
