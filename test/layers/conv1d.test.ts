// conv1d: filters over time, on the clock of their input or on one that follows it.
import { describe, expect, it } from 'vitest';
import {
  adam,
  backpropagate,
  bidirectional,
  type Conv1dOptions,
  checkGradients,
  conv1d,
  createModel,
  dense,
  deserialize,
  features,
  type GradientError,
  glorotUniform,
  gru,
  last,
  type Model,
  normal,
  serialize,
  tokens,
  train,
} from '../../src/index.ts';
import { predict } from '../../src/metrics/index.ts';
import { ctc } from '../../src/speech/index.ts';
import { workers } from '../../src/worker/index.ts';
import { numbers } from '../support/models.ts';

const [B, C] = [3, 4];

const reals = (count: number, seed = 1) => {
  const next = numbers(seed);
  return Float64Array.from({ length: count }, () => 2 * next() - 1);
};

const create = (options: Conv1dOptions, more: readonly object[] = []) =>
  createModel([features(C), conv1d({ biasInitializer: normal({ deviation: 0.3 }), ...options }), ...more] as never, {
    dtype: 'f64',
    seed: 3,
  });

const valuesOf = (model: Model, name: string) => model.parameters().find((parameter) => parameter.name === name)!;

/** Steps that a row of this length gives. */
const placesOf = (length: number, { kernel, stride = 1, padding = 'valid', dilation = 1 }: Conv1dOptions) => {
  if (padding === 'same' || padding === 'causal') return length;
  const around = padding === 'valid' ? 0 : 2 * padding;
  return Math.floor((length + around - dilation * (kernel - 1) - 1) / stride) + 1;
};

/** The layer by its formula, with plain loops, each row alone. */
function twin(model: Model, options: Conv1dOptions, x: ArrayLike<number>, lengths: readonly number[]): number[][][] {
  const { filters, kernel: K, stride = 1, padding = 'valid', dilation = 1, groups = 1 } = options;
  const { data: w } = valuesOf(model, 'conv.weight');
  const { data: b } = valuesOf(model, 'conv.bias');
  const reach = dilation * (K - 1);
  const before =
    padding === 'causal' ? reach : padding === 'same' ? Math.floor(reach / 2) : padding === 'valid' ? 0 : padding;
  const inputs = C / groups;
  return lengths.map((length, row) =>
    Array.from({ length: placesOf(length, options) }, (_, t) =>
      Array.from({ length: filters }, (_, f) => {
        const group = Math.floor(f / (filters / groups));
        let sum = b[f]!;
        for (let k = 0; k < K; k++) {
          const step = t * stride + k * dilation - before;
          if (step < 0 || step >= length) continue;
          for (let c = 0; c < inputs; c++) {
            sum += w[(f * inputs + c) * K + k]! * x[(step * B + row) * C + group * inputs + c]!;
          }
        }
        return sum;
      }),
    ),
  );
}

const layers: readonly Conv1dOptions[] = [
  { filters: 5, kernel: 3 },
  { filters: 5, kernel: 3, padding: 'same' },
  { filters: 3, kernel: 4, padding: 'same', dilation: 2 },
  { filters: 5, kernel: 1 },
  { filters: 8, kernel: 3, stride: 2, padding: 1 },
  { filters: 2, kernel: 2, stride: 3, padding: 4, dilation: 3 },
  { filters: 6, kernel: 3, groups: 2, padding: 'same' },
  { filters: 4, kernel: 3, groups: 4, padding: 'same' },
  { filters: 8, kernel: 2, groups: 4, stride: 2 },
  { filters: 5, kernel: 3, padding: 'causal' },
  { filters: 5, kernel: 3, padding: 'causal', dilation: 2 },
  { filters: 4, kernel: 2, padding: 'causal', groups: 4 },
  { filters: 6, kernel: 3, padding: 'causal', groups: 2, dilation: 2 },
  { filters: 5, kernel: 1, padding: 'causal' },
];

const T = 9;
const lengths = [9, 6, 7];

describe.each(layers.map((options) => [JSON.stringify(options), options] as const))('%s', (_, options) => {
  it('is what its formula says, in each row as if it were alone', async () => {
    const model = await create(options);
    const inputs = reals(T * B * C);
    const { outputs } = model.forward({ steps: T, rows: B, inputs, lengths });
    const steps = placesOf(T, options);
    const expected = twin(model, options, inputs, lengths);
    expect(outputs).toHaveLength(steps * B * options.filters);
    for (const [index, value] of outputs.entries()) {
      const [t, row] = [Math.floor(index / (B * options.filters)), Math.floor(index / options.filters) % B];
      expect(value).toBeCloseTo(expected[row]![t]?.[index % options.filters] ?? 0, 12);
    }
  });

  it('has the gradients of finite differences, before and after layers that learn', async () => {
    const steps = placesOf(T, options);
    const description = [
      features(C),
      dense({ units: C }),
      conv1d({ biasInitializer: normal({ deviation: 0.3 }), ...options }),
      dense({ units: 2 }),
    ];
    const model = await createModel(description as never, { dtype: 'f64', seed: 5 });
    const batch = { steps: T, rows: B, inputs: reals(T * B * C), targets: reals(steps * B * 2, 2), lengths };
    const errors = checkGradients(model, batch, { loss: 'mean-squared-error' });
    expect(errors.map(({ name }) => name)).toEqual(model.parameters().map(({ name }) => name));
    expectExact(errors);
  });
});

/** What is tiny is a difference of rounding. */
function expectExact(errors: readonly GradientError[]): void {
  expect(errors.filter((error) => error.relativeError >= 1e-7 && error.absoluteError >= 1e-10)).toEqual([]);
}

describe('causal', () => {
  const description = [
    features(C),
    conv1d({ filters: 5, kernel: 3, padding: 'causal', dilation: 2 }),
    conv1d({ filters: 4, kernel: 2, padding: 'causal', groups: 1 }),
    gru({ units: 3 }),
    dense({ units: 2 }),
  ] as const;
  const long = 40;
  const stream = { steps: long, rows: B, inputs: Float32Array.from(reals(long * B * C)) };
  const part = (from: number, to: number) => ({
    steps: to - from,
    rows: B,
    inputs: stream.inputs.subarray(from * B * C, to * B * C),
  });

  it('streams step by step, and in parts of any length, with the bits of the whole', async () => {
    const model = await createModel(description, { seed: 7 });
    const whole = model.forward(stream).outputs;
    for (const steps of [1, 3, 17]) {
      const found: number[] = [];
      let state = model.zeroState(B);
      for (let from = 0; from < long; from += steps) {
        const result = model.forward(part(from, Math.min(long, from + steps)), state);
        found.push(...result.outputs);
        state = result.state;
      }
      expect(found).toEqual([...whole]);
    }
  });

  it('keeps dilation · (kernel - 1) steps as its state, those before the end of each row', async () => {
    const model = await create({ filters: 2, kernel: 3, padding: 'causal', dilation: 2 });
    const inputs = reals(T * B * C);
    const { state } = model.forward({ steps: T, rows: B, inputs, lengths });
    expect(state.names).toEqual(['1.conv1d.past']);
    const expected = lengths.flatMap((length, row) =>
      [4, 3, 2, 1].flatMap((back) => [...inputs.subarray(((length - back) * B + row) * C).subarray(0, C)]),
    );
    expect([...state.layers[0]!]).toEqual(expected);
  });

  it('begins anew where a row does', async () => {
    const model = await createModel(description, { seed: 7 });
    const resets = new Uint8Array(long * B);
    for (let row = 0; row < B; row++) resets[(10 + row) * B + row] = 1;
    const { outputs } = model.forward({ ...stream, resets });
    for (let row = 0; row < B; row++) {
      const fresh = model.forward(part(10 + row, long)).outputs;
      for (const [index, value] of fresh.entries()) {
        if (Math.floor(index / 2) % B === row) expect(outputs[(10 + row) * B * 2 + index]).toBe(value);
      }
    }
  });

  it.each([undefined, [40, 3, 21]])(
    'has the gradients of the whole in any segments, bit for bit; lengths %s',
    async (ends) => {
      const batch = {
        ...stream,
        targets: Float32Array.from(reals(long * B * 2, 4)),
        resets: Uint8Array.from({ length: long * B }, (_, i) => +(i % 31 === 30)),
        ...(ends && { lengths: ends }),
      };
      const gradients = async (memoryBudget?: number) => {
        const model = await createModel(description, { seed: 7 });
        const loss = 'mean-squared-error';
        [...backpropagate(model, batch, memoryBudget === undefined ? { loss } : { loss, memoryBudget })];
        return model.gradients();
      };
      const whole = await gradients();
      // Half of what is wanted, and the least there can be.
      for (const budget of [120_000, 70_000]) expect(await gradients(budget)).toEqual(whole);
    },
  );

  it.each([[{ k1: 4, k2: 4 }], [{ k1: 3, k2: 7 }], [{ k1: 7, k2: 3 }]])(
    'has the gradients of finite differences, truncated as %s',
    async (truncation) => {
      const model = await createModel(
        [
          features(C),
          dense({ units: C }),
          conv1d({ filters: 3, kernel: 3, padding: 'causal', dilation: 2 }),
          dense({ units: 2 }),
        ],
        { dtype: 'f64', seed: 9 },
      );
      const batch = { steps: 11, rows: B, inputs: reals(11 * B * C), targets: reals(11 * B * 2, 3) };
      expectExact(checkGradients(model, batch, { loss: 'mean-squared-error', truncation }));
    },
  );
});

describe('a slower clock', () => {
  const slow = (more: readonly object[]) =>
    createModel([features(C), conv1d({ filters: 3, kernel: 3, stride: 2 }), ...more] as never, {
      dtype: 'f64',
      seed: 2,
    });

  it('is that of recurrent layers, last outputs and losses after it', async () => {
    for (const layers of [
      [gru({ units: 3 }), dense({ units: 2 })],
      [bidirectional(gru({ units: 2 })), conv1d({ filters: 2, kernel: 2 }), dense({ units: 2 })],
      [gru({ units: 3 }), last(), dense({ units: 2 })],
    ]) {
      const model = await slow(layers);
      const places = layers[2] === undefined ? 4 : layers[1]!.kind === 'conv1d' ? 3 : 1;
      const batch = { steps: T, rows: B, inputs: reals(T * B * C), targets: reals(places * B * 2, 2), lengths };
      expectExact(checkGradients(model, batch, { loss: 'mean-squared-error' }));
      expect(model.forward({ steps: T, rows: B, inputs: batch.inputs }).outputs).toHaveLength(places * B * 2);
    }
  });

  it('gives each sequence what it gives alone, however many are read at once', async () => {
    const model = await slow([bidirectional(gru({ units: 2 })), dense({ units: 2 })]);
    const sequences = [9, 4, 3, 7].map((length, index) => reals(length * C, index));
    const alone = sequences.map((inputs) => predict(model, [inputs])[0]!);
    expect(alone.map(({ length }) => length / 2)).toEqual([4, 1, 1, 3]);
    expect(predict(model, sequences)).toEqual(alone);
  });

  it('shortens the time that CTC has, which says so', async () => {
    const model = await slow([dense({ units: 4 })]);
    const batch = { steps: T, rows: B, inputs: reals(T * B * C), lengths: [9, 5, 7] };
    const loss = await ctc();
    const targets = [[1, 2, 3, 1], [2, 3], [3]].map((labels) => Int32Array.from(labels));
    expectExact(checkGradients(model, { ...batch, targets }, { loss }));
    const late = [[1], [2, 3, 1], [3]].map((labels) => Int32Array.from(labels));
    expect(() => [...backpropagate(model, { ...batch, targets: late }, { loss })]).toThrow(
      /targets\[1\]: expected labels that fit into the 2 steps that model\[1\] \(conv1d\) leaves of the row, got 3: 1 steps too few/,
    );
  });

  it('has the same bits with any number of workers', async () => {
    const batch = { steps: T, rows: 4, inputs: reals(T * 4 * C), targets: reals(4 * 4 * 2, 2), lengths: [9, 5, 7, 3] };
    const trained = async (count: number) => {
      const model = await createModel(
        [features(C), conv1d({ filters: 3, kernel: 3, stride: 2 }), gru({ units: 3 }), dense({ units: 2 })],
        { seed: 1 },
      );
      const options = {
        data: [batch],
        steps: 3,
        loss: 'mean-squared-error',
        optimizer: adam({ learningRate: 0.01 }),
      } as const;
      for await (const _ of train(model, { ...options, parallel: workers({ count, blocks: 4 }) }));
      return model.parameters();
    };
    const one = await trained(1);
    expect(await trained(2)).toEqual(one);
  });

  it('is read back from a file', async () => {
    const model = await slow([gru({ units: 3 }), dense({ units: 2 })]);
    const input = { steps: T, rows: 1, inputs: reals(T * C) };
    const { model: read } = await deserialize(serialize(model));
    expect(read.forward(input).outputs).toEqual(model.forward(input).outputs);
    expect(model.summary()).toContain('reads whole sequences: model[1] (conv1d) reads later steps too');
  });
});

describe('what is wrong', () => {
  it('is said at once of what are no options', () => {
    expect(() => conv1d(3 as never)).toThrow(/^conv1d: expected an object of options, got 3/);
  });

  it.each([
    [{ filters: 0, kernel: 3 }, /^model\[1\]\.filters: expected an integer >= 1, got 0/],
    [{ filters: 2, kernel: 1.5 }, /^model\[1\]\.kernel: expected an integer/],
    [
      { filters: 2, kernel: 3, padding: 'full' },
      /^model\[1\]\.padding: expected 'valid', 'same', 'causal' or an integer ≥ 0, got "full"/,
    ],
    [{ filters: 2, kernel: 3, padding: -1 }, /^model\[1\]\.padding: expected an integer >= 0, got -1/],
    [
      { filters: 2, kernel: 3, padding: 'same', stride: 2 },
      /^model\[1\]\.stride: expected 1 with padding: 'same', got 2/,
    ],
    [{ filters: 3, kernel: 3, groups: 2 }, /^model\[1\]\.filters: expected a multiple of the 2 groups, got 3/],
    [{ filters: 3, kernel: 3, strides: 2 }, /^model\[1\]: .*strides/],
  ])('%j', async (options, message) => {
    await expect(createModel([features(4), conv1d(options as never)])).rejects.toThrow(message);
  });

  it.each([
    [
      [features(3), conv1d({ filters: 2, kernel: 3, groups: 2 })],
      /^model\[1\] \(conv1d\): expected inputs that the 2 groups divide, got 3/,
    ],
    [
      [tokens(3), conv1d({ filters: 2, kernel: 3 })],
      /^model\[1\] \(conv1d\): expected features at every step as input, got 3 tokens from model\[0\]; embedding/,
    ],
    [[features(3), gru({ units: 2 }), last(), conv1d({ filters: 2, kernel: 3 })], /got one output a row from/],
    [
      [
        features(3, { name: 'r', clock: 'row' }),
        features(2, { name: 'x' }),
        { ...conv1d({ filters: 2, kernel: 2, padding: 'causal' }), start: 'r' },
      ],
      /start: expected an entry with the states past \[B,2\], got 'r' with h \[B,3\]/,
    ],
    [
      [features(3, { skip: 0 }), conv1d({ filters: 2, kernel: 3 })],
      /^model\[0\]\.skip: expected none where model\[1\] \(conv1d\) has other steps than it reads, got 0/,
    ],
  ])('in a model', async (description, message) => {
    await expect(createModel(description as never)).rejects.toThrow(message);
  });

  it('is said of the row whose steps leave none', async () => {
    const model = await create({ filters: 2, kernel: 3, stride: 2 });
    const input = (steps: number, ends?: readonly number[]) => ({
      steps,
      rows: B,
      inputs: reals(steps * B * C),
      ...(ends && { lengths: ends }),
    });
    expect(() => model.forward(input(2))).toThrow(
      /^model\[1\] \(conv1d\): expected at least 3 steps, of which its window leaves one, got 2/,
    );
    expect(() => model.forward(input(5, [5, 4, 2]))).toThrow(
      /expected at least 3 steps in row 2, of which its window leaves one, got 2/,
    );
    expect(model.forward(input(5, [5, 4, 3])).outputs).toHaveLength(2 * B * 2);
  });

  it('is said of rows that begin anew in between, where both sides are read', async () => {
    const model = await create({ filters: 2, kernel: 3, padding: 'same' });
    const input = { steps: T, rows: B, inputs: reals(T * B * C), resets: new Uint8Array(T * B).fill(1, 9, 10) };
    expect(() => model.forward(input)).toThrow(
      /^resets: expected none with model\[1\] \(conv1d\), which reads both sides/,
    );
  });

  it('is said of what is trained in parts', async () => {
    const model = await create({ filters: 2, kernel: 3, padding: 'same' });
    const batch = { steps: T, rows: B, inputs: reals(T * B * C), targets: reals(T * B * 2) };
    const options = { loss: 'mean-squared-error', truncation: { k1: 2, k2: 2 } } as const;
    expect(() => [...backpropagate(model, batch, options)]).toThrow(/model\[1\] \(conv1d\) reads later steps too/);
  });
});

it('is drawn by Glorot with the fan-out of all places that see an input', async () => {
  const model = await create({ filters: 50, kernel: 20, weightInitializer: glorotUniform() });
  const { data, shape } = valuesOf(model, 'conv.weight');
  expect(shape).toEqual([50, C, 20]);
  const limit = Math.sqrt(6 / (C * 20 + 50 * 20));
  const most = Math.max(...data.map(Math.abs));
  expect(most).toBeLessThan(limit);
  expect(most).toBeGreaterThan(0.99 * limit);
});
