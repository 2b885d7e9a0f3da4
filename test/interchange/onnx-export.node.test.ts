// ONNX: onnxruntime computes what `forward` does, of every layer there is.
import { describe, expect, it } from 'vitest';
import {
  type Activation,
  activityRegularization,
  bidirectional,
  createModel,
  dense,
  dropout,
  elman,
  embedding,
  features,
  type GateActivation,
  gru,
  indrnn,
  type LayerDescription,
  lstm,
  type Model,
  type ModelDescription,
  normal,
  type RecurrentOptions,
  residual,
  tokens,
} from '../../src/index.ts';
import { type ExportOptions, exportOnnx, importOnnx } from '../../src/interchange/onnx/index.ts';
import { numbers } from '../support/models.ts';
import { runOnnx, type Shaped } from '../support/onnx.ts';

const TOLERANCE = 1e-5;
const noise = normal({ deviation: 0.4 });
const head = { biasInitializer: noise };
const random = { biasInitializer: noise, inputInitializer: noise, recurrentInitializer: noise };

type More = Partial<RecurrentOptions>;
const activations: readonly Activation[] = ['tanh', 'relu', 'identity', 'softsign'];
const gateActivations: readonly GateActivation[] = ['sigmoid', 'hard-sigmoid'];
const usual = {
  elman: (units: number, more: More = {}) => elman({ units, ...random, ...more }),
  lstm: (units: number, more: More = {}) => lstm({ units, ...random, ...more }),
  gru: (units: number, more: More = {}) => gru({ units, ...random, ...more }),
};
const variants = {
  ...usual,
  'lstm with peepholes': (units: number, more: More = {}) => lstm({ units, peepholes: true, ...random, ...more }),
  'gru, reset before': (units: number, more: More = {}) => gru({ units, reset: 'before', ...random, ...more }),
};
/** What is a Scan. */
const composed = {
  indrnn: (units: number, more: More = {}) => indrnn({ units, ...random, ...more }),
  'indrnn tanh with zoneout': (units: number, more: More = {}) =>
    indrnn({ units, activation: 'tanh', zoneout: { hidden: 0.3 }, ...random, ...more }),
  'elman, normalised': (units: number, more: More = {}) => elman({ units, layerNorm: true, ...random, ...more }),
  'lstm, normalised': (units: number, more: More = {}) => lstm({ units, layerNorm: true, ...random, ...more }),
  'gru, normalised': (units: number, more: More = {}) => gru({ units, layerNorm: true, ...random, ...more }),
  'gru, reset before, normalised': (units: number, more: More = {}) =>
    gru({ units, reset: 'before', layerNorm: true, ...random, ...more }),
  'elman with zoneout': (units: number, more: More = {}) =>
    elman({ units, zoneout: { hidden: 0.3 }, activation: 'softsign', ...random, ...more }),
  'lstm with zoneout and peepholes': (units: number, more: More = {}) =>
    lstm({ units, zoneout: { hidden: 0.1, cell: 0.4 }, peepholes: true, ...random, ...more }),
  'gru with zoneout, hard sigmoid': (units: number, more: More = {}) =>
    gru({ units, zoneout: { hidden: 0.25 }, gateActivation: 'hard-sigmoid', ...random, ...more }),
  'gru, reset before, with zoneout': (units: number, more: More = {}) =>
    gru({ units, reset: 'before', zoneout: { hidden: 0.25 }, ...random, ...more }),
};
const all = { ...variants, ...composed };
const names = Object.keys(all) as (keyof typeof all)[];

const FEATURES = 3;
const VOCABULARY = 6;

/** A model none of whose parameters is zero. */
async function modelOf(description: ModelDescription, options = {}): Promise<Model> {
  const model = await createModel(description, { seed: 3, ...options });
  for (const { name, data } of model.parameters()) {
    if (!/peephole|bias_hn|gain|bias_c|dense.*bias/.test(name)) continue;
    model.setParameter(
      name,
      data.map((_, i) => 0.7 - 0.17 * (i % 5)),
    );
  }
  return model;
}

const featuresModel = (...layers: LayerDescription[]) => modelOf([features(FEATURES), ...layers]);

function inputsOf(model: Model, T: number, B: number, seed: number): Int32Array | Float32Array {
  const next = numbers(seed);
  const { kind, size } = model.description[0];
  if (kind === 'tokens') return Int32Array.from({ length: T * B }, () => Math.floor(next() * size));
  return Float32Array.from({ length: T * B * size }, () => 2 * next() - 1);
}

/** Of rows that end one after the other, down to one step. */
const lengthsOf = (T: number, B: number) => Int32Array.from({ length: B }, (_, row) => Math.max(1, T - 2 * row));

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>): void {
  expect(actual.length).toBe(expected.length);
  let worst = 0;
  for (let i = 0; i < expected.length; i++) {
    const difference = Math.abs(actual[i]! - expected[i]!);
    worst = Math.max(worst, Number.isNaN(difference) ? Number.POSITIVE_INFINITY : difference);
  }
  expect(worst).toBeLessThan(TOLERANCE);
}

/** Runs a model here and in onnxruntime; expects the same outputs. */
async function expectEqual(
  model: Model,
  sizes: readonly (readonly [T: number, B: number])[],
  options: ExportOptions = {},
) {
  const bytes = exportOnnx(model, options);
  for (const [T, B] of sizes) {
    const inputs = inputsOf(model, T, B, 7 * T + B);
    const lengths = options.lengths ? lengthsOf(T, B) : undefined;
    const { outputs } = model.forward({ steps: T, rows: B, inputs, ...(lengths && { lengths }) });
    const { kind, size } = model.description[0];
    const feeds: Record<string, Shaped> = { input: { data: inputs, dims: kind === 'tokens' ? [T, B] : [T, B, size] } };
    if (lengths !== undefined) feeds.lengths = { data: lengths, dims: [B] };
    const { output } = await runOnnx(bytes, feeds);
    const O = output!.dims.at(-1)!;
    const row = model.network.graph.outputs[0]!.clock.kind === 'row';
    expect(output!.dims).toEqual([...(row ? [] : [outputs.length / B / O]), B, O]);
    expectClose(output!.data, outputs);
  }
}

const SIZES = [
  [5, 3],
  [1, 1],
  [9, 2],
] as const;

describe('onnxruntime gives the outputs of forward to 1e-5', () => {
  describe.each(names)('%s', (name) => {
    const cell = all[name];

    it.each([1, 2, 3])('%i deep, without and with lengths', async (depth) => {
      const layers = Array.from({ length: depth }, (_, i) => cell(5 - i));
      const model = await featuresModel(...layers, dense({ units: 4 }));
      await expectEqual(model, SIZES);
      await expectEqual(model, SIZES, { lengths: true });
    });

    it.each(['concat', 'sum', 'average', 'multiply'] as const)(
      'in both directions, %s, up to 3 deep, without and with lengths',
      async (merge) => {
        for (const depth of [1, 2, 3]) {
          const layers = Array.from({ length: depth }, (_, i) => bidirectional(cell(4 + i), { merge }));
          const model = await featuresModel(...layers, dense({ units: 3 }));
          await expectEqual(model, SIZES);
          await expectEqual(model, SIZES, { lengths: true });
        }
      },
    );

    it('with the last output alone', async () => {
      for (const layer of [
        cell(4, { returns: 'last' }),
        bidirectional(cell(3), { returns: 'last' }),
        bidirectional(cell(3), { returns: 'last', merge: 'sum' }),
      ]) {
        const model = await featuresModel(cell(5), layer, dense({ units: 2 }));
        await expectEqual(model, SIZES);
        await expectEqual(model, SIZES, { lengths: true });
        await expectEqual(await featuresModel(layer), SIZES, { lengths: true });
      }
    });

    it('over tokens, embeddings and residual connections', async () => {
      await expectEqual(await modelOf([tokens(VOCABULARY), cell(4), residual(cell(4))]), SIZES, { lengths: true });
      const both = residual(bidirectional(cell(2)));
      await expectEqual(
        await modelOf([tokens(VOCABULARY), embedding({ units: 4 }), both, dropout({ rate: 0.5 })]),
        SIZES,
      );
      await expectEqual(await modelOf([tokens(VOCABULARY), bidirectional(cell(4)), dense({ units: 3 })]), SIZES);
    });
  });

  it('with all activations', async () => {
    for (const activation of activations) {
      await expectEqual(await featuresModel(elman({ units: 4, activation, ...random })), SIZES);
      await expectEqual(await featuresModel(bidirectional(elman({ units: 4, activation, ...random }))), SIZES);
      for (const gateActivation of gateActivations) {
        const options = { units: 4, activation, gateActivation, ...random };
        for (const layer of [lstm(options), gru(options), gru({ ...options, reset: 'before' })]) {
          await expectEqual(await featuresModel(layer), SIZES);
          await expectEqual(await featuresModel(bidirectional(layer)), SIZES, { lengths: true });
        }
      }
    }
  });

  it('with tied weights', async () => {
    const table = { units: 5, initializer: noise };
    const stacks: readonly ModelDescription[] = [
      [
        tokens(VOCABULARY),
        embedding(table),
        lstm({ units: 5, ...random }),
        dense({ units: VOCABULARY, tied: 'embedding.weight' }),
      ],
      [features(FEATURES), dense({ units: 3 }), dense({ units: 3, tied: 'dense.weight' })],
      [tokens(VOCABULARY), dense({ units: VOCABULARY }), dense({ units: VOCABULARY, tied: 'dense.weight' })],
    ];
    for (const description of stacks) {
      const model = await modelOf(description);
      await expectEqual(model, [[5, 2]]);
      const again = (await importOnnx(exportOnnx(model))).model;
      expect(again.parameters()).toEqual(model.parameters());
    }
    const other = await modelOf([features(5), elman({ units: 5 }), dense({ units: 5, tied: 'rnn.weight_ih_l0' })]);
    expect(() => exportOnnx(other)).toThrow(/got model\[2\] tied to rnn\.weight_ih_l0, which lies in a recurrent node/);
  });

  it('with the probabilities of softmax and sigmoid', async () => {
    const model = await featuresModel(gru({ units: 4, ...random }), dense({ units: 3, ...head }));
    const inputs = inputsOf(model, 4, 2, 1);
    const logits = model.forward({ steps: 4, rows: 2, inputs }).outputs;
    const feeds = { input: { data: inputs, dims: [4, 2, FEATURES] } };
    const { output: soft } = await runOnnx(exportOnnx(model, { output: 'softmax' }), feeds);
    const { output: sigmoids } = await runOnnx(exportOnnx(model, { output: 'sigmoid' }), feeds);
    const rows = Array.from({ length: 8 }, (_, row) => Array.from(logits.slice(3 * row, 3 * row + 3), Math.exp));
    expectClose(
      soft!.data,
      rows.flatMap((row) => row.map((value) => value / row.reduce((a, b) => a + b, 0))),
    );
    expectClose(
      sigmoids!.data,
      Array.from(logits, (value) => 1 / (1 + Math.exp(-value))),
    );
  });

  it('without what is on in training only', async () => {
    const options = { recurrentDropout: 0.5, weightDropout: 0.5, ...random };
    const layers = [
      elman({ units: 4, vanishingRegularization: 1, ...options }),
      activityRegularization({ activation: 2, temporal: 1 }),
      dropout({ rate: 0.5, variational: true }),
      lstm({ units: 4, ...options }),
      dropout({ rate: 0.5 }),
    ];
    const model = await featuresModel(...layers);
    await expectEqual(model, SIZES, { lengths: true });
    const bytes = exportOnnx(model, { lengths: true });
    expect((await importOnnx(bytes)).model.description).toEqual(model.description);
  });

  it('of an f64 model, in f32', async () => {
    await expectEqual(await modelOf([features(FEATURES), lstm({ units: 4, ...random })], { dtype: 'f64' }), SIZES);
  });

  it('without recurrent layers', async () => {
    await expectEqual(await modelOf([tokens(VOCABULARY), dense({ units: 4 }), dense({ units: 2 })]), SIZES);
    await expectEqual(await modelOf([tokens(VOCABULARY), embedding({ units: 4 })]), SIZES, { lengths: true });
  });
});

describe('states', () => {
  it.each(names)('of %s go in and out, with lengths and step by step', async (name) => {
    const model = await modelOf([
      tokens(VOCABULARY),
      all[name](4),
      residual(all[name](4)),
      dense({ units: VOCABULARY }),
    ]);
    const inputs = inputsOf(model, 5, 3, 2);
    const [first, second] = [inputs.subarray(0, 6) as Int32Array, inputs.subarray(6) as Int32Array];
    const stateNames = model.description
      .slice(1, 3)
      .flatMap((_, layer) => (name.startsWith('lstm') ? ['h', 'c'] : ['h']).map((state) => `${state}_l${layer}`));
    const feeds = (data: Int32Array, steps: number, layers: readonly { readonly length: number }[]) => ({
      input: { data, dims: [steps, 3] },
      ...Object.fromEntries(
        stateNames.map((state, index) => [
          `initial_${state}`,
          { data: Float32Array.from(layers[index] as ArrayLike<number>), dims: [3, 4] },
        ]),
      ),
    });
    const zero = model.zeroState(3).layers;
    const bytes = exportOnnx(model, { states: true });
    const whole = model.forward({ steps: 5, rows: 3, inputs });
    const begun = await runOnnx(bytes, feeds(first, 2, zero));
    const between = stateNames.map((state) => Float32Array.from(begun[`final_${state}`]!.data));
    const ended = await runOnnx(bytes, feeds(second, 3, between));
    expectClose([...begun.output!.data, ...ended.output!.data], whole.outputs);
    for (const [index, state] of stateNames.entries()) {
      expect(ended[`final_${state}`]!.dims).toEqual([3, 4]);
      expectClose(ended[`final_${state}`]!.data, whole.state.layers[index]!);
    }

    const lengths = lengthsOf(5, 3);
    const padded = model.forward({ steps: 5, rows: 3, inputs, lengths }, { rows: 3, layers: between });
    const withLengths = await runOnnx(exportOnnx(model, { states: true, lengths: true }), {
      ...feeds(inputs as Int32Array, 5, between),
      lengths: { data: lengths, dims: [3] },
    });
    expectClose(withLengths.output!.data, padded.outputs);
    for (const [index, state] of stateNames.entries()) {
      expectClose(withLengths[`final_${state}`]!.data, padded.state.layers[index]!);
    }
  });

  it('are refused where a model reads both directions', async () => {
    const model = await featuresModel(bidirectional(gru({ units: 2 })));
    expect(() => exportOnnx(model, { states: true })).toThrow(/exportOnnx\.states.*bidirectional/);
  });
});

describe('a file that was exported', () => {
  const outputs = ['logits', 'softmax', 'sigmoid'] as const;

  it.each(names)('gives the model of %s back, bit for bit', async (name) => {
    const cell = all[name];
    const models = [
      await modelOf([tokens(VOCABULARY), cell(4), dropout({ rate: 0.2 }), residual(cell(4)), dense({ units: 3 })]),
      await modelOf([tokens(VOCABULARY), embedding({ units: 3 }), bidirectional(cell(3), { returns: 'last' })]),
      await featuresModel(bidirectional(cell(3), { merge: 'sum' }), cell(2, { returns: 'last' }), dense({ units: 2 })),
    ];
    for (const [index, model] of models.entries()) {
      const bytes = exportOnnx(model, { output: outputs[index]!, lengths: index > 0, states: index === 0 });
      const again = await importOnnx(bytes);
      expect(again.model.description).toEqual(model.description);
      expect(again.model.parameters()).toEqual(model.parameters());
      expect(again.output).toBe(outputs[index]);
      expect(exportOnnx(again.model, { output: outputs[index]!, lengths: index > 0, states: index === 0 })).toEqual(
        bytes,
      );
    }
  });

  it('opens in f64 when asked', async () => {
    const model = await featuresModel(lstm({ units: 3, ...random }));
    const again = await importOnnx(exportOnnx(model), { dtype: 'f64' });
    expect(again.model.dtype).toBe('f64');
    expect(again.model.parameters().map(({ data }) => Float32Array.from(data))).toEqual(
      model.parameters().map(({ data }) => data),
    );
  });

  it('is the same for the same model, and smaller than its parameters and 8 KB', async () => {
    const model = await modelOf([tokens(VOCABULARY), lstm({ units: 32 }), dense({ units: VOCABULARY })]);
    const bytes = exportOnnx(model);
    expect(exportOnnx(model)).toEqual(bytes);
    expect(bytes.length).toBeLessThan(4 * (model.parameterCount + 4 * 32) + 8192);
  });
});

describe('export refuses', () => {
  it('options that do not exist, and numbers that f32 cannot hold', async () => {
    const model = await modelOf([features(2), dense({ units: 2 })], { dtype: 'f64' });
    expect(() => exportOnnx(model, { length: true } as never)).toThrow(/did you mean "lengths"/);
    expect(() => exportOnnx(model, { output: 'tanh' as never })).toThrow(/exportOnnx\.output: expected one of/);
    model.setParameter('dense.bias', [1, 1e300]);
    expect(() => exportOnnx(model)).toThrow(/dense\.bias\[1\]: expected a number that is finite in f32/);
  });
});
