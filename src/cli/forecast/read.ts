// The file of a forecast: how it is read, and its series. Errors name the file and the flags.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { readBytes } from '../../node/atomic-file.ts';
import { formatDate } from '../../series/dates.ts';
import { detectCsv } from '../../series/detect.ts';
import type { CsvOptions, HistoriesOptions, History } from '../../series/index.ts';
import { readHistories } from '../../series/index.ts';
import { tableOf } from '../../series/table.ts';
import { inWords, rhythmOf } from '../../series/time-step.ts';
import type { ForecastValues } from '../flags/forecast-flags.ts';
import { renamedError } from '../io/renamed-error.ts';
import { decodeText } from '../io/text-file.ts';

/** How a file is read, with what its columns are for. Plain data. */
export type Reading = HistoriesOptions;

/** The words of the library for what a user typed. */
const typedFor = {
  'readHistories.targets': '--column',
  'readHistories.inputs': '--inputs',
  'readHistories.known': '--known',
  'readHistories.series': '--series',
  'readHistories.date': '--date',
  'detectCsv.date': '--date',
  'readHistories.delimiter': '--delimiter',
  'detectCsv.delimiter': '--delimiter',
  'detectCsv.dateFormat': '--date-format',
  'readHistories.dateFormat': '--date-format',
  "missing: 'previous' or 'interpolate' fills": '--missing previous or --missing interpolate fills',
  '; date: ': '; --date ',
  '; dateFormat: ': '; --date-format ',
  '; delimiter: ': '; --delimiter ',
  ', and decimal: ': ', and --decimal ',
  '; decimal: ': '; --decimal ',
  '; markers: [': '; --missing-marker [',
  '; header: false reads': '; --header no reads',
  '; without date the': '; without --date the',
  'make one row of those of a date':
    'make one row of those of a date, or name the column that tells series apart with --series',
};

function inFlags<T>(path: string, read: () => T): T {
  try {
    return read();
  } catch (cause) {
    const named = renamedError(cause, { 'CSV, ': `${path}, `, ...typedFor });
    throw renamedError(named, { '--missing-marker ["': '--missing-marker "', '"] takes it': '" takes it' });
  }
}

export async function readFile(path: string): Promise<string> {
  return decodeText(await readBytes(path), path);
}

/** How the text of a file is read, by what flags say and by what it looks like. */
export function readingOf(path: string, text: string, values: ForecastValues): Reading {
  const { column, inputs, known, series, date, dateFormat, delimiter, decimal, header, missingMarker, missing } =
    values;
  const found = inFlags(path, () =>
    detectCsv(text, {
      ...(date !== undefined && { date }),
      ...(dateFormat !== undefined && { dateFormat }),
      ...(delimiter !== undefined && { delimiter: delimiter.replace('\\t', '\t') }),
      ...(decimal !== undefined && { decimal }),
      ...(header !== undefined && { header: header === 'yes' }),
      ...(missingMarker !== undefined && { markers: missingMarker }),
    }),
  );
  const { ignore = [], ...csv } = found;
  const dates =
    found.date === undefined ? [] : typeof found.date === 'string' ? [found.date] : Object.values(found.date);
  const names = inFlags(path, () => columnNames(text, csv));
  const taken = new Set([
    ...ignore,
    ...dates,
    ...(inputs ?? []),
    ...(known ?? []),
    ...(series === undefined ? [] : [series]),
  ]);
  const left = names.filter((name) => !taken.has(name));
  if (column === undefined && left.length !== 1) {
    const got = left.length === 0 ? `no column of numbers among ${names.map(show).join(', ')}` : 'none';
    const expected = left.length === 0 ? 'a column of numbers' : `some of ${left.map(show).join(', ')}`;
    throw new BpttError('invalid-argument', `--column: expected ${expected} in ${path}, got ${got}`);
  }
  return {
    ...csv,
    targets: column ?? left,
    ...(inputs !== undefined && { inputs }),
    ...(known !== undefined && { known }),
    ...(series !== undefined && { series }),
    ...(missing !== undefined && { missing }),
  };
}

/** The names of the columns of a text. */
function columnNames(text: string, { header = true, delimiter = ',', decimal = '.' }: CsvOptions): readonly string[] {
  return tableOf(text, { header, delimiter, decimal }).names;
}

/** The series of a file. */
export function readSeries(path: string, text: string, reading: Reading): readonly History[] {
  return inFlags(path, () => readHistories(text, reading));
}

/** What was found in a file, and what of it is not as one might think. */
export function notesOn(
  path: string,
  { date, dateFormat, delimiter, decimal }: Reading,
  all: readonly History[],
): string[] {
  const rows = all.reduce((sum, { history }) => sum + history.length, 0);
  const series = all.length === 1 && all[0]!.name === '' ? '' : ` in ${all.length} series`;
  const cut = delimiter === ',' ? '' : `, ${show(delimiter)} between fields`;
  const comma = decimal === ',' ? ', decimal commas' : '';
  const days = dateFormat === undefined ? '' : `, dates in ${show(date)} as ${dateFormat}`;
  const notes = [`${path}: ${rows} rows${series}${cut}${comma}${days}`];
  for (const { name, history, skipped } of all) {
    const of = name === '' ? path : `${path}, series ${show(name)}`;
    if (skipped > 0)
      notes.push(
        `${of}: left out ${skipped === 1 ? 'the first row' : `the first ${skipped} rows`}, in which a value is missing`,
      );
    notes.push(...rhythmNotes(of, history));
  }
  return notes;
}

function rhythmNotes(of: string, { times, dateFormat }: History['history']): string[] {
  if (times === undefined) return [];
  const rhythm = rhythmOf(times);
  if (rhythm === undefined) {
    const [first, second, third] = [...times.subarray(0, 3)].map((time) => formatDate(time, dateFormat));
    return [
      `${of}: its rows lie at no common step (${first}, ${second}, ${third}): they are taken as equally far apart, and the forecast has no dates`,
    ];
  }
  if (rhythm.missing === 0) return [];
  const after = formatDate(times[rhythm.after! - 1]!, dateFormat);
  const rows = rhythm.missing === 1 ? 'one row is' : `${rhythm.missing} rows are`;
  return [
    `${of}: ${rows} left out of one every ${inWords(rhythm.step)}, the first after ${after}: rows are taken as equally far apart`,
  ];
}
