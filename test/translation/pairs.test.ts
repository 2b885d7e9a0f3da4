// pairs: texts as batches for an encoder and a decoder.
import { describe, expect, it } from 'vitest';
import { characters, type GraphBatch } from '../../src/index.ts';
import { type Pair, type PairsOptions, pairs, readPairs } from '../../src/translation/index.ts';

const source = characters('abc');
const target = characters('xy');
const list: readonly Pair[] = [
  ['abc', 'x'],
  ['a', 'yx'],
  ['cb', 'y'],
];
const all = (options: Partial<PairsOptions>, epoch = 0, skip = 0) => [
  ...(pairs(list, { source, target, batch: 2, ...options }).batches(epoch, skip) as Iterable<GraphBatch>),
];

describe('pairs', () => {
  it('begins what is read and ends what is written with the token after those of the tokenizer', () => {
    const data = pairs(list, { source, target, batch: 3, bucket: false });
    expect([data.sourceSize, data.targetSize]).toEqual([3, 3]);
    expect([...(data.batches(0, 0) as Iterable<GraphBatch>)]).toEqual([
      {
        rows: 3,
        steps: { source: 3, target: 3 },
        inputs: {
          source: Int32Array.of(0, 0, 2, 1, 0, 1, 2, 0, 0),
          target: Int32Array.of(2, 2, 2, 0, 1, 1, 0, 0, 0),
        },
        targets: Int32Array.of(0, 1, 1, 2, 0, 2, 0, 2, 0),
        lengths: { source: Int32Array.of(3, 1, 2), target: Int32Array.of(2, 3, 2) },
      },
    ]);
  });

  it('puts pairs of like lengths together, and leaves their order where that is asked for', () => {
    expect(all({}).map(({ steps }) => steps)).toEqual([
      { source: 2, target: 3 },
      { source: 3, target: 2 },
    ]);
    expect(all({ bucket: false }).map(({ steps }) => steps)).toEqual([
      { source: 3, target: 3 },
      { source: 2, target: 2 },
    ]);
  });

  it('has an order of its own in each epoch, the same each time, from any batch on', () => {
    const epochs = Array.from({ length: 8 }, (_, epoch) => JSON.stringify(all({ shuffle: 4, batch: 1 }, epoch)));
    expect(new Set(epochs).size).toBeGreaterThan(1);
    expect(all({ shuffle: 4, batch: 1 }, 3, 1)).toEqual(all({ shuffle: 4, batch: 1 }, 3).slice(1));
  });

  it.each<[string, unknown, object, RegExp]>([
    ['no pairs', [], {}, /expected at least one pair/],
    [
      'an empty side',
      [
        ['a', 'x'],
        ['a', ''],
      ],
      {},
      /pairs\(list\)\[1\]\[1\]: expected at least one token, got ""/,
    ],
    [
      'an unknown character',
      [
        ['a', 'x'],
        ['d', 'x'],
      ],
      {},
      /pairs\(list\)\[1\]\[0\]: .*d/,
    ],
    ['one side', [['a']], {}, /pairs\(list\)\[0\]: expected \[source, target\]/],
    ['no tokenizer', list, { target: 'xy' }, /pairs\.target: expected a tokenizer/],
    ['an unknown option', list, { size: 2 }, /size/],
  ])('refuses %s', (_, given, options, message) => {
    expect(() => pairs(given as never, { source, target, batch: 2, ...options })).toThrow(message);
  });
});

describe('readPairs', () => {
  it('reads a line each, without what comes after a second tab', () => {
    expect(readPairs('\uFEFFGo.\tMarsch.\tCC-BY\r\n\n Hi. \tHallo!\n')).toEqual([
      ['Go.', 'Marsch.'],
      ['Hi.', 'Hallo!'],
    ]);
  });

  it.each([
    ['a\tb\nc d', /line 2: expected a source, a tab and a target, got "c d"/],
    ['a\t\n', /line 1: .*the target is empty/],
    ['\tb', /line 1: .*the source is empty/],
    ['\n\n', /at least one line/],
  ])('says the line of what is none: %j', (text, message) => {
    expect(() => readPairs(text)).toThrow(message);
  });
});
