// States that are handed over: refused where they are not of the model, or not finite.
import { describe, expect, it } from 'vitest';
import {
  backpropagate,
  createModel,
  type Dtype,
  dense,
  elman,
  evaluate,
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
