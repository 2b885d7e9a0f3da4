// L1 and L2 on the weights: values and gradients by their formulas.
import { describe, expect, test } from 'vitest';
import { checkFields } from '../../src/base/fields.ts';
import { createModel, dense, elman, features, type Model, normal } from '../../src/index.ts';
import { addPenalties, penaltyOf, type Regularization, regularizationFields } from '../../src/loss/weight-penalties.ts';
import { codeOf } from '../support/error-code.ts';

const create = () => {
  const biasInitializer = normal({ deviation: 0.5 });
  const layers = [elman({ units: 3, biasInitializer }), dense({ units: 2, biasInitializer })];
  return createModel([features(2), ...layers], { seed: 4, dtype: 'f64' });
};

/** The parameters that a penalty is on, and the others. */
const parted = (model: Model, biases: boolean) => {
  const penalised = ({ name }: { name: string }) => biases || !name.includes('bias');
  return [model.parameters().filter(penalised), model.parameters().filter((entry) => !penalised(entry))] as const;
};

const cases: readonly Regularization[] = [
  { l1: 0.3 },
  { l2: 0.7 },
  { l1: 0.3, l2: 0.7 },
  { l1: 0.3, biases: true },
  { l2: 0.7, biases: true },
  { l1: 0.3, l2: 0.7, biases: false },
];

describe('l1 Σ|w| + l2/2 Σw²', () => {
  test.each(cases)('of %o: value and gradient', async (regularization) => {
    const { l1 = 0, l2 = 0, biases = false } = regularization;
    const model = await create();
    const [penalised, rest] = parted(model, biases);
    const weights = penalised.flatMap(({ data }) => [...data]);
    const expected = weights.reduce((sum, w) => sum + l1 * Math.abs(w) + (l2 / 2) * w * w, 0);
    expect(penaltyOf(model.network, regularization)).toBeCloseTo(expected, 12);
    model.network.clearGradients('all');
    for (const times of [1, 2]) {
      expect(addPenalties(model.network, regularization)).toBeCloseTo(expected, 12);
      const gradients = new Map(model.gradients().map(({ name, data }) => [name, data]));
      for (const { name, data } of penalised) {
        for (const [i, w] of data.entries()) {
          expect(gradients.get(name)![i]).toBeCloseTo(times * (l1 * Math.sign(w) + l2 * w), 12);
        }
      }
      for (const { name } of rest) expect(gradients.get(name)!.every((g) => g === 0)).toBe(true);
    }
  });

  test.each([{}, { l1: 0, l2: 0 }, { biases: true }])('of %o: nothing', async (regularization) => {
    const model = await create();
    model.network.clearGradients('all');
    expect(penaltyOf(model.network, regularization)).toBe(0);
    expect(addPenalties(model.network, regularization)).toBe(0);
    expect(model.gradients().every(({ data }) => data.every((g) => g === 0))).toBe(true);
  });
});

describe('checkRegularization', () => {
  test.each([{}, { l1: 0 }, { l1: 2, l2: 0, biases: true }])('takes %o', (regularization) => {
    expect(checkFields('train.regularization', regularization, regularizationFields)).toMatchObject(regularization);
  });

  test.each([
    [{ l1: -1 }, 'train.regularization.l1: expected'],
    [{ l1: Number.NaN }, 'train.regularization.l1: expected'],
    [{ l2: -1e-9 }, 'train.regularization.l2: expected'],
    [{ l2: '1' }, 'train.regularization.l2: expected'],
    [{ biases: 1 }, 'train.regularization.biases: expected'],
  ])('refuses %o', (regularization, message) => {
    const check = () => checkFields('train.regularization', regularization, regularizationFields);
    expect(check).toThrow(message);
    expect(codeOf(check)).toBe('invalid-argument');
  });

  test('refuses what it does not know', () => {
    expect(codeOf(() => checkFields('train.regularization', { l3: 1 }, regularizationFields))).toBe('unknown-option');
  });
});
