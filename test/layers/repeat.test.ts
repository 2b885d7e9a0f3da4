// repeat: one output a row at every step of a time axis.
import { expect, it } from 'vitest';
import { backpropagate, createModel, dense, features, repeat } from '../../src/index.ts';

const describeModel = () =>
  createModel(
    [
      features(1, { name: 'x' }),
      features(2, { name: 'r', clock: 'row' }),
      dense({ units: 2, name: 'inside' }),
      repeat({ clock: 'x', name: 'steps' }),
      dense({ units: 1, from: 'x', name: 'y' }),
    ],
    { dtype: 'f64', seed: 1 },
  );

it('gives the rows again at every step, and nothing where a row has ended', async () => {
  const model = await createModel([
    features(1, { name: 'x' }),
    features(2, { name: 'r', clock: 'row' }),
    repeat({ clock: 'x', name: 'steps' }),
    dense({ units: 1, from: 'x', name: 'y' }),
  ]);
  const inputs = { x: new Float32Array(6), r: Float32Array.of(1, 2, 3, 4) };
  const { steps } = model.forward({ rows: 2, steps: 3, lengths: [2, 3], inputs }).named;
  expect([...steps!]).toEqual([1, 2, 3, 4, 1, 2, 3, 4, 0, 0, 3, 4]);
});

it('adds its gradients up over the steps that count', async () => {
  const model = await describeModel();
  const rows = 2;
  const inputs = { x: new Float64Array(rows * 4), r: Float64Array.of(1, -2, 0.5, 3) };
  const targets = { steps: new Float64Array(rows * 4 * 2), y: new Float64Array(rows * 4) };
  const loss = { steps: 'mean-squared-error', y: 'mean-squared-error' } as const;
  const biasOf = (steps: number) => {
    // Every step has the same target, so its gradient is that of one step times their number.
    const mask = { steps: Uint8Array.from({ length: rows * 4 }, (_, i) => +(i < steps * rows)) };
    [...backpropagate(model, { rows, steps: 4, inputs, targets, mask }, { loss, reduction: 'sum' })];
    return [...model.gradients().find(({ name }) => name === 'inside.bias')!.data];
  };
  const one = biasOf(1);
  expect(one.every((value) => value !== 0)).toBe(true);
  expect(biasOf(2)).toEqual(one.map((value) => 2 * value));
  expect(biasOf(4)).toEqual(one.map((value) => 4 * value));
});
