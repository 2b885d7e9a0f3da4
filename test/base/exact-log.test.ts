// Logarithms and exponentials that are the same everywhere, against those of the engine, which are right to a unit in the last place.
import { expect, it } from 'vitest';
import { exp, log, logAdd } from '../../src/base/exact-log.ts';
import { numbers } from '../support/models.ts';

const ulp = Number.EPSILON;

it('exp is within 2 units in the last place, from the least to the greatest', () => {
  const next = numbers(1);
  let worst = 0;
  for (let i = 0; i < 100_000; i++) {
    const x = (next() * 2 - 1) * (i % 2 ? 1 : 708);
    worst = Math.max(worst, Math.abs(exp(x) / Math.exp(x) - 1) / ulp);
  }
  expect(worst).toBeLessThan(3); // 2, and 1 of the engine's
  expect(exp(0)).toBe(1);
  expect(exp(-745)).toBe(5e-324);
  expect([exp(-1e9), exp(-Infinity), exp(1e9), exp(Infinity), exp(Number.NaN)]).toEqual([
    0,
    0,
    Infinity,
    Infinity,
    NaN,
  ]);
});

it('log is within a unit in the last place, of subnormal numbers too', () => {
  const next = numbers(2);
  let worst = 0;
  for (let i = 0; i < 100_000; i++) {
    const x = i % 2 ? next() * 4 : Math.exp(next() * 1450 - 744);
    if (x === 0) continue;
    const expected = Math.log(x);
    worst = Math.max(worst, Math.abs(log(x) - expected) / Math.max(ulp * Math.abs(expected), 5e-324));
  }
  expect(worst).toBeLessThan(2);
  expect([log(1), log(0), log(Infinity)]).toEqual([0, -Infinity, Infinity]);
  expect([log(-1), log(Number.NaN)]).toEqual([NaN, NaN]);
});

it('logAdd adds what logarithms are of, zeros too', () => {
  expect(logAdd(Math.log(3), Math.log(4))).toBeCloseTo(Math.log(7), 14);
  expect(logAdd(-1000, -1000)).toBeCloseTo(-1000 + Math.log(2), 12);
  expect([logAdd(-Infinity, -5), logAdd(-5, -Infinity), logAdd(-Infinity, -Infinity)]).toEqual([-5, -5, -Infinity]);
  expect(logAdd(0, -41)).toBe(0);
});
