// A series from CSV text and back. Nothing is guessed: what is not a number, missing or ragged is an error with its line and
// column.

import { checkString, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  boolean,
  type Checked,
  checkFields,
  type Field,
  names,
  type Options,
  object,
  oneOf,
  optional,
  string,
  such,
  withDefault,
} from '../base/fields.ts';
import { dateExamples, dateFormat, findFormat, formatDate, parseDate, timeOf } from './dates.ts';
import { checkSeries, type Series, unknownColumn } from './series.ts';
import { bad, isMissing, type Line, parseNumber, type Table, tableOf } from './table.ts';

/** Where the date of a row stands: one column, or three columns of whole numbers. */
export type DateColumns =
  | string
  | {
      /** The column of the year. */
      readonly year: string;
      /** The column of the month, 1 to 12. */
      readonly month: string;
      /** The column of the day of the month. */
      readonly day: string;
    };

/**
 * What a missing value becomes. A field is missing when it is empty, `?`, `-`, or `NA`, `N/A`, `#N/A`, `NaN`, `null` or `none` in any case.
 *
 * - `error`: an error with its line and column.
 * - `previous`: the value before it; an error in the first row.
 * - `interpolate`: on the straight line between the values before and after it, so it knows a later value; an error at either end.
 */
export type Missing = 'error' | 'previous' | 'interpolate';

const dateParts = object({ year: string, month: string, day: string });

const date: Field<DateColumns> = {
  check: (where, value) => (typeof value === 'string' ? value : dateParts.check(where, value)),
};

const delimiter = such<string>(
  'one character that is neither a quote nor a line end',
  (value) => typeof value === 'string' && /^[^"\r\n]$/.test(value),
);

export const csvFields = {
  /** The columns to read as numbers. Default: all but those of the date and of `ignore`. */
  columns: optional(names('column names')),
  /** Columns that are not read, such as text. Not together with `columns`. Default none. */
  ignore: optional(names('column names')),
  /** Where the date stands. Default: there is none. */
  date: optional(date),
  /**
   * How the dates of one column are written, in tokens: YYYY, YY, MM, M, MMM (Jan), MMMM (January), DD, D, HH, H, h with A (PM), mm, ss, SSS, Z (a
   * zone), Q (Q1), X (seconds since 1970), x (milliseconds). Default: the format that all of them have, where there is only one.
   */
  dateFormat: optional(dateFormat),
  /** Whether the first line has the names. Without it the columns are called `1`, `2` and so on. Default true. */
  header: withDefault(boolean, true),
  /** What is between the fields of a line. Default `,`. */
  delimiter: withDefault(delimiter, ','),
  /** What is before the decimals. Default `.`. */
  decimal: withDefault(oneOf('.', ','), '.'),
  /** Texts that stand for a missing value beside those of `Missing`, such as `-999`. Default none. */
  markers: withDefault(names('texts'), () => []),
  /** What a missing value becomes. Default `error`. */
  missing: withDefault(oneOf<Missing>('error', 'previous', 'interpolate'), 'error'),
};

/** How to read a CSV file. Plain data, for JSON. */
export interface CsvOptions extends Options<typeof csvFields> {}

/** Checks options that may come from a file. */
export function checkCsvOptions(where: string, value: unknown): Checked<typeof csvFields> {
  const options = checkFields(where, value, csvFields);
  const { columns, ignore, delimiter, decimal } = options;
  if (columns !== undefined && ignore !== undefined) {
    throw new BpttError('invalid-argument', `${where}: expected columns or ignore, got both`);
  }
  if (delimiter === decimal) {
    const got = `${show(delimiter)}, which is before the decimals`;
    throw new BpttError('invalid-argument', `${where}.delimiter: expected another than that of decimal, got ${got}`);
  }
  return options;
}

/**
 * A series from CSV text (RFC 4180: fields in quotes may hold delimiters and line ends). Spaces around a field do not count, nor
 * does a byte order mark, nor do empty lines at the end.
 *
 * @throws BpttError `bad-file` with line and column for a value that is not a finite number, a missing value (unless `missing`
 * says what it becomes), a line with more or fewer fields than the first, names twice, dates that do not ascend, no rows at all.
 *
 * @example
 * const births = readCsv(text, { columns: ['births'], date: { year: 'year', month: 'month', day: 'date_of_month' } });
 */
export function readCsv(text: string, options: CsvOptions = {}): Series {
  checkString('readCsv(text)', text);
  const checked = checkCsvOptions('readCsv', options);
  return seriesOf('readCsv', tableOf(text, checked), checked);
}

/** The series that the rows of a table are; `where` is what took the options. */
export function seriesOf(where: string, table: Table, options: Checked<typeof csvFields>): Series {
  const { names, rows } = table;
  const { columns, ignore = [], date, dateFormat, decimal, missing, markers } = options;
  const place = (option: string, name: string) => {
    const index = names.indexOf(name);
    if (index < 0) throw unknownColumn(`${where}.${option}`, name, names);
    return index;
  };
  const parts = date === undefined ? [] : typeof date === 'string' ? [date] : [date.year, date.month, date.day];
  const dateAt = parts.map((name) => place('date', name));
  for (const name of ignore) place('ignore', name);
  const others = new Set([...ignore, ...parts]);
  const read = columns ?? names.filter((name) => !others.has(name));
  if (read.length === 0) throw new BpttError('invalid-argument', `${where}.columns: expected at least one, got none`);
  const entries = read.map((name) => {
    const how = { decimal, missing, markers, chosen: columns !== undefined };
    return [name, numbersOf(rows, place('columns', name), name, how)] as const;
  });
  return {
    length: rows.length,
    columns: Object.fromEntries(entries),
    ...(parts.length === 1 ? timesOf(rows, dateAt[0]!, parts[0]!, dateFormat) : {}),
    ...(parts.length === 3 ? { times: timesOfParts(rows, dateAt, parts) } : {}),
  };
}

/**
 * A series as CSV text: a line of names, `date` first when the times are known, in the format that they were read in, then a line a row, each number with as many
 * digits as reading it back takes.
 *
 * @example
 * await writeFile('next.csv', writeCsv(forecast(model, pipeline, births, { steps: 14 })));
 */
export function writeCsv(series: Series): string {
  const { length, columns, times, dateFormat } = checkSeries('writeCsv(series)', series);
  const quote = (name: string) => (/[",\r\n]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
  const names = Object.keys(columns);
  const lines = [[...(times === undefined ? [] : ['date']), ...names.map(quote)].join()];
  for (let row = 0; row < length; row++) {
    const date = times === undefined ? [] : [quote(formatDate(times[row]!, dateFormat))];
    lines.push([...date, ...names.map((name) => String(columns[name]![row]))].join());
  }
  return `${lines.join('\n')}\n`;
}

/** What could read a field that is no number. */
function hintFor(field: string, name: string, { decimal, chosen }: Numbers): string {
  if (!chosen && isDate(field)) return `; date: ${show(name)} reads it as the date of its row`;
  if (decimal === '.' && /^[+-]?\d+(\.\d{3})*,\d+$/.test(field)) return '; decimal: "," reads it';
  return chosen ? '' : '; columns says which are read';
}

/** Where one text stands in several rows of numbers, it may be what the program writes for a missing value. */
function markerHint(rows: readonly Line[], index: number, field: string, { decimal, markers }: Numbers): string {
  const others = rows.map(({ fields }) => fields[index]!).filter((other) => parseNumber(other, decimal) === undefined);
  const only = others.every((other) => other === field || isMissing(other, markers));
  return only && others.length > 1 ? `; markers: [${show(field)}] takes it for a missing value` : '';
}

const isDate = (field: string) => {
  const found = findFormat([field]);
  return 'format' in found || 'either' in found;
};

/** How the numbers of a column are read. */
interface Numbers {
  readonly decimal: '.' | ',';
  readonly missing: Missing;
  readonly markers: readonly string[];
  /** Whether the column was asked for by name. */
  readonly chosen: boolean;
}

function numbersOf(rows: readonly Line[], index: number, name: string, how: Numbers): Float64Array {
  const { decimal, missing, markers } = how;
  const values = new Float64Array(rows.length);
  const gaps: number[] = [];
  for (const [row, { number, fields }] of rows.entries()) {
    const field = fields[index]!;
    if (isMissing(field, markers)) {
      if (missing === 'error') {
        const hint = "missing: 'previous' or 'interpolate' fills it";
        throw bad(
          `line ${number}, column ${show(name)}: expected a number, got ${field === '' ? 'a missing value' : `${show(field)}, a missing value`}; ${hint}`,
        );
      }
      gaps.push(row);
      continue;
    }
    const value = parseNumber(field, decimal);
    if (value === undefined) {
      const marks = rows.slice(0, row).some(({ fields }) => parseNumber(fields[index]!, decimal) !== undefined);
      const hint = hintFor(field, name, how) || (marks ? markerHint(rows, index, field, how) : '');
      throw bad(`line ${number}, column ${show(name)}: expected a finite number, got ${show(field)}${hint}`);
    }
    values[row] = value;
  }
  for (let i = 0; i < gaps.length; ) {
    let end = i + 1;
    while (end < gaps.length && gaps[end] === gaps[end - 1]! + 1) end++;
    const [first, last] = [gaps[i]!, gaps[end - 1]!];
    const open = first === 0 ? first : missing === 'interpolate' && last === rows.length - 1 ? last : undefined;
    if (open !== undefined) {
      const side = open === first && first === 0 ? 'before' : 'after';
      throw bad(
        `line ${rows[open]!.number}, column ${show(name)}: expected a value ${side} the missing one to fill it from, got none; leave out the rows ${side} it`,
      );
    }
    const before = values[first - 1]!;
    const step = missing === 'previous' ? 0 : (values[last + 1]! - before) / (last - first + 2);
    for (let row = first; row <= last; row++) values[row] = before + step * (row - first + 1);
    i = end;
  }
  return values;
}

/** The times of a column of dates, and their format. */
function timesOf(
  rows: readonly Line[],
  place: number,
  name: string,
  given: string | undefined,
): { readonly times: Float64Array; readonly dateFormat: string } {
  const fields = rows.map(({ fields }) => fields[place]!);
  const found = given === undefined ? findFormat(fields) : { format: given };
  const refuse = (row: number, expected: string) =>
    bad(
      `line ${rows[row]!.number}, column ${show(name)}: expected ${expected}, got ${show(fields[row])}; without date the order of the rows counts`,
    );
  if ('row' in found) throw refuse(found.row, dateExamples);
  if ('either' in found) {
    const [one, other] = found.either;
    const got = `those that are dates as ${one} and as ${other}, such as ${show(fields[0])}`;
    throw bad(
      `column ${show(name)}: expected dates with one meaning, got ${got}; dateFormat: ${show(one)} or ${show(other)} says which`,
    );
  }
  const { format } = found;
  const times = Float64Array.from(fields, (field, row) => {
    const time = parseDate(field, format);
    if (time === undefined) throw refuse(row, `a date as ${format}`);
    return time;
  });
  checkAscending(rows, times, show(name), format);
  return { times, dateFormat: format };
}

/** The times of three columns: year, month, day. */
function timesOfParts(rows: readonly Line[], places: readonly number[], names: readonly string[]): Float64Array {
  const columns = names.map((name) => show(name)).join(', ');
  const times = Float64Array.from(rows, ({ number, fields }) => {
    const parts = places.map((place) => fields[place]!);
    const [year, month, day] = parts.map(Number);
    const time = parts.every((part) => /^\d{1,4}$/.test(part)) ? timeOf(year!, month!, day!) : undefined;
    if (time !== undefined) return time;
    const got = parts.map(show).join(', ');
    throw bad(
      `line ${number}, column ${columns}: expected year, month and day of a date, got ${got}; without date the order of the rows counts`,
    );
  });
  checkAscending(rows, times, columns);
  return times;
}

function checkAscending(rows: readonly Line[], times: Float64Array, column: string, format?: string): void {
  const row = times.findIndex((time, row) => row > 0 && time <= times[row - 1]!);
  if (row < 0) return;
  const [before, got] = [times[row - 1]!, times[row]!].map((time) => formatDate(time, format));
  const twice = times[row] === times[row - 1];
  const hint = twice ? 'make one row of those of a date' : 'sort the rows by date';
  throw bad(
    `line ${rows[row]!.number}, column ${column}: expected a date after ${before}, that of the row before, got ${got}; ${hint}`,
  );
}
