// concat: the features of several entries side by side.
import { expect, it } from 'vitest';
import { concat, createModel, dense, features, tokens } from '../../src/index.ts';

it('puts features side by side in the order of from, at each step of each row', async () => {
  const model = await createModel([
    features(2, { name: 'x' }),
    features(3, { name: 'y', clock: 'x' }),
    concat({ from: ['y', 'x'] }),
  ]);
  const x = Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8);
  const y = Float32Array.from({ length: 12 }, (_, i) => 10 + i);
  const { outputs } = model.forward({ rows: 2, steps: 2, inputs: { x, y } });
  expect([...outputs]).toEqual([10, 11, 12, 1, 2, 13, 14, 15, 3, 4, 16, 17, 18, 5, 6, 19, 20, 21, 7, 8]);
});

it('is a product with a matrix in parts: a dense layer over both is the sum of one over each', async () => {
  const [x, y] = [tokens(3, { name: 'x' }), features(2, { name: 'y', clock: 'x' })];
  const both = await createModel(
    [x, y, dense({ units: 3, from: 'x', name: 'a' }), concat({ from: ['a', 'y'] }), dense({ units: 2, name: 'b' })],
    { dtype: 'f64', seed: 3 },
  );
  const input = { rows: 1, steps: 3, inputs: { x: Int32Array.of(2, 0, 1), y: Float64Array.of(1, 2, -3, 0.5, 0, 1) } };
  const of = (name: string) => both.parameters().find((parameter) => parameter.name === name)!.data;
  const [a, U] = [of('a.weight'), of('b.weight')];
  const expected = [...input.inputs.x].flatMap((token, t) =>
    [0, 1].map((unit) => {
      const row = [...[0, 1, 2].map((i) => a[i * 3 + token]!), ...input.inputs.y.subarray(2 * t, 2 * t + 2)];
      return row.reduce((sum, value, i) => sum + value * U[unit * 5 + i]!, 0);
    }),
  );
  const { outputs } = both.forward(input);
  expect(Math.max(...expected.map((value, i) => Math.abs(value - outputs[i]!)))).toBeLessThan(1e-14);
});

it('joins what has one output a row', async () => {
  const model = await createModel([
    features(1, { name: 'x' }),
    features(2, { name: 'r', clock: 'row' }),
    features(1, { name: 's', clock: 'row' }),
    concat({ from: ['r', 's'], name: 'rows' }),
    dense({ units: 1, from: 'x', name: 'y' }),
  ]);
  const inputs = { x: Float32Array.of(0, 0), r: Float32Array.of(1, 2, 3, 4), s: Float32Array.of(5, 6) };
  expect([...model.forward({ rows: 2, steps: 1, inputs }).named.rows!]).toEqual([1, 2, 5, 3, 4, 6]);
});
