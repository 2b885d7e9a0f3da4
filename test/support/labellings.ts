// All labellings of a row of logits with their probabilities, by going through all paths.
import { numbers } from './models.ts';

/** Logits [T,C] of a seed. */
export function rowOf(seed: number, T: number, C: number, size = 3): Float64Array {
  const next = numbers(seed);
  return Float64Array.from({ length: T * C }, () => (2 * next() - 1) * size);
}

/** By the labels, joined with commas. */
export function labellings(logits: Float64Array, T: number, C: number, blank: number): Map<string, number> {
  const found = new Map<string, number>();
  const go = (t: number, last: number, labels: readonly number[], p: number): void => {
    if (t === T) {
      const key = labels.join();
      found.set(key, (found.get(key) ?? 0) + p);
      return;
    }
    const row = logits.subarray(t * C, (t + 1) * C);
    const sum = row.reduce((total, value) => total + Math.exp(value), 0);
    for (let c = 0; c < C; c++) {
      go(t + 1, c, c === blank || c === last ? labels : [...labels, c], (p * Math.exp(row[c]!)) / sum);
    }
  };
  go(0, blank, [], 1);
  return found;
}
