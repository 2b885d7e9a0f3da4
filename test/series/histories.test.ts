// Several series of a file, what is known of the rows to come, and rows that are not whole.
import { describe, expect, test } from 'vitest';
import { readHistories } from '../../src/series/index.ts';

describe('readHistories', () => {
  const text = [
    ['store,day,sold,holiday'],
    ['A,2024-01-01,,0'],
    ['A,2024-01-02,3,1'],
    ['B,2024-01-01,5,0'],
    ['A,2024-01-03,4,0'],
    ['B,2024-01-02,,1'],
    ['A,2024-01-04,,1'],
  ].join('\n');
  const options = { targets: ['sold'], known: ['holiday'], date: 'day', series: 'store' };

  test('cuts a file into series, and those into what was and what comes', () => {
    const [a, b, ...others] = readHistories(text, options);
    expect(others).toEqual([]);
    expect([a!.name, b!.name, a!.skipped, b!.skipped]).toEqual(['A', 'B', 1, 0]);
    expect(a!.history.columns).toEqual({ sold: Float64Array.of(3, 4), holiday: Float64Array.of(1, 0) });
    expect(a!.coming).toMatchObject({ length: 1, columns: { holiday: Float64Array.of(1) } });
    expect(a!.coming.times![0]).toBe(Date.parse('2024-01-04'));
    expect(b!.coming.length).toBe(1);
  });

  test('without known columns a last row without a value is missing, not to come', () => {
    const part = 'x\n1\n2\nNA\n';
    expect(() => readHistories(part, { targets: ['x'] })).toThrow('line 4, column "x": expected a number');
    expect(readHistories(part, { targets: ['x'], missing: 'previous' })[0]!.history.length).toBe(3);
  });

  test.each([
    [{ targets: ['sold'], series: 'shop' }, 'readHistories.series: expected one of the columns'],
    [{ targets: ['bought'] }, 'readHistories.targets: expected one of the columns'],
    [{ targets: ['sold'], date: 'day' }, 'expected a date after 2024-01-02'],
  ])('refuses %j', (wrong, message) => {
    expect(() => readHistories(text, { missing: 'previous', ...wrong })).toThrow(message);
  });

  test('refuses a series without a whole row', () => {
    expect(() => readHistories('store,x\nA,1\nB,\n', { targets: ['x'], series: 'store' })).toThrow(
      'CSV, series "B": expected a row with all values, got none of 1',
    );
  });
});
