// What stands between a series and a model: which columns are read and predicted, and how their numbers are scaled. Fitted on the
// training part only, and plain data, so that it can be kept in a model file.
import { checkInteger, checkOptions, isPlain, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  checkFields,
  type Field,
  integer,
  list,
  named,
  names,
  number,
  type Options,
  oneOf,
  optional,
  withDefault,
} from '../base/fields.ts';
import { type CalendarFeature, calendarFeatures, calendarWidth } from './calendar.ts';
import {
  differences,
  fitScaling,
  mean,
  type Normalization,
  normalizations,
  type Scaling,
  scalingOf,
} from './scaling.ts';
import { checkSeries, checkSpan, type Series, type Span } from './series.ts';

/** From a series to the numbers that a model reads and gives, and back. Plain data, for JSON. Made by `fitPipeline`. */
export interface Pipeline {
  /** Tells it from other data in JSON. */
  readonly kind: 'series';
  /** The columns that are predicted. */
  readonly targets: readonly string[];
  /** The columns whose past is read. */
  readonly inputs: readonly string[];
  /** The columns that are known in advance. */
  readonly known: readonly string[];
  /** What is read of the dates of the rows that are predicted. */
  readonly calendar: readonly CalendarFeature[];
  /** How many rows back lie the values of the targets that are read for each row that is predicted. */
  readonly lags: readonly number[];
  /** How many rows ahead are predicted at once. */
  readonly horizon: number;
  /** How many rows are read for a prediction, from the zero state; null when the state is carried over all rows. */
  readonly context: number | null;
  /** Of each column that is read or predicted. */
  readonly scalings: Readonly<Record<string, Scaling>>;
  /** Of each target, the mean absolute error of the seasonal naive forecast `x_{t-season}` over the training part. */
  readonly naive: Readonly<Record<string, number>>;
}

const columnNames = names('column names');
const count = integer({ min: 1 });
const features = list(oneOf<CalendarFeature>(...calendarFeatures), 'features of the calendar');
const calendar: Field<readonly CalendarFeature[]> = {
  check: (where, value) => features.check(where, columnNames.check(where, value)),
};
const lags = list(integer(), 'integers');
const normalizationOf = oneOf(...normalizations);
const normalizationsOf = named(normalizationOf);
const normalize: Field<Normalization | Readonly<Record<string, Normalization>>> = {
  check: (where, value) =>
    isPlain(value) ? normalizationsOf.check(where, value) : normalizationOf.check(where, value),
};

const fields = {
  /** The columns to predict, at least one. */
  targets: columnNames,
  /** The columns whose values up to now are read. Default: the targets. */
  inputs: withDefault(columnNames, ({ targets }: { readonly targets: readonly string[] }) => targets),
  /** Columns whose values are known in advance, such as holidays or prices: read for the rows that are predicted. Default none. */
  known: withDefault(columnNames, () => []),
  /** What is read of the dates of the rows that are predicted. Needs a series with times. Default none. */
  calendar: withDefault(calendar, () => []),
  /**
   * Values of the targets that many rows before the one that is predicted, such as 364 for last year's; at least `horizon`.
   * Default none.
   */
  lags: withDefault(lags, () => []),
  /**
   * How many rows ahead one output predicts, all at once. Default 1; `forecast` goes on from there by reading its own
   * predictions.
   */
  horizon: withDefault(count, 1),
  /** How many rows a prediction reads, from the zero state: the T of windows. Default: all, with the state carried on. */
  context: optional(count),
  /** One for all columns, or by name; columns without one have the default, `standard`. */
  normalize: withDefault(normalize, 'standard'),
  /**
   * Reads and predicts differences to that many rows before instead of values, of inputs and targets: 1, or a season. Default
   * 0: values.
   */
  difference: withDefault(integer({ min: 0 }), 0),
  /**
   * Targets and inputs whose differences are relative to what they are differences to, as returns are to prices: for levels that grow.
   * Their values are above 0. Default none.
   */
  relative: withDefault(columnNames, () => []),
  /** The season of the naive forecast that MASE compares with, in rows. Default 1. */
  season: withDefault(count, 1),
};

/** A pipeline as it is kept in a file. */
const kept = {
  kind: oneOf('series'),
  targets: columnNames,
  inputs: columnNames,
  known: columnNames,
  calendar,
  lags,
  horizon: count,
  context: { check: (where: string, value: unknown) => (value === null ? value : count.check(where, value)) },
  scalings: named(scalingOf),
  naive: named(number({ min: 0 })),
};

/** What is predicted, from what, how far ahead, and how numbers are scaled, for `fitPipeline`. */
export interface PipelineOptions extends Options<typeof fields> {}

/**
 * Fits how a series is scaled on its training part; later rows are not looked at.
 *
 * @throws BpttError for unknown columns and options, a training part that is too short, and columns that never change in it
 * (their deviation or range would be 0; `normalize: 'none'` takes them as they are).
 *
 * @example
 * const { training, test } = splitByTime(births, { test: 0.2 });
 * const pipeline = fitPipeline(births, training, { targets: ['births'], calendar: ['weekday'], lags: [364], context: 28 });
 * const model = await createModel([features(inputSize(pipeline)), gru({ units: 32, returns: 'last' }), dense({ units: 1 })]);
 */
export function fitPipeline(series: Series, training: Span, options: PipelineOptions): Pipeline {
  const { normalize, difference, relative, season, context, ...rest } = checkFields('fitPipeline', options, fields);
  const plan = { ...rest, context: context ?? null };
  const { targets, known } = plan;
  refusePlan('fitPipeline', plan);
  refuseRelative(relative, difference, plan);
  const names = columnsOf(plan);
  const { columns, times, length } = checkSeries('fitPipeline(series)', series, names);
  checkTimes('fitPipeline(series)', times, plan);
  const span = checkSpan('fitPipeline(training)', training, length);
  if (typeof normalize !== 'string') checkOptions('fitPipeline.normalize', normalize, names);
  const longest = Math.max(difference + 1, season);
  if (span.to - span.from <= longest) {
    const rows = span.to - span.from;
    throw new BpttError(
      'invalid-argument',
      `fitPipeline(training): expected more than ${longest} rows, got ${rows}, from ${span.from} to ${span.to}`,
    );
  }
  const part = (name: string) => columns[name]!.subarray(span.from, span.to);
  const scalings = names.map((name) => {
    const kind = typeof normalize === 'string' ? normalize : (normalize[name] ?? 'standard');
    const change = { difference: known.includes(name) ? 0 : difference, relative: relative.includes(name) };
    return [name, fitScaling('fitPipeline', name, part(name), kind, change)] as const;
  });
  const naive = targets.map((name) => {
    return [name, mean(differences(part(name), season).map(Math.abs))] as const;
  });
  return { kind: 'series', ...plan, scalings: Object.fromEntries(scalings), naive: Object.fromEntries(naive) };
}

/**
 * A pipeline from what `JSON.parse` gave.
 *
 * @throws BpttError when it is anything but what `fitPipeline` returned.
 *
 * @example
 * const kept = JSON.stringify(pipeline);
 * forecast(model, pipelineFromJSON(JSON.parse(kept)), births, { steps: 7 });
 */
export function pipelineFromJSON(value: unknown): Pipeline {
  return pipelineOf('pipelineFromJSON', value);
}

/** A pipeline that may come from anywhere. */
export function pipelineOf(where: string, value: unknown): Pipeline {
  const pipeline: Pipeline = checkFields(where, value, kept);
  refusePlan(where, pipeline);
  const { scalings, naive, targets } = pipeline;
  checkNames(`${where}.scalings`, scalings, columnsOf(pipeline));
  checkNames(`${where}.naive`, naive, targets);
  return pipeline;
}

/** @throws BpttError for what is not by exactly these names. */
function checkNames(where: string, given: Readonly<Record<string, unknown>>, names: readonly string[]): void {
  checkOptions(where, given, names);
  const missing = names.find((name) => !Object.hasOwn(given, name));
  if (missing === undefined) return;
  throw new BpttError('invalid-argument', `${where}: expected one for column ${show(missing)}, got none`);
}

/** @throws BpttError for what neither `fitPipeline` nor `pipelineFromJSON` gave. */
export function checkPipeline(where: string, value: Pipeline): Pipeline {
  const place = `${where}(pipeline)`;
  return readable(place, () => {
    if (isPlain(value) && value.kind === 'series') return pipelineOf(place, value);
    throw new BpttError('invalid-argument', `${place}: expected what fitPipeline gives, got ${show(value)}`);
  });
}

/**
 * F, how many numbers a model of this pipeline reads at a step.
 *
 * @example
 * await createModel([features(inputSize(pipeline)), gru({ units: 16, returns: 'last' }), dense({ units: outputSize(pipeline) })]);
 */
export function inputSize(pipeline: Pipeline): number {
  const { targets, inputs, known, calendar, lags, horizon } = checkPipeline('inputSize', pipeline);
  return inputs.length + horizon * (targets.length * lags.length + known.length + calendarWidth(calendar));
}

/**
 * O, how many numbers a model of this pipeline gives at a step: `horizon` rows of the targets.
 *
 * @example
 * await createModel([features(inputSize(pipeline)), lstm({ units: 16, returns: 'last' }), dense({ units: outputSize(pipeline) })]);
 */
export function outputSize(pipeline: Pipeline): number {
  const { targets, horizon } = checkPipeline('outputSize', pipeline);
  return targets.length * horizon;
}

type Plan = Omit<Pipeline, 'kind' | 'scalings' | 'naive'>;

/** All columns that are read or predicted, each once. */
export function columnsOf({ targets, inputs, known }: Pick<Plan, 'targets' | 'inputs' | 'known'>): readonly string[] {
  return [...new Set([...targets, ...inputs, ...known])];
}

/** @throws BpttError when the dates are read and the series has none. */
export function checkTimes(where: string, times: Series['times'], { calendar }: Pick<Plan, 'calendar'>): void {
  if (calendar.length === 0 || times !== undefined) return;
  throw new BpttError('invalid-argument', `${where}: expected a series with times, for the calendar, got one without`);
}

/** @throws BpttError for relative differences that there are not. */
function refuseRelative(relative: readonly string[], difference: number, { targets, inputs }: Plan): void {
  if (relative.length > 0 && difference === 0) {
    throw new BpttError('invalid-argument', 'fitPipeline.relative: expected a difference above 0 with it, got 0');
  }
  const other = relative.findIndex((name) => !targets.includes(name) && !inputs.includes(name));
  if (other < 0) return;
  const got = show(relative[other]);
  throw new BpttError('invalid-argument', `fitPipeline.relative[${other}]: expected a target or an input, got ${got}`);
}

/** @throws BpttError for lists that do not go together. */
function refusePlan(where: string, { targets, inputs, known, calendar, lags, horizon }: Plan): void {
  if (targets.length === 0) {
    throw new BpttError('invalid-argument', `${where}.targets: expected at least one column, got none`);
  }
  const both = known.find((name) => targets.includes(name) || inputs.includes(name));
  if (both !== undefined) {
    const expected = 'a column that is neither a target nor an input';
    throw new BpttError('invalid-argument', `${where}.known: expected ${expected}, got ${JSON.stringify(both)}`);
  }
  for (const [index, lag] of lags.entries()) checkInteger(`${where}.lags[${index}]`, lag, horizon);
  if (inputs.length + lags.length + known.length + calendar.length === 0) {
    throw new BpttError('invalid-argument', `${where}: expected inputs, lags, known or calendar to read, got none`);
  }
}
