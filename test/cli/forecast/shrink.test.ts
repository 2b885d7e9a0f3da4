// How much of the changes that a model says a forecast takes.
import { describe, expect, it } from 'vitest';
import { believable, shrinkChanges } from '../../../src/cli/forecast/shrink.ts';
import { createModel, dense, features, gru } from '../../../src/index.ts';
import { backtest, fitPipeline, type Series } from '../../../src/series/index.ts';
import { numbers } from '../../support/models.ts';

const N = 300;
const seriesOf = (columns: Readonly<Record<string, ArrayLike<number>>>): Series => ({
  length: N,
  columns: Object.fromEntries(Object.entries(columns).map(([name, values]) => [name, Float64Array.from(values)])),
});
const next = numbers(4);
const noise = Float64Array.from({ length: N }, () => next() - 0.5);
const wave = noise.map((value, t) => 10 * Math.sin(t) + value);

describe('believable', () => {
  /** One row ahead from each of the last 200 rows, as last value plus what `say` makes of the change to come. */
  const tried = (values: Float64Array, say: (change: number, row: number) => number) => {
    const rows = Int32Array.from({ length: 200 }, (_, i) => 100 + i);
    const predictions = Float64Array.from(rows, (row) => {
      const last = values[row - 1]!;
      return last + say(values[row]! - last, row);
    });
    const history = seriesOf({ x: values });
    const pipeline = fitPipeline(history, { from: 0, to: 100 }, { targets: ['x'], difference: 1 });
    return [{ history, pipeline, backtest: { rows, predictions: { x: predictions }, errors: {} } }];
  };

  it('is all of what is right, also where it is too little, and half of what is twice too much', () => {
    expect(
      believable(
        tried(wave, (change) => change),
        ['x'],
      )[0],
    ).toBeGreaterThan(0.97);
    expect(
      believable(
        tried(wave, (change) => change / 2),
        ['x'],
      )[0],
    ).toBeGreaterThan(0.97);
    const [half] = believable(
      tried(wave, (change) => 1.6 * change),
      ['x'],
    );
    expect(half).toBeGreaterThan(0.6);
    expect(half).toBeLessThanOrEqual(0.625);
  });

  it('is nothing of noise, and of what goes the other way', () => {
    const draws = numbers(9);
    const random = noise.map((_, t) => noise.subarray(0, t + 1).reduce((sum, value) => sum + value, 0));
    expect(
      believable(
        tried(random, () => draws() - 0.5),
        ['x'],
      ),
    ).toEqual([0]);
    expect(
      believable(
        tried(wave, (change) => -change),
        ['x'],
      ),
    ).toEqual([0]);
  });
});

describe('shrinkChanges', () => {
  it.each([
    ['differences', []],
    ['relative differences', ['x']],
  ] as const)('leaves the last value and these parts of %s', async (_, relative) => {
    const history = seriesOf({ x: wave.map((value, t) => 100 + value + t), y: noise.map((value) => value + 3) });
    const options = { targets: ['x', 'y'], horizon: 1, context: 5, difference: 1, relative } as const;
    const pipeline = fitPipeline(history, { from: 0, to: 200 }, options);
    const model = await createModel([features(2), gru({ units: 4, returns: 'last' }), dense({ units: 2 })], {
      seed: 2,
    });
    const forecasts = () => backtest(model, pipeline, history, { from: 200, to: N }).predictions;
    const before = forecasts();
    shrinkChanges(model, [pipeline], [0.25, 0]);
    const after = forecasts();
    for (const [index, value] of before.x!.entries()) {
      const last = history.columns.x![199 + index]!;
      expect(after.x![index]).toBeCloseTo(last + 0.25 * (value - last), 4);
      expect(after.y![index]).toBeCloseTo(history.columns.y![199 + index]!, 5);
    }
  });
});
