// Updates that would take a parameter or the memory of an optimizer beyond all numbers are not made.
import { describe, expect, it } from 'vitest';
import {
  adagrad,
  adam,
  adamw,
  createModel,
  type Dtype,
  dense,
  deserialize,
  features,
  type Model,
  NonFiniteError,
  type Optimizer,
  rmsprop,
  sgd,
  train,
} from '../../src/index.ts';

const create = (dtype: Dtype = 'f32') => createModel([features(1), dense({ units: 1 })], { seed: 1, dtype });
const at = (x: number, target = x) => ({ steps: 1, rows: 1, inputs: [x], targets: [target] });
const learningRate = 0.1;
const optimizers: Readonly<Record<string, Optimizer>> = {
  sgd: sgd({ learningRate }),
  momentum: sgd({ learningRate, momentum: 0.9 }),
  nesterov: sgd({ learningRate, momentum: 0.9, nesterov: true }),
  rmsprop: rmsprop({ learningRate }),
  adagrad: adagrad({ learningRate }),
  adam: adam({ learningRate }),
  adamw: adamw({ learningRate, weightDecay: 0.1 }),
};
const snapshot = (model: Model) => model.parameters().map(({ data }) => [...data]);

describe.each(Object.entries(optimizers))('%s', (_, optimizer) => {
  it.each([1e3, 1e8, 1e9, 1e10, 1e11, 3e11, 1e12, 1e15, 1e18, 1.8e19])(
    'after inputs of %s goes on learning and resumes, or is refused and has changed nothing',
    async (x) => {
      const model = await create();
      const data = [at(1, 5), at(x), ...Array.from({ length: 30 }, () => at(1, 5))];
      const options = { data, loss: 'mean-squared-error', optimizer, steps: 30 } as const;
      let before = snapshot(model);
      let checkpoint: Uint8Array | undefined;
      try {
        for await (const event of train(model, { ...options, checkpoint: { every: 1 } })) {
          if (event.type === 'step') before = snapshot(model);
          if (event.type === 'checkpoint') checkpoint = event.bytes;
        }
      } catch (error) {
        expect(error).toBeInstanceOf(NonFiniteError);
        expect((error as NonFiniteError).message).toContain('the parameters are as before this step');
        expect(snapshot(model)).toEqual(before);
      }
      expect(snapshot(model).flat().every(Number.isFinite)).toBe(true);
      const { model: read } = await deserialize(checkpoint!);
      const resumed = (async () => {
        for await (const _ of train(read, { ...options, steps: 31, resume: checkpoint! }));
      })();
      // What was refused once is refused again, and nothing else.
      await resumed.catch((error) => expect(error).toBeInstanceOf(NonFiniteError));
    },
  );
});

describe('second moments beyond f32', () => {
  it.each(['rmsprop', 'adagrad', 'adam', 'adamw'])('%s says so, and by which gradient', async (name) => {
    const model = await create();
    const before = snapshot(model);
    const run = async () => {
      for await (const _ of train(model, {
        data: [at(1e12, -1e12)],
        loss: 'mean-squared-error',
        optimizer: optimizers[name]!,
        steps: 1,
      }));
    };
    await expect(run()).rejects.toMatchObject({
      name: 'NonFiniteError',
      code: 'non-finite',
      quantity: 'update',
      step: 1,
    });
    await expect(run()).rejects.toThrow(
      /^training step 1, dense\.weight: expected an update to finite numbers, got one beyond them by a gradient of norm \d\.\d+e\+2\d; the parameters are as before this step$/,
    );
    expect(snapshot(model)).toEqual(before);
  });

  it('are none in f64, and none where the gradient is clipped', async () => {
    for (const [dtype, clip] of [
      ['f64', undefined],
      ['f32', { norm: 1 }],
    ] as const) {
      const model = await create(dtype);
      const data = [at(1e12, -1e12), ...Array.from({ length: 200 }, () => at(1, 5))];
      const before = snapshot(model);
      for await (const _ of train(model, {
        data,
        loss: 'mean-squared-error',
        optimizer: optimizers.adam!,
        steps: 200,
        ...(clip && { clip }),
      }));
      expect(snapshot(model)).not.toEqual(before);
    }
  });
});

describe('parameters beyond the dtype', () => {
  it.each([
    ['a learning rate without end', sgd({ learningRate: 1e38 }), 1e3],
    ['one that has no f32', sgd({ learningRate: 1e39 }), 0],
    ['a weight decay without end', adamw({ learningRate: 1, weightDecay: 1e39 }), 1],
    ['an epsilon next to nothing', adam({ learningRate: 1e3, epsilon: 2 ** -149, beta2: 0 }), 1e-30],
  ])('%s', async (_, optimizer, x) => {
    const model = await create();
    let before = snapshot(model);
    const run = async () => {
      for await (const event of train(model, {
        data: [at(x, 2 * x)],
        loss: 'mean-squared-error',
        optimizer,
        steps: 50,
      })) {
        if (event.type === 'step') before = snapshot(model);
      }
    };
    await run().catch((error) => expect(error).toBeInstanceOf(NonFiniteError));
    expect(snapshot(model)).toEqual(before);
    expect(before.flat().every(Number.isFinite)).toBe(true);
  });

  it('are seen also where they were set from outside in the middle of a training', async () => {
    const model = await create();
    const data = Array.from({ length: 9 }, () => at(1e-3, 1));
    const run = async () => {
      for await (const event of train(model, {
        data,
        loss: 'mean-squared-error',
        optimizer: sgd({ learningRate: 1 }),
        steps: 9,
      })) {
        if (event.type === 'step' && event.step === 3) model.setParameter('dense.weight', [3.4e38]);
      }
    };
    await expect(run()).rejects.toMatchObject({ name: 'NonFiniteError' });
    expect(snapshot(model)[0]).toEqual([Math.fround(3.4e38)]);
  });
});
