// States that are handed over: refused where they are not of the model, or not finite.
import { describe, expect, it } from 'vitest';
import {
  backpropagate,
  createModel,
  type Dtype,
  dense,
  deserializeState,
  elman,
  evaluate,
  features,
  generate,
  gru,
  type LayerDescription,
  lstm,
  type Model,
  residual,
  type State,
  serialize,
  serializeState,
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
    expect(model.zeroState(2)).toEqual({
      rows: 2,
      model: 'features 1, elman 2, lstm 3, dense 1',
      names: ['1.elman.h', '2.lstm.h', '2.lstm.c'],
      layers: [new Reals(4), new Reals(6), new Reals(6)],
    });
    expect(model.forward(pair, model.zeroState(2))).toEqual(model.forward(pair));
  });

  it.each([0, -1, 1.5, undefined])('refuses %s rows', async (rows) => {
    const model = await small();
    expect(() => model.zeroState(rows as number)).toThrow('zeroState(rows): expected an integer >= 1');
  });
});

describe('what a state says that it is of', () => {
  const stack = async (...layers: LayerDescription[]) => createModel([features(1), ...layers, dense({ units: 1 })]);

  it('is known by a model of the same kinds and sizes, in f64 too, and by a clone', async () => {
    const { state } = (await small()).forward(pair);
    for (const other of [await small('f64'), (await small()).clone(), await createModel((await small()).description)]) {
      expect(other.forward(pair, state).outputs).toHaveLength(2);
    }
  });

  it('is refused by another model whose states have the same shape', async () => {
    const models = [
      await stack(lstm({ units: 4 })),
      await stack(gru({ units: 4 }), gru({ units: 4 })),
      await stack(elman({ units: 4 }), elman({ units: 4 })),
      await stack(elman({ units: 4 }), gru({ units: 4 })),
      await stack(residual(lstm({ units: 1 })), lstm({ units: 4 })),
      await createModel([features(2), lstm({ units: 4 }), dense({ units: 1 })]),
      await createModel([features(1), lstm({ units: 4 }), dense({ units: 3 })]),
    ];
    for (const [index, maker] of models.entries()) {
      const own = maker.zeroState(2);
      for (const [other, model] of models.entries()) {
        const F = other === 5 ? 2 : 1;
        const run = () => model.forward({ steps: 1, rows: 2, inputs: new Float32Array(2 * F) }, own);
        if (other === index) expect(run).not.toThrow();
        else expect(codeOf(run)).toBe('foreign-state');
      }
    }
  });

  it('has names of entries, and says both models when it is refused', async () => {
    const named = await createModel([features(1), gru({ units: 2, name: 'reader' }), dense({ units: 1 })]);
    expect(named.zeroState(1).names).toEqual(['reader.gru.h']);
    const other = await stack(elman({ units: 2 }));
    expect(() => other.forward(pair, named.zeroState(2))).toThrow(
      'state: expected a state of this model, features 1, elman 2, dense 1 with 1.elman.h, got features 1, gru 2, dense 1 with reader.gru.h',
    );
  });
});

describe('a state in files and in JSON', () => {
  it.each(['f32', 'f64'] as const)('%s: goes there and back, and the outputs after it are the same', async (dtype) => {
    const model = await small(dtype);
    const { state } = model.forward(pair);
    const next = model.forward(pair, state);
    const read = await deserializeState(serializeState(state));
    expect(read).toEqual(state);
    expect(model.forward(pair, read)).toEqual(next);
    const parsed = JSON.parse(JSON.stringify(state));
    expect(parsed.layers).toEqual(state.layers.map((data) => Array.from(data)));
    expect(model.forward(pair, parsed)).toEqual(next);
    expect(await deserializeState(serializeState(parsed))).toMatchObject({ names: state.names, rows: 2 });
    expect(JSON.stringify(read)).toBe(JSON.stringify(state));
  });

  it('is refused where a byte is other than it was, and where it is no state', async () => {
    const model = await small();
    const bytes = serializeState(model.zeroState(1));
    for (let at = 0; at < bytes.length; at += 7) {
      const damaged = bytes.slice();
      damaged[at]! ^= 0x10;
      await expect(deserializeState(damaged, 's.safetensors')).rejects.toMatchObject({ name: 'BpttError' });
    }
    await expect(deserializeState(serialize(model), 's')).rejects.toThrow('s: expected the metadata of a state');
    for (const wrong of [null, 7, {}, { rows: 1, layers: [] }, model]) {
      expect(codeOf(() => serializeState(wrong as never))).toBe('foreign-state');
    }
    const { layers, ...rest } = model.zeroState(1);
    expect(codeOf(() => serializeState({ ...rest, layers: layers.map((data) => data.fill(Number.NaN)) }))).toBe(
      'non-finite',
    );
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
    [
      'with null for a layer',
      { rows: 2, layers: [null, ...zeros(6, 6)] },
      'foreign-state',
      'got 2 rows with null, 6, 6',
    ],
    ['with strings', { rows: 2, layers: ['abcd', ...zeros(6, 6)] }, 'invalid-argument', 'state.layers[0]: expected'],
    ['with holes', { rows: 2, layers: new Array(3) }, 'foreign-state', 'with undefined, undefined, undefined numbers'],
    [
      'of holes',
      { rows: 2, layers: [new Array(4), ...zeros(6, 6)] },
      'invalid-argument',
      'state.layers[0][0]: expected',
    ],
    [
      'beyond f32',
      { rows: 2, layers: [Float64Array.of(0, 1e300, 0, 0), ...zeros(6, 6)] },
      'non-finite',
      'state.layers[0][1]: expected a number that is finite in f32, got 1e+300',
    ],
  ])('%s', async (_, state, code, message) => {
    const model = await small();
    const run = () => model.forward(pair, state as State);
    expect(run).toThrow(message);
    expect(codeOf(run)).toBe(code);
  });
});
