// What gives batches: arrays, iterables, datasets.
import { describe, expect, it, test } from 'vitest';
import { BpttError } from '../../src/base/errors.ts';
import type { GraphBatch as Batch } from '../../src/data/batch.ts';
import { batchesOf, type Data, data as dataField } from '../../src/data/dataset.ts';
import { type Dataset, sgd } from '../../src/index.ts';
import { batchOf, create, eventsOf, numbersOf } from '../support/rows.ts';

describe('the data of a training', () => {
  const batches = [0, 1, 2].map((index) => batchOf(index, 2));
  const optimizer = sgd({ learningRate: 0.1 });

  it('may be an array, iterable or async iterable, or a dataset', async () => {
    async function* later() {
      yield* batches;
    }
    const dataset: Dataset = { batches: (_, skip) => batches.slice(skip) };
    const found = [];
    for (const data of [batches, new Set(batches), { [Symbol.asyncIterator]: later }, dataset]) {
      const model = await create();
      await eventsOf(model, { data, optimizer, epochs: 2 });
      found.push(numbersOf(model));
    }
    for (const other of found) expect(other).toEqual(found[0]);
  });

  it('is asked for the epoch, so that it can have another order each time', async () => {
    const asked: number[][] = [];
    const data: Dataset = {
      batches(epoch, skip) {
        asked.push([epoch, skip]);
        return batches;
      },
    };
    await eventsOf(await create(), { data, optimizer, epochs: 3 });
    expect(asked).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
  });

  it.each<[string, () => Data, string]>([
    ['nothing', () => [], 'train.data: expected at least one batch in each iteration, got none'],
    [
      'a generator, which can be read once',
      () =>
        (function* () {
          yield* batches;
        })(),
      'in each iteration, got none',
    ],
    ['a dataset without batches', () => ({ batches: () => [] }), 'in each iteration, got none'],
    [
      'a dataset that gives no iterable',
      () => ({ batches: () => 5 as never }),
      'data.batches(0, 0): expected an iterable',
    ],
  ])('is refused where it is %s', async (_, data, message) => {
    const model = await create();
    await expect(eventsOf(model, { data: data(), optimizer, epochs: 2 })).rejects.toThrow(message);
  });
});

const batches: readonly Batch[] = [0, 1, 2].map((token) => {
  return { steps: 1, rows: 1, inputs: new Int32Array([token]), targets: new Int32Array([token]) };
});

async function* later() {
  yield* batches;
}

const all = async (data: Data, epoch: number, skip: number) => {
  const seen: Batch[] = [];
  for await (const batch of batchesOf(data, epoch, skip)) seen.push(batch);
  return seen;
};

describe('batchesOf', () => {
  test.each([0, 1, 2, 3])('passes over %d batches of an iterable, in every epoch', async (skip) => {
    expect(await all(batches, 0, skip)).toEqual(batches.slice(skip));
    expect(await all(batches, 7, skip)).toEqual(batches.slice(skip));
    expect(await all(later(), 0, skip)).toEqual(batches.slice(skip));
  });

  test('asks a dataset for the epoch without what was done', async () => {
    const asked: number[][] = [];
    const answer = (made: Iterable<Batch> | AsyncIterable<Batch>): Data => ({
      batches(epoch, skip) {
        asked.push([epoch, skip]);
        return made;
      },
    });
    expect(await all(answer(batches), 3, 2)).toEqual(batches);
    expect(await all(answer(later()), 4, 0)).toEqual(batches);
    expect(asked).toEqual([
      [3, 2],
      [4, 0],
    ]);
  });

  test.each([
    [undefined, 'undefined'],
    [null, 'null'],
    ['text', '"text"'],
    [{}, 'an object'],
  ])('refuses a dataset that answers with %j', async (answer, got) => {
    await expect(all({ batches: () => answer as never }, 3, 2)).rejects.toThrow(
      new BpttError('invalid-argument', `data.batches(3, 2): expected an iterable of batches, got ${got}`),
    );
  });
});

describe('checkData', () => {
  test('gives back each of the three kinds', () => {
    for (const data of [batches, later(), { batches: () => batches }]) expect(dataField.check('data', data)).toBe(data);
  });

  test.each([
    [null, 'null'],
    [undefined, 'undefined'],
    ['text', '"text"'],
    [{}, 'an object'],
    [{ batches: 1 }, 'an object'],
    [{ [Symbol.iterator]: true }, 'an object'],
    [Float32Array.of(1), 'Float32Array of length 1'],
    [() => batches, 'a function'],
  ])('refuses %j', (data, got) => {
    expect(() => dataField.check('train.data', data)).toThrow(
      new BpttError('invalid-argument', `train.data: expected an iterable of batches or a dataset, got ${got}`),
    );
  });
});
