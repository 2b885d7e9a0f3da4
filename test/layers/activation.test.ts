// Activations: PyTorch's values and slopes, right gradients wherever they stand, the option of dense layers, and what is refused.
import { describe, expect, it } from 'vitest';
import {
  activation,
  backpropagate,
  checkGradients,
  createModel,
  dense,
  deserialize,
  elman,
  features,
  gru,
  type ModelDescription,
  serialize,
  tokens,
} from '../../src/index.ts';
import type { ActivationFunction } from '../../src/layers/later/activation.ts';
import fixture from '../truth/fixtures/activations.json' with { type: 'json' };

interface Case {
  readonly function: ActivationFunction;
  readonly alpha?: number;
  readonly y: readonly number[];
  readonly slope: readonly number[];
}
const cases = fixture.cases as readonly Case[];
const { x } = fixture;
const optionsOf = ({ function: name, alpha }: Case) => ({ function: name, ...(alpha !== undefined && { alpha }) });

/** y of the points, and dx of dy = 1. */
async function run(dtype: 'f32' | 'f64', one: Case) {
  // The identity in front has a weight, whose gradient is Σ x dx; one point a row of features tells them apart.
  const F = x.length;
  const model = await createModel([features(F), dense({ units: F }), activation(optionsOf(one))], { dtype });
  const identity = Array.from({ length: F * F }, (_, i) => +(i % (F + 1) === 0));
  model.setParameter('dense.weight', identity);
  const input = { steps: 1, rows: 1, inputs: new Float64Array(x) };
  const { outputs } = model.forward(input);
  const target = outputs.map((y) => y - 0.5);
  // The derivative of Σ (y - target)² is 2 · ½.
  [...backpropagate(model, { ...input, targets: target }, { loss: 'mean-squared-error', reduction: 'sum' })];
  return { y: outputs, dx: model.gradients().find(({ name }) => name === 'dense.bias')!.data };
}

/** Where both sides are right. */
const KINKS: Partial<Record<ActivationFunction, readonly number[]>> = { 'hard-sigmoid': [-3, -2.5, 2.5, 3] };

describe.each(cases.map((one) => [`${one.function} ${one.alpha ?? ''}`, one] as const))('%s', (_, one) => {
  it.each([
    ['f64', 1e-14],
    ['f32', 3e-6],
  ] as const)('is PyTorch in %s', async (dtype, tolerance) => {
    const { y, dx } = await run(dtype, one);
    for (const [i, point] of x.entries()) {
      expect(Math.abs(y[i]! - one.y[i]!), `f(${point})`).toBeLessThanOrEqual(tolerance * Math.max(1, Math.abs(point)));
      if (KINKS[one.function]?.includes(point)) continue;
      expect(Math.abs(dx[i]! - one.slope[i]!), `f'(${point})`).toBeLessThanOrEqual(
        2 * tolerance * Math.max(1, Math.abs(point)),
      );
    }
  });

  it('keeps its relative accuracy where it nearly vanishes', async () => {
    const { y } = await run('f64', one);
    for (const [i, value] of one.y.entries()) {
      if (x[i]! > -8 || value === 0) continue;
      // PyTorch's own gelu is 1 + erf there, which cancels.
      if (one.function !== 'gelu') expect(Math.abs(y[i]! / value - 1), `f(${x[i]})`).toBeLessThan(1e-13);
    }
  });

  it.each([undefined, { k1: 2, k2: 3 }, { k1: 2, k2: 4, losses: 'window' }] as const)(
    'has right gradients between layers, truncated as %j',
    async (truncation) => {
      const smooth = one.function.includes('relu') ? 0.5 : 0;
      const model = await createModel(
        [
          features(2),
          dense({ units: 3, name: 'in' }),
          activation(optionsOf(one)),
          gru({ units: 3 }),
          dense({ units: 3 }),
        ],
        { dtype: 'f64', seed: 4 },
      );
      // Away from the kinks by more than a difference is wide.
      if (smooth > 0) model.setParameter('in.bias', [0.31, 0.43, -0.57]);
      const numbers = (count: number, k: number) =>
        Float64Array.from({ length: count }, (_, i) => ((i * k) % 11) / 5 - 1);
      const batch = { steps: 6, rows: 3, inputs: numbers(36, 7), targets: numbers(54, 5) };
      const options = { loss: 'mean-squared-error', ...(truncation && { truncation }) } as const;
      for (const { name, relativeError } of checkGradients(model, batch, options)) {
        expect(relativeError, name).toBeLessThan(1e-7);
      }
    },
  );
});

describe('the option of dense layers', () => {
  const batch = { steps: 5, rows: 2, inputs: Int32Array.from({ length: 10 }, (_, i) => (i * i) % 4) };
  const build = (...head: readonly object[]) =>
    createModel([tokens(4), elman({ units: 5 }), ...head, dense({ units: 2 })] as unknown as ModelDescription, {
      seed: 2,
    });

  it('is what the layer is, and stays in files', async () => {
    const [option, layer] = [
      await build(dense({ units: 3, activation: 'gelu' })),
      await build(dense({ units: 3 }), activation({ function: 'gelu' })),
    ];
    expect(option.forward(batch).outputs).toEqual(layer.forward(batch).outputs);
    for (const model of [option, layer]) {
      const read = (await deserialize(serialize(model))).model;
      expect(read.description).toEqual(model.description);
      expect(read.forward(batch).outputs).toEqual(model.forward(batch).outputs);
    }
  });

  it('is the output of the model where it is the last, by the name of the dense layer', async () => {
    const model = await createModel([features(1), dense({ units: 3, name: 'share', activation: 'sigmoid' })]);
    const { named } = model.forward({ steps: 1, rows: 1, inputs: Float32Array.of(-1e6) });
    expect(Object.keys(named)).toEqual(['share']);
    for (const value of named.share!) expect(value === 0 || value === 1).toBe(true);
  });

  it('refuses what can be known to be wrong at once', () => {
    expect(() => activation({ function: 'elu', beta: 1 } as never)).toThrow(
      /^activation: expected only .*, got "beta"/,
    );
    expect(() => activation(0.1 as never)).toThrow(
      'activation: expected an object of options such as { alpha: 0.1 }, got 0.1',
    );
  });

  it('refuses what is wrong, when the model is created', async () => {
    const refused = (head: object) => expect(build(head)).rejects;
    await refused(dense({ units: 3, activation: 'rleu' as never })).toThrow(
      /^model\[2\]\.activation\.function: expected one of "relu", .*got "rleu"/,
    );
    await refused(activation({ function: 'tanh', alpha: 1 })).toThrow(
      'model[2].alpha: expected none with tanh, only with leaky-relu, elu, hard-sigmoid, got 1',
    );
    await refused(activation({ function: 'elu', alpha: -1 })).toThrow(/^model\[2\]\.alpha: expected/);
    await refused({ kind: 'activation', function: 'elu', beta: 1 }).toThrow(/^model\[2\].*beta/);
    await expect(createModel([tokens(4), activation({ function: 'relu' })])).rejects.toThrow(
      /^model\[1\]: expected features as input, got 4 tokens/,
    );
  });
});
