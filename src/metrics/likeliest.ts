// The class that a row of outputs speaks for.

/** The place of the largest of so many numbers, counted from `start`; of equal ones the first. */
export function likeliest(values: ArrayLike<number>, start: number, size: number): number {
  let best = 0;
  for (let c = 1; c < size; c++) if (values[start + c]! > values[start + best]!) best = c;
  return best;
}
