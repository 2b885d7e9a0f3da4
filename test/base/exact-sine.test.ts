import { assert, double, property } from 'fast-check';
import { expect, it } from 'vitest';
import { cosineOfAnyPi, sineOfPi } from '../../src/base/exact-sine.ts';

it('sin(π x) and cos(π x) are within 2 units in the last place of 1 of what Math has, and exact where they are 0', () => {
  assert(
    property(double({ min: -4, max: 4, noNaN: true }), (x) => {
      expect(Math.abs(sineOfPi(x) - Math.sin(Math.PI * x))).toBeLessThan(4 * 2 ** -52 * (1 + Math.abs(x)));
      expect(Math.abs(cosineOfAnyPi(x) - Math.cos(Math.PI * x))).toBeLessThan(4 * 2 ** -52 * (1 + Math.abs(x)));
    }),
    { seed: 1, numRuns: 2000 },
  );
  for (const n of [-3, -2, -1, 0, 1, 2, 3]) {
    expect(Math.abs(sineOfPi(n))).toBe(0);
    expect(Math.abs(cosineOfAnyPi(n + 0.5))).toBe(0);
    expect(cosineOfAnyPi(n)).toBe(n % 2 === 0 ? 1 : -1);
  }
});
