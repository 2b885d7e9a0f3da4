// The split into training and validation.
import { describe, expect, test } from 'vitest';
import { split } from '../../src/data/split.ts';
import { codeOf } from '../support/error-code.ts';

describe('split', () => {
  test('gives the last fraction to validation', () => {
    const { training, validation } = split(
      Int32Array.from({ length: 20 }, (_, i) => i),
      0.1,
    );
    expect([...training]).toEqual(Array.from({ length: 18 }, (_, i) => i));
    expect([...validation]).toEqual([18, 19]);
  });

  test('rounds, so that 0.29 of 100 is 29 in spite of binary fractions', () => {
    expect(split(new Int32Array(100), 0.29).validation.length).toBe(29);
  });

  test('gives copies', () => {
    const tokens = new Int32Array(10);
    const { training, validation } = split(tokens, 0.5);
    tokens.fill(7);
    expect([...training, ...validation]).toEqual(new Array(10).fill(0));
  });

  test.each([
    [10, 0.1, 'expected at least 2 tokens for validation, got 1 of 10'],
    [10, 0.9, 'expected at least 2 tokens for training, got 1 of 10'],
    [0, 0.5, 'expected at least 2 tokens for training, got 0 of 0'],
  ])('refuses %i tokens at %f', (length, fraction, message) => {
    expect(() => split(new Int32Array(length), fraction)).toThrow(message);
  });

  test.each([0, 1, -0.1, NaN, '0.1'])('refuses the fraction %s', (fraction) => {
    expect(codeOf(() => split(new Int32Array(100), fraction as never))).toBe('invalid-argument');
  });
});
