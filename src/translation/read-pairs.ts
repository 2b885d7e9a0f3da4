// Pairs of a text: a line each, source and target with a tab between.
import { checkString, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Pair } from './pairs.ts';

/**
 * The pairs of a text of tab-separated values: on each line a source, a tab and its target; empty lines are none. What comes after a
 * second tab, such as an attribution, is left out.
 *
 * @throws BpttError that names the line: without a tab, with an empty side; no line at all.
 *
 * @example
 * readPairs('4 May 1920\t1920-05-04\n1 June 1921\t1921-06-01');
 */
export function readPairs(text: string): readonly Pair[] {
  const lines = checkString('readPairs(text)', text)
    .replace(/^\uFEFF/, '')
    .split(/\r?\n/);
  const pairs = lines.flatMap((line, index): Pair[] => {
    if (line.trim() === '') return [];
    const [source, target] = line.split('\t').map((side) => side.trim());
    const refused = (expected: string) =>
      new BpttError('invalid-argument', `readPairs(text), line ${index + 1}: expected ${expected}, got ${show(line)}`);
    if (target === undefined) throw refused('a source, a tab and a target');
    if (source === '' || target === '')
      throw refused(`something on both sides of the tab, but the ${source === '' ? 'source' : 'target'} is empty`);
    return [[source!, target]];
  });
  if (pairs.length > 0) return pairs;
  throw new BpttError(
    'invalid-argument',
    'readPairs(text): expected at least one line with a source, a tab and a target, got none',
  );
}
