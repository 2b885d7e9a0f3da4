// Layer-normalised cells forward, against the formulas in plain TypeScript in f64.
import { describe, expect, it } from 'vitest';
import { createModel, elman, features, gru, lstm, type Model, normal } from '../../../src/index.ts';
import { numbers } from '../../support/models.ts';

const I = 3;
const T = 9;
const B = 2;
const EPSILON = 1e-5;
const noise = normal({ deviation: 0.7 });
const random = { inputInitializer: noise, recurrentInitializer: noise, biasInitializer: noise, layerNorm: true };

const sigmoid = (x: number) => 1 / (1 + Math.exp(-x));

/** N(x) = (x - mean x) / sqrt(var x + ε). */
function normalized(x: readonly number[]): number[] {
  const mean = x.reduce((sum, value) => sum + value, 0) / x.length;
  const variance = x.reduce((sum, value) => sum + (value - mean) ** 2, 0) / x.length;
  return x.map((value) => (value - mean) / Math.sqrt(variance + EPSILON));
}

/** Rows gate·H to (gate + 1)·H of a matrix times x. */
function product(matrix: ArrayLike<number>, gate: number, H: number, x: readonly number[]): number[] {
  return Array.from({ length: H }, (_, unit) =>
    x.reduce((sum, value, k) => sum + matrix[(gate * H + unit) * x.length + k]! * value, 0),
  );
}

/** What the formulas have of a model's parameters, for the H units of one gate. */
function partsOf(model: Model, H: number) {
  const values = new Map(model.parameters().map(({ name, data }) => [name, data]));
  const named = (part: string) => values.get(`rnn.${part}_l0`)!;
  const vector = (part: string, gate: number) => Array.from(named(part).subarray(gate * H, (gate + 1) * H));
  const scaled = (gain: readonly number[], x: readonly number[]) => normalized(x).map((value, i) => gain[i]! * value);
  return {
    vector,
    scaled,
    /** γ_x∘N(V x) + b. */
    input(gate: number, x: readonly number[]) {
      const bias = vector('bias_ih', gate);
      return scaled(vector('gain_ih', gate), product(named('weight_ih'), gate, H, x)).map((v, i) => v + bias[i]!);
    },
    /** γ_h∘N(W h). */
    recurrent(gate: number, h: readonly number[]) {
      return scaled(vector('gain_hh', gate), product(named('weight_hh'), gate, H, h));
    },
  };
}

type Parts = ReturnType<typeof partsOf>;
/** The states after one step, h first. */
type Step = (parts: Parts, x: readonly number[], states: readonly (readonly number[])[]) => number[][];

const sum = (a: readonly number[], b: readonly number[]) => a.map((value, i) => value + b[i]!);
const gate = ({ input, recurrent }: Parts, k: number, x: readonly number[], h: readonly number[]) =>
  sum(input(k, x), recurrent(k, h));
const mix = (z: readonly number[], n: readonly number[], h: readonly number[]) =>
  z.map((share, i) => (1 - share) * n[i]! + share * h[i]!);

const steps: Record<'elman' | 'lstm' | 'gru' | 'gru, reset before', Step> = {
  elman: (parts, x, [h]) => [gate(parts, 0, x, h!).map(Math.tanh)],
  lstm(parts, x, [h, c]) {
    const [i, f, g, o] = [0, 1, 2, 3].map((k) => gate(parts, k, x, h!).map(k === 2 ? Math.tanh : sigmoid));
    const cell = c!.map((old, unit) => f![unit]! * old + i![unit]! * g![unit]!);
    const u = sum(parts.scaled(parts.vector('gain_c', 0), cell), parts.vector('bias_c', 0));
    return [u.map((value, unit) => o![unit]! * Math.tanh(value)), cell];
  },
  gru(parts, x, [h]) {
    const [r, z] = [0, 1].map((k) => gate(parts, k, x, h!).map(sigmoid));
    const inner = sum(parts.recurrent(2, h!), parts.vector('bias_hn', 0));
    const n = parts.input(2, x).map((value, i) => Math.tanh(value + r![i]! * inner[i]!));
    return [mix(z!, n, h!)];
  },
  'gru, reset before'(parts, x, [h]) {
    const [r, z] = [0, 1].map((k) => gate(parts, k, x, h!).map(sigmoid));
    const inner = parts.recurrent(
      2,
      h!.map((value, i) => r![i]! * value),
    );
    return [mix(z!, sum(parts.input(2, x), inner).map(Math.tanh), h!)];
  },
};

const cells = {
  elman: (units: number) => elman({ units, ...random }),
  lstm: (units: number) => lstm({ units, ...random }),
  gru: (units: number) => gru({ units, ...random }),
  'gru, reset before': (units: number) => gru({ units, reset: 'before', ...random }),
};
const names = Object.keys(cells) as (keyof typeof cells)[];

describe.each(names)('%s with layer normalisation', (name) => {
  it.each([2, 3, 4, 5, 8, 13, 17])('gives what the formula gives, %s units', async (H) => {
    const model = await createModel([features(I), cells[name](H)], { seed: H, dtype: 'f64' });
    const next = numbers(H);
    // Gains and biases begin as ones and zeros: elsewhere.
    for (const { name: parameter, data } of model.parameters()) {
      if (/gain|bias/.test(parameter))
        model.setParameter(
          parameter,
          data.map(() => 2 * next() - 0.6),
        );
    }
    const inputs = Float64Array.from({ length: T * B * I }, () => 4 * next() - 2);
    const start = model.forward({ steps: 1, rows: B, inputs: inputs.subarray(0, B * I) }).state;
    const { outputs, state } = model.forward({ steps: T, rows: B, inputs }, start);

    const parts = partsOf(model, H);
    let worst = 0;
    const compare = (got: number, wanted: number) => {
      worst = Math.max(worst, Math.abs(got - wanted) / Math.max(1, Math.abs(wanted)));
    };
    for (let row = 0; row < B; row++) {
      let states = start.layers.map((layer) => Array.from(layer.subarray(row * H, (row + 1) * H)));
      for (let t = 0; t < T; t++) {
        const x = Array.from(inputs.subarray((t * B + row) * I, (t * B + row + 1) * I));
        states = steps[name](parts, x, states);
        for (const [unit, wanted] of states[0]!.entries()) compare(outputs[(t * B + row) * H + unit]!, wanted);
      }
      for (const [k, values] of states.entries()) {
        for (const [unit, wanted] of values.entries()) compare(state.layers[k]![row * H + unit]!, wanted);
      }
    }
    expect(worst).toBeLessThan(1e-12);
  });

  it('stays finite with one unit, which has no deviation', async () => {
    const model = await createModel([features(I), cells[name](1)], { dtype: 'f64' });
    const { outputs } = model.forward({ steps: 2, rows: 1, inputs: new Float64Array(2 * I).fill(1) });
    for (const output of outputs) expect(Number.isFinite(output)).toBe(true);
  });
});

it('peepholes with layer normalisation are refused', () => {
  expect(() => lstm({ units: 3, peepholes: true, layerNorm: true })).toThrow(/^lstm: expected peepholes or layerNorm/);
});
