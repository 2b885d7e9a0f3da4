// How good forecasts are beside those that anybody can make without a model, on the same rows; and how far off they may be.

import { checkFinite, checkNumbers, checkOneOf, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  boolean,
  checkFields,
  having,
  integer,
  list,
  named,
  number,
  type Options,
  object,
  optional,
  string,
  such,
} from '../base/fields.ts';
import type { Backtest } from './forecast.ts';
import { checkSeries, type Series } from './series.ts';

/** Errors at one distance, in the units of the series. */
export interface ErrorsAhead {
  /** Root of the mean squared error. */
  readonly rmse: number;
  /** Mean absolute error. */
  readonly mae: number;
}

/** Of one target, errors 1, 2, … rows ahead over the same rows. */
export interface Comparison {
  /** Of the backtest. */
  readonly model: readonly ErrorsAhead[];
  /** Of the forecast that all rows to come are as the last one. */
  readonly lastValue: readonly ErrorsAhead[];
  /** Of the forecast that they are as in the last season; undefined where no season is known. */
  readonly season: readonly ErrorsAhead[] | undefined;
  /**
   * How surely the model's absolute errors are smaller than those of the last value: the statistic of Diebold and Mariano (1995), with the variance
   * of Newey and West over the rows that forecasts share. Above 1.64 chance alone gives it in one of twenty cases; below 0 the model is worse.
   */
  readonly advantage: number;
}

const fields = {
  /** Rows of a season. Default: none is compared with. */
  season: optional(integer({ min: 1 })),
};

/** The season of the seasonal forecast that `compareForecasts` compares with. */
export interface CompareOptions extends Options<typeof fields> {}

const backtested = having({
  rows: such<Int32Array>('an Int32Array', (rows) => rows instanceof Int32Array),
  predictions: named(such<Float64Array>('a Float64Array', (values) => values instanceof Float64Array)),
});

/** What `backtest` predicted. */
type Predictions = Pick<Backtest, 'rows' | 'predictions'>;

/** What `backtest` gave of a series, and how many steps ahead it looks. */
function checkTested(where: string, given: Series, value: Predictions) {
  const { rows, predictions } = backtested.check(`${where}(tested)`, value);
  const names = Object.keys(predictions);
  const { columns, length } = checkSeries(`${where}(series)`, given, names);
  const steps = (predictions[names[0] ?? '']?.length ?? 0) / rows.length;
  const even = names.every((name) => predictions[name]!.length === rows.length * steps);
  if (!even || !Number.isInteger(steps) || steps === 0) {
    const got = names.map((name) => `${predictions[name]!.length} of ${show(name)}`).join(', ') || 'none';
    const expected = `as many predictions of each target for each of ${rows.length} rows`;
    throw new BpttError('invalid-shape', `${where}(tested): expected ${expected}, got ${got}`);
  }
  const outside = rows.find((row) => row < 1 || row + steps > length);
  if (outside !== undefined) {
    const expected = `that of the backtest, with ${steps} rows from row ${outside} on and one before it`;
    throw new BpttError('invalid-shape', `${where}(series): expected ${expected}, got ${length} rows`);
  }
  for (const name of names) {
    checkFinite(`${where}(series).columns.${name}`, columns[name]!);
    checkFinite(`${where}(tested).predictions.${name}`, predictions[name]!);
  }
  return { rows, predictions, names, columns, steps };
}

/**
 * Compares a backtest with the naive forecasts of the same rows.
 *
 * @param series The one of the backtest.
 * @throws BpttError for another series, for numbers that are not finite, and for a season that is longer than what is before the first row.
 *
 * @example
 * const tested = backtest(model, pipeline, births, test, { steps: 7 });
 * const { model: ours, lastValue, season } = compareForecasts(births, tested, { season: 7 }).births;
 * console.log(ours[6].mae, lastValue[6].mae, season[6].mae); // a week ahead
 */
export function compareForecasts(
  series: Series,
  tested: Predictions,
  options: CompareOptions = {},
): Readonly<Record<string, Comparison>> {
  const { season } = checkFields('compareForecasts', options, fields);
  const { rows, predictions, names, columns, steps } = checkTested('compareForecasts', series, tested);
  if (season !== undefined && season > rows[0]!) {
    const expected = `at most ${rows[0]}, the rows before the first that was predicted`;
    throw new BpttError('invalid-argument', `compareForecasts.season: expected ${expected}, got ${show(season)}`);
  }
  return Object.fromEntries(
    names.map((name) => {
      const values = columns[name]!;
      const predicted = predictions[name]!;
      const errors = (predict: (row: number, step: number, index: number) => number) =>
        Float64Array.from(predicted, (_, index) => {
          const [row, step] = [rows[Math.floor(index / steps)]!, index % steps];
          return predict(row, step, index) - values[row + step]!;
        });
      const model = errors((_row, _step, index) => predicted[index]!);
      const last = errors((row) => values[row - 1]!);
      const ago = (step: number) => season! * Math.ceil((step + 1) / season!);
      const seasonal = season === undefined ? undefined : errors((row, step) => values[row + step - ago(step)]!);
      const comparison: Comparison = {
        model: ahead(model, steps),
        lastValue: ahead(last, steps),
        season: seasonal && ahead(seasonal, steps),
        advantage: advantage(last, model, steps),
      };
      return [name, comparison];
    }),
  );
}

/** Errors by how many rows ahead. */
function ahead(errors: Float64Array, steps: number): readonly ErrorsAhead[] {
  return Array.from({ length: steps }, (_, step) => {
    const own = errors.filter((_, index) => index % steps === step);
    const mean = (of: (error: number) => number) => own.reduce((sum, error) => sum + of(error), 0) / own.length;
    return { rmse: Math.sqrt(mean((error) => error * error)), mae: mean(Math.abs) };
  });
}

/** Forecasts from rows that follow one another share all but one of the rows that they predict: their errors go together. */
function advantage(last: Float64Array, model: Float64Array, steps: number): number {
  const count = last.length / steps;
  const gains = Float64Array.from({ length: count }, (_, row) => {
    let sum = 0;
    for (let i = row * steps; i < (row + 1) * steps; i++) sum += Math.abs(last[i]!) - Math.abs(model[i]!);
    return sum / steps;
  });
  const mean = gains.reduce((sum, gain) => sum + gain, 0) / count;
  let variance = 0;
  const most = Math.min(steps - 1, count - 1);
  for (let lag = 0; lag <= most; lag++) {
    let sum = 0;
    for (let row = lag; row < count; row++) sum += (gains[row]! - mean) * (gains[row - lag]! - mean);
    variance += (lag === 0 ? 1 : 2 * (1 - lag / (most + 1))) * (sum / count);
  }
  if (variance > 0) return mean / Math.sqrt(variance / count);
  return mean === 0 ? 0 : mean * Number.POSITIVE_INFINITY;
}

/** Of one target, how far below and above its forecast a value may lie, 1, 2, … rows ahead. */
export interface Interval {
  /** What is added to a forecast for the lower end, one number a row ahead; usually below 0. */
  readonly low: readonly number[];
  /** The same for the upper end. */
  readonly high: readonly number[];
  /** Whether they are shares of the forecast. */
  readonly relative: boolean;
}

const share = number({ exclusiveMin: 0, exclusiveMax: 1 });
const targets = list(string, 'names of targets');
const offsets = list(number(), 'numbers');
const intervalFields = { low: offsets, high: offsets, relative: boolean };
/** An interval that may come from a file. */
export const intervalOf = object<typeof intervalFields, Interval>(intervalFields);

/**
 * Intervals in which a share of values lies, from the errors of a backtest on rows from which the model did not learn: of each distance ahead the
 * quantiles (1 - share) / 2 and (1 + share) / 2 of what came less what was predicted. Errors of n rows cut the line into n + 1 pieces of the same
 * probability (Vovk et al. 2005), so with few rows they are wide. The forecast itself always lies within, also where it was too high or too low in
 * nearly all rows.
 *
 * @param relative Targets whose errors grow with their level: shares of the forecast are kept.
 *
 * @example
 * const intervals = residualIntervals(births, backtest(model, pipeline, births, validation, { steps: 7 }), 0.8);
 * const { low, high } = withinInterval(intervals.births, forecast(model, pipeline, births, { steps: 7 }).columns.births);
 */
export function residualIntervals(
  series: Series,
  tested: Predictions,
  level: number,
  relative: readonly string[] = [],
): Readonly<Record<string, Interval>> {
  share.check('residualIntervals(level)', level);
  const { rows, predictions, names, columns, steps } = checkTested('residualIntervals', series, tested);
  const byLevel = targets.check('residualIntervals(relative)', relative);
  return Object.fromEntries(
    names.map((name) => {
      const predicted = predictions[name]!;
      const isRelative = byLevel.includes(name);
      const residuals = Array.from({ length: steps }, (_, step) =>
        Float64Array.from(rows, (row, index) => {
          const forecast = predicted[index * steps + step]!;
          const error = columns[name]![row + step]! - forecast;
          return isRelative ? error / Math.abs(forecast) : error;
        }).sort(),
      );
      const at = (part: number) => residuals.map((errors) => quantileOf(errors, part));
      const low = at((1 - level) / 2).map((offset) => Math.min(0, offset));
      const high = at((1 + level) / 2).map((offset) => Math.max(0, offset));
      return [name, { low, high, relative: isRelative }];
    }),
  );
}

/** At `part` of the way through n + 1 pieces. */
function quantileOf(sorted: Float64Array, part: number): number {
  const place = Math.min(Math.max((sorted.length + 1) * part - 1, 0), sorted.length - 1);
  const below = Math.floor(place);
  const [one, other] = [sorted[below]!, sorted[Math.min(below + 1, sorted.length - 1)]!];
  return one + (place - below) * (other - one);
}

/**
 * The ends of an interval around forecasts 1, 2, … rows ahead, as many as it was measured for.
 *
 * @example
 * const { births: interval } = residualIntervals(births, backtest(model, pipeline, births, validation), 0.8);
 * const { low, high } = withinInterval(interval, forecast(model, pipeline, births).columns.births);
 * console.log(low[0], high[0]);
 */
export function withinInterval(
  interval: Interval,
  forecasts: ArrayLike<number>,
): { readonly low: Float64Array; readonly high: Float64Array } {
  const values = checkNumbers('withinInterval(forecasts)', forecasts);
  checkFinite('withinInterval(forecasts)', values);
  return endsOf(intervalOf.check('withinInterval(interval)', interval), values);
}

function endsOf({ low, high, relative }: Interval, values: ArrayLike<number>) {
  const count = Math.min(low.length, high.length, values.length);
  const ends = (offsets: readonly number[]) =>
    Float64Array.from({ length: count }, (_, step) => {
      const forecast = values[step]!;
      return forecast + offsets[step]! * (relative ? Math.abs(forecast) : 1);
    });
  return { low: ends(low), high: ends(high) };
}

/**
 * The share of the values of a backtest that lie in an interval, 1, 2, … rows ahead.
 *
 * @example
 * const { births: interval } = residualIntervals(births, backtest(model, pipeline, births, validation), 0.8);
 * console.log(coverage(births, backtest(model, pipeline, births, test), 'births', interval)); // near [0.8]
 */
export function coverage(series: Series, tested: Predictions, name: string, interval: Interval): readonly number[] {
  const { rows, predictions, columns, names, steps } = checkTested('coverage', series, tested);
  checkOneOf('coverage(name)', name, names);
  const checked = intervalOf.check('coverage(interval)', interval);
  const predicted = predictions[name]!;
  const values = columns[name]!;
  const inside = new Float64Array(steps);
  for (const [index, row] of rows.entries()) {
    const { low, high } = endsOf(checked, predicted.subarray(index * steps, (index + 1) * steps));
    for (let step = 0; step < low.length; step++) {
      const value = values[row + step]!;
      if (value >= low[step]! && value <= high[step]!) inside[step]!++;
    }
  }
  return [...inside.subarray(0, Math.min(steps, checked.low.length, checked.high.length))].map(
    (count) => count / rows.length,
  );
}
