// Cells, directions, lengths and masks: gradients of every combination against finite differences in f64, and what they promise.
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  backpropagate,
  bidirectional,
  checkGradients,
  createModel,
  dense,
  dropout,
  elman,
  features,
  gru,
  indrnn,
  type LayerDescription,
  lstm,
  type Model,
  type ModelDescription,
  normal,
  type Objective,
  orthogonal,
  type RecurrentOptions,
  residual,
  tokens,
} from '../../../src/index.ts';
import { FEATURES, makeBatch, OUTPUTS, objectiveOf, truncations } from '../../support/models.ts';

const noise = normal({ deviation: 0.4 });
const random = { biasInitializer: noise, inputInitializer: noise, recurrentInitializer: noise };
type More = Omit<RecurrentOptions, 'units' | 'zoneout'>;

const cells = {
  elman: (units: number, more: More = {}) => elman({ units, ...random, ...more }),
  'elman relu': (units: number, more: More = {}) => elman({ units, activation: 'relu', ...random, ...more }),
  'elman softsign': (units: number, more: More = {}) => elman({ units, activation: 'softsign', ...random, ...more }),
  lstm: (units: number, more: More = {}) => lstm({ units, ...random, ...more }),
  'lstm with peepholes': (units: number, more: More = {}) => lstm({ units, peepholes: true, ...random, ...more }),
  'lstm, softsign and hard sigmoid': (units: number, more: More = {}) =>
    lstm({ units, activation: 'softsign', gateActivation: 'hard-sigmoid', ...random, ...more }),
  'lstm, relu, peepholes': (units: number, more: More = {}) =>
    lstm({ units, activation: 'relu', peepholes: true, ...random, ...more }),
  gru: (units: number, more: More = {}) => gru({ units, ...random, ...more }),
  'gru, hard sigmoid': (units: number, more: More = {}) =>
    gru({ units, gateActivation: 'hard-sigmoid', activation: 'softsign', ...random, ...more }),
  'gru, hard sigmoid of 1/5': (units: number, more: More = {}) =>
    gru({ units, gateActivation: 'hard-sigmoid-fifth', ...random, ...more }),
  'elman, normalised': (units: number, more: More = {}) => elman({ units, layerNorm: true, ...random, ...more }),
  'lstm, normalised': (units: number, more: More = {}) => lstm({ units, layerNorm: true, ...random, ...more }),
  'gru, normalised': (units: number, more: More = {}) => gru({ units, layerNorm: true, ...random, ...more }),
  'gru, reset before, normalised': (units: number, more: More = {}) =>
    gru({ units, reset: 'before', layerNorm: true, ...random, ...more }),
  'gru, reset before': (units: number, more: More = {}) => gru({ units, reset: 'before', ...random, ...more }),
  indrnn: (units: number, more: More = {}) => indrnn({ units, ...random, ...more }),
  'indrnn tanh': (units: number, more: More = {}) => indrnn({ units, activation: 'tanh', ...random, ...more }),
} as const;
type CellName = keyof typeof cells;
const cellNames = Object.keys(cells) as CellName[];

async function modelOf(layers: readonly LayerDescription[], kind: 'tokens' | 'features' = 'features'): Promise<Model> {
  const input = kind === 'tokens' ? tokens(5) : features(FEATURES);
  const description: ModelDescription = [input, ...layers, dense({ units: OUTPUTS })];
  const model = await createModel(description, { seed: 12, dtype: 'f64' });
  // Peepholes and b_hn start at zero: elsewhere.
  for (const { name, data } of model.parameters()) {
    if (!/peephole|bias_hn|gain|bias_c/.test(name)) continue;
    model.setParameter(
      name,
      data.map((_, i) => 0.7 - 0.17 * (i % 5)),
    );
  }
  return model;
}

function expectRight(model: Model, batch: Batch, objective: Objective) {
  // Some of these gradients are small: wider differences, less rounding.
  const errors = checkGradients(model, batch, { ...objective, epsilon: 1e-4 });
  expect(errors.map(({ name }) => name)).toEqual(model.parameters().map(({ name }) => name));
  for (const { name, relativeError } of errors) expect(relativeError, name).toBeLessThan(1e-7);
}

const lengthsOf = (T: number) => [T, 3, 1];
const batchOf = (options: Partial<Parameters<typeof makeBatch>[1]> & { kind?: 'tokens' | 'features' } = {}) => {
  const { kind = 'features', ...more } = options;
  return makeBatch(kind, { T: 7, B: 3, seed: 5, ...more });
};

describe('gradients against finite differences in f64, relative error below 1e-7', () => {
  describe.each(cellNames)('%s', (name) => {
    const cell = cells[name];
    it.each(truncations)('%s', async (_, truncation) => {
      const model = await modelOf([cell(5)], 'tokens');
      expectRight(
        model,
        batchOf({ kind: 'tokens', mask: true, resets: true }),
        objectiveOf('cross-entropy', 'mean', truncation),
      );
    });

    it.each(truncations)('with lengths, %s', async (_, truncation) => {
      const model = await modelOf([cell(4), cell(3)]);
      const batch = { ...batchOf(), lengths: lengthsOf(7) };
      expectRight(model, batch, objectiveOf('cross-entropy', 'sum', truncation));
    });

    it.each(['concat', 'sum', 'average', 'multiply'] as const)('in both directions, %s', async (merge) => {
      // Gradients through means and products of means and products are lost in rounding.
      const small = merge === 'average' || merge === 'multiply';
      const layer = bidirectional(cell(small ? 5 : 3), { merge });
      const model = await modelOf(small ? [layer] : [layer, bidirectional(cell(5), { merge })]);
      expectRight(
        model,
        { ...batchOf({ resets: true }), lengths: lengthsOf(7) },
        objectiveOf('cross-entropy', 'mean', undefined),
      );
    });

    it.each(truncations)('with recurrent dropout, %s', async (_, truncation) => {
      const model = await modelOf([cell(5, { recurrentDropout: 0.4 })]);
      const batch = { ...batchOf({ resets: true }), lengths: lengthsOf(7) };
      expectRight(model, batch, { ...objectiveOf('cross-entropy', 'mean', truncation), seed: 7 });
    });

    it('with weight dropout', async () => {
      const model = await modelOf([cell(5, { weightDropout: 0.4 })]);
      expectRight(model, batchOf({ resets: true }), { ...objectiveOf('cross-entropy', 'mean', undefined), seed: 7 });
    });

    it.each(truncations)('with zoneout, %s', async (_, truncation) => {
      const description = cell(5);
      const rates = description.kind === 'lstm' ? { hidden: 0.3, cell: 0.4 } : { hidden: 0.4 };
      const model = await modelOf([{ ...description, zoneout: rates }]);
      const batch = { ...batchOf({ resets: true }), lengths: lengthsOf(7) };
      expectRight(model, batch, { ...objectiveOf('cross-entropy', 'mean', truncation), seed: 7 });
    });

    it.each(truncations)('between dropout and a residual connection, %s', async (_, truncation) => {
      const layers = [cell(5), dropout({ rate: 0.3 }), residual(cell(5)), dropout({ rate: 0.4, variational: true })];
      expectRight(await modelOf(layers), batchOf(), { ...objectiveOf('cross-entropy', 'mean', truncation), seed: 7 });
    });
  });

  it('of mixed stacks', async () => {
    const layers = [
      elman({ units: 4, ...random }),
      bidirectional(gru({ units: 3, ...random })),
      residual(bidirectional(lstm({ units: 3, ...random }))),
      residual(bidirectional(lstm({ units: 6, ...random }), { merge: 'sum' })),
      lstm({ units: 5, ...random }),
    ];
    expectRight(
      await modelOf(layers),
      { ...batchOf(), lengths: lengthsOf(7) },
      objectiveOf('cross-entropy', 'mean', undefined),
    );
  });
});

describe('lengths', () => {
  it.each(cellNames)('%s: give what each sequence gives alone', async (name) => {
    const cell = cells[name];
    const layers = name === 'elman' ? [cell(9), cell(4)] : [bidirectional(cell(9)), residual(bidirectional(cell(9)))];
    const model = await modelOf(layers);
    const T = 7;
    const batch = batchOf({ T });
    const lengths = [4, 7, 1];
    const together = model.forward({ steps: T, rows: 3, inputs: batch.inputs, lengths });
    for (const [row, length] of lengths.entries()) {
      const inputs = new Float64Array(length * FEATURES);
      for (let t = 0; t < length; t++) {
        inputs.set(
          (batch.inputs as Float64Array).subarray((t * 3 + row) * FEATURES, (t * 3 + row + 1) * FEATURES),
          t * FEATURES,
        );
      }
      const alone = model.forward({ steps: length, rows: 1, inputs });
      for (let t = 0; t < T; t++) {
        const there = together.outputs.subarray((t * 3 + row) * OUTPUTS, (t * 3 + row + 1) * OUTPUTS);
        if (t >= length) expect([...there]).toEqual([0, 0, 0, 0]);
        else expect([...there]).toEqual([...alone.outputs.subarray(t * OUTPUTS, (t + 1) * OUTPUTS)]);
      }
      for (const [index, data] of alone.state.layers.entries()) {
        const width = data.length;
        expect([...together.state.layers[index]!.subarray(row * width, (row + 1) * width)]).toEqual([...data]);
      }
    }
  });

  it.each(cellNames)(
    '%s: a mask over the padding gives the same loss and gradients, in one direction',
    async (name) => {
      const model = await modelOf([cells[name](9), cells[name](4)]);
      const lengths = [4, 7, 1];
      const batch = batchOf();
      const mask = Uint8Array.from({ length: 7 * 3 }, (_, i) => (Math.floor(i / 3) < lengths[i % 3]! ? 1 : 0));
      const [byLengths] = [...backpropagate(model, { ...batch, lengths }, { loss: 'cross-entropy' })];
      const gradients = model.gradients();
      const [byMask] = [...backpropagate(model, { ...batch, mask }, { loss: 'cross-entropy' })];
      expect(byMask!.counted).toBe(12);
      expect(byMask).toEqual(byLengths);
      for (const [index, { name: parameter, data }] of model.gradients().entries()) {
        const expected = gradients[index]!.data;
        const norm = Math.hypot(...expected);
        expect(norm, parameter).toBeGreaterThan(0);
        expect(Math.hypot(...data.map((g, i) => g - expected[i]!)) / norm, parameter).toBeLessThan(1e-14);
      }
    },
  );

  it('change nothing where they are all T', async () => {
    const model = await modelOf([lstm({ units: 5, ...random })]);
    const batch = batchOf();
    const [plain] = [...backpropagate(model, batch, { loss: 'cross-entropy' })];
    const gradients = model.gradients();
    const [same] = [...backpropagate(model, { ...batch, lengths: [7, 7, 7] }, { loss: 'cross-entropy' })];
    expect(same).toEqual(plain);
    expect(model.gradients()).toEqual(gradients);
  });

  it.each([[[0, 1, 1]], [[8, 1, 1]], [[1.5, 1, 1]], [[1, 1]], ['no'], [[1, 1, Number.NaN]]])(
    'refuses %s',
    async (lengths) => {
      const model = await modelOf([lstm({ units: 2 })]);
      const batch = batchOf();
      const input = { steps: 7, rows: 3, inputs: batch.inputs, lengths: lengths as number[] };
      expect(() => model.forward(input)).toThrow(/forward\.lengths/);
    },
  );
});

describe('layers in both directions', () => {
  it('are refused where later steps are not there yet, with the reason', async () => {
    const model = await modelOf([bidirectional(gru({ units: 3 }))], 'tokens');
    const batch = batchOf({ kind: 'tokens' });
    const run = (more: Partial<Batch>, truncation?: Objective['truncation']) => () => [
      ...backpropagate(model, { ...batch, ...more }, objectiveOf('cross-entropy', 'mean', truncation)),
    ];
    expect(run({})).not.toThrow();
    expect(run({}, { k1: 3, k2: 3 })).toThrow(/truncation: .*model\[1\] \(bidirectional\).*later/);
    expect(run({ carry: true })).toThrow(/batch\.carry: .*model\[1\] \(bidirectional\).*later/);
  });
});

describe("returns: 'last'", () => {
  const last = { returns: 'last' } as const;
  const stacks = {
    'one direction': [lstm({ units: 5, ...random, ...last })],
    'after another layer, with dropout': [
      gru({ units: 4, ...random }),
      elman({ units: 5, ...random, ...last }),
      dropout({ rate: 0.3 }),
    ],
    'both directions, side by side': [bidirectional(gru({ units: 3, ...random }), last)],
    'both directions, their sum': [bidirectional(lstm({ units: 3, ...random }), { merge: 'sum', ...last })],
  };

  it.each(Object.entries(stacks))('%s: gradients against finite differences', async (_, layers) => {
    const model = await modelOf(layers);
    const { mask, ...batch } = batchOf();
    const one = { ...batch, targets: Int32Array.of(3, 0, 2), lengths: lengthsOf(7) };
    expectRight(model, one, { ...objectiveOf('cross-entropy', 'mean', undefined), seed: 7 });
  });

  it.each(Object.entries(stacks))('%s: gives what each sequence gives alone', async (_, layers) => {
    const model = await modelOf(layers);
    const T = 7;
    const lengths = lengthsOf(T);
    const { inputs } = batchOf({ T });
    const together = model.forward({ steps: T, rows: 3, inputs, lengths });
    expect(together.outputs).toHaveLength(3 * OUTPUTS);
    for (const [row, length] of lengths.entries()) {
      const own = Array.from({ length }, (_, t) => [
        ...inputs.subarray((t * 3 + row) * FEATURES, (t * 3 + row + 1) * FEATURES),
      ]);
      const alone = model.forward({ steps: length, rows: 1, inputs: Float64Array.from(own.flat()) });
      expect([...together.outputs.subarray(row * OUTPUTS, (row + 1) * OUTPUTS)]).toEqual([...alone.outputs]);
    }
  });

  it('is refused before layers that read steps, in one direction of two, and with a mask', async () => {
    const before = [features(3), lstm({ units: 4, ...last }), gru({ units: 4 })] as const;
    await expect(createModel(before)).rejects.toThrow(/model\[2\].*returns: 'last'.*gru/);
    expect(() => bidirectional(lstm({ units: 4, ...last }))).toThrow(/returns: expected 'all'/);
    await expect(createModel([features(4), residual(lstm({ units: 4, ...last }))])).rejects.toThrow(/returns/);
    const model = await modelOf(stacks['one direction']);
    const batch = { ...batchOf(), targets: Int32Array.of(3, 0, 2), mask: new Uint8Array(21) };
    expect(() => [...backpropagate(model, batch, { loss: 'cross-entropy' })]).toThrow(/batch\.mask/);
    const { mask, ...long } = batchOf();
    expect(() => [...backpropagate(model, long, { loss: 'cross-entropy' })]).toThrow(/batch\.targets: expected 3/);
  });
});

describe('indrnn', () => {
  it('begins as in its paper: ReLU, u uniform in [0, 1)', async () => {
    const description = indrnn({ units: 64 });
    expect(description.activation).toBe('relu');
    const model = await createModel([features(2), description], { seed: 3 });
    const { shape, data } = model.parameters().find(({ name }) => name === 'rnn.weight_hh_l0')!;
    expect(shape).toEqual([64]);
    expect(Math.min(...data)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...data)).toBeLessThan(1);
    expect(Math.max(...data) - Math.min(...data)).toBeGreaterThan(0.8);
  });

  it('keeps what units remember apart', async () => {
    const model = await createModel([features(1), indrnn({ units: 3 })], { dtype: 'f64' });
    model.setParameter('rnn.weight_ih_l0', [1, 1, 1]);
    model.setParameter('rnn.weight_hh_l0', [1, 0.5, 0]);
    model.setParameter('rnn.bias_ih_l0', [0, 0, 0.25]);
    const { outputs } = model.forward({ steps: 3, rows: 1, inputs: Float64Array.of(1, 0, 0) });
    expect([...outputs]).toEqual([1, 1, 1.25, 1, 0.5, 0.25, 1, 0.25, 0.25]);
  });

  it('refuses what makes no sense of it, with the reason', () => {
    expect(() => indrnn({ units: 2, layerNorm: true })).toThrow(/layerNorm: expected false.*depend on each other/);
    expect(() => indrnn({ units: 2, recurrentInitializer: orthogonal() })).toThrow(/u is a vector, got 'orthogonal'/);
  });
});
