// Which parts of the gradients are cleared and added up: all, but the rows of a table whose tokens did not occur.
import { describe, expect, it } from 'vitest';
import type { ParameterSpec, ParameterUse } from '../../src/layers/contract.ts';
import { GradientParts, overlaps, type Part } from '../../src/model/gradient-parts.ts';
import type { LayerNode } from '../../src/model/graph.ts';
import type { ParameterUses } from '../../src/model/parameter-uses.ts';

const R = 4; // bytes of a real

/** Parameters one after the other, of so many reals. */
function layoutOf(
  ...parameters: readonly { readonly count: number; readonly rows?: number; readonly use?: ParameterUse }[]
) {
  let end = 0;
  const entries = parameters.map(({ count, ...spec }, index) => {
    const offset = end;
    end += count * R;
    return { spec: { name: `p${index}`, use: 'sum', ...spec } as ParameterSpec, offset, bytes: count * R };
  });
  return { entries, bytes: end };
}

/** Each of a layer of its own, tables of input 0. */
const usesOf = ({ entries }: ReturnType<typeof layoutOf>): ParameterUses =>
  new Map(entries.map(({ spec }) => [spec.name, [{ node: { inputs: [0] } as unknown as LayerNode, use: spec.use }]]));

const partsOf = (layout: ReturnType<typeof layoutOf>) =>
  new GradientParts({ ...layout, count: layout.bytes / R, weightCount: layout.bytes / R }, usesOf(layout), R);
const ranges = (parts: readonly Part[]) => parts.map(({ offset, count }) => [offset, offset + count]);

/** A table of 24 rows of 8 between 8 and 16 other reals. */
const withTable = () => partsOf(layoutOf({ count: 8 }, { count: 192, rows: 24, use: 'look-up' }, { count: 16 }));

describe('the parts that may be other than zero', () => {
  it('are all where nothing is looked up', () => {
    const parts = partsOf(layoutOf({ count: 8 }, { count: 16, rows: 2 }));
    expect(ranges(parts.list)).toEqual([[0, 24]]);
    parts.useTokens(() => Int32Array.of(1));
    expect(ranges(parts.list)).toEqual([[0, 24]]);
  });

  it('are at first, and of many tokens, all', () => {
    const parts = withTable();
    expect(ranges(parts.list)).toEqual([[0, 216]]);
    parts.useTokens(() => Int32Array.of(0, 1, 2, 3));
    expect(ranges(parts.list)).toEqual([[0, 216]]);
    parts.useTokens(() => Int32Array.of(5, 5, 5, 5));
    expect(ranges(parts.list)).toEqual([[0, 216]]);
  });

  it('are of few tokens their rows, once each and in order, and what is beside the table', () => {
    const parts = withTable();
    // An eighth of the rows is few.
    parts.useTokens(() => Int32Array.of(10, 2, 10));
    expect(ranges(parts.list)).toEqual([
      [0, 8],
      [8 + 16, 8 + 24],
      [8 + 80, 8 + 88],
      [200, 216],
    ]);
    parts.useTokens(() => Int32Array.of(0, 23));
    expect(ranges(parts.list)).toEqual([
      [0, 8],
      [8, 16],
      [192, 200],
      [200, 216],
    ]);
    parts.useTokens(() => new Int32Array());
    expect(ranges(parts.list)).toEqual([
      [0, 8],
      [200, 216],
    ]);
    parts.useAll();
    expect(ranges(parts.list)).toEqual([[0, 216]]);
  });

  it('have no empty ones where the table is first or last', () => {
    const first = partsOf(layoutOf({ count: 64, rows: 8, use: 'look-up' }, { count: 8 }));
    first.useTokens(() => Int32Array.of(3));
    expect(ranges(first.list)).toEqual([
      [24, 32],
      [64, 72],
    ]);
    const last = partsOf(layoutOf({ count: 8 }, { count: 64, rows: 8, use: 'look-up' }));
    last.useTokens(() => Int32Array.of(3));
    expect(ranges(last.list)).toEqual([
      [0, 8],
      [32, 40],
    ]);
  });
});

describe('the parts that are added to', () => {
  it('are those without what is overwritten', () => {
    const overwritten = { use: 'product' as const };
    const parts = partsOf(
      layoutOf({ count: 8 }, { count: 16, ...overwritten }, { count: 8 }, { count: 8, ...overwritten }),
    );
    expect(ranges(parts.added)).toEqual([
      [0, 8],
      [24, 32],
    ]);
    const first = partsOf(layoutOf({ count: 8, ...overwritten }, { count: 8, ...overwritten }, { count: 8 }));
    expect(ranges(first.added)).toEqual([[16, 24]]);
  });

  it('follow the tokens', () => {
    const layout = layoutOf(
      { count: 64, rows: 8, use: 'look-up' },
      { count: 8, use: 'product' as const },
      { count: 8 },
    );
    const parts = partsOf(layout);
    expect(ranges(parts.added)).toEqual([
      [0, 64],
      [72, 80],
    ]);
    parts.useTokens(() => Int32Array.of(7));
    expect(ranges(parts.added)).toEqual([
      [56, 64],
      [72, 80],
    ]);
    parts.useTokens(() => Int32Array.of(1));
    expect(ranges(parts.added)).toEqual([
      [8, 16],
      [72, 80],
    ]);
    parts.useAll();
    expect(ranges(parts.added)).toEqual([
      [0, 64],
      [72, 80],
    ]);
  });
});

describe('frozen parameters', () => {
  const parts = () =>
    partsOf(layoutOf({ count: 8 }, { count: 192, rows: 24, use: 'look-up' }, { count: 16 }, { count: 8 }));

  it('have no part, whichever tokens occurred', () => {
    const some = parts();
    some.freeze([{ offset: 200, count: 16 }]);
    expect(ranges(some.list)).toEqual([
      [0, 200],
      [216, 224],
    ]);
    some.useTokens(() => Int32Array.of(2));
    expect(ranges(some.list)).toEqual([
      [0, 8],
      [24, 32],
      [216, 224],
    ]);
    some.useAll();
    expect(ranges(some.list)).toEqual(ranges(some.whole));
    some.freeze([]);
    expect(ranges(some.list)).toEqual([[0, 224]]);
  });

  it('have none as a table either', () => {
    const some = parts();
    some.freeze([{ offset: 8, count: 192 }]);
    some.useTokens(() => Int32Array.of(2));
    expect(ranges(some.list)).toEqual([
      [0, 8],
      [200, 224],
    ]);
  });

  it('are not in the parts of others', () => {
    const some = parts();
    some.freeze([{ offset: 200, count: 16 }]);
    some.useTokens(() => Int32Array.of(2, 5));
    expect(ranges(some.within({ offset: 8, count: 192 }))).toEqual([
      [24, 32],
      [48, 56],
    ]);
    expect(some.within({ offset: 200, count: 16 })).toEqual([]);
    expect(
      ranges(
        overlaps(
          [
            { offset: 0, count: 10 },
            { offset: 20, count: 5 },
          ],
          [{ offset: 5, count: 17 }],
        ),
      ),
    ).toEqual([
      [5, 10],
      [20, 22],
    ]);
  });
});
