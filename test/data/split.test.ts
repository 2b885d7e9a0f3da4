// The split into training and validation.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BpttError } from '../../src/base/errors.ts';
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

describe('split', () => {
  test('keeps the last of the stream for validation', () => {
    const { training, validation } = split([5, 6, 7, 8, 9], 0.4);
    expect(training).toEqual(new Int32Array([5, 6, 7]));
    expect(validation).toEqual(new Int32Array([8, 9]));
  });

  test('gives validation the rounded share, and both parts together are the stream', () => {
    fc.assert(
      fc.property(fc.integer({ min: 4, max: 100 }), fc.double({ min: 0.01, max: 0.99 }), (length, fraction) => {
        const share = Math.round(fraction * length);
        fc.pre(share >= 2 && length - share >= 2);
        const tokens = Int32Array.from({ length }, (_, i) => i);
        const { training, validation } = split(tokens, fraction);
        expect(validation.length).toBe(share);
        expect([...training, ...validation]).toEqual([...tokens]);
      }),
    );
  });

  test('rounds, so that 0.29 of 100 is 29 in spite of binary fractions', () => {
    expect(split(new Int32Array(100), 0.29).validation.length).toBe(29);
  });

  test('leaves parts of two tokens, and refuses parts of one', () => {
    expect(split([1, 2, 3, 4], 0.5)).toEqual({ training: new Int32Array([1, 2]), validation: new Int32Array([3, 4]) });
    expect(() => split([1, 2, 3], 0.5)).toThrow(
      new BpttError('invalid-argument', 'split(tokens, 0.5): expected at least 2 tokens for training, got 1 of 3'),
    );
    expect(() => split([1, 2, 3], 0.4)).toThrow(
      'split(tokens, 0.4): expected at least 2 tokens for validation, got 1 of 3',
    );
  });

  test.each([0, 1, -0.5, 1.5, Number.NaN, '0.5'])('refuses a fraction of %j', (fraction) => {
    expect(() => split([1, 2, 3, 4], fraction as number)).toThrow('split(fraction): expected');
  });

  test('refuses what is no token', () => {
    expect(() => split([1, -2, 3, 4], 0.5)).toThrow('split(tokens)[1]: expected');
  });

  test('does not look at the stream afterwards', () => {
    const tokens = new Int32Array([1, 2, 3, 4]);
    const { training } = split(tokens, 0.5);
    tokens.fill(0);
    expect(training).toEqual(new Int32Array([1, 2]));
  });
});
