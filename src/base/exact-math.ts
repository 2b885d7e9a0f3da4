// Powers and cosines in + - * / alone, which every engine computes to the same bits.

/** x^n of a whole n ≥ 0, by squaring (Knuth, The Art of Computer Programming, 4.6.3): a function of x and n, whatever was computed before. */
export function power(x: number, n: number): number {
  let result = 1;
  for (let square = x, left = n; left > 0; left = Math.floor(left / 2)) {
    if (left % 2 === 1) result *= square;
    square *= square;
  }
  return result;
}

/** The terms of the Taylor series that count at π/4: the next is below 2^-56. */
const TERMS = 9;

/** The sum of (-1)^i x^(2i) / (2i + odd)!, from the smallest term on. */
function series(x: number, odd: 0 | 1): number {
  let sum = 1;
  for (let i = TERMS; i > 0; i--) sum = 1 - (sum * x * x) / ((2 * i - 1 + odd) * (2 * i + odd));
  return sum;
}

/** cos(π x) for 0 ≤ x ≤ 1, to 2 units in the last place of 1. */
export function cosineOfPi(x: number): number {
  if (x > 0.5) return -cosineOfPi(1 - x);
  if (x <= 0.25) return series(Math.PI * x, 0);
  const rest = Math.PI * (0.5 - x);
  return rest * series(rest, 1);
}
