// Gradients against finite differences in f64, by the package's own check; and that the check sees what is wrong.
import { describe, expect, it } from 'vitest';
import {
  activityRegularization,
  type Batch,
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
import { codeOf } from '../support/error-code.ts';
import { nextBlock } from '../support/memory.ts';
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
      'dense layers before and after',
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

  it.each(truncations)(
    'where only the last steps count, through layers and steps before them: %s',
    async (_, truncation) => {
      const model = await createModel(describeModel('features', ['tanh', 'tanh']), { seed: 3, dtype: 'f64' });
      const batch = makeBatch('features', { T: 7, B: 2, seed: 5 });
      for (const counted of [1, 3]) {
        const mask = new Uint8Array(14).fill(1, 14 - 2 * counted);
        expectRight(model, { ...batch, mask }, objectiveOf('cross-entropy', 'mean', truncation));
      }
    },
  );

  it.each(truncations)('with penalties of layers in the objective: %s', async (_, truncation) => {
    const penalised = [
      features(FEATURES),
      elman({ units: 4, vanishingRegularization: 0.8 }),
      activityRegularization({ activation: 0.7, temporal: 0.9 }),
      dense({ units: OUTPUTS }),
    ] as const;
    const model = await createModel(penalised, { seed: 3, dtype: 'f64' });
    const batch = makeBatch('features', { T: 7, B: 2, seed: 5, mask: true, resets: true });
    for (const reduction of ['mean', 'sum'] as const) {
      const objective = { ...objectiveOf('cross-entropy', reduction, truncation), epsilon: 1e-4 };
      expectRight(model, batch, objective);
      // Where no loss counts, the penalties still do; of one step alone nothing changes from step to step.
      expectRight(model, { ...batch, mask: new Uint8Array(14) }, objective);
      expectRight(model, makeBatch('features', { T: 1, B: 2, seed: 5 }), objective);
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

  it('says how far one gradient is off, in the window where it is furthest', async () => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const batch = makeBatch('tokens', { T: 6, B: 2, seed: 5 });
    const gradients = model.gradients.bind(model);
    let window = 0;
    let norm = 0;
    model.gradients = () => {
      const off = [1e-3, 2e-3, 1e-3][window++]!;
      return gradients().map((gradient) => {
        if (gradient.name !== 'dense.bias') return gradient;
        const data = Float64Array.from(gradient.data, (g, i) => (i === 1 ? g + off : g));
        if (window === 2) norm = Math.hypot(...data);
        return { ...gradient, data };
      });
    };
    const errors = checkGradients(model, batch, { loss: 'cross-entropy', truncation: { k1: 2, k2: 2 } });
    expect(window).toBe(3);
    for (const { name, absoluteError, relativeError } of errors) {
      if (name !== 'dense.bias') {
        expect(absoluteError).toBeLessThan(1e-9);
        continue;
      }
      expect(absoluteError).toBeCloseTo(2e-3, 9);
      // Over the longer of the two norms, which differ by the error at most.
      expect(Math.abs((relativeError * norm) / 2e-3 - 1)).toBeLessThan(0.5);
    }
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

  it('finds no error where both gradients are zero', async () => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const batch = { ...makeBatch('tokens', { T: 3, B: 2, seed: 5 }), mask: new Uint8Array(6) };
    for (const reduction of ['mean', 'sum'] as const) {
      const errors = checkGradients(model, batch, { loss: 'cross-entropy', reduction });
      expect(errors.map(({ relativeError, absoluteError }) => [relativeError, absoluteError])).toEqual(
        errors.map(() => [0, 0]),
      );
    }
  });

  it('gives its memory back', async () => {
    const model = await createModel(describeModel('tokens', ['tanh']), { seed: 3, dtype: 'f64' });
    const batch = makeBatch('tokens', { T: 4, B: 2, seed: 5 });
    model.gradients(); // their block stays
    const before = nextBlock(model);
    checkGradients(model, batch, { loss: 'cross-entropy', truncation: { k1: 2, k2: 2 } });
    expect(nextBlock(model)).toBe(before);
  });

  it.each<[object, string]>([
    [{ epsilon: 0 }, 'checkGradients.epsilon: expected'],
    [{ epsilom: 1 }, 'checkGradients: '],
    [{ truncation: { k1: 0, k2: 1 } }, 'checkGradients.truncation.k1: expected'],
    [{ regularization: { l1: -1 } }, 'checkGradients.regularization.l1: expected'],
    [{ regularization: { l3: 1 } }, 'checkGradients.regularization'],
  ])('refuses %o', async (wrong, message) => {
    const model = await createModel(describeModel('tokens', ['tanh']), { dtype: 'f64' });
    const batch = makeBatch('tokens', { T: 5, B: 2, seed: 5 });
    const run = () => checkGradients(model, batch, { loss: 'cross-entropy', ...wrong });
    expect(run).toThrow(message);
    expect(codeOf(run)).toMatch(/^(invalid-argument|unknown-option)$/);
  });

  it('refuses what is no model of f64', async () => {
    const batch = makeBatch('tokens', { T: 5, B: 2, seed: 5 });
    const single = await createModel(describeModel('tokens', ['tanh']));
    const run = () => checkGradients(single, batch, { loss: 'cross-entropy' });
    expect(run).toThrow("checkGradients: expected a model of dtype 'f64', got 'f32'");
    expect(codeOf(run)).toBe('invalid-argument');
    expect(() => checkGradients({} as never, batch, { loss: 'cross-entropy' })).toThrow(
      'checkGradients(model): expected',
    );
  });
});
