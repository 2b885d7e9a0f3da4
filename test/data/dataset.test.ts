// What gives batches: arrays, iterables, datasets.
import { describe, expect, it } from 'vitest';
import { type Data, type Dataset, sgd } from '../../src/index.ts';
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
