// The step of dates, and those to come.
import { describe, expect, test } from 'vitest';
import { formatDate } from '../../src/series/dates.ts';
import { inWords, rhythmOf, seasonOf, timesAfter } from '../../src/series/time-step.ts';

const times = (...dates: readonly string[]) => Float64Array.from(dates, (date) => Date.parse(`${date}Z`));
const on = (given: Float64Array, count: number) =>
  Array.from(timesAfter(given.at(-1)!, rhythmOf(given)!.step, count), (time) => formatDate(time));

describe('rhythmOf', () => {
  test.each([
    ['day', ['2024-02-27T00:00', '2024-02-28T00:00'], 7, ['2024-02-29', '2024-03-01']],
    ['2 hours', ['2024-02-28T20:00', '2024-02-28T22:00'], 12, ['2024-02-29', '2024-02-29T02:00:00']],
    ['15 minutes', ['2024-02-28T23:30', '2024-02-28T23:45'], 96, ['2024-02-29', '2024-02-29T00:15:00']],
    ['7 days', ['2024-02-15T00:00', '2024-02-22T00:00'], undefined, ['2024-02-29', '2024-03-07']],
    ['business day', ['2024-02-29T00:00', '2024-03-01T00:00', '2024-03-04T00:00'], 5, ['2024-03-05', '2024-03-06']],
    [
      'business day',
      [
        '2024-03-01T17:00',
        '2024-03-04T17:00',
        '2024-03-05T17:00',
        '2024-03-06T17:00',
        '2024-03-07T17:00',
        '2024-03-08T17:00',
      ],
      5,
      ['2024-03-11T17:00:00', '2024-03-12T17:00:00'],
    ],
    ['month', ['2023-12-31T00:00', '2024-01-31T00:00'], 12, ['2024-02-29', '2024-03-31']],
    ['month', ['2023-11-15T00:00', '2023-12-15T00:00'], 12, ['2024-01-15', '2024-02-15']],
    ['3 months', ['2023-07-01T00:00', '2023-10-01T00:00'], 4, ['2024-01-01', '2024-04-01']],
    ['12 months', ['2022-01-01T00:00', '2023-01-01T00:00'], undefined, ['2024-01-01', '2025-01-01']],
  ])('a row every %s', (words, dates, season, next) => {
    const given = times(...dates);
    const { step, missing } = rhythmOf(given)!;
    expect([inWords(step), missing, seasonOf(step)]).toEqual([words, 0, season]);
    expect(on(given, 2)).toEqual(next);
  });

  test('counts the rows that are left out', () => {
    expect(rhythmOf(times('2024-01-01', '2024-01-02', '2024-01-05', '2024-01-06'))).toMatchObject({
      missing: 2,
      after: 2,
    });
    expect(rhythmOf(times('2024-01-01', '2024-02-01', '2024-04-01'))).toMatchObject({ missing: 1, after: 2 });
    // Good Friday and Easter Monday of 2024.
    const easter = times(
      '2024-03-27',
      '2024-03-28',
      '2024-04-02',
      '2024-04-03',
      '2024-04-04',
      '2024-04-05',
      '2024-04-08',
    );
    expect(rhythmOf(easter)).toMatchObject({ step: { unit: 'business-day' }, missing: 2, after: 2 });
  });

  test('knows none where rows lie anywhere, or where there is one', () => {
    expect(rhythmOf(times('2024-01-01T00:00', '2024-01-01T01:00', '2024-01-01T02:30'))).toBeUndefined();
    expect(rhythmOf(times('2024-01-01', '2024-01-02', '2024-03-04'))).toBeUndefined();
    expect(rhythmOf(times('2024-01-01'))).toBeUndefined();
  });
});
