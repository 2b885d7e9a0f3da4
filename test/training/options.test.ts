// What training does besides steps: accumulation, an average of the weights, early stopping, data of every kind.
import { describe, expect, it } from 'vitest';
import {
  adam,
  type Batch,
  BpttError,
  createModel,
  type Dataset,
  dense,
  elman,
  evaluate,
  type Model,
  sgd,
  type TrainEvent,
  type TrainOptions,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';

const V = 4;
const create = () => createModel([tokens(V), elman({ units: 5 }), dense({ units: V })], { seed: 2, dtype: 'f64' });
const T = 6;

/** `rows` rows that begin at number `first` of an endless list of rows. */
function batchOf(first: number, rows: number): Batch {
  const at = (t: number, row: number) => (t * t + 3 * (first + row) + (t >> 1)) % V;
  const grid = (shift: number) =>
    Int32Array.from({ length: T * rows }, (_, i) => at(Math.floor(i / rows) + shift, i % rows));
  return { steps: T, rows, inputs: grid(0), targets: grid(1) };
}

async function run(model: Model, options: Omit<TrainOptions, 'loss'>): Promise<readonly TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(model, { loss: 'cross-entropy', ...options })) events.push(event);
  return events;
}

const numbers = (model: Model) => model.parameters().flatMap(({ data }) => [...data]);
const stepsOf = (events: readonly TrainEvent[]) => events.filter((event) => event.type === 'step');

function expectNear(got: readonly number[], expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  expect(Math.max(...got.map((value, index) => Math.abs(value - expected[index]!)))).toBeLessThan(1e-13);
}

describe('accumulation', () => {
  const optimizer = sgd({ learningRate: 0.3, momentum: 0.5 });

  it.each(['mean', 'sum'] as const)('of batches of one size is a batch of all their rows (%s)', async (reduction) => {
    const [parts, whole] = [await create(), await create()];
    const data = [0, 1, 2, 3, 4, 5].map((index) => batchOf(2 * index, 2));
    const some = await run(parts, { data, optimizer, reduction, accumulate: 3, epochs: 2 });
    const all = await run(whole, { data: [batchOf(0, 6), batchOf(6, 6)], optimizer, reduction, epochs: 2 });
    expect(stepsOf(some).length).toBe(4);
    expectNear(numbers(parts), numbers(whole));
    const [lossesOfParts, losses] = [some, all].map((events) => stepsOf(events).map(({ loss }) => loss));
    expectNear(lossesOfParts!, losses!);
    expect(stepsOf(some).map(({ tokens: read }) => read)).toEqual([36, 72, 108, 144]);
  });

  it('lets the windows that are left at the end make an update of their own', async () => {
    const [parts, whole] = [await create(), await create()];
    const data = [0, 1, 2].map((index) => batchOf(2 * index, 2));
    expect(stepsOf(await run(parts, { data, optimizer, accumulate: 2, epochs: 1 })).length).toBe(2);
    await run(whole, { data: [batchOf(0, 4), batchOf(4, 2)], optimizer, epochs: 1 });
    expectNear(numbers(parts), numbers(whole));
  });
});

describe('an average of the weights', () => {
  it('is what validation sees and what the model has in the end; in between the model has the weights', async () => {
    const decay = 0.6;
    const data = [batchOf(0, 3)];
    const validation = [batchOf(1, 2)];
    const options = { data, validation, optimizer: adam({ learningRate: 0.05 }), steps: 12 } as const;
    const model = await create();
    let average = numbers(model);
    let step = 0;
    const losses: number[] = [];
    for await (const event of train(model, {
      loss: 'cross-entropy',
      ...options,
      average: { decay },
      validateEvery: 4,
    })) {
      if (event.type === 'step') {
        step++;
        const rate = 1 - Math.min(decay, (1 + step) / (10 + step));
        average = numbers(model).map((weight, index) => average[index]! + rate * (weight - average[index]!));
      } else if (event.type === 'validation') losses.push(event.loss);
    }
    expect(step).toBe(12);
    expectNear(numbers(model), average);
    expect(losses.length).toBe(3);
    expect(losses.at(-1)).toBe(evaluate(model, validation, { loss: 'cross-entropy' }).loss);
    const plain = await create();
    await run(plain, options);
    expect(numbers(plain)).not.toEqual(numbers(model));
  });
});

describe('early stopping', () => {
  // What is validated is the opposite of what is learned, so the loss rises from some step on.
  const learned = textStream(
    Int32Array.from({ length: 60 }, (_, i) => i % V),
    { batch: 2 },
  );
  const validation = textStream(
    Int32Array.from({ length: 40 }, (_, i) => (3 * i) % V),
    { batch: 2 },
  );
  const options = { data: learned, validation, validateEvery: 2, optimizer: adam({ learningRate: 0.02 }), steps: 400 };

  it('stops after that many validations without a lower loss, with the weights of the lowest', async () => {
    const model = await create();
    const events = await run(model, { ...options, earlyStopping: { patience: 3 } });
    const validations = events.filter((event) => event.type === 'validation');
    const lowest = Math.min(...validations.map(({ loss }) => loss));
    const best = validations.findIndex(({ loss }) => loss === lowest);
    expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'early-stopping', validationLoss: lowest });
    expect(validations.length - 1 - best).toBe(3);
    expect(validations[best]!.best).toBe(true);
    expect(evaluate(model, validation, { loss: 'cross-entropy' }).loss).toBe(lowest);
    const other = await create();
    await run(other, { ...options, steps: validations[best]!.step });
    expect(numbers(model)).toEqual(numbers(other));
  });

  it('counts as lower only what is lower by the least change', async () => {
    const events = await run(await create(), { ...options, earlyStopping: { patience: 2, minimumChange: 100 } });
    expect(events.at(-1)).toMatchObject({ reason: 'early-stopping', step: 6 });
  });
});

describe('data', () => {
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
      await run(model, { data, optimizer, epochs: 2 });
      found.push(numbers(model));
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
    await run(await create(), { data, optimizer, epochs: 3 });
    expect(asked).toEqual([
      [0, 0],
      [1, 0],
      [2, 0],
    ]);
  });

  it.each<[string, Partial<TrainOptions>, string]>([
    ['no data', { data: 5 as never }, 'train.data: expected an iterable of batches or a dataset, got number'],
    ['a text as data', { data: 'text' as never }, 'train.data: expected an iterable'],
    ['a validation that is none', { validation: null as never }, 'train.validation: expected'],
    ['an average of 1', { average: { decay: 1 } }, 'train.average.decay: expected'],
    ['no patience', { earlyStopping: { patience: 0 } }, 'train.earlyStopping.patience: expected'],
    ['early stopping without validation', { earlyStopping: { patience: 1 } }, 'expected validation and validateEvery'],
    ['accumulation of nothing', { accumulate: 0 }, 'train.accumulate: expected'],
    ['a checkpoint each half step', { checkpoint: { every: 0.5 } }, 'train.checkpoint.every: expected'],
    [
      'metadata of ours',
      { checkpoint: { every: 1, metadata: { 'bptt.x': '' } } },
      'train.checkpoint.metadata: expected',
    ],
    [
      'a signal that is its controller',
      { signal: new AbortController() as never },
      'train.signal: expected an AbortSignal',
    ],
    ['a checkpoint that is a text', { resume: 'file' as never }, 'train.resume: expected a Uint8Array'],
    ['validation each week', { validateEvery: 'week' as never }, 'train.validateEvery: expected'],
  ])('%s is refused', async (_, options, message) => {
    const model = await create();
    const start = () => train(model, { data: batches, loss: 'cross-entropy', optimizer, steps: 1, ...options });
    expect(start).toThrow(BpttError);
    expect(start).toThrow(message);
  });
});
