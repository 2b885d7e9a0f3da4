// Checkpoints that somebody has changed and given a right checksum again: what they say is checked like any input.
import { beforeAll, describe, expect, it } from 'vitest';
import { checksum } from '../../src/base/crc32.ts';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { encodeSafetensors, partsOfSafetensors, type TensorData } from '../../src/formats/safetensors.ts';
import { adam, BpttError, createModel, fit, gru, type TrainOptions, textStream, train } from '../../src/index.ts';
import { CHECKSUM, TRAINING } from '../../src/model/model-file-names.ts';
import { characters } from '../support/trainings.ts';

const data = textStream(
  Int32Array.from({ length: 121 }, (_, i) => (i * i + (i >> 2)) % 5),
  { batch: 3 },
);
const options: TrainOptions = {
  data,
  validation: data,
  validateEvery: 4,
  loss: 'cross-entropy',
  truncation: { k1: 3, k2: 7, losses: 'window', activations: 'recomputed' },
  optimizer: adam({
    learningRate: { kind: 'plateau', from: 0.01, factor: 0.5, patience: 1, threshold: 0, cooldown: 0, min: 0 },
  }),
  accumulate: 3,
  average: { decay: 0.9 },
  earlyStopping: { patience: 50 },
  steps: 12,
};
const create = () => createModel(characters(gru({ units: 4 })), { seed: 1 });

let bytes: Uint8Array;
beforeAll(async () => {
  for await (const event of train(await create(), { ...options, steps: 6, checkpoint: { every: 5 } })) {
    if (event.type === 'checkpoint' && event.step === 5) bytes = event.bytes;
  }
});

type Values = Record<string, unknown>;

/** The checkpoint with other content. */
function crafted(change: (values: Values, tensors: ReadonlyMap<string, TensorData>) => void): Uint8Array {
  const { tensors, metadata } = decodeSafetensors(bytes);
  const { [CHECKSUM]: _, ...own }: Record<string, string> = metadata;
  const values = JSON.parse(own[TRAINING]!) as Values;
  change(values, new Map(tensors.map(({ name, data }) => [name, data])));
  own[TRAINING] = JSON.stringify(values);
  return encodeSafetensors(tensors, { ...own, [CHECKSUM]: checksum(...partsOfSafetensors(tensors, own)) });
}
const resume = async (changed: Uint8Array) => fit(await create(), { ...options, resume: changed });

it('that says the same is taken', async () => {
  expect((await resume(crafted(() => {}))).step).toBe(12);
});

describe('is refused', () => {
  it.each<[string, unknown, RegExp]>([
    ['accumulation.count', 3, /accumulation\.count: expected a whole number, at least 0 and at most 2, got 3/],
    [
      'bptt.window.steps',
      1e15,
      /window\.steps: expected a whole number, at least 0 and at most 7, got 1000000000000000/,
    ],
    ['step', 1e15, /update\.step: expected 1000000000000000, as there are updates, got 5/],
    ['update.step', 6, /update\.step: expected 5, as there are updates, got 6/],
    ['update.optimizer.step', 1e15, /update\.optimizer\.step: expected 5, as there are updates/],
    ['validated', 6, /validated: expected a whole number, at least 0 and at most 5, got 6/],
    ['update.optimizer.powers', [2, 0.5], /powers: expected two numbers from 0 to 1/],
    ['update.optimizer.powers', [-1, 0.5], /powers: expected two numbers from 0 to 1/],
  ])('with %s of %s', async (name, value, message) => {
    const attempt = resume(
      crafted((values) => {
        expect(Object.keys(values)).toContain(name);
        values[name] = value;
      }),
    );
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ name: 'BpttError', code: 'bad-file' });
  });

  it.each([5, -1, 2 ** 31 - 1, -(2 ** 31)])(
    'with a token or a class of %s among the steps that are gone back through',
    async (token) => {
      let places = 0;
      for (const at of [0, 7]) {
        const names: string[] = [];
        crafted((_, tensors) =>
          names.push(
            ...[...tensors].flatMap(([name, data]) =>
              data instanceof Int32Array && !name.endsWith('weights') ? name : [],
            ),
          ),
        );
        for (const name of names) {
          const attempt = resume(
            crafted((_, tensors) => {
              tensors.get(name)![at] = token;
            }),
          );
          await expect(attempt, name).rejects.toThrow(
            new RegExp(`\\[${at}\\]: expected a whole number from 0 to 4, got ${token}`),
          );
          places++;
        }
      }
      expect(places).toBe(4); // what is read, and what it is compared with
    },
  );

  it('with flags that are none', async () => {
    let places = 0;
    const names: string[] = [];
    crafted((_, tensors) =>
      names.push(...[...tensors].flatMap(([name, data]) => (data instanceof Uint8Array ? name : []))),
    );
    for (const name of names) {
      const attempt = resume(
        crafted((_, tensors) => {
          tensors.get(name)![1] = 2;
        }),
      );
      await expect(attempt, name).rejects.toThrow('[1]: expected a whole number from 0 to 1, got 2');
      places++;
    }
    expect(places).toBeGreaterThanOrEqual(3);
  });
});

it('whatever one value is: it is refused by an error of this package, or the training comes to its end', async () => {
  const names: string[] = [];
  crafted((values) => names.push(...Object.keys(values)));
  for (const name of names) {
    for (const value of [-1, 0.5, 1e15, 2 ** 53, null, '1', [], {}, [1, 2], true]) {
      await resume(
        crafted((values) => {
          values[name] = value;
        }),
      ).catch((error) => {
        if (!(error instanceof BpttError)) throw new Error(`${name} = ${JSON.stringify(value)}: ${error.stack}`);
      });
    }
  }
});
