// Batch normalisation: PyTorch's numbers, right gradients wherever it stands, running statistics and where they are kept, what is refused.
import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import {
  activation,
  backpropagate,
  batchNormalization,
  checkGradients,
  createModel,
  dense,
  deserialize,
  evaluate,
  features,
  fit,
  type GraphBatch,
  gru,
  last,
  type Model,
  type ModelDescription,
  serialize,
  sgd,
  tokens,
  train,
} from '../../src/index.ts';
import { loadStateDict, saveStateDict } from '../../src/interchange/pytorch/index.ts';
import { trainInWorker, workers } from '../../src/worker/index.ts';
import fixture from '../truth/fixtures/batch-normalization.json' with { type: 'json' };

const [T, B, I, H, O] = [6, 4, 2, 5, 3];
const reals = (count: number, k: number) => Float64Array.from({ length: count }, (_, i) => ((i * k) % 17) / 8 - 1);
const parameterOf = (model: Model, name: string) => model.parameters().find((one) => one.name === name)!.data;

/** The largest distance of two lists. */
const distance = (a: ArrayLike<number>, b: ArrayLike<number>) => {
  expect(a.length).toBe(b.length);
  return Math.max(...Array.from(a, (value, i) => Math.abs(value - b[i]!)));
};

describe.each(fixture.map((one) => [one.name, one] as const))('PyTorch: %s', (_, one) => {
  const { momentum, epsilon, lengths, parameters } = one;
  const build = async () => {
    const model = await createModel(
      [
        features(I),
        gru({ units: H, name: 'gru', ...(one.last && { returns: 'last' }) }),
        batchNormalization({ momentum, epsilon, name: 'norm' }),
        dense({ units: O, name: 'head' }),
      ],
      { dtype: 'f64' },
    );
    const given = parameters as Readonly<Record<string, readonly number[]>>;
    const [ih, hh] = [given['gru.bias_ih_l0']!, given['gru.bias_hh_l0']!];
    model.setParameter('gru.weight_ih_l0', given['gru.weight_ih_l0']!);
    model.setParameter('gru.weight_hh_l0', given['gru.weight_hh_l0']!);
    model.setParameter(
      'gru.bias_ih_l0',
      ih.map((value, i) => (i < 2 * H ? value + hh[i]! : value)),
    );
    model.setParameter('gru.bias_hn_l0', hh.slice(2 * H));
    for (const [name, data] of Object.entries(given)) if (!name.startsWith('gru')) model.setParameter(name, data);
    return model;
  };
  const batchOf = ({ inputs, targets }: (typeof one.batches)[number]): GraphBatch => {
    const data = { inputs: Float64Array.from(inputs), targets: Float64Array.from(targets) };
    return { steps: T, rows: B, ...data, ...(lengths && { lengths }) };
  };

  it('has its losses, gradients, running statistics and outputs to 1e-12', async () => {
    const model = await build();
    for (const expected of one.batches) {
      const batch = batchOf(expected);
      for (const { loss } of backpropagate(model, batch, { loss: 'mean-squared-error' })) {
        expect(Math.abs(loss - expected.loss)).toBeLessThan(1e-12);
      }
      const gradients = expected.gradients as Readonly<Record<string, readonly number[]>>;
      for (const { name, data } of model.gradients()) {
        if (name.includes('running')) expect([...data].every((value) => value === 0)).toBe(true);
        else if (name === 'gru.bias_hn_l0') {
          expect(distance(data, gradients['gru.bias_hh_l0']!.slice(2 * H)), name).toBeLessThan(1e-12);
        } else expect(distance(data, gradients[name]!), name).toBeLessThan(1e-12);
      }
      for (const name of ['running_mean', 'running_var'] as const) {
        expect(distance(parameterOf(model, `norm.${name}`), expected[name]), name).toBeLessThan(1e-12);
      }
    }
    const { targets: _, ...input } = batchOf(one.batches[1]!);
    expect(distance(model.forward(input).outputs, one.evaluated)).toBeLessThan(1e-12);
  });
});

describe('a state dict', () => {
  const [one] = fixture;
  const description: ModelDescription = [
    features(I),
    gru({ units: H, name: 'gru' }),
    batchNormalization({ name: 'norm' }),
    dense({ units: O, name: 'head' }),
  ];
  const input = { steps: T, rows: B, inputs: Float64Array.from(one!.batches[1]!.inputs) };

  it('of PyTorch has its statistics, which are written too', async () => {
    const model = await createModel(description, { dtype: 'f64' });
    loadStateDict(
      model,
      Uint8Array.from(atob(one!.file!), (letter) => letter.charCodeAt(0)),
    );
    expect(distance(model.forward(input).outputs, one!.evaluated)).toBeLessThan(1e-12);
    const { tensors } = decodeSafetensors(saveStateDict(model), 'file');
    expect(tensors.map(({ name }) => name)).toContain('norm.num_batches_tracked');
    const again = await createModel(description, { dtype: 'f64', seed: 5 });
    loadStateDict(again, saveStateDict(model));
    expect(again.parameters()).toEqual(model.parameters());
  });

  it('without the layer, or with one that the model has not, is refused', async () => {
    const without = await createModel([features(I), gru({ units: H }), dense({ units: O })], { dtype: 'f64' });
    const file = Uint8Array.from(atob(one!.file!), (letter) => letter.charCodeAt(0));
    expect(() => loadStateDict(without, file)).toThrow(/norm, a batch normalisation/);
    const model = await createModel(description, { dtype: 'f64' });
    expect(() => loadStateDict(model, saveStateDict(without))).toThrow(
      /expected tensors \*\.weight \[5\] of a batch normalisation for norm\.weight, \[3,5\] for head\.weight/,
    );
  });
});

describe('gradients', () => {
  const norm = batchNormalization();
  const stacks: Readonly<Record<string, readonly object[]>> = {
    'between layers': [gru({ units: 3 }), norm, gru({ units: 3 })],
    'on features': [norm, gru({ units: 3 })],
    'on one output a row': [gru({ units: 3 }), last(), norm],
    'before an activation, at the end': [
      gru({ units: 3 }),
      dense({ units: 3 }),
      norm,
      activation({ function: 'silu' }),
    ],
    twice: [norm, dense({ units: 4 }), norm, gru({ units: 3 })],
  };
  it.each(Object.entries(stacks))('%s', async (_, layers) => {
    const model = await createModel([features(2), ...layers, dense({ units: 2 })] as unknown as ModelDescription, {
      dtype: 'f64',
      seed: 3,
    });
    const row = layers.some((layer) => (layer as { kind: string }).kind === 'last');
    const data = { steps: 6, rows: 3, inputs: reals(36, 7), targets: reals(row ? 6 : 36, 5) };
    const before = model.parameters();
    const cases = [
      {},
      { lengths: [6, 2, 5] },
      ...(row ? [] : [{ mask: Uint8Array.from({ length: 18 }, (_, i) => +(i > 7)) }]),
    ];
    for (const more of cases) {
      for (const truncation of [undefined, { k1: 2, k2: 2 }]) {
        const options = { loss: 'mean-squared-error', ...(truncation && { truncation }) } as const;
        for (const { name, relativeError, absoluteError } of checkGradients(model, { ...data, ...more }, options)) {
          // A bias in front of it has no gradient: what is left there is rounding.
          expect(absoluteError < 1e-9 ? 0 : relativeError, name).toBeLessThan(1e-6);
        }
      }
    }
    expect(model.parameters()).toEqual(before);
  });

  it('reach an input that another layer reads too', async () => {
    const model = await createModel(
      [
        features(2),
        dense({ units: 3, name: 'x' }),
        batchNormalization({ name: 'n' }),
        gru({ units: 3, from: 'x', name: 'g' }),
        dense({ units: 2, from: 'n', name: 'a' }),
        dense({ units: 2, from: 'g', name: 'b' }),
      ],
      { dtype: 'f64' },
    );
    const batch = { steps: 4, rows: 2, inputs: reals(16, 7), targets: { a: reals(16, 3), b: reals(16, 5) } };
    for (const { name, relativeError } of checkGradients(model, batch, {
      loss: { a: 'mean-squared-error', b: 'mean-squared-error' },
    })) {
      expect(relativeError, name).toBeLessThan(1e-7);
    }
  });
});

const stack: ModelDescription = [features(2), gru({ units: 5 }), batchNormalization(), dense({ units: 2 })];
const batch = { steps: 6, rows: 4, inputs: Float32Array.from(reals(48, 7)), targets: Float32Array.from(reals(48, 5)) };
const options = { data: [batch], loss: 'mean-squared-error', optimizer: sgd({ learningRate: 0.1 }) } as const;

describe('running statistics', () => {
  it('are no part of what is learned, and stay in files', async () => {
    const model = await createModel(stack);
    expect(model.parameters().map(({ name }) => name)).toContain('norm.running_var');
    expect(model.parameterCount).toBe(3 * (10 + 25 + 5) + 15 - 15 + 5 + 5 + 5 + 12);
    await fit(model, {
      ...options,
      steps: 5,
      optimizer: sgd({ learningRate: 0.1 }),
      regularization: { l2: 0.1, biases: true },
    });
    expect([...parameterOf(model, 'norm.running_mean')].some((value) => value !== 0)).toBe(true);
    const { model: read } = await deserialize(serialize(model));
    expect(read.parameters()).toEqual(model.parameters());
    expect(read.forward({ ...batch }).outputs).toEqual(model.forward({ ...batch }).outputs);
    expect(model.clone().parameters()).toEqual(model.parameters());
  });

  it('do not change where nothing is learned', async () => {
    const model = await createModel(stack);
    const before = model.parameters();
    evaluate(model, batch, { loss: 'mean-squared-error' });
    model.forward({ steps: 6, rows: 4, inputs: batch.inputs });
    expect(model.parameters()).toEqual(before);
  });

  it('stay, and normalise, where both parameters are frozen', async () => {
    const model = await createModel(stack);
    const statistics = () => ['norm.running_mean', 'norm.running_var'].map((name) => [...parameterOf(model, name)]);
    await fit(model, { ...options, steps: 3 });
    const before = statistics();
    await fit(model, { ...options, steps: 3, groups: [{ match: ['norm.weight', 'norm.bias'], frozen: true }] });
    expect(statistics()).toEqual(before);
    await fit(model, { ...options, steps: 3, groups: [{ match: 'norm.weight', frozen: true }] });
    expect(statistics()).not.toEqual(before);
  });

  it('are in checkpoints: a training that is resumed has the bits of one that never stopped', async () => {
    const whole = await createModel(stack);
    let left: Uint8Array | undefined;
    for await (const event of train(whole, {
      ...options,
      steps: 6,
      checkpoint: { every: 3 },
      average: { decay: 0.9 },
    })) {
      if (event.type === 'checkpoint' && event.step === 3) left = event.bytes;
    }
    const resumed = await createModel(stack, { seed: 9 });
    for await (const _ of train(resumed, { ...options, steps: 6, resume: left!, average: { decay: 0.9 } }));
    expect(resumed.parameters()).toEqual(whole.parameters());
  });

  it('come back from a worker', async () => {
    const [here, there] = [await createModel(stack), await createModel(stack)];
    await fit(here, { ...options, steps: 4 });
    await fit(there, { ...options, steps: 4, trainer: trainInWorker });
    expect(there.parameters()).toEqual(here.parameters());
  });
});

describe('what is refused', () => {
  const fails = (more: object) => {
    const attempt = (async () => {
      const model = await createModel(stack);
      await fit(model, { ...options, steps: 1, ...more });
    })();
    return expect(attempt).rejects;
  };
  it('is said with the layer', async () => {
    const layer = 'model\\[2\\] \\(batchNormalization\\), whose mean and variance are of all steps of a batch at once';
    await fails({ truncation: { k1: 2, k2: 3 } }).toThrow(
      new RegExp(`truncation: expected k1 = k2 with ${layer} or window, got k1 2 and k2 3`),
    );
    await fails({ memoryBudget: 1e6 }).toThrow(new RegExp(`memoryBudget: expected none with ${layer}`));
    await fails({ parallel: workers({ blocks: 2, count: 1 }) }).toThrow(
      new RegExp(`workers: expected a model without ${layer}`),
    );
    await fails({ data: [{ steps: 1, rows: 1, inputs: reals(2, 3), targets: reals(2, 3) }] }).toThrow(
      /model\[2\] \(batchNormalization\): expected two steps of all rows together at least, of which there is a variance, got 1/,
    );
    await expect(createModel([tokens(3), batchNormalization()])).rejects.toThrow(
      /^model\[1\]: expected features as input, got 3 tokens/,
    );
    expect(() => batchNormalization({ momentum: 2 })).toThrow(/^batchNormalization\.momentum: expected/);
    expect(() => batchNormalization({ epsilon: 0 })).toThrow(/^batchNormalization\.epsilon: expected/);
    expect(() => batchNormalization({ gain: 1 } as never)).toThrow(/gain/);
    const plain = { kind: 'batchNormalization', momentum: 2 } as const;
    await expect(createModel([features(3), plain])).rejects.toThrow(/^model\[1\]\.momentum: expected/);
  });

  it('is a variance below 0', async () => {
    const model = await createModel(stack);
    expect(() => model.setParameter('norm.running_var', [1, 1, -1, 1, 1])).toThrow(
      /^setParameter\(norm\.running_var\)\[2\]: expected a number from 0 to Infinity, got -1/,
    );
  });

  it('is a batch whose variance is beyond f32, and nothing changes', async () => {
    const model = await createModel(stack);
    await fit(model, { ...options, steps: 1 });
    const before = model.parameters();
    const inputs = Float32Array.from({ length: 48 }, (_, i) => (i % 2 === 0 ? 3e38 : -3e38));
    const wild = await createModel([features(2), batchNormalization(), dense({ units: 2 })]);
    await expect(fit(wild, { ...options, data: [{ ...batch, inputs }], steps: 1 })).rejects.toMatchObject({
      code: 'non-finite',
    });
    expect([...parameterOf(wild, 'norm.running_var')]).toEqual([1, 1]);
    expect(model.parameters()).toEqual(before);
  });
});
