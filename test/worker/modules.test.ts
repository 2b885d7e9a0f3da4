// Users' own layers and losses in threads, from modules that export them.
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import {
  createModel,
  dense,
  elman,
  features,
  type ModelDescription,
  NonFiniteError,
  type OwnDescription,
  sgd,
  type TrainOptions,
  train,
} from '../../src/index.ts';
import type { LossOption } from '../../src/loss/output-losses.ts';
import { trainInWorker, workers } from '../../src/worker/index.ts';
import { collectGarbage } from '../support/garbage.ts';
import { run } from '../support/trainings.ts';

beforeEach(collectGarbage);

/** As a user's module: it imports the package that was built, a copy of its own. */
const source = `
import { defineLayer, defineLoss } from '${new URL('../../build/own.js', import.meta.url).href}';

export const scaled = defineLayer({
  kind: 'scaled',
  options: { by: 2, spoils: false },
  parameters: ([size]) => ({ shift: { shape: [size] } }),
  forward({ rows, size, ld, x: [x], y, parameters: { shift }, options: { by, spoils } }) {
    for (let r = 0; r < rows; r++) for (let j = 0, i = r * ld(size); j < size; j++, i++) y[i] = by * x[i] + shift[j];
    if (spoils) throw new RangeError('spoilt');
  },
  backward({ rows, size, ld, dy, dx: [dx], gradients: { shift }, options: { by } }) {
    for (let r = rows - 1; r >= 0; r--) {
      for (let j = 0, i = r * ld(size); j < size; j++, i++) {
        dx[i] = by * dy[i];
        shift[j] += dy[i];
      }
    }
  },
});

export const squares = defineLoss({
  name: 'squares',
  targets: 'reals',
  loss({ y, target, dy }) {
    let sum = 0;
    for (let j = 0; j < y.length; j++) {
      dy[j] = 2 * (y[j] - target[j]);
      sum += (y[j] - target[j]) ** 2;
    }
    return sum;
  },
});
`;
const url = `data:text/javascript,${encodeURIComponent(source)}`;
const modules = [url];

let own: { readonly scaled: (options?: object) => OwnDescription; readonly squares: LossOption };
beforeAll(async () => {
  own = await import(/* @vite-ignore */ url);
});

const describeModel = (options?: object): ModelDescription => [
  features(2),
  elman({ units: 4 }),
  own.scaled(options),
  dense({ units: 3 }),
];
const create = (options?: object) => createModel(describeModel(options), { seed: 2 });
const optionsOf = (loss: LossOption = own.squares): Omit<TrainOptions, 'checkpoint' | 'resume' | 'signal'> => {
  const numbers = (count: number, k: number) => Float32Array.from({ length: count }, (_, i) => ((i * k) % 7) / 5);
  const batch = { steps: 5, rows: 4, inputs: numbers(5 * 4 * 2, 3), targets: numbers(5 * 4 * 3, 5) };
  return { data: [batch], loss, optimizer: sgd({ learningRate: 0.05 }), epochs: 3 };
};

describe('own layers and losses in threads', () => {
  it('have the bits of training here, in a worker', async () => {
    const here = await run(await create(), optionsOf());
    const there = await run(await create(), optionsOf(), (model, options) =>
      trainInWorker(model, { ...options, modules }),
    );
    expect(there).toEqual(here);
  });

  it('have the same bits for any number of threads', async () => {
    const of = async (count: number) =>
      (await run(await create(), { ...optionsOf(), parallel: workers({ blocks: 2, count, modules }) })).parameters;
    expect(await of(2)).toEqual(await of(1));
  });

  it('are refused before anything is sent where there is no module', async () => {
    const model = await create();
    expect(() => trainInWorker(model, optionsOf('mean-squared-error'))).toThrow(
      'trainInWorker.modules: expected the URL of a module that exports the layer scaled, which a thread cannot be sent, got none',
    );
    const plain = await createModel([features(2), dense({ units: 3 })]);
    expect(() => trainInWorker(plain, optionsOf())).toThrow(
      /^trainInWorker\.modules: expected the URL of a module that exports the loss squares/,
    );
    expect(() => train(model, { ...optionsOf(), parallel: workers({ count: 1 }) })).toThrow(
      /^workers\.modules: .* exports the layer scaled/,
    );
  });

  it('are refused where the module has none of them, cannot be loaded or is no URL', async () => {
    const from = async (module: string) =>
      run(await create(), optionsOf(), (model, options) => trainInWorker(model, { ...options, modules: [module] }));
    await expect(from('data:text/javascript,export const scaled = 1')).rejects.toMatchObject({
      code: 'invalid-argument',
      message: expect.stringMatching(/^worker\.modules: expected .* exports the layer scaled/),
    });
    await expect(from('data:text/javascript,throw 7')).rejects.toMatchObject({
      code: 'worker-failed',
      message: expect.stringMatching(/^modules: expected to load data:.*, got 7$/),
    });
    await expect(from('./own.js')).rejects.toThrow(
      /^trainInWorker\.modules\[0\]: expected the URL of a module, .*"\.\/own\.js"$/,
    );
  });

  it('throw there as here', async () => {
    const spoilt = run(await create({ spoils: true }), optionsOf(), (model, options) =>
      trainInWorker(model, { ...options, modules }),
    );
    await expect(spoilt).rejects.toMatchObject({
      code: 'invalid-argument',
      message: 'model[2] (own:scaled).forward: expected it to return, got RangeError: spoilt',
    });
    const wide = run(await create({ by: 1e38 }), optionsOf(), (model, options) =>
      trainInWorker(model, { ...options, modules }),
    );
    await expect(wide).rejects.toBeInstanceOf(NonFiniteError);
  });
});
