// How gradients flow: the diagnostics against finite differences, against numpy, and against what the literature says.
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
  updateRatios,
} from '../../src/diagnostics/index.ts';
import {
  activityRegularization,
  type Batch,
  BpttError,
  backpropagate,
  bidirectional,
  createModel,
  dense,
  dropout,
  elman,
  embedding,
  evaluate,
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
  residual,
  type State,
  tokens,
  zeros,
} from '../../src/index.ts';
import numpy from '../truth/fixtures/linear-algebra.json' with { type: 'json' };

const F = 3;
const T = 7;
const units = 4;

/** Numbers from -1 to 1 that look random. */
const noise = (length: number, seed = 1) =>
  Float64Array.from({ length }, (_, i) => (((i + 7) * (i + 3) * 2654435761 * seed) % 2 ** 32) / 2 ** 31 - 1);

const input: Input = { steps: T, rows: 2, inputs: noise(T * 2 * F) };
const norm = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));
const make = (...layers: readonly LayerDescription[]) =>
  createModel([features(F), ...layers, dense({ units: 2 })], { seed: 5, dtype: 'f64' });

const layers: Readonly<Record<string, readonly LayerDescription[]>> = {
  'elman tanh': [elman({ units })],
  'elman relu': [elman({ units, activation: 'relu' })],
  'elman identity, residual': [elman({ units }), residual(elman({ units, activation: 'identity' }))],
  'elman, layer norm': [elman({ units, layerNorm: true })],
  'gru, zoneout': [gru({ units, zoneout: { hidden: 0.3 } })],
  lstm: [lstm({ units })],
  'lstm, peepholes, hard gates, softsign': [
    lstm({ units, peepholes: true, gateActivation: 'hard-sigmoid', activation: 'softsign' }),
  ],
  'lstm, layer norm, zoneout': [lstm({ units, layerNorm: true, zoneout: { hidden: 0.4 } })],
  gru: [gru({ units })],
  'gru, reset before': [gru({ units, reset: 'before' })],
  'gru, layer norm': [gru({ units, layerNorm: true })],
  indrnn: [indrnn({ units, activation: 'tanh' }), indrnn({ units, activation: 'softsign' })],
  'a stack with dropout and penalties': [
    lstm({ units, recurrentDropout: 0.3, weightDropout: 0.2 }),
    dropout({ rate: 0.5 }),
    gru({ units: 5 }),
    activityRegularization({ activation: 1 }),
  ],
};

/** One step of an input. */
const stepOf = ({ rows, inputs }: Input, t: number): Input => {
  const width = inputs.length / T;
  return { steps: 1, rows, inputs: inputs.slice(t * width, (t + 1) * width) as Float64Array };
};

/** The states along a sequence, the zero state first. */
function statesOf(model: Model): readonly State[] {
  const states = [model.zeroState(2)];
  for (let t = 0; t < T; t++) states.push(model.forward(stepOf(input, t), states[t]).state);
  return states;
}

/** The derivative of what a function gives with respect to each number of `values`: by differences of fourth order. */
function differences(values: Float64Array, at: number, value: () => readonly number[]): readonly number[] {
  const h = 1e-3;
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

describe('linear algebra', () => {
  it.each(numpy)("gives numpy's values of $rows x $columns", ({ rows, columns, data, singular, real, imaginary }) => {
    const matrix = { rows, columns, data: Float64Array.from(data) };
    const values = singularValues(matrix);
    expect(values).toHaveLength(singular.length);
    for (const [i, value] of singular.entries()) expect(values[i]).toBeCloseTo(value, 12);
    expect(matrixNorm(matrix)).toBeCloseTo(singular[0]!, 12);
    // The squares of all singular values sum to that of the Frobenius norm.
    expect(matrixNorm(matrix, 'frobenius')).toBeCloseTo(norm(singular), 11);
    if (real === undefined) return;
    const found = eigenvalues(matrix);
    const key = (re: number, im: number) => `${re.toFixed(9)} ${Math.abs(im).toFixed(9)}`;
    expect([...found.real].map((re, i) => key(re, found.imaginary[i]!)).sort()).toEqual(
      real.map((re, i) => key(re, imaginary![i]!)).sort(),
    );
  });

  it('refuses what is no matrix', () => {
    const wrong = { rows: 2, columns: 2, data: new Float64Array(3) };
    expect(() => singularValues(wrong)).toThrow(BpttError);
    expect(() => eigenvalues({ rows: 1, columns: 2, data: new Float64Array(2) })).toThrow(
      'expected a square matrix, got 1x2',
    );
    expect(() => matrixNorm(wrong)).toThrow(BpttError);
    expect(() => matrixNorm({ rows: 1, columns: 1, data: Float64Array.of(1) }, 'l1' as never)).toThrow(
      'matrixNorm(kind)',
    );
    expect(() => singularValues({ rows: 1, columns: 1, data: Float64Array.of(Number.NaN) })).toThrow('finite');
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
    expect([...steps[1]!.data]).toEqual(W);
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

describe('truncationError', () => {
  const batch: Batch = { ...input, targets: noise(T * 2 * 2, 3) };
  const options = { loss: 'mean-squared-error' } as const;

  it('is none where k2 reaches over all steps, and falls on the way there', async () => {
    const model = await make(lstm({ units: 8, forgetBias: 2 }));
    const k2 = [1, 2, 4, T, 100];
    const found = await truncationError(model, batch, { ...options, k2 });
    expect(found.map((one) => one.k2)).toEqual(k2);
    const angles = found.map(({ degrees }) => degrees);
    expect(angles[0]).toBeGreaterThan(angles[1]!);
    expect(angles[1]).toBeGreaterThan(angles[2]!);
    for (const { cosine, degrees, normRatio } of found.slice(3)) {
      expect(cosine).toBeCloseTo(1, 12);
      expect(degrees).toBeLessThan(1e-4);
      expect(normRatio).toBeCloseTo(1, 12);
    }
    // With all steps in one window k1 and k2 cut nothing.
    const [whole] = await truncationError(model, batch, { ...options, k1: T, k2: [T] });
    expect(whole!.cosine).toBeCloseTo(1, 12);
  });

  it('refuses lengths that are none', async () => {
    const model = await make(elman({ units: 2 }));
    for (const k2 of [[], [0], [1.5], 3 as never]) {
      await expect(truncationError(model, batch, { ...options, k2 })).rejects.toThrow('truncationError.k2');
    }
    await expect(truncationError(model, batch, { ...options, k1: 0, k2: [1] })).rejects.toThrow('truncationError.k1');
  });
});

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
