// Flattening: the steps of a row side by side, their gradients, and what is refused.
import { describe, expect, it } from 'vitest';
import {
  checkGradients,
  createModel,
  dense,
  deserialize,
  features,
  flatten,
  gru,
  last,
  type ModelDescription,
  serialize,
  tokens,
} from '../../src/index.ts';

const reals = (count: number, k: number) => Float64Array.from({ length: count }, (_, i) => ((i * k) % 17) / 8 - 1);

it('gives the steps of a row side by side, and zeros where it has ended', async () => {
  const model = await createModel([features(2), flatten({ steps: 3 }), dense({ units: 6 })], { dtype: 'f64' });
  model.setParameter(
    'dense.weight',
    Array.from({ length: 36 }, (_, i) => +(i % 7 === 0)),
  );
  // Of two rows, step by step.
  const inputs = Float64Array.of(1, 2, 10, 20, 3, 4, 30, 40, 5, 6, 50, 60);
  const input = { steps: 3, rows: 2, inputs };
  expect([...model.forward(input).outputs]).toEqual([1, 2, 3, 4, 5, 6, 10, 20, 30, 40, 50, 60]);
  expect([...model.forward({ ...input, lengths: [3, 1] }).outputs]).toEqual([1, 2, 3, 4, 5, 6, 10, 20, 0, 0, 0, 0]);
  const { model: read } = await deserialize(serialize(model));
  expect(read.forward(input).outputs).toEqual(model.forward(input).outputs);
});

describe('gradients', () => {
  const graphs: Readonly<Record<string, readonly object[]>> = {
    'of a layer': [gru({ units: 3 }), flatten({ steps: 5 }), dense({ units: 2 })],
    'of what another reads too': [
      gru({ units: 3, name: 'g' }),
      flatten({ steps: 5, name: 'f' }),
      dense({ units: 2, name: 'a' }),
      last({ from: 'g' }),
      dense({ units: 2, name: 'b' }),
    ],
  };
  it.each(Object.entries(graphs))('%s', async (name, layers) => {
    const model = await createModel([features(2), ...layers] as unknown as ModelDescription, { dtype: 'f64' });
    const both = name.includes('another');
    const targets = both ? { a: reals(6, 5), b: reals(6, 3) } : reals(6, 5);
    const loss = both ? ({ a: 'mean-squared-error', b: 'mean-squared-error' } as const) : 'mean-squared-error';
    for (const lengths of [undefined, [5, 1, 3]]) {
      const batch = { steps: 5, rows: 3, inputs: reals(30, 7), targets, ...(lengths && { lengths }) };
      for (const error of checkGradients(model, batch, { loss }))
        expect(error.relativeError, error.name).toBeLessThan(1e-7);
    }
  });
});

it('refuses what it cannot lay side by side', async () => {
  await expect(createModel([tokens(3), flatten({ steps: 2 })])).rejects.toThrow(
    /^model\[1\]: expected features at every step as input, got 3 tokens/,
  );
  await expect(createModel([features(3), gru({ units: 2 }), last(), flatten({ steps: 2 })])).rejects.toThrow(
    /^model\[3\]: expected features at every step as input, got one output a row/,
  );
  expect(() => flatten({ steps: 0 })).toThrow(/^flatten\.steps: expected/);
  await expect(createModel([features(3), { kind: 'flatten', steps: 0 }])).rejects.toThrow(
    /^model\[1\]\.steps: expected/,
  );
  const model = await createModel([features(1), flatten({ steps: 2 })]);
  expect(() => model.forward({ steps: 3, rows: 1, inputs: Float32Array.of(1, 2, 3) })).toThrow(
    /^model\[1\] \(flatten\): expected 2 steps in every batch, got 3/,
  );
  expect(() =>
    checkGradients(
      model,
      { steps: 2, rows: 1, inputs: [1, 2], targets: [1, 2] },
      { loss: 'mean-squared-error', truncation: { k1: 1, k2: 1 } },
    ),
  ).toThrow();
});
