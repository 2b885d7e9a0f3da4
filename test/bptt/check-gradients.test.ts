// Gradients against finite differences in f64, by the package's own check; and that the check sees what is wrong.
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  BpttError,
  checkGradients,
  createModel,
  dense,
  elman,
  embedding,
  features,
  type LossName,
  type Model,
  type ModelDescription,
  type Objective,
  tokens,
} from '../../src/index.ts';
import {
  describeModel,
  FEATURES,
  inputKinds,
  makeBatch,
  OUTPUTS,
  objectiveOf,
  truncations,
} from '../support/models.ts';

const losses = ['cross-entropy', 'mean-squared-error', 'binary-cross-entropy'] as const;

/** Every parameter is there, and its gradient right in every window. */
function expectRight(model: Model, batch: Batch, objective: Objective) {
  const errors = checkGradients(model, batch, objective);
  expect(errors.map(({ name }) => name)).toEqual(model.parameters().map(({ name }) => name));
  for (const { name, relativeError } of errors) expect(relativeError, name).toBeLessThan(1e-7);
}

describe('gradients against finite differences in f64, relative error below 1e-7', () => {
  let count = 0;
  for (const activation of ['tanh', 'relu', 'identity'] as const) {
    for (const loss of losses) {
      for (const reduction of ['mean', 'sum'] as const) {
        for (const mask of [false, true]) {
          for (const [name, truncation] of truncations) {
            // The input kinds in turn: 7 truncations, so each kind comes with each value of the others.
            const kind = inputKinds[count++ % 3]!;
            it(`${activation}, ${loss}, ${reduction}, ${mask ? 'mask and resets' : 'no mask'}, ${name}, ${kind}`, async () => {
              const model = await createModel(describeModel(kind, [activation, activation]), { seed: 3, dtype: 'f64' });
              const batch = makeBatch(kind, { T: 7, B: 2, seed: 5, loss, mask, resets: mask });
              expectRight(model, batch, objectiveOf(loss, reduction, truncation));
            });
          }
        }
      }
    }
  }

  const stacks: readonly (readonly [string, (loss: LossName) => ModelDescription])[] = [
    ['a recurrent layer alone', () => [features(FEATURES), elman({ units: OUTPUTS })]],
    ['recurrent layers without a head', () => [tokens(5), elman({ units: 3 }), elman({ units: OUTPUTS })]],
    [
      'a dense layer between recurrent ones',
      () => [tokens(5), elman({ units: 3 }), dense({ units: 3 }), elman({ units: OUTPUTS })],
    ],
    [
      'dense layers in front and behind',
      () => [
        features(FEATURES),
        dense({ units: 2 }),
        elman({ units: 3 }),
        dense({ units: 3 }),
        dense({ units: OUTPUTS }),
      ],
    ],
    ['no recurrent layer', () => [tokens(5), dense({ units: OUTPUTS })]],
    ['an embedding alone', () => [tokens(5), embedding({ units: OUTPUTS })]],
  ];
  describe.each(stacks)('%s', (_, stack) => {
    it.each(truncations)('%s', async (_, truncation) => {
      for (const loss of losses) {
        const description = stack(loss);
        const kind = description[0]!.kind as 'tokens' | 'features';
        const model = await createModel(description, { seed: 3, dtype: 'f64' });
        const batch = makeBatch(kind, { T: 7, B: 2, seed: 5, loss, mask: true, resets: true });
        expectRight(model, batch, objectiveOf(loss, 'mean', truncation));
      }
    });
  });

  it('with L1 and L2 in the objective, on weights alone and on biases too', async () => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const batch = makeBatch('tokens', { T: 5, B: 2, seed: 5 });
    for (const biases of [false, true]) {
      const errors = checkGradients(model, batch, {
        loss: 'cross-entropy',
        regularization: { l1: 0.02, l2: 0.3, biases },
      });
      for (const { name, relativeError } of errors) expect(relativeError, name).toBeLessThan(1e-7);
    }
  });

  it('from a state that is not zero', async () => {
    const model = await createModel(describeModel('features', ['tanh', 'tanh']), { seed: 3, dtype: 'f64' });
    const { state } = model.forward(makeBatch('features', { T: 3, B: 2, seed: 1 }));
    for (const [name, truncation] of truncations) {
      const batch = makeBatch('features', { T: 7, B: 2, seed: 5 });
      const errors = checkGradients(model, batch, objectiveOf('cross-entropy', 'mean', truncation), state);
      for (const { name: parameter, relativeError } of errors)
        expect(relativeError, `${name}: ${parameter}`).toBeLessThan(1e-7);
    }
  });
});

describe('checkGradients', () => {
  it('leaves the parameters as they were', async () => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const before = model.parameters();
    const batch = makeBatch('tokens', { T: 5, B: 2, seed: 5, mask: true, resets: true });
    checkGradients(model, batch, { loss: 'cross-entropy' });
    expect(model.parameters()).toEqual(before);
  });

  it('gives its memory back', async () => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const batch = makeBatch('tokens', { T: 6, B: 60, seed: 5 });
    const check = () => checkGradients(model, batch, { loss: 'cross-entropy', truncation: { k1: 2, k2: 2 } });
    check();
    const { memoryBytes } = model;
    for (let i = 0; i < 3; i++) check();
    expect(model.memoryBytes).toBe(memoryBytes);
  });

  describe('sees a gradient that is wrong, and only that', () => {
    const wrong: readonly (readonly [string, (g: number, i: number, norm: number) => number])[] = [
      ['one component off by a hundred-thousandth of the norm', (g, i, norm) => (i === 3 ? g + 1e-5 * norm : g)],
      ['another sign', (g) => -g],
      ['twice as long', (g) => 2 * g],
      ['zero', () => 0],
      ['NaN', () => Number.NaN],
    ];
    it.each(wrong)('%s', async (_, change) => {
      const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
      const gradients = model.gradients.bind(model);
      model.gradients = () =>
        gradients().map((gradient) => {
          if (gradient.name !== 'rnn.weight_hh_l0') return gradient;
          const norm = Math.sqrt([...gradient.data].reduce((sum, g) => sum + g * g, 0));
          return { ...gradient, data: Float64Array.from(gradient.data, (g, i) => change(g, i, norm)) };
        });
      const errors = checkGradients(model, makeBatch('tokens', { T: 5, B: 2, seed: 5 }), { loss: 'cross-entropy' });
      const found = errors.filter(({ relativeError }) => !(relativeError < 1e-7)).map(({ name }) => name);
      expect(found).toEqual(['rnn.weight_hh_l0']);
    });
  });

  it.each([0, 1, 2])('sees a gradient that is wrong in window %i alone', async (wrong) => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const gradients = model.gradients.bind(model);
    let window = 0;
    model.gradients = () => {
      const factor = window++ === wrong ? 2 : 1;
      return gradients().map((one) => ({ ...one, data: Float64Array.from(one.data, (g) => factor * g) }));
    };
    const batch = makeBatch('tokens', { T: 6, B: 2, seed: 5 });
    const errors = checkGradients(model, batch, { loss: 'cross-entropy', truncation: { k1: 2, k2: 4 } });
    expect(window).toBe(3);
    for (const { name, relativeError, absoluteError } of errors) {
      expect(relativeError, name).toBeCloseTo(0.5, 6);
      expect(absoluteError, name).toBeGreaterThan(1e-3);
    }
  });

  it('refuses f32 models and wrong options', async () => {
    const batch = makeBatch('tokens', { T: 5, B: 2, seed: 5 });
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
