// Sine and cosine of parts of a turn from + - * / alone: those of Math differ between engines.

/** 2π as the nearest double. */
const TURN = 6.283185307179586;

/** The Taylor series of sin(x)/x and cos(x) in x², up to terms below 2^-53 for |x| ≤ π/4. */
const series = (squared: number, first: number): number => {
  let sum = 1;
  for (let n = first + 18; n > first; n -= 2) sum = 1 - (sum * squared) / (n * (n - 1));
  return sum;
};

/** cos(2π·turns) for 0 ≤ turns ≤ 1, with an error below 2e-15. */
export function cosineOfTurns(turns: number): number {
  // Even, and odd about a quarter: what is left is an eighth of a turn.
  const half = turns > 0.5 ? 1 - turns : turns;
  const quarter = half > 0.25 ? 0.5 - half : half;
  const sign = half > 0.25 ? -1 : 1;
  if (quarter <= 0.125) {
    const x = quarter * TURN;
    return sign * series(x * x, 0);
  }
  const x = (0.25 - quarter) * TURN;
  return sign * x * series(x * x, 1);
}

/** sin(2π·turns) for 0 ≤ turns ≤ 1, with an error below 2e-15. */
export function sineOfTurns(turns: number): number {
  return cosineOfTurns(turns >= 0.25 ? turns - 0.25 : turns + 0.75);
}
