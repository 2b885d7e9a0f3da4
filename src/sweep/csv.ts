// Results as a table.
import type { TrialResult } from './result.ts';
import type { SearchSpace } from './space.ts';

/** A field of CSV (RFC 4180): quoted where it must be. */
function field(value: unknown): string {
  const text = value === undefined ? '' : String(value);
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

/** One line for each result; what a trial does not have is empty. */
export function toCsv(results: readonly TrialResult[], space: SearchSpace, objectives: number): string {
  const names = Object.keys(space);
  const values = Array.from({ length: objectives }, (_, i) => (objectives === 1 ? 'value' : `value ${i + 1}`));
  const lines = results.map(({ number, state, values: own, reports, parameters }) => [
    ...[number, state, ...values.map((_, i) => own[i]), reports.at(-1)?.[0]],
    ...names.map((name) => parameters[name]),
  ]);
  return `${[['number', 'state', ...values, 'steps', ...names], ...lines].map((line) => line.map(field).join(',')).join('\n')}\n`;
}
