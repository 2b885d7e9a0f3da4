// What comes next: predictions of a model in the units of the series, one horizon or many, and how wrong they were.
import { checkFinite, checkInteger, checkLength, checkNumbers, checkOptions, show } from '../check.ts';
import { BpttError } from '../errors.ts';
import type { Model } from '../model.ts';
import type { State } from '../state.ts';
import { parseDate } from './calendar.ts';
import { Frame, type Future } from './frame.ts';
import { inputSize, outputSize, type Pipeline } from './pipeline.ts';
import { checkSpan, type Series, type Span } from './series.ts';

export interface ForecastOptions {
  /** How many rows to predict. Default the pipeline's horizon. */
  readonly steps?: number;
  /** Values of the columns that are known in advance, for each of the rows to predict, up to the end of the last horizon. */
  readonly known?: Readonly<Record<string, ArrayLike<number>>>;
  /** The dates of the same rows. Default: as far apart as those of the history, which must then all be equally far apart. */
  readonly dates?: readonly string[];
}

/**
 * The rows after the end of a series, in its units: the model predicts `horizon` rows, reads them as if they had happened, and goes on.
 *
 * @param history What has happened; it must be at least as long as the pipeline reads.
 * @returns A series of `steps` rows with the targets, and with days when the history has them.
 * @throws BpttError for a model of other sizes, a history that is too short, known values or dates that are missing, and more than
 * `horizon` steps when a column is read that is not predicted.
 *
 * @example
 * const { columns } = forecast(model, pipeline, births, { steps: 14 });
 */
export function forecast(model: Model, pipeline: Pipeline, history: Series, options: ForecastOptions = {}): Series {
  checkOptions('forecast', options, ['steps', 'known', 'dates']);
  const { targets, horizon, context, inputs } = pipeline;
  const steps = checkInteger('forecast.steps', options.steps ?? horizon, 1);
  checkModel('forecast', model, pipeline);
  const unknown = inputs.find((name) => !targets.includes(name));
  if (unknown !== undefined && steps > horizon) {
    const why = `for the column ${show(unknown)} is read and not predicted`;
    throw new BpttError('invalid-argument', `forecast.steps: expected at most ${horizon}, ${why}, got ${steps}`);
  }
  // A horizon is predicted whole, from what is known of all of it.
  const room = Math.ceil(steps / horizon) * horizon;
  const days = futureDays(pipeline, history, room, options.dates);
  const frame = new Frame('forecast(history)', pipeline, history, {
    steps: room,
    known: checkKnown(pipeline, room, options.known ?? {}),
    days: days ?? new Int32Array(room),
  });
  const first = context === null ? frame.first : history.length - context;
  if (first < frame.first || first >= history.length) {
    const least = frame.first + (context ?? 1);
    throw new BpttError(
      'invalid-argument',
      `forecast(history): expected at least ${least} rows, as many as are read, got ${history.length}`,
    );
  }
  const predicted = targets.map(() => new Float64Array(room));
  const reader = new Reader(model, frame);
  for (let done = 0; done < steps; done += horizon) {
    const last = frame.length - 1;
    const rows = frame.predictions(last, reader.at(last));
    frame.append(rows, horizon);
    for (const [column, values] of rows.entries()) predicted[column]!.set(values, done);
  }
  const columns = targets.map((name, column) => [name, predicted[column]!.slice(0, steps)] as const);
  return { length: steps, columns: Object.fromEntries(columns), ...(days && { days: days.slice(0, steps) }) };
}

/** How far predictions are from what happened. */
export interface ForecastErrors {
  /** Root of the mean squared error, in the units of the series. */
  readonly rmse: number;
  /** Mean absolute error, in the units of the series. */
  readonly mae: number;
  /**
   * Mean absolute scaled error (Hyndman and Koehler 2006): the mean absolute error divided by that of the naive forecast, one season
   * back, over the training part. Not finite where that forecast was never wrong.
   */
  readonly mase: number;
}

export interface Backtest {
  /** The row of the first prediction, and of which row each horizon is the first. */
  readonly rows: Int32Array;
  /** Of each target, [rows, horizon]: what was predicted at `rows[i]` and after. */
  readonly predictions: Readonly<Record<string, Float64Array>>;
  /** Of each target, over all predictions. */
  readonly errors: Readonly<Record<string, ForecastErrors>>;
}

/** Predictions made at a time from windows: bounds the memory. */
const ROWS = 128;

/**
 * Predicts every row of a span from those before it, as if it were the next, and compares. With a horizon of more than one, from every row
 * before which, and for as many rows as, a whole horizon lies in the span.
 *
 * @throws BpttError for a model of other sizes, and for a span whose first row has too little before it.
 */
export function backtest(model: Model, pipeline: Pipeline, series: Series, span: Span): Backtest {
  checkModel('backtest', model, pipeline);
  const { targets, horizon, context, naive } = pipeline;
  const frame = new Frame('backtest(series)', pipeline, series);
  const { from, to } = checkSpan('backtest(span)', span, series.length);
  const origins = frame.origins('backtest(span)', { from, to });
  const least = frame.first + (context ?? 1);
  if (from < least) {
    const why = `for ${least} rows are read before the first prediction`;
    throw new BpttError('invalid-argument', `backtest(span).from: expected at least ${least}, ${why}, got ${from}`);
  }
  const count = origins.to - origins.from;
  const predictions = targets.map(() => new Float64Array(count * horizon));
  const reader = new Reader(model, frame);
  for (let done = 0; done < count; done += ROWS) {
    const rows = Array.from({ length: Math.min(ROWS, count - done) }, (_, row) => origins.from + done + row);
    for (const [row, outputs] of reader.each(rows).entries()) {
      for (const [column, values] of frame.predictions(rows[row]!, outputs).entries()) {
        predictions[column]!.set(values, (done + row) * horizon);
      }
    }
  }
  const errors = targets.map((name, column) => {
    const actual = (index: number) =>
      frame.actual(name, origins.from + 1 + Math.floor(index / horizon) + (index % horizon));
    return [name, errorsOf(predictions[column]!, actual, naive[name]!)] as const;
  });
  return {
    rows: Int32Array.from({ length: count }, (_, index) => origins.from + 1 + index),
    predictions: Object.fromEntries(targets.map((name, column) => [name, predictions[column]!])),
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

/** Runs a model up to rows of a frame: each from the zero state over `context` rows, or one after the other with the state carried. */
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
      const steps = row + 1 - this.#next;
      const inputs = new Float32Array(steps * F);
      for (let t = 0; t < steps; t++) this.#frame.read(this.#next + t, inputs, t * F);
      const { outputs, state } = this.#model.forward({ steps, rows: 1, inputs }, this.#state);
      this.#state = state;
      this.#next = row + 1;
      return outputs.subarray(outputs.length - O);
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

function checkModel(where: string, { network }: Model, pipeline: Pipeline): void {
  const { input, layers } = network.stack;
  const [F, O] = [inputSize(pipeline), outputSize(pipeline)];
  const gives = layers.at(-1)!.output.size;
  if (input.kind === 'features' && input.size === F && gives === O) return;
  throw new BpttError(
    'invalid-shape',
    `${where}(model): expected one that reads ${F} features and gives ${O} outputs, as the pipeline says, got one that reads ${input.size} ${input.kind} and gives ${gives}`,
  );
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

/** The days of the rows to predict; undefined when neither the history nor the options have dates. */
function futureDays(
  { calendar }: Pipeline,
  history: Series,
  steps: number,
  dates: readonly string[] | undefined,
): Int32Array | undefined {
  const { days } = history;
  if (dates !== undefined) {
    checkLength('forecast.dates', dates, steps, `${steps} steps`);
    let before = days?.at(-1) ?? Number.NEGATIVE_INFINITY;
    return Int32Array.from(dates, (date, row) => {
      const day = parseDate(String(date));
      if (day !== undefined && day > before) {
        before = day;
        return day;
      }
      const expected = 'a date as YYYY-MM-DD, later than the one before';
      throw new BpttError('invalid-argument', `forecast.dates[${row}]: expected ${expected}, got ${show(date)}`);
    });
  }
  if (days === undefined) return undefined;
  const gap = days[1]! - days[0]!;
  const even = days.length > 1 && days.every((day, row) => row === 0 || day - days[row - 1]! === gap);
  if (even) return Int32Array.from({ length: steps }, (_, row) => days.at(-1)! + gap * (row + 1));
  if (calendar.length === 0) return undefined;
  const why = 'for those of the history are not all equally far apart';
  throw new BpttError(
    'invalid-argument',
    `forecast.dates: expected the dates of the rows to predict, ${why}, got none`,
  );
}
