// Plain arrays wherever numbers are given: they are taken for what typed arrays with the same numbers are.
import { describe, expect, it } from 'vitest';
import {
  connectivity,
  gradientByLag,
  hiddenStates,
  jacobians,
  lyapunovExponents,
  saturation,
  truncationError,
} from '../../src/diagnostics/index.ts';
import {
  add,
  backpropagate,
  createModel,
  type Dtype,
  dense,
  evaluate,
  features,
  fit,
  type GraphBatch,
  gru,
  type Model,
  type Sequence,
  sequences,
  sgd,
  tokens,
} from '../../src/index.ts';
import { predict } from '../../src/metrics/index.ts';

const speaker = (dtype: Dtype) => createModel([tokens(5), gru({ units: 3 }), dense({ units: 5 })], { dtype, seed: 2 });
const meter = (dtype: Dtype) => createModel([features(2), gru({ units: 3 }), dense({ units: 1 })], { dtype, seed: 2 });
const pair = (dtype: Dtype) =>
  createModel(
    [
      features(1, { name: 'x' }),
      gru({ units: 2, name: 'a' }),
      features(1, { name: 'z', clock: 'x' }),
      gru({ units: 2, name: 'b' }),
      add({ from: ['a', 'b'], name: 'sum' }),
      dense({ units: 1, name: 'y' }),
    ],
    { dtype, seed: 2 },
  );

const ofTokens = { steps: 3, rows: 2, inputs: [0, 4, 1, 1, 2, 3], targets: [4, 1, 1, 2, 3, 0] };
const ofReals = { steps: 2, rows: 2, inputs: [0.1, 0.2, -3, 4, 0.5, 1 / 3, 7, 8], targets: [1, 0.25, 0, 1] };
const byName = { steps: 2, rows: 1, inputs: { x: [0.5, 1 / 3], z: [1, 2] }, targets: { y: [0.5, 1] } };

const cases = [
  [
    'tokens',
    speaker,
    ofTokens,
    { ...ofTokens, inputs: Int32Array.from(ofTokens.inputs), targets: Int32Array.from(ofTokens.targets) },
    'cross-entropy',
  ],
  [
    'features',
    meter,
    ofReals,
    { ...ofReals, inputs: Float64Array.from(ofReals.inputs), targets: Float64Array.from(ofReals.targets) },
    'binary-cross-entropy',
  ],
  [
    'several, by name',
    pair,
    byName,
    {
      ...byName,
      inputs: { x: Float64Array.from(byName.inputs.x), z: Float64Array.from(byName.inputs.z) },
      targets: { y: Float64Array.from(byName.targets.y) },
    },
    'mean-squared-error',
  ],
] as const;

describe.each(['f32', 'f64'] as const)('in %s', (dtype) => {
  it.each(cases)('%s: forward, evaluate, backpropagate and fit', async (_, create, plain, typed, loss) => {
    const ways: Readonly<Record<string, (model: Model, batch: typeof plain | typeof typed) => unknown>> = {
      forward: (model, { targets: _, ...input }) => model.forward(input),
      evaluate: (model, batch) => evaluate(model, batch, { loss }),
      backpropagate: (model, batch) => [...backpropagate(model, batch, { loss })].concat(model.gradients() as never),
      fit: async (model, batch) => {
        const options = { data: [batch], validation: [batch], loss, optimizer: sgd({ learningRate: 0.1 }), epochs: 3 };
        const { loss: last, validationLoss } = await fit(model, options);
        return [last, validationLoss, model.parameters()];
      },
    };
    for (const [name, run] of Object.entries(ways)) {
      expect(await run(await create(dtype), plain), name).toEqual(await run(await create(dtype), typed));
    }
  });

  it('sequences, and what is predicted from', async () => {
    const tokens = [
      { inputs: [1, 2, 0], targets: [2, 0, 1] },
      { inputs: [2], targets: [1] },
    ];
    const typed = tokens.map(({ inputs, targets }) => ({
      inputs: Int32Array.from(inputs),
      targets: Int32Array.from(targets),
    }));
    const run = async (list: readonly Sequence[]) => {
      const model = await speaker(dtype);
      const options = { loss: 'cross-entropy', steps: 2 } as const;
      const { history } = await fit(model, { ...options, data: sequences(list, { batch: 2 }) });
      await fit(model, { ...options, data: list });
      return [history.map(({ loss }) => loss), predict(model, list), model.parameters()];
    };
    expect(await run(tokens)).toEqual(await run(typed));
    const [batch] = sequences(tokens, { batch: 2 }).batches(0, 0) as Iterable<GraphBatch>;
    expect(batch).toMatchObject({ inputs: [1, 2, 2, 0, 0, 0], lengths: Int32Array.of(3, 1) });
  });

  it('what looks inside', async () => {
    const model = await speaker(dtype);
    const [, , plain, typed] = cases[0];
    for (const [name, run] of Object.entries({
      hiddenStates: (batch: never) => hiddenStates(model, batch),
      saturation: (batch: never) => saturation(model, batch),
      gradientByLag: (batch: never) => gradientByLag(model, batch, { loss: 'cross-entropy' }),
      truncationError: (batch: never) => truncationError(model, batch, { loss: 'cross-entropy', k1: 1, k2: [1, 2] }),
    })) {
      expect(await run(plain as never), name).toEqual(await run(typed as never));
    }
  });

  it('a state', async () => {
    const model = await speaker(dtype);
    const { targets: _, ...input } = cases[0][3];
    const { state } = model.forward(input);
    const plain = { rows: 2, layers: state.layers.map((data) => Array.from(data)) };
    expect(model.forward(input, plain as never)).toEqual(model.forward(input, state));
  });
});

it('what is wrong in them has its place', async () => {
  const model = await speaker('f32');
  const run = (change: object) => () => model.forward({ ...ofTokens, ...change } as never);
  expect(run({ inputs: [0, 4, 1, 5, 2, 3] })).toThrow('forward.inputs[3]: expected a token from 0 to 4, got 5');
  expect(run({ inputs: [0, 4, 1, '1', 2, 3] })).toThrow('forward.inputs[3]: expected a token from 0 to 4, got "1"');
  expect(run({ inputs: new Array(6) })).toThrow('forward.inputs[0]: expected a token from 0 to 4, got undefined');
  expect(run({ inputs: [0, 4] })).toThrow('forward.inputs: expected 6 elements for [T=3, B=2], got 2');
  const wide = await meter('f32');
  const reals = { steps: 1, rows: 1, inputs: [0, 1e39] };
  expect(() => wide.forward(reals)).toThrow('forward.inputs[1]: expected a number that is finite in f32, got 1e+39');
});

describe('names that an input does not have', () => {
  const { targets: _, ...input } = ofTokens;
  const wrong = { lenghts: [1, 2], length: [1, 2], state: undefined, carry: true, padding: 0 };
  it.each(Object.entries(wrong))('%s is refused', async (name, value) => {
    const model = await speaker('f32');
    const given = { ...input, [name]: value } as never;
    const readers: Readonly<Record<string, () => unknown>> = {
      forward: () => model.forward(given),
      hiddenStates: () => hiddenStates(model, given),
      saturation: () => saturation(model, given),
      jacobians: () => jacobians(model, given),
      lyapunovExponents: () => lyapunovExponents(model, given),
      connectivity: () => connectivity(model, given),
    };
    for (const [where, read] of Object.entries(readers)) {
      const attempt = (async () => read())();
      await expect(attempt, where).rejects.toMatchObject({ code: 'unknown-option' });
      await expect(attempt, where).rejects.toThrow(`${where}: expected only steps, rows, inputs, resets, lengths`);
      await expect(attempt, where).rejects.toThrow(`got "${name}"`);
    }
  });

  it('but for what a batch has to be learned from', async () => {
    const model = await speaker('f32');
    expect(model.forward({ ...ofTokens, mask: new Uint8Array(6) } as never)).toEqual(model.forward(input));
  });
});

describe('binary cross-entropy', () => {
  it.each([17, -1, 1.0001, -1e-9])('refuses a target of %s', async (target) => {
    const model = await createModel([features(1), gru({ units: 2 }), dense({ units: 2 })]);
    for (const targets of [[0, target], Float32Array.of(0, target), Float64Array.of(0, target)]) {
      const batch = { steps: 1, rows: 1, inputs: [1], targets };
      const message = /targets\[1\]: expected a number from 0 to 1, got/;
      expect(() => evaluate(model, batch, { loss: 'binary-cross-entropy' })).toThrow(message);
      await expect(fit(model, { data: [batch], loss: 'binary-cross-entropy', epochs: 1 })).rejects.toThrow(message);
      expect(() => evaluate(model, batch, { loss: 'mean-squared-error' })).not.toThrow();
    }
    const labels = { steps: 1, rows: 1, inputs: [1], targets: Int32Array.of(3, 1) };
    expect(() => evaluate(model, labels, { loss: 'binary-cross-entropy' })).toThrow(
      'targets[0]: expected a number from 0 to 1, got 3',
    );
  });

  it('takes both ends and what lies between', async () => {
    const model = await createModel([features(1), gru({ units: 2 }), dense({ units: 2 })]);
    const batch = { steps: 2, rows: 1, inputs: [1, 2], targets: [0, 1, 0.5, 1e-30] };
    expect(evaluate(model, batch, { loss: 'binary-cross-entropy' }).loss).toBeGreaterThan(0);
  });
});
