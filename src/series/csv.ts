// A series from CSV text and back. Nothing is guessed: what is not a number, missing or ragged is an error with its line and
// column.

import { type CsvError, parse } from 'csv-parse/browser/esm/sync';
import { checkString, show } from '../base/check.ts';
import { parseDecimal } from '../base/decimal.ts';
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
  withDefault,
} from '../base/fields.ts';
import { dayOf, formatDate, parseDate } from './calendar.ts';
import { checkSeries, type Series, unknownColumn } from './series.ts';

/** Where the date of a row stands: a column of `YYYY-MM-DD`, or three columns of whole numbers. */
export type DateColumns = string | { readonly year: string; readonly month: string; readonly day: string };

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

export const csvFields = {
  /** The columns to read as numbers. Default: all but those of the date and of `ignore`. */
  columns: optional(names('column names')),
  /** Columns that are not read, such as text. Not together with `columns`. Default none. */
  ignore: optional(names('column names')),
  /** Where the date stands. Default: there is none. */
  date: optional(date),
  /** Whether the first line has the names. Without it the columns are called `1`, `2` and so on. Default true. */
  header: withDefault(boolean, true),
  /** What is between the fields of a line. Default `,`. */
  delimiter: withDefault(string, ','),
  /** What is before the decimals. Default `.`. */
  decimal: withDefault(oneOf('.', ','), '.'),
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
  if (delimiter.length !== 1 || /["\r\n]/.test(delimiter) || delimiter === decimal) {
    const expected = `one character that is neither a quote, a line end nor the decimal ${show(decimal)}`;
    throw new BpttError('invalid-argument', `${where}.delimiter: expected ${expected}, got ${show(delimiter)}`);
  }
  return options;
}

const missingField = /^(|[?-]|#?n\/?a|nan|null|none)$/i;

/** One line of fields and its number in the file; of a record over several lines, the last. */
interface Line {
  readonly number: number;
  readonly fields: readonly string[];
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
  const { columns, ignore = [], date, header, delimiter, decimal, missing } = checkCsvOptions('readCsv', options);
  const lines = linesOf(text, delimiter);
  const names = namesOf(lines, header, decimal);
  const rows = header ? lines.slice(1) : lines;
  if (rows.length === 0) throw bad('expected at least one row of values, got none');
  checkDelimiter(names, rows[0]!, options.delimiter ?? ',');
  for (const { number, fields } of rows) {
    if (fields.length === names.length) continue;
    throw bad(`line ${number}: expected ${names.length} fields, as in the first line, got ${fields.length}`);
  }
  const places = new Map(names.map((name, index) => [name, index]));
  const place = (where: string, name: string) => {
    const index = places.get(name);
    if (index === undefined) throw unknownColumn(`readCsv.${where}`, name, names);
    return index;
  };
  const parts = date === undefined ? [] : typeof date === 'string' ? [date] : [date.year, date.month, date.day];
  const dateAt = parts.map((name) => place('date', name));
  for (const name of ignore) place('ignore', name);
  const others = new Set([...ignore, ...parts]);
  const read = columns ?? names.filter((name) => !others.has(name));
  if (read.length === 0) throw new BpttError('invalid-argument', 'readCsv.columns: expected at least one, got none');
  const entries = read.map((name) => {
    const index = place('columns', name);
    return [name, numbersOf(rows, index, name, { decimal, missing, chosen: columns !== undefined })] as const;
  });
  return {
    length: rows.length,
    columns: Object.fromEntries(entries),
    ...(parts.length === 0 ? {} : { days: daysOf(rows, dateAt, names) }),
  };
}

/**
 * A series as CSV text: a line of names, `date` first when the days are known, then a line a row, each number with as many
 * digits as reading it back takes.
 */
export function writeCsv(series: Series): string {
  const { length, columns, days } = checkSeries('writeCsv(series)', series);
  const quote = (name: string) => (/[",\r\n]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);
  const names = Object.keys(columns);
  const lines = [[...(days === undefined ? [] : ['date']), ...names.map(quote)].join()];
  for (let row = 0; row < length; row++) {
    const date = days === undefined ? [] : [formatDate(days[row]!)];
    lines.push([...date, ...names.map((name) => String(columns[name]![row]))].join());
  }
  return `${lines.join('\n')}\n`;
}

const bad = (message: string, cause?: unknown) =>
  new BpttError('bad-file', `CSV, ${message}`, cause === undefined ? {} : { cause });

function linesOf(text: string, delimiter: string): readonly Line[] {
  let records: string[][];
  try {
    const record_delimiter = ['\r\n', '\n', '\r'];
    records = parse(text, { bom: true, delimiter, record_delimiter, relax_column_count: true, trim: true });
  } catch (cause) {
    const { code, lines, column } = cause as CsvError & { lines?: number; column?: number };
    const what = /QUOTE/.test(code) ? 'quotes around a whole field, closed again' : 'fields between delimiters';
    throw bad(`line ${lines}, field ${Number(column) + 1}: expected ${what}, got ${code}`, cause);
  }
  // The parser counts lines too, but takes twice as long then. Only fields in quotes have line ends.
  const quoted = text.includes('"');
  let number = 0;
  const lines = records.map((fields) => {
    number++;
    if (quoted) for (const field of fields) number += field.match(/\r\n?|\n/g)?.length ?? 0;
    return { number, fields };
  });
  const end = lines.findLastIndex(({ fields }) => fields.length > 1 || fields[0] !== '') + 1;
  if (end === 0) throw bad('expected at least one line, got an empty file');
  return lines.slice(0, end);
}

function namesOf(lines: readonly Line[], header: boolean, decimal: '.' | ','): readonly string[] {
  const { fields, number } = lines[0]!;
  if (!header) return fields.map((_, index) => String(index + 1));
  if (fields.every((field) => parseNumber(field, decimal) !== undefined || parseDate(field) !== undefined)) {
    const got = `${fields.map(show).join(', ')}, all of them values`;
    throw bad(
      `line ${number}: expected the names of the columns, got ${got}; header: false reads a file without names`,
    );
  }
  const before = new Set<string>();
  const twice = fields.findIndex((name) => before.size === before.add(name).size);
  if (twice < 0) return fields;
  throw bad(`line ${number}, field ${twice + 1}: expected each name once, got ${show(fields[twice])} again`);
}

/** @throws BpttError for lines that look as if another character stood between their fields. */
function checkDelimiter(names: readonly string[], first: Line, delimiter: string): void {
  const other = [';', '\t', '|'].find((character) => names[0]!.includes(character));
  if (other === undefined || names.length > 1 || !first.fields.some((field) => field.includes(other))) return;
  // More fields than names: the delimiter stands in the numbers.
  const decimal = delimiter === ',' && first.fields.length > 1 ? ', and decimal: "," their numbers' : '';
  throw bad(
    `line 1: expected ${show(delimiter)} between the names, got ${show(names[0])}; delimiter: ${show(other)} reads such lines${decimal}`,
  );
}

/** What could read a field that is no number. */
function hintFor(field: string, name: string, { decimal, chosen }: Numbers): string {
  if (parseDate(field) !== undefined && !chosen) return `; date: ${show(name)} reads it as the date of its row`;
  if (decimal === '.' && /^[+-]?\d+(\.\d{3})*,\d+$/.test(field)) return '; decimal: "," reads it';
  return chosen ? '' : '; columns says which are read';
}

/** A finite number in decimal notation; undefined when the text is anything else. */
function parseNumber(text: string, decimal: '.' | ','): number | undefined {
  // With a decimal comma, a point is no number.
  const plain = decimal === '.' ? text : text.replaceAll(/[.,]/g, (mark) => (mark === ',' ? '.' : ' '));
  const value = parseDecimal(plain);
  return value !== undefined && Number.isFinite(value) ? value : undefined;
}

/** How the numbers of a column are read. */
interface Numbers {
  readonly decimal: '.' | ',';
  readonly missing: Missing;
  /** Whether the column was asked for by name. */
  readonly chosen: boolean;
}

function numbersOf(rows: readonly Line[], index: number, name: string, how: Numbers): Float64Array {
  const { decimal, missing } = how;
  const values = new Float64Array(rows.length);
  const gaps: number[] = [];
  for (const [row, { number, fields }] of rows.entries()) {
    const field = fields[index]!;
    if (missingField.test(field)) {
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
    if (value === undefined)
      throw bad(
        `line ${number}, column ${show(name)}: expected a finite number, got ${show(field)}${hintFor(field, name, how)}`,
      );
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

function daysOf(rows: readonly Line[], places: readonly number[], names: readonly string[]): Int32Array {
  const days = new Int32Array(rows.length);
  for (const [row, { number, fields }] of rows.entries()) {
    const parts = places.map((place) => fields[place]!);
    const whole = parts.length === 1 || parts.every((part) => /^\d{1,4}$/.test(part));
    const [year, month, date] = parts.map(Number);
    const day = parts.length === 1 ? parseDate(parts[0]!) : whole ? dayOf(year!, month!, date!) : undefined;
    const columns = places.map((place) => show(names[place])).join(', ');
    if (day === undefined) {
      const expected = parts.length === 1 ? 'a date as YYYY-MM-DD' : 'year, month and day of a date';
      throw bad(
        `line ${number}, column ${columns}: expected ${expected}, got ${parts.map(show).join(', ')}; without date the order of the rows counts`,
      );
    }
    if (row > 0 && day <= days[row - 1]!) {
      const expected = `a date after ${formatDate(days[row - 1]!)}, that of the row before`;
      const hint = day === days[row - 1] ? 'make one row of those of a day' : 'sort the rows by date';
      throw bad(`line ${number}, column ${columns}: expected ${expected}, got ${formatDate(day)}; ${hint}`);
    }
    days[row] = day;
  }
  return days;
}
