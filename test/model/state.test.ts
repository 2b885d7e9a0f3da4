// States that are handed over: refused where they are not of the model, or not finite.
import { describe, expect, it } from 'vitest';
import {
  backpropagate,
  createModel,
  type Dtype,
  dense,
  elman,
  evaluate,
  features,
  generate,
  lstm,
  type Model,
  type State,
  tokens,
} from '../../src/index.ts';
import { codeOf } from '../support/error-code.ts';

const V = 3;
const create = (dtype: Dtype) =>
  createModel([tokens(V), lstm({ units: 2 }), elman({ units: 4 }), dense({ units: V })], { dtype });
const batch = { steps: 1, rows: 2, inputs: Int32Array.of(0, 1), targets: Int32Array.of(1, 2) };
const single = { steps: 1, rows: 1, inputs: Int32Array.of(0), targets: Int32Array.of(1) };
const loss = 'cross-entropy';

/** What takes a state of two rows. */
const takers: Readonly<Record<string, (model: Model, state: State) => unknown>> = {
  forward: (model, state) => model.forward(batch, state),
  evaluate: (model, state) => evaluate(model, batch, { loss }, state),
  backpropagate: (model, state) => [...backpropagate(model, batch, { loss }, state)],
};

describe.each(Object.entries(takers))('%s', (_, take) => {
  it.each([Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY])(
    'refuses a state with %s, and says where it is',
    async (value) => {
      for (const dtype of ['f32', 'f64'] as const) {
        const model = await create(dtype);
        for (const [layer, at] of [
          [0, 0],
          [1, 3],
          [2, 7],
        ] as const) {
          const state = model.zeroState(2);
          state.layers[layer]![at] = value;
          expect(codeOf(() => take(model, state))).toBe('non-finite');
          expect(() => take(model, state)).toThrow(
            `state.layers[${layer}][${at}]: expected a finite number, got ${value}`,
          );
        }
        expect(() => take(model, model.zeroState(2))).not.toThrow();
      }
    },
  );

  it('refuses a state of other rows, layers or widths', async () => {
    const model = await create('f32');
    const state = model.zeroState(2);
    const [first, second, third] = state.layers as [
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
      Float32Array<ArrayBuffer>,
    ];
    for (const wrong of [
      model.zeroState(1),
      { rows: 1, layers: state.layers },
      { rows: 2, layers: [first, second] },
      { rows: 2, layers: [first, third, second] },
      { rows: 2, layers: [first, second, third, third] },
    ]) {
      expect(codeOf(() => take(model, wrong))).toBe('foreign-state');
    }
  });
});

it('a state that is not finite does not begin what is generated', async () => {
  const model = await create('f64');
  const state = model.zeroState(1);
  state.layers[1]![0] = Number.NaN;
  expect(codeOf(() => generate(model, { prompt: [0], length: 1, state }).next())).toBe('non-finite');
  expect(codeOf(() => model.forward(single, state))).toBe('non-finite');
});

const small = (dtype: 'f32' | 'f64' = 'f32') =>
  createModel([features(1), elman({ units: 2 }), lstm({ units: 3 }), dense({ units: 1 })], { seed: 1, dtype });
const pair = { steps: 1, rows: 2, inputs: Float32Array.of(0.5, -0.5) };

describe('zeroState', () => {
  it.each([
    ['f32', Float32Array],
    ['f64', Float64Array],
  ] as const)('is zeros of %s for each state of each layer', async (dtype, Reals) => {
    const model = await small(dtype);
    expect(model.zeroState(2)).toEqual({ rows: 2, layers: [new Reals(4), new Reals(6), new Reals(6)] });
    expect(model.forward(pair, model.zeroState(2))).toEqual(model.forward(pair));
  });

  it.each([0, -1, 1.5, undefined])('refuses %s rows', async (rows) => {
    const model = await small();
    expect(() => model.zeroState(rows as number)).toThrow('zeroState(rows): expected an integer >= 1');
  });
});

describe('forward refuses a state', () => {
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
    const model = await small();
    const run = () => model.forward(pair, state as State);
    expect(run).toThrow(message);
    expect(codeOf(run)).toBe(code);
  });
});
