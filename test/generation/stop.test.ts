// Stop sequences: what has ended, and what may be the beginning of one.
import { describe, expect, it } from 'vitest';
import { checkStop, ending, StopFilter } from '../../src/generation/stop.ts';

const stopsOf = (...sequences: number[][]) => checkStop('stop', sequences, 10);

describe('ending', () => {
  it('is the longest sequence that the tokens end with, of equals the first', () => {
    expect(ending([1, 2, 3], stopsOf([3], [2, 3], [1, 2]))).toBe(1);
    expect(ending([1, 2, 3], stopsOf([2, 3], [3]))).toBe(0);
    expect(ending([1, 2, 3], stopsOf([3], [3]))).toBe(0);
    expect(ending([1, 2, 3], stopsOf([1, 2, 3], [0, 1, 2, 3]))).toBe(0);
    expect(ending([1, 2, 3], stopsOf([1, 2]))).toBe(-1);
    expect(ending([], stopsOf([1]))).toBe(-1);
    expect(ending([1], [])).toBe(-1);
  });
});

describe('a filter', () => {
  /** What comes out at each token, and at the end. */
  const through = (tokens: readonly number[], ...sequences: number[][]) => {
    const filter = new StopFilter<string>(stopsOf(...sequences));
    const given = tokens.map((token) => filter.push(token, `t${token}`).join(' '));
    return [...given, filter.flush().join(' '), filter.found];
  };

  it('holds back what may be a beginning until it is clear', () => {
    expect(through([1, 2, 3, 4], [2, 3, 5])).toEqual(['t1', '', '', 't2 t3 t4', '', -1]);
    expect(through([2, 2, 3, 5], [2, 3, 5])).toEqual(['', 't2', '', '', '', 0]);
    expect(through([1, 2], [2, 3], [1, 2, 4])).toEqual(['', '', 't1 t2', -1]);
    expect(through([4, 2], [9], [2, 3, 4])).toEqual(['t4', '', 't2', -1]);
  });

  it('gives what stands before the sequence, and not the sequence', () => {
    expect(through([1, 2, 3], [2, 3])).toEqual(['t1', '', '', '', 0]);
    // What was held back as the beginning of another one is text.
    expect(through([1, 2, 3], [1, 2, 4], [3])).toEqual(['', '', 't1 t2', '', 1]);
    expect(through([7], [7])).toEqual(['', '', 0]);
  });

  it('lets all through where nothing stops', () => {
    expect(through([1, 2])).toEqual(['t1', 't2', '', -1]);
  });
});
