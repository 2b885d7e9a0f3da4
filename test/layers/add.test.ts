// add: the sum of several entries.
import { expect, it } from 'vitest';
import { add, createModel, elman, features, residual } from '../../src/index.ts';

it('adds entries of one size, whatever their number', async () => {
  const model = await createModel([
    features(1, { name: 'x' }),
    features(1, { name: 'y', clock: 'x' }),
    features(1, { name: 'z', clock: 'x' }),
    add({ from: ['x', 'y', 'z'] }),
  ]);
  const inputs = { x: Float32Array.of(1, 2), y: Float32Array.of(10, 20), z: Float32Array.of(100, 200) };
  expect([...model.forward({ rows: 1, steps: 2, inputs }).outputs]).toEqual([111, 222]);
});

it('is residual() of one layer, to the bit', async () => {
  const inputs = Float32Array.from({ length: 12 }, (_, i) => ((i * 7) % 5) / 5 - 0.4);
  const input = { rows: 2, steps: 3, inputs };
  const one = await createModel([features(2), residual(elman({ units: 2 }))], { seed: 5 });
  const other = await createModel(
    [features(2, { name: 'x' }), elman({ units: 2, name: 'deep' }), add({ from: ['deep', 'x'] })],
    { seed: 5 },
  );
  expect(other.forward(input).outputs).toEqual(one.forward(input).outputs);
});
