// What comes next: predictions of a model in the units of the series, one horizon or many, and how wrong they were.

import { checkFinite, checkLength, checkNumbers, checkOptions, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, named, type Options, optional, withDefault } from '../base/fields.ts';
import { checkModel } from '../model/check-model.ts';
import { stackIn } from '../model/graph.ts';
import type { Model } from '../model/model.ts';
import type { State } from '../model/state.ts';
import { formatDate } from './dates.ts';
import { Frame, type Future } from './frame.ts';
import { checkPipeline, columnsOf, inputSize, outputSize, type Pipeline } from './pipeline.ts';
import { checkSeries, checkSpan, dates, LAST_TIME, type Series, type Span, slice, timesOf } from './series.ts';
import { rhythmOf, timesAfter } from './time-step.ts';

const fields = {
  /** How many rows to predict. Default the pipeline's horizon. */
  steps: optional(integer({ min: 1 })),
  /** Values of the columns that are known in advance, for each of the rows to predict, up to the end of the last horizon. */
  known: withDefault(named<ArrayLike<number>>({ check: checkNumbers }), {}),
  /**
   * The dates of the same rows. Default: by the step of the history, as far apart as its rows, on each business day or each month, also where some
   * of its rows are left out.
   */
  dates: optional(dates),
};

/** How far `forecast` looks ahead, and what is known of those rows. */
export interface ForecastOptions extends Options<typeof fields> {}

/**
 * The rows after the end of a series, in its units: the model predicts `horizon` rows, reads them as if they had happened, and
 * goes on.
 *
 * @param history What has happened; it must be at least as long as the pipeline reads.
 * @returns A series of `steps` rows with the targets, and with times when the history has them and a step.
 * @throws BpttError for a model of other sizes, a history that is too short, known values or dates that are missing, and more
 * than `horizon` steps when a column is read that is not predicted.
 *
 * @example
 * const { columns } = forecast(model, pipeline, births, { steps: 14 });
 */
export function forecast(model: Model, pipeline: Pipeline, history: Series, options: ForecastOptions = {}): Series {
  const given = checkFields('forecast', options, fields);
  const plan = checkForecaster('forecast', model, pipeline);
  const { targets, horizon } = plan;
  const steps = checkSteps('forecast.steps', given.steps, plan);
  const past = checkSeries('forecast(history)', history, columnsOf(plan));
  // A horizon is predicted whole, from what is known of all of it.
  const room = Math.ceil(steps / horizon) * horizon;
  const times = futureTimes(plan, past, room, given.dates);
  const known = checkKnown(plan, room, given.known);
  const future = { steps: room, known, times: times ?? new Float64Array(room) };
  const predicted = goOn('forecast(history)', model, plan, past, future);
  const columns = targets.map((name, column) => [name, predicted[column]!.slice(0, steps)] as const);
  const { dateFormat } = past;
  return {
    length: steps,
    columns: Object.fromEntries(columns),
    ...(times && { times: times.slice(0, steps), ...(dateFormat !== undefined && { dateFormat }) }),
  };
}

/** Predicts the rows of a future, horizon by horizon, each from what was predicted before. */
function goOn(
  where: string,
  model: Model,
  pipeline: Pipeline,
  history: Series,
  future: Future,
): readonly Float64Array[] {
  const { targets, horizon, context } = pipeline;
  const frame = new Frame(where, pipeline, history, future);
  const least = frame.first + (context ?? 1);
  if (history.length < least) {
    const why = 'as many as are read';
    throw new BpttError('invalid-argument', `${where}: expected at least ${least} rows, ${why}, got ${history.length}`);
  }
  const predicted = targets.map(() => new Float64Array(future.steps));
  const reader = new Reader(model, frame);
  for (let done = 0; done < future.steps; done += horizon) {
    const last = frame.length - 1;
    const rows = frame.predictions(last, reader.at(last));
    frame.append(rows, horizon);
    for (const [column, values] of rows.entries()) predicted[column]!.set(values, done);
  }
  return predicted;
}

function checkSteps(where: string, value: number | undefined, { horizon, inputs, targets }: Pipeline): number {
  const steps = value ?? horizon;
  const unknown = inputs.find((name) => !targets.includes(name));
  if (unknown === undefined || steps <= horizon) return steps;
  const why = `for the column ${show(unknown)} is read and not predicted`;
  throw new BpttError('invalid-argument', `${where}: expected at most ${horizon}, ${why}, got ${steps}`);
}

/** How far predictions are from what happened. */
export interface ForecastErrors {
  /** Root of the mean squared error, in the units of the series. */
  readonly rmse: number;
  /** Mean absolute error, in the units of the series. */
  readonly mae: number;
  /**
   * Mean absolute scaled error (Hyndman and Koehler 2006): the mean absolute error divided by that of the naive forecast, one
   * season back, over the training part. Not finite where that forecast was never wrong.
   */
  readonly mase: number;
}

const backtestFields = {
  /** How many rows are predicted from each row. Default the pipeline's horizon; more are predicted as `forecast` does. */
  steps: optional(integer({ min: 1 })),
  /** Rows from one beginning to the next. Default 1. */
  every: withDefault(integer({ min: 1 }), 1),
};

/** How far each prediction of `backtest` looks ahead, and from which rows. */
export interface BacktestOptions extends Options<typeof backtestFields> {}

/** What `backtest` returns: all predictions, and how far they were from what happened. */
export interface Backtest {
  /** The row that each prediction begins with. */
  readonly rows: Int32Array;
  /** Of each target, [rows, steps]: what was predicted for `rows[i]` and after. */
  readonly predictions: Readonly<Record<string, Float64Array>>;
  /** Of each target, over all predictions. */
  readonly errors: Readonly<Record<string, ForecastErrors>>;
}

/** Rows that are read, or windows that are predicted from, at a time: bounds the memory. */
const ROWS = 128;

/**
 * Predicts the rows of a span from those before them, as if they were still to come, and compares: the first `steps` rows of
 * it, then, `every` rows on, as many again, as long as they lie in the span.
 *
 * @throws BpttError for a model of other sizes, a span whose first row has too little before it or that is too short, and as
 * `forecast` does.
 *
 * @example
 * const { rmse, mae, mase } = backtest(model, pipeline, births, test).errors.births;
 * console.log(rmse, mae, mase);
 */
export function backtest(
  model: Model,
  pipeline: Pipeline,
  series: Series,
  span: Span,
  options: BacktestOptions = {},
): Backtest {
  const { every, ...given } = checkFields('backtest', options, backtestFields);
  const plan = checkForecaster('backtest', model, pipeline);
  const { targets, horizon, context, naive } = plan;
  const steps = checkSteps('backtest.steps', given.steps, plan);
  const whole = checkSeries('backtest(series)', series, columnsOf(plan));
  const frame = new Frame('backtest(series)', plan, whole);
  const { from, to } = checkSpan('backtest(span)', span, whole.length);
  const least = frame.first + (context ?? 1);
  const room = Math.ceil(steps / horizon) * horizon;
  if (from < least || to - from < room) {
    const why = `with ${least} rows before it to read, and ${room} in it to predict`;
    throw new BpttError('invalid-argument', `backtest(span): expected one ${why}, got rows ${from} to ${to}`);
  }
  const rows = Int32Array.from({ length: Math.ceil((to - from - room + 1) / every) }, (_, i) => from + i * every);
  const predicted = targets.map(() => new Float64Array(rows.length * steps));
  const keep = (row: number, values: readonly Float64Array[]) => {
    for (const [column, target] of predicted.entries()) target.set(values[column]!.subarray(0, steps), row * steps);
  };
  if (steps === horizon) {
    const reader = new Reader(model, frame);
    for (let done = 0; done < rows.length; done += ROWS) {
      const origins = Array.from(rows.subarray(done, done + ROWS), (row) => row - 1);
      for (const [row, outputs] of reader.each(origins).entries()) {
        keep(done + row, frame.predictions(origins[row]!, outputs));
      }
    }
  } else {
    for (const [index, row] of rows.entries()) {
      const coming = slice(whole, row, row + room);
      const future = { steps: room, known: coming.columns, times: coming.times ?? new Float64Array(room) };
      keep(index, goOn('backtest(series)', model, plan, slice(whole, 0, row), future));
    }
  }
  const errors = targets.map((name, column) => {
    const actual = (index: number) => whole.columns[name]![rows[Math.floor(index / steps)]! + (index % steps)]!;
    return [name, errorsOf(predicted[column]!, actual, naive[name]!)] as const;
  });
  return {
    rows,
    predictions: Object.fromEntries(targets.map((name, column) => [name, predicted[column]!])),
    errors: Object.fromEntries(errors),
  };
}

function errorsOf(predicted: Float64Array, actual: (index: number) => number, naive: number): ForecastErrors {
  let squares = 0;
  let absolute = 0;
  for (let i = 0; i < predicted.length; i++) {
    const error = predicted[i]! - actual(i);
    squares += error * error;
    absolute += Math.abs(error);
  }
  const mae = absolute / predicted.length;
  return { rmse: Math.sqrt(squares / predicted.length), mae, mase: mae / naive };
}

/**
 * Runs a model up to rows of a frame: each from the zero state over `context` rows, or one after the other with the state
 * carried.
 */
class Reader {
  readonly #model: Model;
  readonly #frame: Frame;
  #state: State | undefined;
  #next: number;

  constructor(model: Model, frame: Frame) {
    this.#model = model;
    this.#frame = frame;
    this.#next = frame.first;
  }

  /** The outputs at a row. */
  at(row: number): ArrayLike<number> {
    return this.each([row])[0]!;
  }

  /** The outputs at rows, ascending, each after those of the call before unless the pipeline has a context. */
  each(rows: readonly number[]): readonly ArrayLike<number>[] {
    const T = this.#frame.pipeline.context;
    if (T !== null) return this.#window(rows, T);
    return rows.map((row) => {
      const { inputs: F, outputs: O } = this.#frame;
      for (;;) {
        const steps = Math.min(ROWS, row + 1 - this.#next);
        const inputs = new Float32Array(steps * F);
        for (let t = 0; t < steps; t++) this.#frame.read(this.#next + t, inputs, t * F);
        const { outputs, state } = this.#model.forward({ steps, rows: 1, inputs }, this.#state);
        this.#state = state;
        this.#next += steps;
        if (this.#next > row) return outputs.subarray(outputs.length - O);
      }
    });
  }

  #window(rows: readonly number[], T: number): readonly ArrayLike<number>[] {
    const { inputs: F, outputs: O } = this.#frame;
    const B = rows.length;
    const inputs = new Float32Array(T * B * F);
    for (const [row, last] of rows.entries()) {
      for (let t = 0; t < T; t++) this.#frame.read(last - T + 1 + t, inputs, (t * B + row) * F);
    }
    const { outputs } = this.#model.forward({ steps: T, rows: B, inputs });
    const newest = outputs.subarray(outputs.length - B * O);
    return rows.map((_, row) => newest.subarray(row * O, (row + 1) * O));
  }
}

function checkForecaster(where: string, model: Model, given: Pipeline): Pipeline {
  checkModel(where, model);
  const pipeline = checkPipeline(where, given);
  const { input, layers } = stackIn(model.network.graph, where);
  const [F, O] = [inputSize(pipeline), outputSize(pipeline)];
  const gives = layers.at(-1)!.output.size;
  if (input.kind === 'features' && input.size === F && gives === O) return pipeline;
  const expected = `one that reads ${F} features and gives ${O} outputs, as the pipeline says`;
  const got = `one that reads ${input.size} ${input.kind} and gives ${gives}`;
  throw new BpttError('invalid-shape', `${where}(model): expected ${expected}, got ${got}`);
}

function checkKnown(
  { known }: Pipeline,
  steps: number,
  given: Readonly<Record<string, ArrayLike<number>>>,
): Future['known'] {
  checkOptions('forecast.known', given, known);
  for (const name of known) {
    const values = checkNumbers(`forecast.known.${name}`, given[name]);
    checkLength(`forecast.known.${name}`, values, steps, `${steps} steps`);
    checkFinite(`forecast.known.${name}`, values);
  }
  return given;
}

/** The times of the rows to predict; undefined when neither the history nor the options tell. */
function futureTimes(
  { calendar }: Pipeline,
  history: Series,
  steps: number,
  dates: readonly string[] | undefined,
): Float64Array | undefined {
  const { times } = history;
  if (dates !== undefined) {
    checkLength('forecast.dates', dates, steps, `${steps} steps`);
    const given = timesOf('forecast.dates', dates).times;
    const before = (row: number) => (row === 0 ? (times?.at(-1) ?? Number.NEGATIVE_INFINITY) : given[row - 1]!);
    const wrong = given.findIndex((time, row) => time <= before(row));
    if (wrong < 0) return given;
    const expected = 'a date later than the one before';
    throw new BpttError(
      'invalid-argument',
      `forecast.dates[${wrong}]: expected ${expected}, got ${show(dates[wrong])}`,
    );
  }
  if (times === undefined) return undefined;
  const rhythm = rhythmOf(times);
  if (rhythm !== undefined) {
    const coming = timesAfter(times.at(-1)!, rhythm.step, steps);
    const beyond = coming.findIndex((time) => !(time <= LAST_TIME));
    if (beyond < 0) return coming;
    const message = `forecast.steps: expected at most ${beyond}, up to the year 9999, got ${steps}`;
    throw new BpttError('invalid-argument', message);
  }
  if (calendar.length === 0) return undefined;
  const [first, second, third] = [...times.subarray(0, 3)].map((time) => formatDate(time, history.dateFormat));
  const why =
    times.length === 1 ? 'it has one row only' : `its rows lie at no common step, as ${first}, ${second}, ${third}`;
  throw new BpttError(
    'invalid-argument',
    `forecast.dates: expected those of the rows to predict, got none, and they do not follow from the history: ${why}`,
  );
}
