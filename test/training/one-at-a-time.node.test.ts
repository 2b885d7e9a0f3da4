// One training of a model at a time, copies to train besides, and what becomes of iterators that nobody reads.
import { setTimeout } from 'node:timers/promises';
import v8 from 'node:v8';
import vm from 'node:vm';
import { describe, expect, it } from 'vitest';
import {
  adam,
  backpropagate,
  createModel,
  dense,
  elman,
  fit,
  generate,
  learningRateRange,
  lstm,
  type Model,
  tokens,
  train,
} from '../../src/index.ts';
import { trainInWorker } from '../../src/worker/index.ts';

const create = () => createModel([tokens(5), lstm({ units: 4 }), dense({ units: 5 })], { seed: 1 });
const ids = Int32Array.from({ length: 64 }, (_, i) => (i * 7 + (i >> 2)) % 5);
const batch = { steps: 8, rows: 2, inputs: ids.slice(0, 16), targets: ids.slice(1, 17) };
const options = { data: [batch], loss: 'cross-entropy', optimizer: adam(), steps: 4 } as const;
const values = (model: Model) => model.parameters().map(({ data }) => [...data]);

describe('a second training of a model', () => {
  it('is refused while the first goes on, whoever asks, and the first is as if it had not been asked for', async () => {
    const [model, alone] = [await create(), await create()];
    await fit(alone, options);
    const first = train(model, options);
    await first.next();
    const others: Readonly<Record<string, () => Promise<unknown>>> = {
      train: async () => train(model, options).next(),
      fit: () => fit(model, options),
      learningRateRange: () => learningRateRange(model, { data: [batch], loss: 'cross-entropy', optimizer: adam() }),
      trainInWorker: async () => trainInWorker(model, options).next(),
    };
    for (const [name, run] of Object.entries(others)) {
      await expect(run(), name).rejects.toMatchObject({ name: 'BpttError', code: 'being-trained' });
      await expect(run(), name).rejects.toThrow(/await its return\(\).* garbage-collected.*model\.clone\(\)/);
    }
    for await (const _ of first);
    expect(values(model)).toEqual(values(alone));
  });

  it('is refused when both begin at once', async () => {
    const model = await create();
    const [first, second] = await Promise.allSettled([fit(model, options), fit(model, options)]);
    expect(first.status).toBe('fulfilled');
    expect(second).toMatchObject({ status: 'rejected', reason: { code: 'being-trained' } });
    const [one, other] = [train(model, options), train(model, options)];
    await one.next();
    await expect(other.next()).rejects.toMatchObject({ code: 'being-trained' });
    await one.return();
  });

  it('may begin when the first has ended, was left, has failed or never began', async () => {
    const model = await create();
    train(model, options);
    await fit(model, options);
    for await (const _ of train(model, options)) break;
    await train(model, options).return();
    const wrong = { ...options, data: [{ ...batch, inputs: ids.slice(0, 3) }] };
    await expect(fit(model, wrong)).rejects.toThrow('batch.inputs');
    expect((await fit(model, options)).step).toBe(4);
  });

  it('leaves frozen what the first has frozen, also where it is refused', async () => {
    const model = await create();
    const first = train(model, { ...options, groups: [{ match: 'dense.*', frozen: true }] });
    const before = values(model);
    await first.next();
    await expect(fit(model, options)).rejects.toMatchObject({ code: 'being-trained' });
    for await (const _ of first);
    const names = model.parameters().map(({ name }) => name);
    for (const [index, name] of names.entries()) {
      if (name.startsWith('dense')) expect(values(model)[index]).toEqual(before[index]);
      else expect(values(model)[index]).not.toEqual(before[index]);
    }
  });
});

describe('clone', () => {
  it('is the same model, which learns on its own, at the same time', async () => {
    for (const dtype of ['f32', 'f64'] as const) {
      const model = await createModel([tokens(5), elman({ units: 4 }), dense({ units: 5 })], { seed: 3, dtype });
      const copy = model.clone();
      expect(copy.parameters()).toEqual(model.parameters());
      expect(copy.description).toEqual(model.description);
      expect(copy.dtype).toBe(dtype);
      const before = values(model);
      await fit(copy, options);
      expect(values(model)).toEqual(before);
      const second = model.clone();
      await Promise.all([fit(model, options), fit(second, options)]);
      expect(values(model)).toEqual(values(copy));
      expect(values(second)).toEqual(values(copy));
    }
  });
});

describe('an iterator that is dropped', () => {
  v8.setFlagsFromString('--expose-gc');
  const gc = vm.runInNewContext('gc') as () => void;
  /** Runs the callbacks of what was collected. */
  const collect = async () => {
    for (let i = 0; i < 3; i++) {
      gc();
      await setTimeout(1);
    }
  };

  it('and was never asked for anything takes no memory', async () => {
    const model = await create();
    train(model, options);
    generate(model, { prompt: [1], length: 3 });
    backpropagate(model, batch, { loss: 'cross-entropy' });
    const before = model.memoryBytes;
    for (let i = 0; i < 2000; i++) {
      train(model, options);
      generate(model, { prompt: [1], length: 3 });
    }
    expect(model.memoryBytes).toBe(before);
  });

  it.each<[string, (model: Model) => unknown]>([
    ['train', (model) => train(model, options).next()],
    ['generate', (model) => generate(model, { prompt: [1], length: 3 }).next()],
    ['backpropagate', (model) => backpropagate(model, batch, { loss: 'cross-entropy' }).next()],
  ])('%s gives its memory back when it is collected, and the model may be trained again', async (_, drop) => {
    const model = await create();
    await drop(model);
    await collect();
    const before = model.memoryBytes;
    for (let i = 0; i < 60; i++) {
      await drop(model);
      await collect();
    }
    expect(model.memoryBytes).toBe(before);
    expect((await fit(model, options)).step).toBe(4);
  });
});
