// States, gates and weights as the diagnostics read them.
import { describe, expect, it } from 'vitest';
import {
  connectivity,
  gradientByLag,
  hiddenStates,
  jacobians,
  recurrentWeights,
  saturation,
  updateRatios,
} from '../../src/diagnostics/index.ts';
import {
  BpttError,
  backpropagate,
  bidirectional,
  createModel,
  dense,
  elman,
  embedding,
  evaluate,
  features,
  gru,
  lstm,
  tokens,
  zeros,
} from '../../src/index.ts';
import { input, make, norm, statesOf, T, units } from '../support/flow.ts';

describe('states, gates and weights', () => {
  it('gives the hidden states that forward passes through', async () => {
    const model = await make(lstm({ units }), gru({ units: 3 }));
    const states = statesOf(model);
    for (const [layer, index, H] of [
      [0, 0, units],
      [1, 2, 3],
    ] as const) {
      const { rows, columns, data } = await hiddenStates(model, input, { layer, row: 1 });
      expect([rows, columns]).toEqual([T, H]);
      for (let t = 0; t < T; t++) {
        const expected = states[t + 1]!.layers[index]!.subarray(H, 2 * H);
        for (const [i, value] of expected.entries()) expect(data[t * H + i]).toBeCloseTo(value, 14);
      }
    }
  });

  it('reads a row up to its length, and begins anew where it is reset', async () => {
    const model = await make(elman({ units }));
    const some = { ...input, lengths: [T, 3], resets: Uint8Array.from({ length: 2 * T }, (_, i) => +(i === 2 * 4)) };
    expect((await jacobians(model, some, { row: 1 })).steps).toHaveLength(3);
    const { steps } = await jacobians(model, some);
    expect(norm(steps[4]!.data)).toBe(0);
    expect(norm(steps[5]!.data)).toBeGreaterThan(0);
  });

  it('says how many gates and units are saturated', async () => {
    const model = await make(lstm({ units }));
    const share = async () => {
      const found = await saturation(model, input);
      return Object.fromEntries(found.map(({ what, low, high }) => [what, [low, high]]));
    };
    expect((await share()).i).toEqual([0, 0]);
    const bias = new Float64Array(4 * units);
    bias.fill(100, 0, units); // i
    bias.fill(-100, units, 2 * units); // f
    bias.fill(-100, 2 * units, 3 * units); // g
    bias.fill(100, 3 * units, 4 * units); // o
    model.setParameter('rnn.bias_ih_l0', bias);
    // c is -1, h is tanh(-1).
    expect(await share()).toEqual({ i: [0, 1], f: [1, 0], g: [1, 0], o: [0, 1], h: [0, 0] });

    const dead = await make(elman({ units, activation: 'relu' }));
    dead.setParameter('rnn.bias_ih_l0', new Float64Array(units).fill(-100));
    expect(await saturation(dead, input)).toEqual([{ layer: 0, what: 'h', low: 1, high: undefined }]);
    expect(await saturation(await make(elman({ units, activation: 'identity' })), input)).toEqual([]);
    const gated = await saturation(await make(gru({ units })), { ...input, lengths: [1, 2] }, { margin: 0.4 });
    expect(gated.map(({ what }) => what)).toEqual(['h', 'r', 'z', 'n']);
    for (const { low } of gated) expect((low * 3 * units) % 1).toBeCloseTo(0, 9);
  });

  it('gives W by gate, and how far updates moved', async () => {
    const model = await make(gru({ units }));
    const weights = recurrentWeights(model);
    expect(Object.keys(weights)).toEqual(['r', 'z', 'n']);
    const { data } = model.parameters().find(({ name }) => name === 'rnn.weight_hh_l0')!;
    expect([...weights.z!.data]).toEqual([...data.slice(units * units, 2 * units * units)]);
    const before = model.parameters();
    model.setParameter(
      'rnn.weight_hh_l0',
      data.map((value) => value * 1.01),
    );
    const ratios = updateRatios(before, model.parameters());
    for (const { name, ratio } of ratios) {
      expect(ratio).toBeCloseTo(name === 'rnn.weight_hh_l0' ? 0.01 : 0, 12);
    }
    expect(() => updateRatios(before, before.slice(1))).toThrow(BpttError);
    expect(() => updateRatios(before, before, { by: 'gate' as never })).toThrow('updateRatios.by');
  });

  it('gives how far updates moved by layer', async () => {
    const model = await make(gru({ units }), bidirectional(elman({ units })));
    const before = model.parameters();
    for (const { name, data } of before) {
      const factor = name.includes('_l1') ? 1.5 : name === 'dense.weight' ? 1.25 : 1;
      model.setParameter(name, factor === 1 ? data : data.map((value) => value * factor));
    }
    const ratios = updateRatios(before, model.parameters(), { by: 'layer' });
    expect(ratios.map(({ name }) => name)).toEqual(['rnn.l0', 'rnn.l1', 'dense']);
    expect(ratios[0]!.ratio).toBe(0);
    expect(ratios[1]!.ratio).toBeCloseTo(0.5, 12);
    const [weight, bias] = ['dense.weight', 'dense.bias'].map((wanted) => {
      return norm(before.find(({ name }) => name === wanted)!.data);
    });
    expect(ratios[2]!.ratio).toBeCloseTo((0.25 * weight!) / norm([weight!, bias!]), 12);
  });

  it('takes tokens for one-hot features, and embeddings for what they are', async () => {
    const V = 5;
    const ids = Int32Array.of(3, 1, 4, 1, 0);
    const layer = lstm({ units });
    const read = await createModel([tokens(V), layer, dense({ units: V })], { seed: 4, dtype: 'f64' });
    const hot = await createModel([features(V), layer, dense({ units: V })], { seed: 9, dtype: 'f64' });
    for (const { name, data } of read.parameters()) hot.setParameter(name, data);
    const rows = Float64Array.from({ length: 5 * V }, (_, i) => +(ids[Math.floor(i / V)] === i % V));
    const a = await connectivity(read, { steps: 5, rows: 1, inputs: ids });
    const b = await connectivity(hot, { steps: 5, rows: 1, inputs: rows });
    for (const [i, value] of a.entries()) expect(value).toBeCloseTo(b[i]!, 13);

    const embedded = await createModel([tokens(V), embedding({ units: 3 }), layer, dense({ units: V })], {
      dtype: 'f64',
    });
    const direct = await createModel([features(3), layer, dense({ units: V })], { dtype: 'f64' });
    for (const { name, data } of embedded.parameters().slice(1)) direct.setParameter(name, data);
    const table = embedded.parameters()[0]!.data;
    const vectors = Float64Array.from({ length: 15 }, (_, i) => table[ids[Math.floor(i / 3)]! * 3 + (i % 3)]!);
    const c = await connectivity(embedded, { steps: 5, rows: 1, inputs: ids }, { output: 2 });
    const d = await connectivity(direct, { steps: 5, rows: 1, inputs: vectors }, { output: 2 });
    for (const [i, value] of c.entries()) expect(value).toBeCloseTo(d[i]!, 13);
  });

  it('follows gradients from a layer above into one below', async () => {
    // One unit each, linear: the gradient of the lower bias is the sum of those of all its states.
    const one = (name: string) =>
      elman({ units: 1, activation: 'identity', biasInitializer: zeros(), ...(name && {}) });
    const model = await createModel([features(1), one('a'), one('b'), dense({ units: 1 })], { dtype: 'f64' });
    for (const { name, data } of model.parameters())
      model.setParameter(
        name,
        data.map(() => 0.7),
      );
    const steps = 6;
    const mask = Uint8Array.from({ length: steps }, (_, t) => +(t === steps - 1));
    const batch = { steps, rows: 1, inputs: new Float64Array(steps).fill(1), targets: new Float64Array(steps), mask };
    const norms = await gradientByLag(model, batch, { loss: 'mean-squared-error', layer: 0 });
    for (const _ of backpropagate(model, batch, { loss: 'mean-squared-error', reduction: 'sum' }));
    const { data } = model.gradients().find(({ name }) => name === 'rnn.bias_ih_l0')!;
    expect([...norms].reduce((a, b) => a + b)).toBeCloseTo(data[0]!, 10);
    expect(evaluate(model, batch, { loss: 'mean-squared-error' }).loss).toBeGreaterThan(0);
  });
});
