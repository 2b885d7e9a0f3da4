// From a series to batches and from outputs to forecasts, checked against the definitions, row by row.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/data/batch.ts';
import {
  adam,
  createModel,
  dense,
  deserialize,
  elman,
  evaluate,
  features,
  gru,
  type Model,
  serialize,
  train,
} from '../../src/index.ts';
import {
  backtest,
  fitPipeline,
  forecast,
  inputSize,
  outputSize,
  type Pipeline,
  type PipelineOptions,
  pipelineFromJSON,
  readCsv,
  readSeriesMetadata,
  type Series,
  type Span,
  scale,
  series,
  seriesMetadata,
  seriesStream,
  slice,
  splitByTime,
  unscale,
  windows,
  writeCsv,
} from '../../src/series/index.ts';
import { codeOf } from '../support/error-code.ts';

const DAY = 86_400_000;
const datesFrom = (start: string, length: number) =>
  Array.from({ length }, (_, row) => new Date(Date.parse(start) + row * DAY).toISOString().slice(0, 10));

/** A series without structure: two columns of numbers and one of flags, with dates. */
function irregular(length: number): Series {
  const next = (seed: number) => (row: number) => (Math.imul(row + 1, seed) >>> 8) / 2 ** 20 - 8;
  const column = (seed: number) => Array.from({ length }, (_, row) => next(seed)(row));
  return series(
    { x: column(0x9e3779b1), y: column(0x85ebca6b), flag: column(0xc2b2ae35).map((value) => Number(value > 0)) },
    { dates: datesFrom('1999-12-25', length) },
  );
}

/** What the model reads of row t, by the definition. */
function featuresOf(data: Series, pipeline: Pipeline, t: number): number[] {
  const z = (name: string, row: number) => {
    const { difference, offset, scale } = pipeline.scalings[name]!;
    const values = data.columns[name]!;
    return (values[row]! - (difference > 0 ? values[row - difference]! : 0) - offset) / scale;
  };
  const result = pipeline.inputs.map((name) => z(name, t));
  for (let ahead = t + 1; ahead <= t + pipeline.horizon; ahead++) {
    for (const name of pipeline.targets) result.push(...pipeline.lags.map((lag) => z(name, ahead - lag)));
    result.push(...pipeline.known.map((name) => z(name, ahead)));
    const date = new Date(data.days![ahead]! * DAY);
    for (const feature of pipeline.calendar) {
      if (feature === 'weekday') result.push(...[1, 2, 3, 4, 5, 6, 0].map((day) => Number(day === date.getUTCDay())));
      if (feature === 'month') result.push(...Array.from({ length: 12 }, (_, m) => Number(m === date.getUTCMonth())));
      if (feature === 'year') {
        const start = Date.UTC(date.getUTCFullYear(), 0, 1);
        const turn = (2 * Math.PI * (date.getTime() - start)) / (Date.UTC(date.getUTCFullYear() + 1, 0, 1) - start);
        result.push(Math.sin(turn), Math.cos(turn));
      }
    }
  }
  return result;
}

/** What the outputs of row t should be, by the definition. */
function targetsOf(data: Series, pipeline: Pipeline, t: number): number[] {
  return Array.from({ length: pipeline.horizon }, (_, step) => t + 1 + step).flatMap((row) =>
    pipeline.targets.map((name) => {
      const { difference, offset, scale } = pipeline.scalings[name]!;
      const values = data.columns[name]!;
      return (values[row]! - (difference > 0 ? values[row - difference]! : 0) - offset) / scale;
    }),
  );
}

function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 4);
}

const row = (batch: Batch, size: number, t: number, b: number, what: 'inputs' | 'targets') =>
  batch[what].subarray((t * batch.rows + b) * size, (t * batch.rows + b + 1) * size);

/** A model that gives what one of its features is, for each of its outputs. */
async function picking(pipeline: Pipeline, chosen: readonly number[]): Promise<Model> {
  const F = inputSize(pipeline);
  const O = outputSize(pipeline);
  const model = await createModel([features(F), dense({ units: O })], { dtype: 'f64' });
  const weight = new Float64Array(O * F);
  for (const [output, feature] of chosen.entries()) weight[output * F + feature] = 1;
  for (const { name, shape } of model.parameters()) {
    model.setParameter(name, shape.length === 2 ? weight : new Float64Array(O));
  }
  return model;
}

describe('fitPipeline', () => {
  const data = series({ x: [1, 3, 5, 7, 100], c: [2, 2, 2, 2, 9] });
  const span: Span = { from: 0, to: 4 };

  test('scales to mean 0 and deviation 1 of the training part', () => {
    const { scalings, naive } = fitPipeline(data, span, { targets: ['x'] });
    expect(scalings).toEqual({ x: { difference: 0, offset: 4, scale: Math.sqrt(5) } });
    expect(naive).toEqual({ x: 2 });
  });

  test('scales from 0 to 1, or not at all, by column', () => {
    const normalize = { x: 'min-max', c: 'none' } as const;
    const { scalings } = fitPipeline(data, span, { targets: ['x'], known: ['c'], normalize });
    expect(scalings.x).toEqual({ difference: 0, offset: 1, scale: 6 });
    expect(scalings.c).toEqual({ difference: 0, offset: 0, scale: 1 });
  });

  test('scales differences, but not of columns that are known in advance', () => {
    const whole: Span = { from: 0, to: 5 };
    const options: PipelineOptions = { targets: ['x'], known: ['c'], difference: 1, normalize: 'min-max' };
    const { scalings } = fitPipeline(data, whole, options);
    expect(scalings.x).toEqual({ difference: 1, offset: 2, scale: 91 });
    expect(scalings.c).toEqual({ difference: 0, offset: 2, scale: 7 });
  });

  test('does not look behind the training part', () => {
    const long = irregular(60);
    const changed = { ...long, columns: { ...long.columns, x: long.columns.x!.map((x, t) => (t < 40 ? x : x * 1e6)) } };
    const options: PipelineOptions = { targets: ['x'], inputs: ['x', 'y'], known: ['flag'], difference: 7, season: 7 };
    const { training } = splitByTime(long, { test: 1 / 3 });
    expect(training.to).toBe(40);
    expect(fitPipeline(changed, training, options)).toEqual(fitPipeline(long, training, options));
  });

  test('is plain data that comes back from JSON', () => {
    const options: PipelineOptions = { targets: ['x'], known: ['flag'], calendar: ['year'], lags: [2], context: 3 };
    const pipeline = fitPipeline(irregular(30), { from: 0, to: 20 }, options);
    expect(pipelineFromJSON(JSON.parse(JSON.stringify(pipeline)))).toEqual(pipeline);
  });

  test.each<[object, string]>([
    [{ targets: [] }, 'fitPipeline.targets: expected at least one column, got none'],
    [{ targets: ['z'] }, 'expected one of the columns "x", "c", got "z"'],
    [{ targets: ['x'], inputs: ['x', 'x'] }, 'fitPipeline.inputs[1]: expected each name once'],
    [{ targets: ['x'], known: ['x'] }, 'fitPipeline.known: expected a column that is neither a target nor an input'],
    [{ targets: ['c'] }, 'fitPipeline.normalize.c: expected finite training values that change, or none'],
    [{ targets: ['x'], normalize: 'log' }, 'fitPipeline.normalize: expected one of'],
    [{ targets: ['x'], normalize: { c: 'none' } }, 'fitPipeline.normalize: expected only x, got "c"'],
    [{ targets: ['x'], calendar: ['weekday'] }, 'expected a series with days, for the calendar, got one without'],
    [{ targets: ['x'], calendar: ['week'] }, 'fitPipeline.calendar[0]: expected one of'],
    [{ targets: ['x'], lags: [1], horizon: 2 }, 'fitPipeline.lags[0]: expected an integer >= 2, got 1'],
    [{ targets: ['x'], inputs: [] }, 'expected inputs, lags, known or calendar to read, got none'],
    [{ targets: ['x'], difference: 3 }, 'fitPipeline(training): expected more than 4 rows, got 4'],
    [{ targets: ['x'], season: 4 }, 'fitPipeline(training): expected more than 4 rows, got 4'],
    [{ targets: ['x'], context: 0 }, 'fitPipeline.context: expected an integer >= 1'],
    [{ target: ['x'] }, 'did you mean "targets"?'],
  ])('refuses %j', (options, message) => {
    expect(() => fitPipeline(data, span, options as never)).toThrow(message);
  });

  test.each<[string, (value: Record<string, unknown>) => unknown]>([
    ['another kind', (value) => ({ ...value, kind: 'words' })],
    ['a part less', ({ horizon: _, ...rest }) => rest],
    ['a scale of 0', (value) => ({ ...value, scalings: { x: { difference: 0, offset: 0, scale: 0 } } })],
    ['no scaling of a column', (value) => ({ ...value, scalings: {} })],
    ['a column more', (value) => ({ ...value, naive: { x: 1, y: 1 } })],
    ['null', () => null],
  ])('does not take %s for a pipeline', (_, change) => {
    const value = JSON.parse(JSON.stringify(fitPipeline(data, span, { targets: ['x'] })));
    expect(codeOf(() => pipelineFromJSON(change(value)))).not.toBe('nothing thrown');
  });
});

test('unscale is the inverse of scale', () => {
  const numbers = fc.array(fc.integer({ min: -1000, max: 1000 }), { minLength: 8, maxLength: 20 });
  fc.assert(
    fc.property(
      numbers,
      fc.integer({ min: 0, max: 5 }),
      fc.constantFrom('standard', 'min-max', 'none'),
      (x, d, kind) => {
        fc.pre(new Set(x.slice(d).map((value, t) => value - (d === 0 ? 0 : x[t]!))).size > 1);
        const { columns } = series({ x });
        const options: PipelineOptions = { targets: ['x'], difference: d, normalize: kind };
        const scaling = fitPipeline(series({ x }), { from: 0, to: x.length }, options).scalings.x!;
        const scaled = scale(scaling, columns.x!);
        expect(scaled.length).toBe(x.length - d);
        const back = unscale(scaling, scaled, columns.x!.subarray(0, d));
        for (const [t, value] of back.entries()) expect(value).toBeCloseTo(x[t + d]!, 7);
        if (kind === 'min-max') expect([Math.min(...scaled), Math.max(...scaled)]).toEqual([0, 1]);
        if (d > 0) expect(() => unscale(scaling, scaled)).toThrow(`unscale(before): expected ${d} elements`);
      },
    ),
  );
});

const anyPlan = fc.record({
  inputs: fc.constantFrom(['x'], ['y', 'x'], []),
  targets: fc.constantFrom(['x'], ['x', 'y']),
  known: fc.constantFrom([], ['flag']),
  calendar: fc.subarray(['weekday', 'month', 'year'] as const, { minLength: 1 }),
  horizon: fc.integer({ min: 1, max: 3 }),
  lags: fc.uniqueArray(fc.integer({ min: 3, max: 9 }), { maxLength: 2 }),
  difference: fc.integer({ min: 0, max: 4 }),
  context: fc.integer({ min: 1, max: 6 }),
});

describe('windows', () => {
  const data = irregular(80);
  const span: Span = { from: 30, to: 61 };

  test('have features and targets by the definition; every row of the span is predicted, none outside', () => {
    fc.assert(
      fc.property(anyPlan, fc.integer({ min: 1, max: 40 }), fc.constantFrom('all', 'last'), (plan, batch, returns) => {
        const pipeline = fitPipeline(data, { from: 0, to: 50 }, plan);
        const T = plan.context;
        const [F, O] = [inputSize(pipeline), outputSize(pipeline)];
        const made = windows(data, span, pipeline, { batch, returns });
        const last = returns === 'last';
        const firstEnd = last ? span.from - 1 : span.from - 1 + T - 1;
        let end = firstEnd;
        for (const part of made) {
          expect(part.steps).toBe(T);
          for (let b = 0; b < part.rows; b++, end++) {
            for (let t = 0; t < T; t++) {
              expectClose(row(part, F, t, b, 'inputs'), featuresOf(data, pipeline, end - T + 1 + t));
              if (!last) expectClose(row(part, O, t, b, 'targets'), targetsOf(data, pipeline, end - T + 1 + t));
            }
            if (last) expectClose(row(part, O, 0, b, 'targets'), targetsOf(data, pipeline, end));
          }
        }
        expect(end).toBe(span.to - plan.horizon);
        expect(made.windows).toBe(end - firstEnd);
      }),
      { numRuns: 60 },
    );
  });

  test('begin at the first row that has all that is read', () => {
    fc.assert(
      fc.property(anyPlan, (plan) => {
        fc.pre(plan.inputs.length > 0);
        const pipeline = fitPipeline(data, { from: 0, to: 50 }, plan);
        const made = windows(data, { from: 0, to: 40 }, pipeline, { batch: 100 });
        const first = [...made][0]!;
        const oldest = 40 - plan.horizon - made.windows - plan.context + 1;
        // Its features are there, and those of the row before are not, or its first target is not.
        expect(featuresOf(data, pipeline, oldest).every(Number.isFinite)).toBe(true);
        expect(first.inputs.every(Number.isFinite)).toBe(true);
        const end = oldest + plan.context - 1;
        const before = [...featuresOf(data, pipeline, oldest - 1), ...targetsOf(data, pipeline, end - 1)];
        expect(oldest === 0 || !before.every(Number.isFinite)).toBe(true);
      }),
      { numRuns: 60 },
    );
  });

  const simple = fitPipeline(data, { from: 0, to: 50 }, { targets: ['x'], context: 4, normalize: 'none' });

  test('with a stride leave over the oldest rows, not the newest', () => {
    const made = windows(data, span, simple, { batch: 100, stride: 7 });
    const [batch] = [...made];
    expect(made.windows).toBe(5);
    expect([...batch!.targets]).toEqual([32, 39, 46, 53, 60].map((t) => Math.fround(data.columns.x![t]!)));
  });

  test('come in another order each epoch, the same for the same arguments, and can be begun anywhere', () => {
    const made = windows(data, span, simple, { batch: 8, shuffle: 3 });
    const targets = (batches: Iterable<Batch>) => [...batches].flatMap((batch) => [...batch.targets]);
    const orders = [0, 1, 2].map((epoch) => targets(made.batches(epoch, 0) as Iterable<Batch>));
    expect(orders[0]).not.toEqual(orders[1]);
    expect(orders[1]).not.toEqual(orders[2]);
    const sorted = orders.map((order) => order.toSorted((a, b) => a - b));
    expect(sorted[1]).toEqual(sorted[0]);
    expect(sorted[0]).toHaveLength(31);
    expect(targets(made.batches(1, 2) as Iterable<Batch>)).toEqual(orders[1]!.slice(16));
    expect(targets(made)).toEqual(orders[0]);
  });

  test.each<[string, Span, Partial<Pipeline>, object, string]>([
    ['no batch', span, {}, {}, 'windows.batch'],
    ['an unknown option', span, {}, { batch: 1, strid: 2 }, 'did you mean "stride"?'],
    ['no context', span, { context: null }, { batch: 1 }, 'expected one with a context'],
    ['a span that is empty', { from: 30, to: 30 }, {}, { batch: 1 }, 'expected at least 1 rows to predict'],
    ['a span after the end', { from: 30, to: 81 }, {}, { batch: 1 }, 'windows(span).to'],
    ['a span too short', { from: 0, to: 4 }, {}, { batch: 1 }, 'expected at least one window of 4 rows'],
    ['returns all in a short span', { from: 30, to: 33 }, {}, { batch: 1, returns: 'all' }, 'at least one window'],
  ])('refuse %s', (_, part, change, options, message) => {
    expect(() => windows(data, part, { ...simple, ...change }, options as never)).toThrow(message);
  });
});

describe('seriesStream', () => {
  const data = irregular(60);

  test('has each step of the span once, in rows of one part each', () => {
    fc.assert(
      fc.property(anyPlan, fc.integer({ min: 1, max: 7 }), (plan, B) => {
        const pipeline = fitPipeline(data, { from: 0, to: 50 }, plan);
        const [F, O] = [inputSize(pipeline), outputSize(pipeline)];
        const batches = [...seriesStream(data, { from: 20, to: 50 }, pipeline, { batch: B })];
        expect(batches).toHaveLength(1);
        const batch = batches[0]!;
        let origin = 19;
        for (let b = 0; b < B; b++) {
          for (let t = 0; t < batch.steps; t++) {
            if (batch.mask?.[t * B + b] === 0) continue;
            expectClose(row(batch, F, t, b, 'inputs'), featuresOf(data, pipeline, origin));
            expectClose(row(batch, O, t, b, 'targets'), targetsOf(data, pipeline, origin));
            origin++;
          }
        }
        expect(origin).toBe(50 - plan.horizon);
      }),
      { numRuns: 40 },
    );
  });

  test('refuses more rows than steps', () => {
    const pipeline = fitPipeline(data, { from: 0, to: 50 }, { targets: ['x'] });
    expect(() => seriesStream(data, { from: 50, to: 53 }, pipeline, { batch: 4 })).toThrow('expected at most 3 rows');
  });
});

describe('forecast', () => {
  test('goes on from its own predictions: a line goes on as a line with differences', async () => {
    const data = series({ x: Array.from({ length: 20 }, (_, t) => 3 + 2 * t + (t === 1 ? 1 : 0)) });
    for (const context of [undefined, 2]) {
      const options: PipelineOptions = { targets: ['x'], difference: 1, ...(context === undefined ? {} : { context }) };
      const pipeline = fitPipeline(data, { from: 0, to: 15 }, options);
      const next = forecast(await picking(pipeline, [0]), pipeline, data, { steps: 5 });
      expect(next.length).toBe(5);
      expectClose(next.columns.x!, [43, 45, 47, 49, 51]);
    }
  });

  test('repeats a season that a lag tells, over many horizons', async () => {
    const data = series({ x: Array.from({ length: 30 }, (_, t) => [5, 1, 4, 1, 5, 9, 2][t % 7]!) });
    const pipeline = fitPipeline(data, { from: 0, to: 30 }, { targets: ['x'], inputs: [], lags: [7], horizon: 3 });
    const next = forecast(await picking(pipeline, [0, 1, 2]), pipeline, data, { steps: 16 });
    expectClose(next.columns.x!, [4, 1, 5, 9, 2, 5, 1, 4, 1, 5, 9, 2, 5, 1, 4, 1]);
  });

  test('predicts several columns, with differences beyond which a horizon reaches', async () => {
    const x = Array.from({ length: 20 }, (_, t) => t * t);
    const y = Array.from({ length: 20 }, (_, t) => 100 - t * t);
    const data = series({ x, y });
    const plan: PipelineOptions = { targets: ['x', 'y'], difference: 2, horizon: 3, normalize: 'none' };
    const pipeline = fitPipeline(data, { from: 0, to: 20 }, plan);
    // The difference to two rows before stays that of the last row, 72 and -72.
    const next = forecast(await picking(pipeline, [0, 1, 0, 1, 0, 1]), pipeline, data);
    expectClose(next.columns.x!, [324 + 72, 361 + 72, 324 + 144]);
    expectClose(next.columns.y!, [100 - 324 - 72, 100 - 361 - 72, 100 - 324 - 144]);
  });

  test('reads what is known in advance, and the calendar of the coming days', async () => {
    const data = irregular(40);
    const options: PipelineOptions = { targets: ['x'], known: ['flag'], calendar: ['weekday'], normalize: 'none' };
    const pipeline = fitPipeline(data, { from: 0, to: 40 }, options);
    const known = { flag: [0, 1, 5] };
    const flags = forecast(await picking(pipeline, [1]), pipeline, data, { steps: 3, known });
    expect(flags.columns.x).toEqual(Float64Array.of(0, 1, 5));
    // 25 December 1999 was a Saturday; so is the day 42 rows later, the third to come.
    const saturday = await picking(pipeline, [2 + 5]);
    const next = forecast(saturday, pipeline, data, { steps: 3, known });
    expect(next.columns.x).toEqual(Float64Array.of(0, 0, 1));
    expect([...next.days!]).toEqual([1, 2, 3].map((step) => data.days!.at(-1)! + step));
    const dates = ['2024-03-01', '2024-03-02', '2024-03-04']; // a Friday, a Saturday, a Monday
    expect(forecast(saturday, pipeline, data, { steps: 3, known, dates }).columns.x).toEqual(Float64Array.of(0, 1, 0));
  });

  const data = irregular(40);
  const plan: PipelineOptions = { targets: ['x'], inputs: ['x', 'y'], horizon: 2, calendar: ['weekday'], context: 5 };
  const pipeline = fitPipeline(data, { from: 0, to: 30 }, plan);
  const uneven = { ...data, days: data.days!.map((day, t) => (t === 39 ? day + 1 : day)) };

  test.each<[string, Partial<Pipeline>, Series, object, string]>([
    [
      'a column that is not predicted beyond the horizon',
      {},
      data,
      { steps: 3 },
      'expected at most 2, for the column "y"',
    ],
    ['too short a history', {}, slice(data, 36), {}, 'expected at least 5 rows, as many as are read, got 4'],
    ['dates that are not even', {}, uneven, {}, 'forecast.dates: expected the dates of the rows to predict'],
    ['dates of the past', {}, data, { dates: ['2001-01-01', '1999-01-01'] }, 'forecast.dates[1]: expected a date'],
    ['one date of two', {}, data, { dates: ['2001-01-01'] }, 'forecast.dates: expected 2 elements'],
    ['a column that is not there', {}, series({ x: [1] }), {}, 'expected one of the columns "x", got "y"'],
    ['a known column that is none', {}, data, { known: { y: [1, 2] } }, 'forecast.known: expected no options, got "y"'],
    ['another size', { lags: [4] }, data, {}, 'expected one that reads 18 features and gives 2 outputs'],
    ['no steps', {}, data, { steps: 0 }, 'forecast.steps'],
  ])('refuses %s', async (_, change, history, options, message) => {
    const model = await picking(pipeline, [0, 0]);
    expect(() => forecast(model, { ...pipeline, ...change }, history, options)).toThrow(message);
  });

  test('asks for what is known of the whole last horizon', async () => {
    const known = fitPipeline(data, { from: 0, to: 30 }, { targets: ['x'], known: ['flag'], horizon: 2 });
    const model = await picking(known, [0, 0]);
    expect(() => forecast(model, known, data, { steps: 3, known: { flag: [1, 0, 1] } })).toThrow('expected 4 elements');
    expect(() => forecast(model, known, data, {})).toThrow('forecast.known.flag: expected a Float32Array');
    expect(forecast(model, known, data, { steps: 3, known: { flag: [1, 0, 1, 0] } }).length).toBe(3);
  });
});

describe('backtest', () => {
  const data = irregular(60);
  const span: Span = { from: 40, to: 60 };

  test('of the last value has the errors of the naive forecast', async () => {
    const pipeline = fitPipeline(data, { from: 0, to: 40 }, { targets: ['x'] });
    const { rows, predictions, errors } = backtest(await picking(pipeline, [0]), pipeline, data, span);
    const x = data.columns.x!;
    expect([...rows]).toEqual(Array.from({ length: 20 }, (_, i) => 40 + i));
    expectClose(predictions.x!, [...x.subarray(39, 59)]);
    const wrong = [...rows].map((t) => x[t]! - x[t - 1]!);
    const mae = wrong.reduce((sum, e) => sum + Math.abs(e), 0) / 20;
    let naive = 0;
    for (let t = 1; t < 40; t++) naive += Math.abs(x[t]! - x[t - 1]!) / 39;
    expect(errors.x!.rmse).toBeCloseTo(Math.sqrt(wrong.reduce((sum, e) => sum + e * e, 0) / 20), 5);
    expect(errors.x!.mae).toBeCloseTo(mae, 5);
    expect(errors.x!.mase).toBeCloseTo(mae / naive, 5);
  });

  test('of several rows ahead compares each with its own row', async () => {
    const line = series({ x: Array.from({ length: 30 }, (_, t) => t) });
    const pipeline = fitPipeline(line, { from: 0, to: 20 }, { targets: ['x'], horizon: 3 });
    const { rows, predictions, errors } = backtest(await picking(pipeline, [0, 0, 0]), pipeline, line, {
      from: 20,
      to: 30,
    });
    expect([...rows]).toEqual([20, 21, 22, 23, 24, 25, 26, 27]);
    expectClose(predictions.x!.subarray(0, 6), [19, 19, 19, 20, 20, 20]);
    expect(errors.x!.mae).toBeCloseTo(2, 5); // 1, 2 and 3 rows ahead
    expect(errors.x!.mase).toBeCloseTo(2, 5);
  });

  test.each<[string, PipelineOptions, 'all' | 'last']>([
    ['a context and one output', { targets: ['x'], context: 4, lags: [7] }, 'last'],
    ['a context and outputs at all steps', { targets: ['x'], context: 4 }, 'all'],
    ['the state carried on', { targets: ['x'], difference: 1 }, 'all'],
    ['the state carried on, and one output', { targets: ['x', 'y'], lags: [3] }, 'last'],
  ])('predicts with %s what forecast predicts, to the bit', async (_, options, returns) => {
    const pipeline = fitPipeline(data, { from: 0, to: 40 }, options);
    const units = outputSize(pipeline);
    const model = await createModel([features(inputSize(pipeline)), gru({ units: 6, returns }), dense({ units })]);
    const { predictions } = backtest(model, pipeline, data, span);
    for (const t of [40, 47, 59]) {
      expect(forecast(model, pipeline, slice(data, 0, t)).columns.x![0]).toBe(predictions.x![t - 40]);
    }
  });

  test('with the state carried on predicts what one pass over all rows gives, to the bit', async () => {
    const long = irregular(400);
    const pipeline = fitPipeline(long, { from: 0, to: 300 }, { targets: ['x'], inputs: ['x', 'y'], difference: 1 });
    const model = await createModel([features(2), gru({ units: 6 }), dense({ units: 1 })]);
    const [all] = [...seriesStream(long, { from: 0, to: 400 }, pipeline)];
    const { offset, scale: width } = pipeline.scalings.x!;
    const { outputs } = model.forward({ steps: all!.steps, rows: 1, inputs: all!.inputs });
    const next = forecast(model, pipeline, slice(long, 0, 399));
    expect(next.columns.x![0]).toBe(long.columns.x![398]! + (outputs.at(-1)! * width + offset));
  });

  test.each([undefined, 4])(
    'of more steps than the horizon is what forecast predicts, to the bit (context %s)',
    async (context) => {
      const plan: PipelineOptions = { targets: ['x'], known: ['flag'], calendar: ['weekday'], lags: [7], horizon: 2 };
      const pipeline = fitPipeline(
        data,
        { from: 0, to: 40 },
        { ...plan, ...(context === undefined ? {} : { context }) },
      );
      const model = await createModel([features(inputSize(pipeline)), gru({ units: 6 }), dense({ units: 2 })]);
      const { rows, predictions, errors } = backtest(model, pipeline, data, span, { steps: 5, every: 4 });
      expect([...rows]).toEqual([40, 44, 48, 52]); // from 56 on, 6 rows do not fit
      let sum = 0;
      for (const [index, from] of rows.entries()) {
        const known = { flag: data.columns.flag!.subarray(from, from + 6) };
        const next = forecast(model, pipeline, slice(data, 0, from), { steps: 5, known }).columns.x!;
        expect(predictions.x!.subarray(index * 5, (index + 1) * 5)).toEqual(next);
        for (const [step, value] of next.entries()) sum += Math.abs(value - data.columns.x![from + step]!);
      }
      expect(errors.x!.mae).toBeCloseTo(sum / 20, 10);
    },
  );

  test('refuses more steps than fit', async () => {
    const pipeline = fitPipeline(data, { from: 0, to: 40 }, { targets: ['x'] });
    const model = await picking(pipeline, [0]);
    expect(() => backtest(model, pipeline, data, span, { steps: 21 })).toThrow('and 21 in it to predict');
    expect(backtest(model, pipeline, data, span, { steps: 20 }).rows).toEqual(Int32Array.of(40));
    const mixed = fitPipeline(data, { from: 0, to: 40 }, { targets: ['x'], inputs: ['y'] });
    expect(() => backtest(model, mixed, data, span, { steps: 2 })).toThrow(
      'backtest.steps: expected at most 1, for the',
    );
  });

  test('refuses a span without enough before it', async () => {
    const pipeline = fitPipeline(data, { from: 0, to: 40 }, { targets: ['x'], context: 4, lags: [7] });
    const model = await picking(pipeline, [0]);
    expect(() => backtest(model, pipeline, data, { from: 9, to: 20 })).toThrow(
      'backtest(span): expected one with 10 rows before it to read, and 1 in it to predict',
    );
    expect(backtest(model, pipeline, data, { from: 10, to: 20 }).rows[0]).toBe(10);
  });
});

describe('a season with noise-free shape', () => {
  const data = series({ x: Array.from({ length: 200 }, (_, t) => [2, 7, 1, 8, 2, 8][t % 6]! * 10 + 500) });
  const { training, test: rest } = splitByTime(data, { test: 0.2 });

  test.each(['windows', 'stream'])('is learned from %s', async (form) => {
    const options: PipelineOptions = form === 'windows' ? { targets: ['x'], context: 8 } : { targets: ['x'] };
    const pipeline = fitPipeline(data, training, { ...options, season: 6 });
    const returns = form === 'windows' ? 'last' : 'all';
    const model = await createModel([features(1), elman({ units: 12, returns }), dense({ units: 1 })], { seed: 1 });
    const batches =
      form === 'windows'
        ? windows(data, training, pipeline, { batch: 16, shuffle: 1 })
        : seriesStream(data, training, pipeline, { batch: 4 });
    const loss = 'mean-squared-error';
    const before = evaluate(model, batches, { loss }).loss;
    const truncation = { k1: 8, k2: 8 };
    const optimizer = adam({ learningRate: 0.01 });
    for await (const event of train(model, { data: batches, loss, optimizer, truncation, steps: 400 })) void event;
    expect(evaluate(model, batches, { loss }).loss).toBeLessThan(before / 10);
    expect(backtest(model, pipeline, data, rest).errors.x!.rmse).toBeLessThan(5);
    const next = forecast(model, pipeline, data, { steps: 6 }).columns.x!;
    for (const [step, value] of next.entries()) {
      expect(Math.abs(value - (500 + [1, 8, 2, 8, 2, 7][step]! * 10))).toBeLessThan(8);
    }
  });
});

describe('seriesMetadata', () => {
  const pipeline = fitPipeline(irregular(30), { from: 0, to: 20 }, { targets: ['x'], lags: [2] });
  const csv = { columns: ['x'], date: 'date', delimiter: ';' };

  test('comes back the same, with what was left out filled in', () => {
    const filled = { header: true, delimiter: ',', decimal: '.', missing: 'error' };
    expect(readSeriesMetadata(seriesMetadata({ pipeline, csv }))).toEqual({ pipeline, csv: { ...filled, ...csv } });
    expect(readSeriesMetadata(seriesMetadata({ pipeline }))).toEqual({ pipeline, csv: filled });
  });

  test('lets a model that was saved forecast the next file', async () => {
    const model = await createModel([features(2), gru({ units: 4 }), dense({ units: 1 })]);
    const file = await deserialize(serialize(model, { metadata: seriesMetadata({ pipeline, csv }) }));
    const loaded = readSeriesMetadata(file.metadata);
    const history = readCsv(writeCsv(irregular(30)).replaceAll(',', ';'), loaded.csv);
    const next = forecast(file.model, loaded.pipeline, history, { steps: 3 });
    expect(next).toEqual(forecast(model, pipeline, irregular(30), { steps: 3 }));
  });

  test.each([
    [{ vocabulary: '{}' }, 'expected the entry "series" of a model that forecasts, got "vocabulary"'],
    [{}, 'got none'],
    [{ series: '{' }, 'expected JSON'],
    [{ series: '{"pipeline":{"kind":"x"},"csv":{}}' }, 'metadata entry "series": pipelineFromJSON'],
    [{ series: JSON.stringify({ pipeline, csv: { delimiter: '' } }) }, 'csv.delimiter'],
  ])('refuses %j', (metadata, message) => {
    expect(() => readSeriesMetadata(metadata as never)).toThrow(message);
    expect(codeOf(() => readSeriesMetadata(metadata as never))).toBe('bad-file');
  });
});
