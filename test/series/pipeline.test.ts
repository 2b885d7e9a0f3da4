// A pipeline: what it is fitted to, and what it refuses.
import { describe, expect, test } from 'vitest';
import {
  fitPipeline,
  type PipelineOptions,
  pipelineFromJSON,
  type Span,
  scale,
  series,
  splitByTime,
  unscale,
} from '../../src/series/index.ts';
import { codeOf } from '../support/error-code.ts';
import { expectClose, irregular } from '../support/series.ts';

describe('fitPipeline', () => {
  const data = series({ x: [1, 3, 5, 7, 100], c: [2, 2, 2, 2, 9] });
  const span: Span = { from: 0, to: 4 };

  test('scales to mean 0 and deviation 1 of the training part', () => {
    const { scalings, naive } = fitPipeline(data, span, { targets: ['x'] });
    expect(scalings).toEqual({ x: { difference: 0, relative: false, offset: 4, scale: Math.sqrt(5) } });
    expect(naive).toEqual({ x: 2 });
  });

  test('scales from 0 to 1, or not at all, by column', () => {
    const normalize = { x: 'min-max', c: 'none' } as const;
    const { scalings } = fitPipeline(data, span, { targets: ['x'], known: ['c'], normalize });
    expect(scalings.x).toEqual({ difference: 0, relative: false, offset: 1, scale: 6 });
    expect(scalings.c).toEqual({ difference: 0, relative: false, offset: 0, scale: 1 });
  });

  test('scales changes that are relative to the level, for columns that are asked for', () => {
    const grown = series({ price: [100, 110, 99, 198], sold: [1, 2, 4, 8] });
    const options: PipelineOptions = {
      targets: ['price', 'sold'],
      difference: 1,
      relative: ['price'],
      normalize: 'none',
    };
    const { scalings } = fitPipeline(grown, { from: 0, to: 4 }, options);
    const changes = scale(scalings.price!, grown.columns.price!);
    expectClose(changes, [0.1, -0.1, 1]);
    expectClose(unscale(scalings.price!, changes, Float64Array.of(100)), [110, 99, 198]);
    expect(scalings.sold!.relative).toBe(false);
    const wrong = { ...options, relative: ['prize'] };
    expect(() => fitPipeline(grown, { from: 0, to: 4 }, wrong)).toThrow('relative[0]: expected a target or an input');
    expect(() => fitPipeline(grown, { from: 0, to: 4 }, { ...options, difference: 0 })).toThrow('a difference above 0');
    const below = series({ price: [1, 0, 2, 3], sold: [1, 2, 4, 8] });
    expect(() => fitPipeline(below, { from: 0, to: 4 }, options)).toThrow(
      'above 0, for relative changes, got 0 in row 1',
    );
  });

  test('takes a line for one: its differences are learned to stay the same', () => {
    const line = series({ x: [2, 5, 8, 11] });
    const { scalings } = fitPipeline(line, { from: 0, to: 4 }, { targets: ['x'], difference: 1 });
    expect(scalings.x).toEqual({ difference: 1, relative: false, offset: 3, scale: 1 });
  });

  test('scales differences, but not of columns that are known in advance', () => {
    const whole: Span = { from: 0, to: 5 };
    const options: PipelineOptions = { targets: ['x'], known: ['c'], difference: 1, normalize: 'min-max' };
    const { scalings } = fitPipeline(data, whole, options);
    expect(scalings.x).toEqual({ difference: 1, relative: false, offset: 2, scale: 91 });
    expect(scalings.c).toEqual({ difference: 0, relative: false, offset: 2, scale: 7 });
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
    [{ targets: ['c'] }, 'fitPipeline(training): expected finite values of column "c" that change, got '],
    [{ targets: ['x'], normalize: 'log' }, 'fitPipeline.normalize: expected one of'],
    [{ targets: ['x'], normalize: { c: 'none' } }, 'fitPipeline.normalize: expected only x, got "c"'],
    [{ targets: ['x'], calendar: ['weekday'] }, 'expected a series with times, for the calendar, got one without'],
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
    [
      'a scale of 0',
      (value) => ({ ...value, scalings: { x: { difference: 0, relative: false, offset: 0, scale: 0 } } }),
    ],
    ['no scaling of a column', (value) => ({ ...value, scalings: {} })],
    ['a column more', (value) => ({ ...value, naive: { x: 1, y: 1 } })],
    ['null', () => null],
  ])('does not take %s for a pipeline', (_, change) => {
    const value = JSON.parse(JSON.stringify(fitPipeline(data, span, { targets: ['x'] })));
    expect(codeOf(() => pipelineFromJSON(change(value)))).not.toBe('nothing thrown');
  });
});
