// A number series: columns of numbers over time, and its parts by time.
import { checkFinite, checkInteger, checkNumbers, checkObject, nearest, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  checkFields,
  integer,
  list,
  named,
  number,
  type Options,
  optional,
  string,
  such,
  withDefault,
} from '../base/fields.ts';
import { dateFormat, findFormat, formatDate, parseDate } from './dates.ts';

/** 0000-01-01 and the last millisecond of 9999-12-31. */
export const [FIRST_TIME, LAST_TIME] = [-62_167_219_200_000, 253_402_300_799_999];

/** N rows in the order of time: named columns of N numbers each, and the time of each row where it is known. */
export interface Series {
  /** N. */
  readonly length: number;
  /** Numbers by name, [N] each, in the units of the data. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** [N], milliseconds since 1970-01-01 UTC, each later than the one before; by the clock on the wall where the dates name no zone. */
  readonly times?: Float64Array;
  /** How the times are written, as in `CsvOptions.dateFormat`. Default: days as YYYY-MM-DD, other times as YYYY-MM-DDTHH:mm:ss. */
  readonly dateFormat?: string;
}

/** Rows `from` to `to` of a series; `to` is the first that is no longer in it. */
export interface Span {
  /** The first row, from 0. */
  readonly from: number;
  /** The row after the last. */
  readonly to: number;
}

/** A list of dates; each is read where it is used. */
export const dates = list(string, 'dates');

const fields = {
  /** The date of each row, as `2024-12-31` or in any other format that `readCsv` finds, each later than the one before. Default: none. */
  dates: optional(dates),
};

/** The dates of the rows of a `series`. */
export interface SeriesOptions extends Options<typeof fields> {}

/**
 * A series from arrays.
 *
 * @param columns Arrays of one length by name, oldest first.
 * @throws BpttError for no columns, lengths that differ, numbers that are not finite, and dates that do not ascend.
 *
 * @example
 * const sales = series({ coffee: [31, 28, 40], tea: [12, 15, 11] }, { dates: ['2024-03-01', '2024-03-02', '2024-03-03'] });
 */
export function series(columns: Readonly<Record<string, ArrayLike<number>>>, options: SeriesOptions = {}): Series {
  const { dates } = checkFields('series', options, fields);
  const given = checkObject('series(columns)', columns);
  const names = Object.keys(given);
  if (names.length === 0) throw new BpttError('invalid-argument', 'series(columns): expected at least one, got none');
  const copies = names.map((name) => {
    const values = checkNumbers(`series(columns).${name}`, given[name]);
    checkFinite(`series(columns).${name}`, values);
    return [name, Float64Array.from(values)] as const;
  });
  const length = copies[0]![1].length;
  const result: Series = {
    length,
    columns: Object.fromEntries(copies),
    ...(dates === undefined ? {} : timesOf('series.dates', dates)),
  };
  checkSeries('series(columns)', result);
  return result;
}

/** The times of dates, all in the same format. */
export function timesOf(where: string, dates: readonly string[]): { times: Float64Array; dateFormat: string } {
  const found = findFormat(dates);
  if ('format' in found) {
    return {
      times: Float64Array.from(dates, (date) => parseDate(date, found.format)!),
      dateFormat: found.format,
    };
  }
  if ('row' in found && dates.length > 0) {
    const got = show(dates[found.row]);
    throw new BpttError('invalid-argument', `${where}[${found.row}]: expected a date as YYYY-MM-DD, got ${got}`);
  }
  const ways = 'either' in found ? `one way to read them, got ${found.either.join(' or ')}` : 'some, got none';
  throw new BpttError('invalid-argument', `${where}: expected dates with ${ways}`);
}

/**
 * Rows `from` to `to` as a series of their own; by default to the end. The columns are views, not copies.
 *
 * @example
 * const lastYear = slice(births, births.length - 365);
 * console.log(lastYear.length, lastYear.columns.births[0]);
 */
export function slice(whole: Series, from: number, to?: number): Series {
  const { length, times, dateFormat, columns: all } = checkSeries('slice(series)', whole);
  const end = checkInteger('slice(to)', to === undefined ? length : to, 0, length);
  checkInteger('slice(from)', from, 0, end);
  const columns = Object.entries(all).map(([name, values]) => [name, values.subarray(from, end)] as const);
  return {
    length: end - from,
    columns: Object.fromEntries(columns),
    ...(times && { times: times.subarray(from, end) }),
    ...(dateFormat !== undefined && { dateFormat }),
  };
}

const share = number({ min: 0, exclusiveMax: 1 });

const splitFields = {
  /** Share of the rows right before the test part, from 0 to below 1. Default 0: none. */
  validation: withDefault(share, 0),
  /** Share of the rows at the end, from 0 to below 1. Default 0: none. */
  test: withDefault(share, 0),
};

/** How large the parts of `splitByTime` are. */
export interface SplitOptions extends Options<typeof splitFields> {}

/** The parts of a series in the order of time. */
export interface Split {
  /** The oldest rows, to learn from. */
  readonly training: Span;
  /** Those after them, to choose by; empty unless a share was asked for. */
  readonly validation: Span;
  /** The newest rows, to report on; empty unless a share was asked for. */
  readonly test: Span;
}

/**
 * Cuts a series by time, never shuffled: the newest rows are for the test, those before them for validation, the oldest for
 * training. A share of the rows is rounded up to whole rows. The parts are spans, so that what is read to predict the first row
 * of a part can lie before it.
 *
 * @throws BpttError for shares out of range, and when nothing is left for training.
 *
 * @example
 * const { training, validation, test } = splitByTime(births, { validation: 0.1, test: 0.2 });
 * console.log(training, validation, test); // spans: { from, to } each
 */
export function splitByTime(whole: Series, options: SplitOptions): Split {
  const { length: N } = checkSeries('splitByTime(series)', whole);
  const shares = checkFields('splitByTime', options, splitFields);
  // 0.07 of 100 is 7.000000000000001: what is above a whole number by rounding alone does not count.
  const rowsOf = (share: number) => Math.ceil(share * N * (1 - 2 ** -50));
  const test = N - rowsOf(shares.test);
  const validation = test - rowsOf(shares.validation);
  if (validation < 1) {
    throw new BpttError('invalid-argument', `splitByTime: expected rows left for training, got none of ${N}`);
  }
  return {
    training: { from: 0, to: validation },
    validation: { from: validation, to: test },
    test: { from: test, to: N },
  };
}

const parts = {
  length: integer({ min: 0 }),
  columns: named(such<Float64Array>('a Float64Array', (values) => values instanceof Float64Array)),
  times: optional(such<Float64Array>('a Float64Array', (times) => times instanceof Float64Array)),
  dateFormat: optional(dateFormat),
};

/** Checks a series that may have been made by hand, without looking at its numbers; `names` are columns that it must have. */
export function checkSeries(where: string, value: unknown, names: readonly string[] = []): Series {
  const { length, columns, times, dateFormat } = checkFields(where, value, parts);
  const N = length;
  const has = Object.entries(columns);
  for (const [name, values] of has) {
    if (values.length === N) continue;
    throw new BpttError(
      'invalid-shape',
      `${where}.columns.${name}: expected ${N} rows as in the others, got ${values.length}`,
    );
  }
  const known = has.map(([name]) => name);
  for (const name of names) if (!known.includes(name)) throw unknownColumn(where, name, known);
  if (times !== undefined) checkTimes(where, times, N);
  return { length, columns, ...(times && { times }), ...(dateFormat !== undefined && { dateFormat }) };
}

function checkTimes(where: string, times: Float64Array, N: number): void {
  if (times.length !== N) {
    throw new BpttError('invalid-shape', `${where}.times: expected a Float64Array of ${N}, got ${show(times)}`);
  }
  const outside = times.find((time) => !(time >= FIRST_TIME && time <= LAST_TIME));
  if (outside !== undefined) {
    const expected = `times from ${FIRST_TIME} to ${LAST_TIME}, the years 0 to 9999`;
    throw new BpttError('invalid-argument', `${where}.times: expected ${expected}, got ${outside}`);
  }
  const unordered = times.findIndex((time, row) => row > 0 && time <= times[row - 1]!);
  if (unordered < 0) return;
  const [before, got] = [times[unordered - 1]!, times[unordered]!].map((time) => formatDate(time));
  throw new BpttError(
    'invalid-argument',
    `${where}.times[${unordered}]: expected a time later than ${before}, that of the row before, got ${got}`,
  );
}

/** Checks a span of a series. */
export function checkSpan(where: string, value: unknown, length: number): Span {
  const span = checkFields(where, value, { from: integer({ min: 0, max: length }), to: integer({ max: length }) });
  checkInteger(`${where}.to`, span.to, span.from, length);
  return span;
}

/** The error for a name that is none of the columns. */
export function unknownColumn(where: string, name: string, columns: readonly string[]): BpttError {
  const likely = nearest(name, columns);
  const hint = likely === undefined ? '' : `; did you mean ${show(likely)}?`;
  const known = columns.map(show).join(', ');
  return new BpttError('invalid-argument', `${where}: expected one of the columns ${known}, got ${show(name)}${hint}`);
}
