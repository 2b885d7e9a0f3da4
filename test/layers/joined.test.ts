// Products and means of entries: values, gradients wherever they stand, files, and what is refused.
import { describe, expect, it } from 'vitest';
import {
  average,
  checkGradients,
  createModel,
  dense,
  deserialize,
  features,
  gru,
  type ModelDescription,
  multiply,
  serialize,
  tokens,
} from '../../src/index.ts';

const reals = (count: number, k: number) => Float64Array.from({ length: count }, (_, i) => ((i * k) % 17) / 8 - 1.03);
/** With the outputs j, what is joined, and own, what g is. */
const build = (join: object) =>
  createModel(
    [
      features(2, { name: 'x' }),
      features(2, { name: 'z', clock: 'x' }),
      gru({ units: 2, from: 'x', name: 'g' }),
      join,
      dense({ units: 2, name: 'own', from: 'g' }),
      dense({ units: 1, name: 'other', from: 'z' }),
    ] as unknown as ModelDescription,
    { dtype: 'f64', seed: 4 },
  );
const inputs = { x: reals(24, 7), z: reals(24, 5) };

describe.each([
  ['multiply', multiply, (values: readonly number[]) => values.reduce((a, b) => a * b)],
  ['average', average, (values: readonly number[]) => values.reduce((a, b) => a + b) / values.length],
] as const)('%s', (_, join, of) => {
  it.each([[['x', 'z']], [['x', 'g']], [['g', 'z', 'x']]])('of %j', async (from) => {
    const model = await build(join({ from, name: 'j' }));
    model.setParameter('own.weight', [1, 0, 0, 1]);
    const { named } = model.forward({ steps: 4, rows: 3, inputs });
    const parts = { ...inputs, g: named.own! } as Readonly<Record<string, ArrayLike<number>>>;
    for (const [i, value] of named.j!.entries()) expect(value).toBeCloseTo(of(from.map((one) => parts[one]![i]!)), 14);
    const targets = { j: reals(24, 3), own: reals(24, 11), other: reals(12, 2) };
    const batch = { steps: 4, rows: 3, inputs, targets };
    const loss = { j: 'mean-squared-error', own: 'mean-squared-error', other: 'mean-squared-error' } as const;
    for (const truncation of [undefined, { k1: 2, k2: 3 }]) {
      for (const error of checkGradients(model, batch, { loss, ...(truncation && { truncation }) })) {
        expect(error.relativeError, error.name).toBeLessThan(1e-7);
      }
    }
    const { model: read } = await deserialize(serialize(model), { kinds: [join] });
    expect(read.forward({ steps: 4, rows: 3, inputs }).outputs).toEqual(
      model.forward({ steps: 4, rows: 3, inputs }).outputs,
    );
  });

  it('refuses tokens, other sizes and other clocks', async () => {
    const from = ['a', 'b'];
    const model = (a: object, b: object) => createModel([a, b, join({ from })] as unknown as ModelDescription);
    await expect(model(tokens(3, { name: 'a' }), features(3, { name: 'b', clock: 'a' }))).rejects.toThrow(
      /^model\[2\]\.from: expected features, got 3 tokens/,
    );
    await expect(model(features(3, { name: 'a' }), features(2, { name: 'b', clock: 'a' }))).rejects.toThrow(
      /^model\[2\]\.from: expected entries of one size/,
    );
    await expect(model(features(2, { name: 'a' }), features(2, { name: 'b' }))).rejects.toThrow(
      /^model\[2\]\.from: expected entries on one clock/,
    );
    expect(() => join({ form: ['a'] } as never)).toThrow(/form/);
  });
});
