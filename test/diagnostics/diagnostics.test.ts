// How gradients flow: the diagnostics against finite differences, and against what the literature says.
import { describe, expect, it } from 'vitest';
import {
  connectivity,
  eigenvalues,
  gradientByLag,
  hiddenStates,
  jacobianProduct,
  jacobians,
  lyapunovExponents,
  type Matrix,
  matrixNorm,
  recurrentWeights,
  saturation,
  singularValues,
  spectralRadius,
  truncationError,
} from '../../src/diagnostics/index.ts';
import {
  type Batch,
  BpttError,
  backpropagate,
  bidirectional,
  createModel,
  dense,
  elman,
  features,
  gru,
  type Input,
  indrnn,
  type LayerDescription,
  lstm,
  type Model,
  normal,
  orthogonal,
  pytorch,
  type State,
  tokens,
  zeros,
} from '../../src/index.ts';
import { F, input, layers, make, noise, norm, statesOf, stepOf, T, units } from '../support/flow.ts';

/** The derivative of what a function gives with respect to each number of `values`: by differences of fourth order. */
function differences(values: Float64Array, at: number, value: () => readonly number[]): readonly number[] {
  const h = 2e-4;
  const before = values[at]!;
  const points = [-2, -1, 1, 2].map((k) => {
    values[at] = before + k * h;
    return value();
  });
  values[at] = before;
  return points[0]!.map((first, i) => (first - 8 * points[1]![i]! + 8 * points[2]![i]! - points[3]![i]!) / (12 * h));
}

describe.each(Object.entries(layers))('%s', (_, description) => {
  const recurrent = description.filter(({ kind }) => !['dropout', 'activityRegularization'].includes(kind));

  it('has the Jacobians of finite differences', async () => {
    const model = await make(...description);
    const states = statesOf(model);
    let first = 0;
    const row = 1;
    for (let layer = 0; layer < recurrent.length; layer++) {
      const { units: H, size: S, steps } = await jacobians(model, input, { layer, row });
      expect(steps).toHaveLength(T);
      const parts = S / H;
      // At step 0 the norms are of a state that is zero: too sharp a bend for differences.
      for (const t of [1, 3, T - 1]) {
        const { data } = steps[t]!;
        const numeric = new Float64Array(S * S);
        for (let column = 0; column < S; column++) {
          const state = { rows: 2, layers: states[t]!.layers.map((values) => Float64Array.from(values)) };
          const part = Math.floor(column / H);
          const derivative = differences(state.layers[first + part]!, row * H + (column % H), () => {
            const { layers } = model.forward(stepOf(input, t), state).state;
            return Array.from({ length: parts }, (_, p) => [
              ...layers[first + p]!.slice(row * H, (row + 1) * H),
            ]).flat();
          });
          for (const [r, value] of derivative.entries()) numeric[r * S + column] = value;
        }
        const error = norm(data.map((value, i) => value - numeric[i]!)) / norm(numeric);
        expect(error, `layer ${layer}, step ${t}`).toBeLessThan(1e-7);
      }
      first += parts;
    }
  });

  it('has the gradients by lag, and the connectivity, of finite differences', async () => {
    const model = await make(...description);
    const states = statesOf(model);
    const layer = recurrent.length - 1;
    const targets = noise(T * 2 * 2, 3);
    const batch: Batch = { ...input, targets };
    const at = T - 2;
    const norms = await gradientByLag(model, batch, { loss: 'mean-squared-error', at, layer });
    expect(norms).toHaveLength(at + 1);
    // The loss of one row at one step, from a state on.
    const width = F * 2;
    const lossOf = (from: number, state: State) => {
      const inputs = input.inputs.slice(from * width, (at + 1) * width) as Float64Array;
      const { outputs } = model.forward({ steps: at + 1 - from, rows: 2, inputs }, state);
      return [0, 1].map((row) => {
        const place = ((at - from) * 2 + row) * 2;
        return [0, 1].reduce((sum, i) => sum + (outputs[place + i]! - targets[(at * 2 + row) * 2 + i]!) ** 2, 0);
      });
    };
    const H = (await jacobians(model, input, { layer })).units;
    const index = recurrent.slice(0, layer).reduce((count, { kind }) => count + (kind === 'lstm' ? 2 : 1), 0);
    for (const lag of [1, 3, at]) {
      const from = at - lag + 1;
      const state = { rows: 2, layers: states[from]!.layers.map((values) => Float64Array.from(values)) };
      const gradients = Array.from({ length: 2 * H }, (_, i) => {
        return differences(state.layers[index]!, i, () => lossOf(from, state))[Math.floor(i / H)]!;
      });
      const expected = (norm(gradients.slice(0, H)) + norm(gradients.slice(H))) / 2;
      expect(Math.abs(norms[lag]! - expected) / expected, `lag ${lag}`).toBeLessThan(1e-7);
    }

    const found = await connectivity(model, input, { at, output: 1, row: 1 });
    for (const step of [0, at - 1, at]) {
      const inputs = Float64Array.from(input.inputs);
      const gradient = Array.from({ length: F }, (_, i) => {
        return differences(inputs, (step * 2 + 1) * F + i, () => {
          const { outputs } = model.forward({ steps: T, rows: 2, inputs });
          return [outputs[(at * 2 + 1) * 2 + 1]!];
        })[0]!;
      });
      expect(Math.abs(found[step]! - norm(gradient)) / norm(gradient), `step ${step}`).toBeLessThan(1e-7);
    }
  });

  it('leaves the model, its gradients and its precision alone', async () => {
    const model = await createModel([features(F), ...description, dense({ units: 2 })], { seed: 5 });
    const single = { ...input, inputs: Float32Array.from(input.inputs) };
    const batch = { ...single, targets: Float32Array.from(noise(T * 2 * 2)) };
    for (const _ of backpropagate(model, batch, { loss: 'mean-squared-error' }));
    const before = [model.parameters(), model.gradients(), model.memoryBytes];
    await jacobians(model, single);
    await gradientByLag(model, batch, { loss: 'mean-squared-error' });
    await truncationError(model, batch, { loss: 'mean-squared-error', k2: [2] });
    await saturation(model, single);
    expect([model.parameters(), model.gradients(), model.memoryBytes]).toEqual(before);
  });
});

/** An Elman network of given W whose state is all that is looked at. */
async function elmanWith(W: ArrayLike<number>, H: number, activation: 'tanh' | 'identity'): Promise<Model> {
  const model = await createModel(
    [
      features(1),
      elman({ units: H, activation, inputInitializer: zeros(), biasInitializer: zeros() }),
      dense({ units: 1 }),
    ],
    { seed: 3, dtype: 'f64' },
  );
  model.setParameter('rnn.weight_hh_l0', W);
  return model;
}

const quiet = (steps: number): Input => ({ steps, rows: 1, inputs: new Float64Array(steps) });

describe('a linear network', () => {
  const H = 4;
  const W = Float64Array.from(noise(H * H, 5), (value) => 0.6 * value);
  const asMatrix: Matrix = { rows: H, columns: H, data: W };

  it('has W as its Jacobian, and powers of it as products', async () => {
    const found = await jacobians(await elmanWith(W, H, 'identity'), quiet(5));
    for (const { data } of found.steps) for (const [i, value] of data.entries()) expect(value).toBeCloseTo(W[i]!, 14);
    const cube = jacobianProduct(found, 1, 4);
    const { real } = eigenvalues(asMatrix);
    const trace = [0, 1, 2, 3].reduce((sum, i) => sum + cube.data[i * H + i]!, 0);
    const { imaginary } = eigenvalues(asMatrix);
    // The trace of W³ is the sum of the cubes of W's eigenvalues.
    const cubes = [...real].reduce((sum, re, i) => sum + re ** 3 - 3 * re * imaginary[i]! ** 2, 0);
    expect(trace).toBeCloseTo(cubes, 12);
    expect(jacobianProduct(found, 2, 2).data).toEqual(Float64Array.from({ length: 16 }, (_, i) => +(i % 5 === 0)));
    expect(() => jacobianProduct(found, 3, 2)).toThrow(BpttError);
    expect(() => jacobianProduct(found, 0, 6)).toThrow('jacobianProduct(to)');
  });

  it('has the diagonal W of an IndRNN as its Jacobian too', async () => {
    const model = await createModel([features(1), indrnn({ units: 3, activation: 'identity' })], { dtype: 'f64' });
    model.setParameter('rnn.weight_hh_l0', [0.5, -1.5, 0.25]);
    const { steps } = await jacobians(model, { steps: 2, rows: 1, inputs: Float64Array.of(1, 2) });
    const W = [0.5, 0, 0, 0, -1.5, 0, 0, 0, 0.25];
    expect(Array.from(steps[1]!.data, (value) => value + 0)).toEqual(W);
    expect([...recurrentWeights(model).h!.data]).toEqual(W);
    expect(spectralRadius(model).h).toBeCloseTo(1.5, 12);
  });

  it("has the logarithms of the moduli of W's eigenvalues as Lyapunov exponents", async () => {
    // Real eigenvalues far apart: the directions settle quickly.
    const S = [1, 0.3, -0.2, 0.4, 0, 1, 0.5, -0.3, 0, 0, 1, 0.2, 0, 0, 0, 1];
    const D = [1.25, 0.8, -0.5, 0.2];
    const upper = Float64Array.from(S, (value, i) => value * D[Math.floor(i / H)]!);
    const found = await lyapunovExponents(await elmanWith(upper, H, 'identity'), quiet(400), { settling: 100 });
    const expected = D.map((value) => Math.log(Math.abs(value))).sort((a, b) => b - a);
    for (const [i, exponent] of found.entries()) expect(exponent).toBeCloseTo(expected[i]!, 9);
    const largest = await lyapunovExponents(await elmanWith(upper, H, 'identity'), quiet(400), { count: 1 });
    expect(largest).toHaveLength(1);
    expect(largest[0]).toBeCloseTo(Math.log(1.25), 3);
    expect(spectralRadius(await elmanWith(upper, H, 'identity')).h).toBeCloseTo(1.25, 12);
  });

  it('has exponents whose sum is the logarithm of the determinant, complex eigenvalues or not', async () => {
    const { real, imaginary } = eigenvalues(asMatrix);
    const sum = [...real].reduce((total, re, i) => total + Math.log(norm([re, imaginary[i]!])), 0);
    const found = await lyapunovExponents(await elmanWith(W, H, 'identity'), quiet(50), { settling: 0 });
    expect([...found].reduce((a, b) => a + b)).toBeCloseTo(sum, 10);
  });
});

/** Norms of gradients by lag of a model with the loss at the last of T steps. */
async function lagsOf(model: Model, steps: number): Promise<Float64Array> {
  const inputs = Float64Array.from(noise(steps, 9), (value) => 0.1 * value);
  const targets = new Float64Array(steps).fill(1);
  return gradientByLag(model, { steps, rows: 1, inputs, targets }, { loss: 'mean-squared-error' });
}

describe('what the literature says', () => {
  const H = 16;
  const network = (...[layer]: [LayerDescription]) =>
    createModel([features(1), layer, dense({ units: 1 })], { seed: 2, dtype: 'f64' });

  it('with tanh and a small W, gradients fall exponentially, at the rate of the Jacobian', async () => {
    const small = normal({ deviation: 0.4 / Math.sqrt(H) });
    const model = await network(elman({ units: H, recurrentInitializer: small }));
    const norms = await lagsOf(model, 60);
    const rate = (norms[50]! / norms[20]!) ** (1 / 30);
    // Near the zero state the Jacobian is W.
    expect(rate).toBeGreaterThan(0.2);
    expect(rate).toBeLessThan(0.6);
    expect(rate).toBeCloseTo(spectralRadius(model).h!, 2);
    // A straight line on a logarithmic scale: every ten steps the same.
    for (const lag of [30, 40, 50]) expect((norms[lag]! / norms[lag - 10]!) ** (1 / 10)).toBeCloseTo(rate, 2);
    const inputs = Float64Array.from(noise(60, 9), (value) => 0.1 * value);
    const sequence: Input = { steps: 60, rows: 1, inputs };
    const [largest] = await lyapunovExponents(model, sequence, { count: 1, settling: 30 });
    expect(rate).toBeCloseTo(Math.exp(largest!), 2);
    // No gradient is longer than the product of the Jacobians on its way allows.
    const found = await jacobians(model, sequence);
    for (const lag of [1, 10, 50]) {
      const bound = matrixNorm(jacobianProduct(found, 60 - lag, 60));
      expect(norms[lag]! / norms[0]!).toBeLessThanOrEqual(bound * (1 + 1e-9));
    }
  });

  it('an orthogonal W keeps them where the network is linear', async () => {
    const model = await network(elman({ units: H, activation: 'identity', recurrentInitializer: orthogonal() }));
    const norms = await lagsOf(model, 80);
    for (const value of norms) expect(value / norms[0]!).toBeCloseTo(1, 10);
    const { steps } = await jacobians(model, quiet(2));
    for (const value of singularValues(steps[1]!)) expect(value).toBeCloseTo(1, 10);
    // With tanh too as long as the units say nothing: its slope at 0 is 1.
    const silent = await network(
      elman({ units: H, recurrentInitializer: orthogonal(), inputInitializer: zeros(), biasInitializer: zeros() }),
    );
    const kept = await lagsOf(silent, 80);
    for (const value of kept) expect(value / kept[0]!).toBeCloseTo(1, 10);
  });

  it('a large W makes them explode', async () => {
    const large = orthogonal({ gain: 1.5 });
    const model = await network(elman({ units: H, activation: 'identity', recurrentInitializer: large }));
    const norms = await lagsOf(model, 40);
    expect((norms[30]! / norms[10]!) ** (1 / 20)).toBeCloseTo(1.5, 6);
  });

  it('an LSTM with a forget bias keeps them longer than an Elman network', async () => {
    const lag = 40;
    const kept = async (layer: LayerDescription) => {
      const norms = await lagsOf(await network(layer), lag + 1);
      return norms[lag]! / norms[1]!;
    };
    const [plain, gated, open] = [
      await kept(elman({ units: H, recurrentInitializer: pytorch() })),
      await kept(lstm({ units: H, recurrentInitializer: pytorch(), forgetBias: 1 })),
      await kept(lstm({ units: H, recurrentInitializer: pytorch(), forgetBias: 3 })),
    ];
    expect(gated).toBeGreaterThan(10 * plain);
    expect(open).toBeGreaterThan(10 * gated);
  });

  it('k2 bounds them exactly', async () => {
    const steps = 8;
    // A token of its own at every step, and a loss at the last alone.
    const inputs = Int32Array.from({ length: steps }, (_, t) => t);
    const mask = Uint8Array.from({ length: steps }, (_, t) => +(t === steps - 1));
    const batch = { steps, rows: 1, inputs, targets: inputs, mask };
    for (const layer of [elman({ units: H }), lstm({ units: H }), gru({ units: H })]) {
      const model = await createModel([tokens(steps), layer, dense({ units: steps })], { seed: 1, dtype: 'f64' });
      for (let k2 = 1; k2 <= steps; k2++) {
        for (const _ of backpropagate(model, batch, { loss: 'cross-entropy', truncation: { k1: steps, k2 } }));
        const { data, shape } = model.gradients().find(({ name }) => name === 'rnn.weight_ih_l0')!;
        const reached = Array.from(inputs, (token) => norm(data.filter((_, i) => i % shape[1]! === token)) > 0);
        expect(reached, `${layer.kind}, k2 = ${k2}`).toEqual(Array.from(inputs, (t) => t >= steps - k2));
      }
    }
  });
});

describe('wrong calls', () => {
  it.each<[string, (model: Model) => Promise<unknown>, string]>([
    ['an unknown option', (model) => jacobians(model, input, { lag: 2 } as never), 'jacobians: expected only'],
    ['a layer that there is none of', (model) => jacobians(model, input, { layer: 1 }), 'jacobians.layer'],
    ['a row that there is none of', (model) => hiddenStates(model, input, { row: 2 }), 'hiddenStates.row'],
    ['a step after the last', (model) => connectivity(model, input, { at: T }), 'connectivity.at'],
    ['an output that there is none of', (model) => connectivity(model, input, { output: 2 }), 'connectivity.output'],
    ['a margin of one half', (model) => saturation(model, input, { margin: 0.5 }), 'saturation.margin'],
    [
      'more exponents than directions',
      (model) => lyapunovExponents(model, input, { count: 9 }),
      'lyapunovExponents.count',
    ],
    ['tokens for features', (model) => jacobians(model, { ...input, inputs: new Int32Array(2) }), 'jacobians.inputs'],
    ['a foreign state', (model) => jacobians(model, input, { state: { rows: 1, layers: [] } }), 'state'],
    [
      'a wrong loss',
      (model) => gradientByLag(model, { ...input, targets: noise(28) }, { loss: 'squares' as never }),
      'gradientByLag.loss',
    ],
  ])('%s', async (_, call, message) => {
    const error = await call(await make(elman({ units }))).catch((error: BpttError) => error);
    expect(error).toBeInstanceOf(BpttError);
    expect((error as BpttError).message).toContain(message);
  });

  it('models that read both directions, or nothing recurrent', async () => {
    const both = await make(bidirectional(elman({ units })));
    await expect(jacobians(both, input)).rejects.toThrow('depend on earlier steps alone');
    const mixed = await make(lstm({ units, zoneout: { cell: 0.1 } }));
    await expect(jacobians(mixed, input)).rejects.toThrow('expected no zoneout of cells of lstm');
    expect(await hiddenStates(mixed, input)).toMatchObject({ rows: T });
    const none = await createModel([features(F), dense({ units: 2 })], { dtype: 'f64' });
    await expect(jacobians(none, input)).rejects.toThrow('expected a model with a recurrent layer');
    expect(() => spectralRadius(none)).toThrow(BpttError);
  });
});
