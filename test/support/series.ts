// Series, and what a model reads of them by the definition.
import { expect } from 'vitest';
import type { Batch } from '../../src/data/batch.ts';
import { type Series, series } from '../../src/series/index.ts';

export const DAY = 86_400_000;

export const datesFrom = (start: string, length: number) =>
  Array.from({ length }, (_, row) => new Date(Date.parse(start) + row * DAY).toISOString().slice(0, 10));

/** A series without structure: two columns of numbers and one of flags, with dates. */
export function wild(length: number): Series {
  const next = (seed: number) => (row: number) => (Math.imul(row + 1, seed) >>> 8) / 2 ** 20 - 8;
  const column = (seed: number) => Array.from({ length }, (_, row) => next(seed)(row));
  return series(
    { x: column(0x9e3779b1), y: column(0x85ebca6b), flag: column(0xc2b2ae35).map((value) => Number(value > 0)) },
    { dates: datesFrom('1999-12-25', length) },
  );
}

export function expectClose(actual: ArrayLike<number>, expected: readonly number[]): void {
  expect(actual.length).toBe(expected.length);
  for (const [i, value] of expected.entries()) expect(actual[i]).toBeCloseTo(value, 4);
}

export const row = (batch: Batch, size: number, t: number, b: number, what: 'inputs' | 'targets') =>
  batch[what].subarray((t * batch.rows + b) * size, (t * batch.rows + b + 1) * size);
