// Training in one call.
import { describe, expect, it } from 'vitest';
import {
  adam,
  type Batch,
  BpttError,
  createModel,
  dense,
  elman,
  evaluate,
  type FitOptions,
  features,
  fit,
  lstm,
  type Sequence,
  sequences,
  type TrainEvent,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';

const V = 4;
const stream = (length: number) => Int32Array.from({ length }, (_, i) => (i * 3 + (i >> 1)) % V);
const create = () => createModel([tokens(V), elman({ units: 8 }), dense({ units: V })], { seed: 1 });
const optimizer = adam({ learningRate: 0.01 });

describe('fit', () => {
  it('waits for an asynchronous onEvent, whose error is its own; what it returns does not stop it', async () => {
    const options = { data: stream(40), batch: 2, loss: 'cross-entropy', optimizer, epochs: 3 } as const;
    const model = await create();
    let told = 0;
    const { step } = await fit(model, {
      ...options,
      async onEvent({ type }) {
        const before = model.parameters();
        await new Promise((resolve) => setTimeout(resolve));
        // Nothing is learned meanwhile.
        expect(model.parameters()).toEqual(before);
        if (type === 'step') told++;
        return false;
      },
    });
    expect([told, step]).toEqual([3, 3]);
    const failure = new Error('from onEvent');
    await expect(fit(model, { ...options, onEvent: () => Promise.reject(failure) })).rejects.toBe(failure);
  });

  it('refuses a trainer that gives no events, or no end', async () => {
    const options = { data: stream(40), batch: 2, loss: 'cross-entropy', optimizer, epochs: 1 } as const;
    for (const trainer of [() => 3, async function* () {}]) {
      const attempt = fit(await create(), { ...options, trainer: trainer as never });
      await expect(attempt).rejects.toThrow('fit.trainer: expected a function that gives events as train does');
    }
  });

  it('is train with the batches made', async () => {
    const model = await create();
    const events: TrainEvent[] = [];
    const result = await fit(model, {
      data: stream(200),
      validation: stream(60),
      batch: 4,
      loss: 'cross-entropy',
      truncation: { k1: 10, k2: 10 },
      optimizer,
      epochs: 3,
      onEvent: (event) => events.push(event),
    });
    const other = await create();
    const expected: TrainEvent[] = [];
    for await (const event of train(other, {
      data: textStream(stream(200), { batch: 4 }),
      validation: textStream(stream(60), { batch: 4 }),
      validateEvery: 'epoch',
      loss: 'cross-entropy',
      truncation: { k1: 10, k2: 10 },
      optimizer,
      epochs: 3,
    })) {
      expected.push(event);
    }
    const timeless = (events: readonly TrainEvent[]) =>
      events.map((event) => (event.type === 'step' ? { ...event, tokensPerSecond: 0 } : event));
    expect(timeless(events)).toEqual(timeless(expected));
    expect(timeless(result.history)).toEqual(timeless(expected.slice(0, -1)));
    expect(model.parameters()).toEqual(other.parameters());
    expect(result.history.filter(({ type }) => type === 'validation').map(({ step }) => step)).toEqual([5, 10, 15]);
    expect(result).toMatchObject({ reason: 'epochs', step: 15 });
    const evaluated = evaluate(model, textStream(stream(60), { batch: 4 }), { loss: 'cross-entropy' });
    expect(result.validationLoss).toBe(evaluated.loss);
    const ofLast = result.history.filter((event) => event.type === 'step').slice(10);
    expect(result.loss).toBeCloseTo(ofLast.reduce((sum, { loss }) => sum + loss, 0) / 5, 12);
  });

  it('shuffles sequences by the seed, and gives whole ones one target where the model returns the last', async () => {
    const list: Sequence[] = Array.from({ length: 12 }, (_, index) => ({
      inputs: Float32Array.from({ length: 2 * (2 + (index % 3)) }, (_, i) => (i + index) / 9),
      targets: new Float32Array([index / 12]),
    }));
    const make = () => createModel([features(2), lstm({ units: 3, returns: 'last' }), dense({ units: 1 })]);
    const run = async (data: FitOptions['data'], more: Partial<FitOptions>) => {
      const model = await make();
      await fit(model, { data, loss: 'mean-squared-error', epochs: 2, optimizer, ...more });
      return model.parameters();
    };
    const given = await run(list, { batch: 5, features: 2, seed: 3 });
    const batches = sequences(list, { batch: 5, features: 2, returns: 'last', shuffle: 3 });
    expect(given).toEqual(await run(batches, { seed: 3 }));
    expect(given).not.toEqual(await run(list, { batch: 5, features: 2, seed: 4 }));
  });

  it('takes more rows than a short text has for as many as it has', async () => {
    const { step } = await fit(await create(), { data: stream(9), loss: 'cross-entropy', epochs: 1 });
    expect(step).toBe(1);
  });

  it('knows how many features the model reads', async () => {
    const model = await createModel([features(3), elman({ units: 2, returns: 'last' }), dense({ units: 1 })], {
      seed: 1,
    });
    const data = [{ inputs: new Float32Array(12), targets: new Float32Array(1) }];
    expect((await fit(model, { data, loss: 'mean-squared-error', epochs: 1 })).step).toBe(1);
    const all = await createModel([features(3), elman({ units: 2 }), dense({ units: 1 })], { seed: 1 });
    await expect(fit(all, { data, loss: 'mean-squared-error', epochs: 1 })).rejects.toThrow(
      "targets: expected as many for each of the 4 steps, got 1 numbers; one target a sequence is for returns: 'last'",
    );
  });

  const batches: readonly Batch[] = [...textStream(stream(20), { batch: 2 })];
  it.each<[string, Partial<FitOptions>, string]>([
    ['no end', {}, 'fit: expected steps or epochs, or a signal that ends it, got none'],
    ['an unknown option', { epochs: 1, epoch: 2 } as never, 'epoch'],
    [
      'a batch size for batches',
      { epochs: 1, data: batches, batch: 2 },
      'fit.batch: expected none with data in batches, got 2',
    ],
    ['no rows', { epochs: 1, batch: 0 }, 'fit.batch: expected'],
    ['an empty list', { epochs: 1, data: [] }, 'expected at least one batch'],
    ['texts', { epochs: 1, data: ['a'] as never }, 'batch: expected an object, got "a"'],
    ['an event handler that is none', { epochs: 1, onEvent: 3 as never }, 'fit.onEvent: expected a function, got 3'],
    [
      'no batch to validate on',
      { epochs: 1, validation: [] },
      'train.validation: expected at least one batch, got none',
    ],
    [
      'validation without a step that counts',
      { epochs: 1, validation: [{ ...batches[0]!, mask: new Uint8Array(batches[0]!.steps * 2) }] },
      'train.validation: expected steps that count, got masked ones only',
    ],
    [
      'a dataset that gives no batches',
      { epochs: 1, data: { batches: () => null } as never },
      'data.batches(0, 0): expected an iterable of batches, got null',
    ],
    ['a stream of one token', { epochs: 1, data: stream(1) }, 'expected at least 2 tokens'],
  ])('refuses %s', async (_, options, message) => {
    const result = fit(await create(), { data: stream(20), loss: 'cross-entropy', ...options });
    await expect(result).rejects.toThrow(BpttError);
    await expect(result).rejects.toThrow(message);
  });
});
