import { expect, test } from 'vitest';
import { parseDecimal } from '../../src/base/decimal.ts';

test.each([
  ['1', 1],
  ['+1', 1],
  ['-0.5', -0.5],
  ['1.', 1],
  ['.5', 0.5],
  ['1e-3', 1e-3],
  ['2E2', 200],
  ['1e999', Number.POSITIVE_INFINITY],
])('%s is a number', (text, value) => expect(parseDecimal(text)).toBe(value));

test.each(['', '.', ' 1', '1 ', '0x10', '1_000', 'Infinity', 'NaN', '1e', '1e1.5', '--1', '1,5'])(
  '%j is none',
  (text) => expect(parseDecimal(text)).toBeUndefined(),
);
