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
import { parseDate } from './calendar.ts';

/** 0000-01-01 and 9999-12-31. */
export const [FIRST_DAY, LAST_DAY] = [-719_528, 2_932_896];

/** N rows in the order of time: named columns of N numbers each, and the day of each row where it is known. */
export interface Series {
  /** N. */
  readonly length: number;
  /** Numbers by name, [N] each, in the units of the data. */
  readonly columns: Readonly<Record<string, Float64Array>>;
  /** [N], days since 1970-01-01, each later than the one before. */
  readonly days?: Int32Array;
}

/** Rows `from` to `to` of a series; `to` is the first that is no longer in it. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** A list of dates; each is read where it is used. */
export const dates = list(string, 'dates');

const fields = {
  /** The date of each row as `YYYY-MM-DD`, each later than the one before. Default: none. */
  dates: optional(dates),
};

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
  const days = dates?.map((date, row) => {
    const day = parseDate(date);
    if (day !== undefined) return day;
    throw new BpttError('invalid-argument', `series.dates[${row}]: expected a date as YYYY-MM-DD, got ${show(date)}`);
  });
  const length = copies[0]![1].length;
  const result: Series = {
    length,
    columns: Object.fromEntries(copies),
    ...(days === undefined ? {} : { days: Int32Array.from(days) }),
  };
  checkSeries('series(columns)', result);
  return result;
}

/** Rows `from` to `to` as a series of their own; by default to the end. The columns are views, not copies. */
export function slice(whole: Series, from: number, to?: number): Series {
  const { length, days, columns: all } = checkSeries('slice(series)', whole);
  const end = checkInteger('slice(to)', to === undefined ? length : to, 0, length);
  checkInteger('slice(from)', from, 0, end);
  const columns = Object.entries(all).map(([name, values]) => [name, values.subarray(from, end)] as const);
  return {
    length: end - from,
    columns: Object.fromEntries(columns),
    ...(days === undefined ? {} : { days: days.subarray(from, end) }),
  };
}

const share = number({ min: 0, exclusiveMax: 1 });

const splitFields = {
  /** Share of the rows right before the test part, from 0 to below 1. Default 0: none. */
  validation: withDefault(share, 0),
  /** Share of the rows at the end, from 0 to below 1. Default 0: none. */
  test: withDefault(share, 0),
};

export interface SplitOptions extends Options<typeof splitFields> {}

/** The parts of a series in the order of time. */
export interface Split {
  readonly training: Span;
  readonly validation: Span;
  readonly test: Span;
}

/**
 * Cuts a series by time, never shuffled: the newest rows are for the test, those before them for validation, the oldest for
 * training. A share of the rows is rounded up to whole rows. The parts are spans, so that what is read to predict the first row
 * of a part can lie before it.
 *
 * @throws BpttError for shares out of range, and when nothing is left for training.
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
  days: optional(such<Int32Array>('an Int32Array', (days) => days instanceof Int32Array)),
};

/** Checks a series that may have been made by hand, without looking at its numbers; `names` are columns that it must have. */
export function checkSeries(where: string, value: unknown, names: readonly string[] = []): Series {
  const { length, columns, days } = checkFields(where, value, parts);
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
  if (days !== undefined) {
    if (days.length !== N) {
      throw new BpttError('invalid-shape', `${where}.days: expected an Int32Array of ${N}, got ${show(days)}`);
    }
    const outside = days.find((day) => day < FIRST_DAY || day > LAST_DAY);
    if (outside !== undefined) {
      const expected = `days from ${FIRST_DAY} to ${LAST_DAY}, the years 0 to 9999`;
      throw new BpttError('invalid-argument', `${where}.days: expected ${expected}, got ${outside}`);
    }
    const unordered = days.findIndex((day, row) => row > 0 && day <= days[row - 1]!);
    if (unordered >= 0) {
      throw new BpttError(
        'invalid-argument',
        `${where}.days[${unordered}]: expected a day later than ${days[unordered - 1]}, that of the row before, got ${days[unordered]}`,
      );
    }
  }
  return { length, columns, ...(days && { days }) };
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
