// What a model takes for what, of labels that were said or written: how often it is wrong in all, where most, and in which.
import { type ErrorRate, errorRate } from '../../metrics/error-rate.ts';
import { table } from './table.ts';

/** Rows of the table of errors. */
const ROWS = 40;

/** What is compared, and how it is called. */
export interface LabelErrors {
  /** Of each file what was to be found, and what was. */
  readonly pairs: readonly (readonly [expected: readonly string[], got: readonly string[]])[];
  /** "recordings" or "images". */
  readonly files: string;
  /** "said" or "written". */
  readonly is: string;
  /** "heard" or "read". */
  readonly found: string;
}

/** A sentence, the order of the files from the worst on, and the table in HTML. */
export function labelErrors({ pairs, files, is, found }: LabelErrors) {
  const { rate, substitutions, insertions, deletions, length, pairs: errors } = errorRate(pairs);
  const summary =
    pairs.length === 0
      ? `No ${files} were held back for validation: nothing is known of others.`
      : `Of ${length} labels in ${pairs.length} ${files} that it has not learned from, ${(100 * rate).toFixed(1)} % were wrong: ` +
        `${substitutions} ${found} as another, ${deletions} not ${found}, ${insertions} ${found} where there are none.`;
  const wrong = errors.map(({ alignment }) => alignment.filter(({ kind }) => kind !== 'match').length);
  return {
    summary,
    worst: [...pairs.keys()].toSorted((a, b) => wrong[b]! - wrong[a]!),
    table: tableOf(
      errors.flatMap(({ alignment }) => alignment),
      is,
      found,
    ),
  };
}

type Edits = ErrorRate<string>['pairs'][number]['alignment'];

/** What was found in place of what, and how often. */
function tableOf(edits: Edits, is: string, found: string): readonly string[] {
  const counts = new Map<string, number>();
  for (const { kind, expected, got } of edits) {
    if (kind === 'match') continue;
    const name = JSON.stringify([expected ?? '', got ?? '']);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  if (counts.size === 0) return [];
  const rows = [...counts].toSorted(([, a], [, b]) => b - a).slice(0, ROWS);
  const shown = rows.map(([name, count]) => {
    const [expected, got] = (JSON.parse(name) as [string, string]).map((label) => (label === ' ' ? '␣' : label || '–'));
    return [expected!, got!, String(count)];
  });
  return [`<h2>What was ${found} in place of what</h2>`, table([is, found, '#times'], shown)];
}
