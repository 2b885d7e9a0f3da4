// From a series to batches, checked against the definitions, row by row.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Batch } from '../../src/data/batch.ts';
import {
  fitPipeline,
  inputSize,
  outputSize,
  type Pipeline,
  type Series,
  type Span,
  seriesStream,
  windows,
} from '../../src/series/index.ts';
import { expectClose, irregular, row } from '../support/series.ts';

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
    const date = new Date(data.times![ahead]!);
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
    ['a span behind the end', { from: 30, to: 81 }, {}, { batch: 1 }, 'windows(span).to'],
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
