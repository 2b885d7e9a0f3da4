// States: what zero is, and which state belongs to which model.
import { describe, expect, it } from 'vitest';
import { createModel, dense, elman, features, lstm, type State } from '../../src/index.ts';
import { codeOf } from '../support/error-code.ts';

const create = (dtype: 'f32' | 'f64' = 'f32') =>
  createModel([features(1), elman({ units: 2 }), lstm({ units: 3 }), dense({ units: 1 })], { seed: 1, dtype });
const input = { steps: 1, rows: 2, inputs: Float32Array.of(0.5, -0.5) };

describe('zeroState', () => {
  it.each([
    ['f32', Float32Array],
    ['f64', Float64Array],
  ] as const)('is zeros of %s for each state of each layer', async (dtype, Reals) => {
    const model = await create(dtype);
    expect(model.zeroState(2)).toEqual({ rows: 2, layers: [new Reals(4), new Reals(6), new Reals(6)] });
    expect(model.forward(input, model.zeroState(2))).toEqual(model.forward(input));
  });

  it.each([0, -1, 1.5, undefined])('refuses %s rows', async (rows) => {
    const model = await create();
    expect(() => model.zeroState(rows as number)).toThrow('zeroState(rows): expected an integer >= 1');
  });
});

describe('a state is refused', () => {
  const zeros = (...lengths: number[]) => lengths.map((length) => new Float32Array(length));
  it.each<[string, unknown, string, string]>([
    ['that is none', 7, 'foreign-state', 'expected a state of this model, got 7'],
    ['that is null', null, 'foreign-state', 'expected a state of this model, got null'],
    ['without layers', { rows: 2 }, 'foreign-state', 'expected a state of this model, got an object'],
    [
      'of other rows',
      { rows: 1, layers: zeros(4, 6, 6) },
      'foreign-state',
      'expected a state of this model with layers [2,2], [2,3], [2,3], got 1 rows with 4, 6, 6 numbers',
    ],
    [
      'of fewer layers',
      { rows: 2, layers: zeros(4, 6) },
      'foreign-state',
      'expected a state of this model with layers [2,2], [2,3], [2,3], got 2 rows with 4, 6 numbers',
    ],
    ['of more layers', { rows: 2, layers: zeros(4, 6, 6, 6) }, 'foreign-state', 'got 2 rows with 4, 6, 6, 6 numbers'],
    ['of another width', { rows: 2, layers: zeros(4, 6, 4) }, 'foreign-state', 'got 2 rows with 4, 6, 4 numbers'],
    [
      'with NaN',
      { rows: 2, layers: [new Float32Array(4), Float32Array.of(0, 0, 0, 0, 0, Number.NaN), new Float32Array(6)] },
      'non-finite',
      'state.layers[1][5]: expected a finite number, got NaN',
    ],
    [
      'with an infinity in front',
      { rows: 2, layers: [Float32Array.of(-Infinity, 0, 0, 0), ...zeros(6, 6)] },
      'non-finite',
      'state.layers[0][0]: expected a finite number, got -Infinity',
    ],
  ])('%s', async (_, state, code, message) => {
    const model = await create();
    const run = () => model.forward(input, state as State);
    expect(run).toThrow(message);
    expect(codeOf(run)).toBe(code);
  });
});
