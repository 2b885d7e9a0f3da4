// Forecasts beside those without a model, and how far off they may be.
import { describe, expect, test } from 'vitest';
import {
  type Backtest,
  compareForecasts,
  coverage,
  residualIntervals,
  series,
  withinInterval,
} from '../../src/series/index.ts';
import { expectClose } from '../support/series.ts';

const x = [1, 5, 2, 6, 3, 7, 4, 8];
const data = series({ x });

/** A backtest of two steps from rows 4, 5 and 6 whose predictions are off by `error`. */
const tested = (error: (row: number, step: number) => number): Backtest => ({
  rows: Int32Array.of(4, 5, 6),
  predictions: {
    x: Float64Array.from([4, 5, 6].flatMap((row) => [0, 1].map((step) => x[row + step]! + error(row, step)))),
  },
  errors: {},
});

describe('compareForecasts', () => {
  test('measures all on the same rows, at every distance', () => {
    const { model, lastValue, season, advantage } = compareForecasts(
      data,
      tested((_, step) => step - 0.5),
      { season: 2 },
    ).x!;
    expect(model.map(({ mae, rmse }) => [mae, rmse])).toEqual([
      [0.5, 0.5],
      [0.5, 0.5],
    ]);
    // From 6, 3 and 7: 3 and 7, 7 and 4, 4 and 8.
    expectClose(
      lastValue.map(({ mae }) => mae),
      [(3 + 4 + 3) / 3, 1],
    );
    expect(season!.map(({ mae }) => mae)).toEqual([1, 1]);
    expect(advantage).toBeGreaterThan(1.64);
  });

  test('a season shorter than the distance goes back as many as it takes', () => {
    const { season } = compareForecasts(
      data,
      tested(() => 0),
      { season: 1 },
    ).x!;
    const { lastValue } = compareForecasts(
      data,
      tested(() => 0),
    ).x!;
    expect(season).toEqual(lastValue);
  });

  test('a model that says the last value has no advantage, a worse one less than none', () => {
    const last = tested((row, step) => x[row - 1]! - x[row + step]!);
    expect(compareForecasts(data, last).x!.advantage).toBe(0);
    expect(
      compareForecasts(
        data,
        tested((row) => 20 + row),
      ).x!.advantage,
    ).toBeLessThan(0);
  });

  test('refuses another series, and a season from before its beginning', () => {
    expect(() =>
      compareForecasts(
        series({ x: [1] }),
        tested(() => 0),
      ),
    ).toThrow('that of the backtest, with 2 rows from row 4 on and one before it, got 1 rows');
    expect(() =>
      compareForecasts(
        data,
        tested(() => 0),
        { season: 5 },
      ),
    ).toThrow('compareForecasts.season: expected at most 4');
  });

  test('refuses numbers that are not finite', () => {
    const right = tested(() => 0);
    const wrong = tested((row) => (row === 5 ? Number.NaN : 0));
    const expected = '(tested).predictions.x[2]: expected a finite number, got NaN';
    expect(() => compareForecasts(data, wrong)).toThrow(`compareForecasts${expected}`);
    expect(() => residualIntervals(data, wrong, 0.8)).toThrow(`residualIntervals${expected}`);
    const holes = { ...data, columns: { x: Float64Array.from(x, (value) => (value === 3 ? Number.NaN : value)) } };
    expect(() => compareForecasts(holes, right)).toThrow('compareForecasts(series).columns.x[4]: expected a finite');
    const interval = { low: [-1], high: [1], relative: false };
    expect(() => withinInterval(interval, [1, Number.NaN])).toThrow('withinInterval(forecasts)[1]: expected a finite');
    expect(() => coverage(data, right, 'x', { ...interval, low: 1 as never })).toThrow('coverage(interval).low: ');
  });
});

describe('residualIntervals', () => {
  const long = series({ x: Array.from({ length: 120 }, (_, row) => 100 + row) });
  // Errors -49 to 49 at the first step, ten times as large at the second.
  const errors: Backtest = {
    rows: Int32Array.from({ length: 99 }, (_, row) => row + 1),
    predictions: {
      x: Float64Array.from(Array.from({ length: 99 }, (_, i) => [101 + i - (i - 49), 102 + i - 10 * (i - 49)]).flat()),
    },
    errors: {},
  };

  test('are quantiles of errors at each distance', () => {
    const { x: interval } = residualIntervals(long, errors, 0.8);
    expectClose([...interval!.low], [-40, -400]);
    expectClose([...interval!.high], [40, 400]);
    const { low, high } = withinInterval(interval!, [1000, 1000, 1000]);
    expectClose([...low, ...high], [960, 600, 1040, 1400]); // no third: it was not measured
    expect(coverage(long, errors, 'x', interval!)).toEqual([81 / 99, 81 / 99]);
  });

  test('are shares of the forecast where errors grow with the level', () => {
    const { x: interval } = residualIntervals(long, errors, 0.5, ['x']);
    expect(interval!.relative).toBe(true);
    const { low } = withinInterval(interval!, [200]);
    expectClose([...low], [200 + 200 * interval!.low[0]!]);
  });

  test('hold all that was seen where few errors are known, and the forecast itself', () => {
    const few = { ...errors, rows: Int32Array.of(1, 2), predictions: { x: Float64Array.of(100, 90, 100, 90) } };
    const { x: interval } = residualIntervals(long, few, 0.95);
    expect([interval!.low[0], interval!.high[0]]).toEqual([0, 2]);
    expect(() => residualIntervals(long, few, 1)).toThrow('residualIntervals(level)');
  });
});
