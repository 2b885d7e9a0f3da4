// Gradients against finite differences in f64, and what must hold of full and truncated BPTT whatever the numbers are.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type Activation,
  type Batch,
  BpttError,
  backpropagate,
  checkGradients,
  createModel,
  dense,
  elman,
  embedding,
  features,
  type LossName,
  type Model,
  type ModelDescription,
  normal,
  type Objective,
  type Truncation,
  tokens,
} from '../src/index.ts';

/** Numbers in [0, 1) that depend on nothing but a count. */
function numbers(seed: number): () => number {
  let x = (seed + 1) * 2654435761;
  return () => {
    x = (Math.imul(x ^ (x >>> 15), 0x2c1b3c6d) + 0x9e3779b9) | 0;
    x ^= x >>> 12;
    return (x >>> 0) / 2 ** 32;
  };
}

interface Sizes {
  readonly T: number;
  readonly B: number;
}

const OUTPUTS = 4;
const VOCABULARY = 5;

type InputKind = 'tokens' | 'embedding' | 'features';

function describeModel(kind: InputKind, activations: readonly Activation[]): ModelDescription {
  const recurrent = activations.map((activation, i) =>
    elman({ units: 5 - i, activation, biasInitializer: normal({ deviation: 0.3 }) }),
  );
  const head = dense({ units: OUTPUTS, biasInitializer: normal({ deviation: 0.3 }) });
  if (kind === 'features') return [features(3), ...recurrent, head];
  if (kind === 'tokens') return [tokens(VOCABULARY), ...recurrent, head];
  return [tokens(VOCABULARY), embedding({ units: 3, initializer: normal({ deviation: 0.5 }) }), ...recurrent, head];
}

function batchOf(
  kind: InputKind,
  loss: LossName,
  { T, B }: Sizes,
  masked: boolean,
  resets: boolean,
  seed: number,
): Batch {
  const next = numbers(seed);
  const reals = (count: number, from: number, to: number) =>
    Float64Array.from({ length: count }, () => from + (to - from) * next());
  const ids = (count: number, size: number) => Int32Array.from({ length: count }, () => Math.floor(next() * size));
  return {
    steps: T,
    rows: B,
    inputs: kind === 'features' ? reals(T * B * 3, -1, 1) : ids(T * B, VOCABULARY),
    targets:
      loss === 'cross-entropy'
        ? ids(T * B, OUTPUTS)
        : reals(T * B * OUTPUTS, loss === 'mean-squared-error' ? -1 : 0, 1),
    ...(masked && { mask: Uint8Array.from({ length: T * B }, (_, i) => (i === T * B - 1 || next() < 0.6 ? 1 : 0)) }),
    ...(resets && { resets: Uint8Array.from({ length: T * B }, () => (next() < 0.2 ? 1 : 0)) }),
  };
}

const truncations: readonly (readonly [string, Truncation | undefined])[] = [
  ['full', undefined],
  ['k1 < k2', { k1: 2, k2: 5 }],
  ['k1 = k2', { k1: 3, k2: 3 }],
  ['k1 > k2', { k1: 4, k2: 2 }],
  ['k1 < k2, losses of the window', { k1: 2, k2: 5, losses: 'window' }],
];

const objectiveOf = (loss: LossName, reduction: 'mean' | 'sum', truncation: Truncation | undefined): Objective => {
  return { loss, reduction, ...(truncation && { truncation }) };
};

describe('gradients against finite differences in f64, relative error below 1e-7', () => {
  for (const activation of ['tanh', 'relu', 'identity'] as const) {
    for (const loss of ['cross-entropy', 'mean-squared-error', 'binary-cross-entropy'] as const) {
      for (const reduction of ['mean', 'sum'] as const) {
        for (const masked of [false, true]) {
          for (const [name, truncation] of truncations) {
            it(`${activation}, ${loss}, ${reduction}, ${masked ? 'mask' : 'no mask'}, ${name}`, async () => {
              const kind = (['tokens', 'embedding', 'features'] as const)[
                (loss.length + name.length + (masked ? 1 : 0)) % 3
              ]!;
              const model = await createModel(describeModel(kind, [activation, activation]), { seed: 3, dtype: 'f64' });
              const batch = batchOf(kind, loss, { T: 7, B: 2 }, masked, masked, 5);
              const errors = checkGradients(model, batch, objectiveOf(loss, reduction, truncation));
              expect(errors.map((error) => error.name)).toEqual(model.parameters().map((parameter) => parameter.name));
              for (const { name: parameter, relativeError } of errors)
                expect(relativeError, parameter).toBeLessThan(1e-7);
            });
          }
        }
      }
    }
  }

  it('with L1 and L2 in the objective, on weights alone and on biases too', async () => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const batch = batchOf('tokens', 'cross-entropy', { T: 5, B: 2 }, false, false, 5);
    for (const biases of [false, true]) {
      const errors = checkGradients(model, batch, {
        loss: 'cross-entropy',
        regularization: { l1: 0.02, l2: 0.3, biases },
      });
      for (const { name, relativeError } of errors) expect(relativeError, name).toBeLessThan(1e-7);
    }
  });
});

describe('checkGradients', () => {
  it('leaves the parameters as they were', async () => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const before = model.parameters();
    checkGradients(model, batchOf('tokens', 'cross-entropy', { T: 5, B: 2 }, true, true, 5), { loss: 'cross-entropy' });
    expect(model.parameters()).toEqual(before);
  });

  it('sees a gradient that is wrong: one component off by a hundred-thousandth of the norm', async () => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const batch = batchOf('tokens', 'cross-entropy', { T: 5, B: 2 }, false, false, 5);
    const gradients = model.gradients.bind(model);
    model.gradients = () =>
      gradients().map((gradient) => {
        if (gradient.name !== 'rnn.weight_hh_l0') return gradient;
        const norm = Math.sqrt([...gradient.data].reduce((sum, g) => sum + g * g, 0));
        return { ...gradient, data: Float64Array.from(gradient.data, (g, i) => (i === 3 ? g + 1e-5 * norm : g)) };
      });
    const errors = checkGradients(model, batch, { loss: 'cross-entropy' });
    const worst = errors.filter(({ relativeError }) => relativeError > 1e-7).map(({ name }) => name);
    expect(worst).toEqual(['rnn.weight_hh_l0']);
  });

  it('refuses f32 models and wrong options', async () => {
    const batch = batchOf('tokens', 'cross-entropy', { T: 5, B: 2 }, false, false, 5);
    const single = await createModel(describeModel('tokens', ['tanh']));
    expect(() => checkGradients(single, batch, { loss: 'cross-entropy' })).toThrow(BpttError);
    const model = await createModel(describeModel('tokens', ['tanh']), { dtype: 'f64' });
    for (const wrong of [
      { epsilon: 0 },
      { epsilom: 1 },
      { truncation: { k1: 0, k2: 1 } },
      { regularization: { l3: 1 } },
    ]) {
      expect(() => checkGradients(model, batch, { loss: 'cross-entropy', ...wrong } as never)).toThrow(BpttError);
    }
  });
});

/** The gradients of all windows, and the losses. */
function run(model: Model, batch: Batch, objective: Objective) {
  const losses: number[] = [];
  const gradients: (readonly number[])[] = [];
  for (const { loss } of backpropagate(model, batch, objective)) {
    losses.push(loss);
    gradients.push(model.gradients().flatMap(({ data }) => [...data]));
  }
  return { losses, gradients };
}

const sizes = fc.record({ T: fc.integer({ min: 1, max: 12 }), B: fc.integer({ min: 1, max: 6 }), seed: fc.nat(1000) });
const kinds = fc.constantFrom<InputKind>('tokens', 'embedding', 'features');
const options = { numRuns: 30 };

describe.each(['f32', 'f64'] as const)('properties in %s, bit for bit', (dtype) => {
  const create = (kind: InputKind, seed: number) =>
    createModel(describeModel(kind, seed % 2 === 0 ? ['tanh'] : ['relu', 'tanh']), { seed, dtype });

  it('truncated BPTT with k1 = k2 = T is full BPTT', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, kinds, async ({ T, B, seed }, kind) => {
        const model = await create(kind, seed);
        const batch = batchOf(kind, 'cross-entropy', { T, B }, seed % 3 === 0, seed % 5 === 0, seed);
        const truncation = { k1: T, k2: T };
        expect(run(model, batch, objectiveOf('cross-entropy', 'mean', truncation))).toEqual(
          run(model, batch, objectiveOf('cross-entropy', 'mean', undefined)),
        );
        // Longer than the sequence is the same again: a sequence shorter than k1 still trains.
        const longer = { k1: T + 3, k2: T + 5 };
        expect(run(model, batch, objectiveOf('cross-entropy', 'mean', longer))).toEqual(
          run(model, batch, objectiveOf('cross-entropy', 'mean', truncation)),
        );
      }),
      options,
    );
  });

  it('two stretches with the state carried are one long forward', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, kinds, fc.nat(), async ({ T, B, seed }, kind, where) => {
        const model = await create(kind, seed);
        const { steps, rows, inputs } = batchOf(kind, 'cross-entropy', { T: T + 1, B }, false, false, seed);
        const cut = 1 + (where % T);
        const width = inputs.length / steps;
        const whole = model.forward({ steps, rows, inputs });
        const first = model.forward({ steps: cut, rows, inputs: inputs.subarray(0, cut * width) });
        const second = model.forward({ steps: steps - cut, rows, inputs: inputs.subarray(cut * width) }, first.state);
        expect([...first.outputs, ...second.outputs]).toEqual([...whole.outputs]);
        expect(second.state).toEqual(whole.state);
      }),
      options,
    );
  });

  it('rows of a batch do not see each other', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, kinds, async ({ T, B, seed }, kind) => {
        const model = await create(kind, seed);
        const { inputs } = batchOf(kind, 'cross-entropy', { T, B }, false, false, seed);
        const { outputs } = model.forward({ steps: T, rows: B, inputs });
        const width = inputs.length / T / B;
        const row = B - 1;
        const alone = inputs.filter((_, i) => Math.floor(i / width) % B === row) as typeof inputs;
        const expected = outputs.filter((_, i) => Math.floor(i / OUTPUTS) % B === row);
        expect(model.forward({ steps: T, rows: 1, inputs: alone }).outputs).toEqual(expected);
      }),
      options,
    );
  });

  it('a row that is reset is a fresh sequence', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, kinds, fc.nat(), async ({ T, B, seed }, kind, where) => {
        const model = await create(kind, seed);
        const at = where % T;
        const { inputs } = batchOf(kind, 'cross-entropy', { T, B }, false, false, seed);
        const resets = new Uint8Array(T * B).fill(1, at * B, (at + 1) * B);
        const { outputs, state } = model.forward({ steps: T, rows: B, inputs, resets });
        const width = inputs.length / T;
        const fresh = model.forward({ steps: T - at, rows: B, inputs: inputs.subarray(at * width) });
        expect([...outputs.subarray(at * B * OUTPUTS)]).toEqual([...fresh.outputs]);
        expect(state).toEqual(fresh.state);
      }),
      options,
    );
  });

  it('steps that are masked do not matter: their targets change nothing', async () => {
    await fc.assert(
      fc.asyncProperty(sizes, kinds, fc.constantFrom(...truncations), async ({ T, B, seed }, kind, [, truncation]) => {
        const model = await create(kind, seed);
        const batch = batchOf(kind, 'cross-entropy', { T, B }, true, false, seed);
        const other = batch.targets.map((target, i) =>
          batch.mask![i] === 1 ? target : (target + 1) % OUTPUTS,
        ) as Int32Array;
        const objective = objectiveOf('cross-entropy', 'sum', truncation);
        expect(run(model, { ...batch, targets: other }, objective)).toEqual(run(model, batch, objective));
      }),
      options,
    );
  });

  it('with k1 > k2 the loss is that of all k1 steps, and older ones have no gradient', async () => {
    const model = await create('tokens', 1);
    const batch = batchOf('tokens', 'cross-entropy', { T: 9, B: 2 }, false, false, 1);
    const short = run(model, batch, objectiveOf('cross-entropy', 'sum', { k1: 9, k2: 2 }));
    const whole = run(model, batch, objectiveOf('cross-entropy', 'sum', undefined));
    expect(short.losses).toEqual(whole.losses);
    const mask = new Uint8Array(18).fill(1, 14);
    const onlyNewest = run(model, { ...batch, mask }, objectiveOf('cross-entropy', 'sum', { k1: 9, k2: 2 }));
    expect(short.gradients).toEqual(onlyNewest.gradients);
    expect(short.gradients).not.toEqual(whole.gradients);
  });
});
