// What measures of translations compare.
import { checkString, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';

/** Translations and what they should have been, one reference each. @throws BpttError for lists of other things or of different lengths. */
export function checkTexts(where: string, hypotheses: unknown, references: unknown): (readonly [string, string])[] {
  const [ours, theirs] = [listOf(`${where}(hypotheses)`, hypotheses), listOf(`${where}(references)`, references)];
  if (ours.length === theirs.length && ours.length > 0) return ours.map((text, index) => [text, theirs[index]!]);
  throw new BpttError(
    'invalid-shape',
    `${where}: expected as many references as hypotheses, at least one, got ${ours.length} hypotheses and ${theirs.length} references`,
  );
}

function listOf(where: string, value: unknown): readonly string[] {
  if (!readable(where, () => Array.isArray(value))) {
    throw new BpttError('invalid-argument', `${where}: expected a list of texts, got ${show(value)}`);
  }
  return Array.from(value as readonly unknown[], (text, index) => checkString(`${where}[${index}]`, text));
}

/** How often each n-gram of a list occurs. */
export function countNgrams(items: readonly string[], n: number): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (let i = 0; i + n <= items.length; i++) {
    const key = items.slice(i, i + n).join('\u0000');
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return counts;
}

/** How many n-grams of the first occur in the second too, each as often as it does there at most. */
export function matches(ours: ReadonlyMap<string, number>, theirs: ReadonlyMap<string, number>): number {
  let sum = 0;
  for (const [key, count] of ours) sum += Math.min(count, theirs.get(key) ?? 0);
  return sum;
}
