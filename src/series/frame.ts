// The rows of a series as a model reads them, and what it is to give: the only file that knows the order of the features.
import { checkFinite } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { calendarWidth, writeCalendar } from './calendar.ts';
import { checkTimes, columnsOf, inputSize, outputSize, type Pipeline } from './pipeline.ts';
import { checkPositive, scaled, unscaled } from './scaling.ts';
import { checkSeries, type Series } from './series.ts';

/** What is known of the rows after the end of a series. */
export interface Future {
  /** How many rows. */
  readonly steps: number;
  /** [steps] of each column that is known in advance. */
  readonly known: Readonly<Record<string, ArrayLike<number>>>;
  /** [steps], when the calendar is read. */
  readonly times: Float64Array;
}

const NONE: Future = { steps: 0, known: {}, times: new Float64Array(0) };

/**
 * The features of a row t: the inputs at t; then, for each of the rows t+1 … t+horizon that are predicted from it, the targets
 * as they were each of the lags before, what is known in advance, and the calendar. The outputs: the targets of these rows, row
 * by row.
 */
export class Frame {
  readonly pipeline: Pipeline;
  /** What errors call the series. */
  readonly #where: string;
  /** F and O. */
  readonly inputs: number;
  readonly outputs: number;
  /** The first row whose features are all there. */
  readonly first: number;
  /** How many rows there are whose values are known; grows with `append`. */
  length: number;
  /** In the units of the data, [N + steps]. */
  readonly #values: ReadonlyMap<string, Float64Array>;
  /** As the model sees them, [N + steps]. */
  readonly #scaled: ReadonlyMap<string, Float64Array>;
  /** [N + steps, calendarWidth] */
  readonly #calendar: Float64Array;

  constructor(where: string, pipeline: Pipeline, series: Series, future: Future = NONE) {
    const names = columnsOf(pipeline);
    const { columns, times, length: N } = checkSeries(where, series, names);
    checkTimes(where, times, pipeline);
    const { targets, inputs, lags, calendar } = pipeline;
    const rows = N + future.steps;
    this.pipeline = pipeline;
    this.inputs = inputSize(pipeline);
    this.outputs = outputSize(pipeline);
    this.length = N;
    this.#values = new Map(
      names.map((name) => {
        checkFinite(`${where}.columns.${name}`, columns[name]!);
        if (pipeline.scalings[name]!.relative) checkPositive(where, name, columns[name]!);
        const values = new Float64Array(rows);
        values.set(columns[name]!);
        if (pipeline.known.includes(name)) values.set(future.known[name] ?? [], N);
        return [name, values];
      }),
    );
    const longest = Math.max(0, ...names.map((name) => pipeline.scalings[name]!.difference));
    if (longest >= N) {
      throw new BpttError(
        'invalid-argument',
        `${where}: expected more than ${longest} rows, those of the difference in pipeline.scalings, got ${N}`,
      );
    }
    this.#where = where;
    this.#scaled = new Map(names.map((name) => [name, new Float64Array(rows)]));
    for (const name of names) this.#scale(name, 0, pipeline.known.includes(name) ? rows : N);
    // A row needs its differences, and those of the rows that are the longest lag before the first that it predicts.
    const difference = (columns: readonly string[]) =>
      Math.max(0, ...columns.map((name) => pipeline.scalings[name]!.difference));
    const lagged = lags.length === 0 ? 0 : difference(targets) + Math.max(...lags) - 1;
    this.first = Math.max(difference(inputs), lagged, difference(targets) - 1, 0);
    const width = calendarWidth(calendar);
    this.#calendar = new Float64Array(rows * width);
    for (let row = 0; row < rows && width > 0; row++) {
      const time = row < N ? times![row]! : future.times[row - N]!;
      writeCalendar(calendar, time, this.#calendar, row * width);
    }
  }

  /** Writes the features of a row into `to` from `at` on. */
  read(row: number, to: Float32Array, at: number): void {
    const { targets, inputs, known, lags, horizon } = this.pipeline;
    for (const name of inputs) to[at++] = this.#scaled.get(name)![row]!;
    const width = this.#calendar.length / this.#scaled.get(targets[0]!)!.length;
    for (let ahead = row + 1; ahead <= row + horizon; ahead++) {
      for (const name of targets) {
        const values = this.#scaled.get(name)!;
        for (const lag of lags) to[at++] = values[ahead - lag]!;
      }
      for (const name of known) to[at++] = this.#scaled.get(name)![ahead]!;
      to.set(this.#calendar.subarray(ahead * width, (ahead + 1) * width), at);
      at += width;
    }
  }

  /** Writes what the outputs at a row should be into `to` from `at` on. */
  target(row: number, to: Float32Array, at: number): void {
    const { targets, horizon } = this.pipeline;
    for (let ahead = row + 1; ahead <= row + horizon; ahead++) {
      for (const name of targets) to[at++] = this.#scaled.get(name)![ahead]!;
    }
  }

  /** What a model's outputs at a row say, in the units of the data: [horizon] for each target. */
  predictions(row: number, outputs: ArrayLike<number>): readonly Float64Array[] {
    const { targets, horizon, scalings } = this.pipeline;
    return targets.map((name, column) => {
      const given = Float64Array.from({ length: horizon }, (_, step) => outputs[step * targets.length + column]!);
      const before = this.#values.get(name)!.subarray(row + 1 - scalings[name]!.difference, row + 1);
      return unscaled(scalings[name]!, given, before);
    });
  }

  /** Takes rows of the targets, [count] each, as if they had happened. */
  append(rows: readonly Float64Array[], count: number): void {
    const from = this.length;
    for (const [column, name] of this.pipeline.targets.entries()) {
      this.#values.get(name)!.set(rows[column]!.subarray(0, count), from);
      this.#scale(name, from, from + count);
    }
    this.length += count;
  }

  /** The rows from which predictions of a span can be made: their features are there, and all that they predict lies in it. */
  origins(
    where: string,
    { from, to }: { readonly from: number; readonly to: number },
  ): {
    readonly from: number;
    readonly to: number;
  } {
    const first = Math.max(this.first, from - 1);
    const last = to - this.pipeline.horizon;
    if (last > first) return { from: first, to: last };
    const least = `at least ${this.pipeline.horizon} rows to predict after row ${this.first}, the first with all that is read`;
    throw new BpttError('invalid-argument', `${where}: expected ${least}, got rows ${from} to ${to}`);
  }

  #scale(name: string, from: number, to: number): void {
    const scaling = this.pipeline.scalings[name]!;
    const start = Math.max(from - scaling.difference, 0);
    const values = scaled(scaling, this.#values.get(name)!.subarray(start, to));
    // The model reads f32.
    const wrong = values.findIndex((value) => !Number.isFinite(Math.fround(value)));
    if (wrong >= 0) {
      throw new BpttError(
        'non-finite',
        `${this.#where}: expected numbers that pipeline.scalings.${name} makes finite in f32, got ${values[wrong]}`,
      );
    }
    this.#scaled.get(name)!.set(values, start + scaling.difference);
  }
}
