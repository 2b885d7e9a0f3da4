// Initialisers that go by gates and layers: chrono, and the defaults of PyTorch and Keras by name.
import { describe, expect, it } from 'vitest';
import {
  chrono,
  constant,
  createModel,
  dense,
  elman,
  embedding,
  features,
  gru,
  keras,
  type LayerDescription,
  lstm,
  pytorch,
  tokens,
} from '../../src/index.ts';

const H = 40;

async function parametersOf(layers: readonly LayerDescription[], seed = 1, dtype: 'f32' | 'f64' = 'f64') {
  const reads = layers[0]!.kind === 'embedding' ? tokens(500) : features(30);
  const model = await createModel([reads, ...layers], { seed, dtype });
  return new Map(model.parameters().map(({ name, data }) => [name, [...data]]));
}
const gate = (bias: readonly number[], index: number) => bias.slice(index * H, (index + 1) * H);
const variance = (values: readonly number[]) => values.reduce((sum, value) => sum + value * value, 0) / values.length;

describe('chrono', () => {
  it('draws b_f = log U[1, T - 1] and b_i = -b_f, the other gates 0', async () => {
    const layer = lstm({ units: H, biasInitializer: chrono({ maximum: 100 }) });
    expect(layer.forgetBias).toBe(0);
    const bias = (await parametersOf([layer])).get('rnn.bias_ih_l0')!;
    const forget = gate(bias, 1);
    expect(gate(bias, 0)).toEqual(forget.map((value) => -value));
    expect([...gate(bias, 2), ...gate(bias, 3)].every((value) => value === 0)).toBe(true);
    expect(Math.min(...forget)).toBeGreaterThanOrEqual(0);
    expect(Math.max(...forget)).toBeLessThanOrEqual(Math.log(99));
    // u is uniform: its mean is about 50, its least and largest are far apart.
    const u = forget.map(Math.exp);
    expect(u.reduce((sum, value) => sum + value, 0) / H).toBeGreaterThan(38);
    expect(Math.min(...u)).toBeLessThan(15);
    expect(Math.max(...u)).toBeGreaterThan(85);
  });

  it('is of z in a GRU, where z keeps the state', async () => {
    const bias = (await parametersOf([gru({ units: H, biasInitializer: chrono({ maximum: 50 }) })])).get(
      'rnn.bias_ih_l0',
    )!;
    expect(gate(bias, 1).every((value) => value >= 0 && value <= Math.log(49))).toBe(true);
    expect([...gate(bias, 0), ...gate(bias, 2)].every((value) => value === 0)).toBe(true);
  });

  it('is refused where there are no such gates, and below 2', () => {
    expect(() => elman({ units: 3, biasInitializer: chrono({ maximum: 9 }) })).toThrow(
      /elman\.biasInitializer: .*chrono/,
    );
    expect(() => dense({ units: 3, biasInitializer: chrono({ maximum: 9 }) })).toThrow(
      /dense\.biasInitializer: .*chrono/,
    );
    expect(() => lstm({ units: 3, inputInitializer: chrono({ maximum: 9 }) })).toThrow(
      /lstm\.inputInitializer: .*chrono/,
    );
    expect(() => chrono({ maximum: 1 })).toThrow(/chrono\.maximum/);
  });
});

describe('pytorch', () => {
  const all = { inputInitializer: pytorch(), recurrentInitializer: pytorch(), biasInitializer: pytorch() };
  const head = dense({ units: 7, weightInitializer: pytorch(), biasInitializer: pytorch() });

  it('is uniform in ±1/√H, and the one bias is the sum of two draws', async () => {
    for (const layer of [lstm({ units: H, ...all }), elman({ units: H, ...all }), gru({ units: H, ...all })]) {
      const parameters = await parametersOf([layer, head]);
      const limit = 1 / Math.sqrt(H);
      for (const name of ['rnn.weight_ih_l0', 'rnn.weight_hh_l0']) {
        const values = parameters.get(name)!;
        expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(limit);
        expect(variance(values) / (limit * limit)).toBeCloseTo(1 / 3, 1);
      }
      const bias = parameters.get('rnn.bias_ih_l0')!;
      const summed = layer.kind === 'gru' ? bias.slice(0, 2 * H) : bias;
      expect(Math.max(...summed.map(Math.abs))).toBeGreaterThan(limit);
      expect(Math.max(...summed.map(Math.abs))).toBeLessThanOrEqual(2 * limit);
      if (layer.kind !== 'gru') continue;
      for (const single of [bias.slice(2 * H), parameters.get('rnn.bias_hn_l0')!]) {
        expect(Math.max(...single.map(Math.abs))).toBeLessThanOrEqual(limit);
        expect(variance(single)).toBeGreaterThan((limit * limit) / 6);
      }
    }
    const parameters = await parametersOf([lstm({ units: H, ...all }), head]);
    for (const name of ['dense.weight', 'dense.bias']) {
      expect(Math.max(...parameters.get(name)!.map(Math.abs))).toBeLessThanOrEqual(1 / Math.sqrt(H));
    }
  });

  it('draws embeddings from normal(0, 1), and gives forgetBias only where it is asked for', async () => {
    const table = (await parametersOf([embedding({ units: 20, initializer: pytorch() })])).get('embedding.weight')!;
    expect(variance(table)).toBeCloseTo(1, 1);
    expect(lstm({ units: 2, biasInitializer: pytorch() }).forgetBias).toBe(0);
    expect(lstm({ units: 2, biasInitializer: pytorch(), forgetBias: 1 }).forgetBias).toBe(1);
    expect(lstm({ units: 2 }).forgetBias).toBe(1);
  });
});

describe('keras', () => {
  const all = { inputInitializer: keras(), recurrentInitializer: keras(), biasInitializer: keras() };

  it('draws all gates as one matrix: Glorot uniform, and orthogonal', async () => {
    const parameters = await parametersOf([lstm({ units: H, ...all })]);
    const limit = Math.sqrt(6 / (30 + 4 * H));
    const kernel = parameters.get('rnn.weight_ih_l0')!;
    expect(Math.max(...kernel.map(Math.abs))).toBeLessThanOrEqual(limit);
    expect(variance(kernel) / (limit * limit)).toBeCloseTo(1 / 3, 1);
    // [4H, H] outside: its columns, a state each, are orthonormal.
    const w = parameters.get('rnn.weight_hh_l0')!;
    for (const [a, b] of [
      [0, 0],
      [3, 3],
      [0, 1],
      [5, 39],
    ] as const) {
      let dot = 0;
      for (let row = 0; row < 4 * H; row++) dot += w[row * H + a]! * w[row * H + b]!;
      expect(dot).toBeCloseTo(a === b ? 1 : 0, 12);
    }
    const bias = parameters.get('rnn.bias_ih_l0')!;
    expect(bias).toEqual(bias.map((_, i) => (i >= H && i < 2 * H ? 1 : 0)));
  });

  it('draws embeddings from ±0.05', async () => {
    const table = (await parametersOf([embedding({ units: 20, initializer: keras() })])).get('embedding.weight')!;
    expect(Math.max(...table.map(Math.abs))).toBeLessThanOrEqual(0.05);
    expect(variance(table)).toBeCloseTo(0.05 ** 2 / 3, 5);
  });
});

it('unknown options of named initialisers are errors', () => {
  expect(() => elman({ units: 2, biasInitializer: { kind: 'pytorch', gain: 2 } as never })).toThrow(/gain/);
  expect(() => elman({ units: 2, biasInitializer: { ...constant(1), values: 2 } as never })).toThrow(/values/);
});

it('seeds and dtypes: the same numbers in both precisions, others for another seed', async () => {
  const layer = lstm({
    units: H,
    inputInitializer: pytorch(),
    recurrentInitializer: keras(),
    biasInitializer: pytorch(),
  });
  const [wide, narrow, other] = await Promise.all([
    parametersOf([layer]),
    parametersOf([layer], 1, 'f32'),
    parametersOf([layer], 2),
  ]);
  for (const [name, values] of wide) {
    for (const [i, value] of values.entries()) expect(Math.abs(value - narrow.get(name)![i]!)).toBeLessThan(1e-6);
    expect(other.get(name)).not.toEqual(values);
  }
});
