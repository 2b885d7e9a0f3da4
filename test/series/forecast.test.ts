// From outputs to forecasts and their errors.
import { describe, expect, test } from 'vitest';
import { adam, createModel, dense, elman, evaluate, features, gru, type Model, train } from '../../src/index.ts';
import {
  backtest,
  fitPipeline,
  forecast,
  inputSize,
  outputSize,
  type Pipeline,
  type PipelineOptions,
  type Series,
  type Span,
  series,
  seriesStream,
  slice,
  splitByTime,
  windows,
} from '../../src/series/index.ts';
import { DAY, expectClose, irregular } from '../support/series.ts';

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

  test('predicts several columns, with differences behind which a horizon reaches', async () => {
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
    expect([...next.times!]).toEqual([1, 2, 3].map((step) => data.times!.at(-1)! + step * DAY));
    const dates = ['2024-03-01', '2024-03-02', '2024-03-04']; // a Friday, a Saturday, a Monday
    expect(forecast(saturday, pipeline, data, { steps: 3, known, dates }).columns.x).toEqual(Float64Array.of(0, 1, 0));
  });

  const data = irregular(40);
  const plan: PipelineOptions = { targets: ['x'], inputs: ['x', 'y'], horizon: 2, calendar: ['weekday'], context: 5 };
  const pipeline = fitPipeline(data, { from: 0, to: 30 }, plan);
  const uneven = { ...data, times: data.times!.map((time, t) => (t === 39 ? time + DAY / 3 : time)) };

  test.each<[string, Partial<Pipeline>, Series, object, string]>([
    [
      'a column that is not predicted behind the horizon',
      {},
      data,
      { steps: 3 },
      'expected at most 2, for the column "y"',
    ],
    ['too short a history', {}, slice(data, 36), {}, 'expected at least 5 rows, as many as are read, got 4'],
    ['dates that are not even', {}, uneven, {}, 'forecast.dates: expected those of the rows to predict, got none'],
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
