// Where a decoder looks: a cell for each weight, darker where it is larger, and the names of both sides.
import { describe, expect, it } from 'vitest';
import { plotAttention } from '../../src/plots/index.ts';

const weights = [
  [1, 0, 0],
  [0.25, 0.75, 0],
];
const textsOf = (svg: string) => [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text]) => text);

describe('plotAttention', () => {
  it('names what was read and written, the end too', () => {
    const texts = textsOf(plotAttention(weights, { source: ['a', ' ', 'c'], target: ['x'] }));
    expect(texts).toEqual(expect.arrayContaining(['Where it looks', 'read', 'written', 'a', '␣', 'c', 'x', 'end']));
    expect(textsOf(plotAttention(weights, { source: ['a', 'b', 'c'], target: ['x', 'y'] }))).not.toContain('end');
    expect(textsOf(plotAttention(weights))).toEqual(expect.arrayContaining(['0', '1', '2']));
  });

  it('shows the first step on top, and larger weights darker', () => {
    const cells = (rows: readonly (readonly number[])[]) =>
      [
        ...plotAttention(rows).matchAll(
          /<path d="M[\d.]+ ([\d.]+)[^>]*fill="rgb\(\d+,\d+,\d+\)"(?: fill-opacity="([\d.]+)")?/g,
        ),
      ]
        .map(([, y, opacity]) => ({ y: Number(y), opacity: Number(opacity ?? 1) }))
        .toSorted((a, b) => a.y - b.y)
        .map(({ opacity }) => opacity);
    expect(cells([[1], [0.25]])).toEqual([1, 0.25]);
    expect(cells([[0.25], [1]])).toEqual([0.25, 1]);
    expect(
      cells([
        [0, 1],
        [0, 1],
      ]),
    ).toEqual([1, 1]);
  });

  it.each([
    ['no rows', [], {}, /^plotAttention\(weights\): expected at least one row of weights, got/],
    ['an empty row', [[]], {}, /^plotAttention\(weights\)\[0\]: expected at least one weight, got 0/],
    [
      'rows of other lengths',
      [[1, 0], [1]],
      {},
      /^plotAttention\(weights\)\[1\]: expected 2 weights as in row 0, got 1/,
    ],
    ['a weight above 1', [[0, 1.5]], {}, /^plotAttention\(weights\)\[0\]\[1\]: expected a weight from 0 to 1, got 1.5/],
    ['NaN', [[Number.NaN]], {}, /expected a weight from 0 to 1, got NaN/],
    ['too few names', [[0, 1]], { source: ['a'] }, /^plotAttention\.source: expected 2 labels/],
    ['too many names', [[0, 1]], { target: ['a', 'b'] }, /^plotAttention\.target: expected 1 labels/],
    ['unknown options', [[0, 1]], { sources: ['a', 'b'] }, /sources/],
  ])('refuses %s', (_, rows, options, message) => {
    expect(() => plotAttention(rows, options as never)).toThrow(message);
  });
});
