// Models: descriptions, parameters, outputs, state; wrong input.
import { describe, expect, it } from 'vitest';
import { BpttError, createModel, dense, elman, embedding, features, indrnn, lstm, tokens } from '../../src/index.ts';
import { nextBlock } from '../support/memory.ts';

const description = () => [tokens(5), elman({ units: 7 }), dense({ units: 5 })] as const;

/** The code of the BpttError that `run` throws. */
async function codeOf(run: () => unknown): Promise<string> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(BpttError);
    return (error as BpttError).code;
  }
  return 'no error';
}

describe('createModel', () => {
  it('names and shapes parameters as PyTorch does', async () => {
    const model = await createModel([
      tokens(5),
      embedding({ units: 3 }),
      elman({ units: 4 }),
      elman({ units: 6 }),
      dense({ units: 2 }),
    ]);
    expect(model.parameters().map(({ name, shape }) => [name, shape])).toEqual([
      ['embedding.weight', [5, 3]],
      ['rnn.weight_ih_l0', [4, 3]],
      ['rnn.weight_hh_l0', [4, 4]],
      ['rnn.weight_ih_l1', [6, 4]],
      ['rnn.weight_hh_l1', [6, 6]],
      ['dense.weight', [2, 6]],
      ['rnn.bias_ih_l0', [4]],
      ['rnn.bias_ih_l1', [6]],
      ['dense.bias', [2]],
    ]);
    expect(model.parameterCount).toBe(15 + 12 + 16 + 24 + 36 + 12 + 4 + 6 + 2);
  });

  it('gives the same parameters for the same seed, others for another, and takes 0 as a seed', async () => {
    const values = async (seed?: number) =>
      (await createModel(description(), seed === undefined ? {} : { seed })).parameters()[0]!.data;
    expect(await values(3)).toEqual(await values(3));
    expect(await values(3)).not.toEqual(await values(4));
    expect(await values()).toEqual(await values(0));
    expect(await values(2 ** 32)).not.toEqual(await values(0));
  });

  it('starts f32 and f64 models from the same numbers, to rounding', async () => {
    const single = await createModel(description(), { seed: 1 });
    const double = await createModel(description(), { seed: 1, dtype: 'f64' });
    for (const [index, { data }] of double.parameters().entries()) {
      const other = single.parameters()[index]!.data;
      for (const [i, value] of data.entries()) expect(other[i]).toBeCloseTo(value, 6);
    }
  });

  it('makes orthogonal recurrent weights by default', async () => {
    const model = await createModel([features(2), elman({ units: 9 })], { dtype: 'f64' });
    const { data: W } = model.parameters().find(({ name }) => name === 'rnn.weight_hh_l0')!;
    for (let i = 0; i < 9; i++) {
      for (let j = 0; j < 9; j++) {
        let dot = 0;
        for (let k = 0; k < 9; k++) dot += W[i * 9 + k]! * W[j * 9 + k]!;
        expect(dot).toBeCloseTo(i === j ? 1 : 0, 13);
      }
    }
  });

  it('refuses wrong descriptions and options with its own errors', async () => {
    expect(await codeOf(() => elman({ units: 2.5 }))).toBe('invalid-argument');
    expect(await codeOf(() => elman({ units: 0 }))).toBe('invalid-argument');
    expect(await codeOf(() => elman({ units: 4, activation: 'sine' as never }))).toBe('invalid-argument');
    expect(await codeOf(() => elman({ units: 4, unit: 4 } as never))).toBe('unknown-option');
    expect(await codeOf(() => tokens(Number.NaN))).toBe('invalid-argument');
    expect(await codeOf(() => createModel([] as never))).toBe('invalid-argument');
    expect(await codeOf(() => createModel([elman({ units: 4 })] as never))).toBe('invalid-argument');
    expect(await codeOf(() => createModel([tokens(3), tokens(3)] as never))).toBe('invalid-argument');
    expect(await codeOf(() => createModel([features(3), embedding({ units: 3 })]))).toBe('invalid-shape');
    expect(await codeOf(() => createModel(description(), { seeed: 1 } as never))).toBe('unknown-option');
    expect(await codeOf(() => createModel(description(), { seed: -1 }))).toBe('invalid-argument');
    expect(await codeOf(() => createModel(description(), { dtype: 'f64', relaxed: true }))).toBe('invalid-argument');
  });
});

describe('forward', () => {
  it('computes h = tanh(Vx + Wh + b), y = Uh + c', async () => {
    const model = await createModel([features(2), elman({ units: 3 }), dense({ units: 1 })], { seed: 2, dtype: 'f64' });
    const value = new Map(model.parameters().map(({ name, data }) => [name, data]));
    const [V, W, U] = ['rnn.weight_ih_l0', 'rnn.weight_hh_l0', 'dense.weight'].map((name) => value.get(name)!);
    const inputs = Float64Array.from([0.3, -1.2, 0.7, 0.1]);
    const { outputs, state } = model.forward({ steps: 2, rows: 1, inputs });
    let h = [0, 0, 0];
    for (let t = 0; t < 2; t++) {
      const before = h;
      h = h.map((_, i) => {
        let a = V![i * 2]! * inputs[t * 2]! + V![i * 2 + 1]! * inputs[t * 2 + 1]!;
        for (let j = 0; j < 3; j++) a += W![i * 3 + j]! * before[j]!;
        return Math.tanh(a);
      });
      expect(outputs[t]).toBeCloseTo(
        h.reduce((sum, value, i) => sum + U![i]! * value, 0),
        14,
      );
    }
    expect([...state.layers[0]!].map((x, i) => Math.abs(x - h[i]!) < 1e-14)).toEqual([true, true, true]);
  });

  it('remembers nothing between calls and goes on from a state that it is given', async () => {
    const model = await createModel(description(), { seed: 1 });
    const inputs = Int32Array.from([0, 1, 2, 3, 4, 0]);
    const whole = model.forward({ steps: 6, rows: 1, inputs });
    expect(model.forward({ steps: 6, rows: 1, inputs }).outputs).toEqual(whole.outputs);
    const first = model.forward({ steps: 4, rows: 1, inputs: inputs.subarray(0, 4) });
    const second = model.forward({ steps: 2, rows: 1, inputs: inputs.subarray(4) }, first.state);
    expect([...first.outputs, ...second.outputs]).toEqual([...whole.outputs]);
    expect(second.state).toEqual(whole.state);
  });

  it('gives the memory of its window back, also after an error', async () => {
    const model = await createModel(description());
    const input = { steps: 50, rows: 20, inputs: new Int32Array(1000) };
    const foreign = model.zeroState(19);
    const { state } = model.forward(input);
    const before = nextBlock(model);
    for (let call = 0; call < 20; call++) {
      model.forward(input, state);
      expect(() => model.forward(input, foreign)).toThrow(BpttError);
    }
    expect(nextBlock(model)).toBe(before);
  });

  it('refuses wrong shapes, tokens out of range, foreign states and numbers that are not finite', async () => {
    const model = await createModel(description(), { seed: 1 });
    const inputs = Int32Array.from([0, 1, 2, 3]);
    expect(await codeOf(() => model.forward({ steps: 3, rows: 1, inputs }))).toBe('invalid-shape');
    expect(await codeOf(() => model.forward({ steps: 0, rows: 1, inputs: new Int32Array(0) }))).toBe(
      'invalid-argument',
    );
    expect(await codeOf(() => model.forward({ steps: 4, rows: 1, inputs: Int32Array.from([0, 1, 2, 5]) }))).toBe(
      'token-out-of-range',
    );
    expect(await codeOf(() => model.forward({ steps: 4, rows: 1, inputs: Int32Array.from([0, 1, 2, -1]) }))).toBe(
      'token-out-of-range',
    );
    expect(await codeOf(() => model.forward({ steps: 4, rows: 1, inputs: new Float32Array(4) }))).toBe(
      'invalid-argument',
    );
    expect(await codeOf(() => model.forward({ steps: 4, rows: 1, inputs }, model.zeroState(2)))).toBe('foreign-state');
    const real = await createModel([features(1), elman({ units: 2 })]);
    for (const bad of [Number.NaN, Number.POSITIVE_INFINITY, 1e300]) {
      expect(await codeOf(() => real.forward({ steps: 1, rows: 1, inputs: Float64Array.of(bad) }))).toBe('non-finite');
    }
  });

  it('gives one output a row, of its last valid step, where that is asked for, and zeros in padding elsewhere', async () => {
    const each = await createModel([features(2), elman({ units: 3 })], { seed: 2 });
    const last = await createModel([features(2), elman({ units: 3, returns: 'last' })], { seed: 2 });
    const inputs = Float32Array.from({ length: 12 }, (_, i) => i / 6 - 1);
    const batch = { steps: 3, rows: 2, inputs, lengths: [3, 1] };
    const { outputs, state } = each.forward(batch);
    expect(outputs).toHaveLength(18);
    const [long, short] = [outputs.slice(12, 15), outputs.slice(3, 6)];
    // Row 1 ends after its first step.
    expect([...outputs.slice(9, 12), ...outputs.slice(15)]).toEqual(new Array(6).fill(0));
    expect([...long, ...short].every((y) => y !== 0)).toBe(true);
    expect([...last.forward(batch).outputs]).toEqual([...long, ...short]);
    expect([...state.layers[0]!]).toEqual([...long, ...short]);
    const alone = each.forward({ steps: 1, rows: 1, inputs: inputs.slice(2, 4) });
    expect(alone.outputs).toEqual(short);
  });

  it('names itself in what it refuses', async () => {
    const model = await createModel(description(), { seed: 1 });
    expect(() => model.forward({ steps: 0, rows: 1, inputs: new Int32Array(0) })).toThrow('forward.steps: expected');
    expect(() => model.forward({ steps: 1, rows: 1, inputs: Int32Array.of(5) })).toThrow('forward.inputs[0]: expected');
  });
});

describe('what a model has', () => {
  it('is its description with all defaults, its dtype, and its size', async () => {
    const model = await createModel(description(), { seed: 1, dtype: 'f64' });
    expect(model.description.map(({ kind }) => kind)).toEqual(['tokens', 'elman', 'dense']);
    expect(model.dtype).toBe('f64');
    expect((await createModel(description())).dtype).toBe('f32');
    expect(model.parameterCount).toBe(5 * 7 + 7 * 7 + 7 + 7 * 5 + 5);
    expect(model.memoryBytes % 65536).toBe(0);
  });

  it('are copies: parameters and gradients can be written without harm', async () => {
    const model = await createModel(description(), { seed: 1 });
    const before = model.parameters();
    for (const { data } of model.parameters()) data.fill(7);
    expect(model.parameters()).toEqual(before);
    expect(model.gradients().map(({ name, shape }) => [name, shape])).toEqual(
      before.map(({ name, shape }) => [name, shape]),
    );
    expect(model.gradients().every(({ data }) => data.every((g) => g === 0))).toBe(true);
  });
});

describe('createModel refuses', () => {
  it.each<[object, string]>([
    [{ seed: -1 }, 'createModel.seed: expected an integer >= 0, got -1'],
    [{ dtype: 'f16' }, 'createModel.dtype: expected one of "f32", "f64", got "f16"'],
    [{ relaxed: 1 }, 'createModel.relaxed: expected'],
    [{ dtype: 'f64', relaxed: true }, "createModel.relaxed: expected dtype 'f32' with it, got 'f64'"],
    [{ sed: 1 }, 'createModel: '],
  ])('%o', async (options, message) => {
    await expect(createModel(description(), options as never)).rejects.toThrow(message);
  });
});

describe('setParameter', () => {
  it('replaces what parameters() gives, in the same orientation', async () => {
    const model = await createModel(description(), { seed: 1 });
    const data = Float32Array.from({ length: 35 }, (_, i) => i / 8);
    model.setParameter('rnn.weight_ih_l0', data);
    expect(model.parameters().find(({ name }) => name === 'rnn.weight_ih_l0')!.data).toEqual(data);
  });

  it('says which names there are, which shape, and which number is at fault', async () => {
    const model = await createModel(description(), { seed: 1 });
    const set = (name: string, data: readonly number[]) => () => model.setParameter(name, data);
    expect(set('nope', [1])).toThrow(
      'setParameter(name): expected one of rnn.weight_ih_l0, rnn.weight_hh_l0, dense.weight, rnn.bias_ih_l0, dense.bias, got "nope"',
    );
    expect(set('dense.bias', [1, 2])).toThrow(/^setParameter\(dense\.bias\): expected .*\[5\].*got 2/);
    expect(set('dense.weight', [1, 2])).toThrow(/\[5, 7\]/);
    expect(set('dense.bias', [1, 2, 3, 4, Number.NaN])).toThrow('setParameter(dense.bias)[4]: expected');
    expect(set('dense.bias', [1e39, 2, 3, 4, 5])).toThrow(
      'setParameter(dense.bias)[0]: expected a number that is finite in f32, got 1e+39',
    );
    expect(await codeOf(set('dense.bias', [1, 2, 3, 4, 1e39]))).toBe('non-finite');
    const wide = await createModel(description(), { seed: 1, dtype: 'f64' });
    wide.setParameter('dense.bias', [1e39, 2, 3, 4, 5]);
    expect(wide.parameters().at(-1)!.data[0]).toBe(1e39);
  });

  it('refuses unknown names, wrong lengths and numbers that are not finite, and leaves the parameter alone', async () => {
    const model = await createModel(description(), { seed: 1 });
    const before = model.parameters();
    expect(await codeOf(() => model.setParameter('nope', [1]))).toBe('invalid-argument');
    expect(await codeOf(() => model.setParameter('dense.bias', [1, 2]))).toBe('invalid-shape');
    expect(await codeOf(() => model.setParameter('dense.bias', [1, 2, 3, 4, Number.NaN]))).toBe('non-finite');
    expect(model.parameters()).toEqual(before);
  });
});

describe('layers that no memory holds', () => {
  const layers = [elman, lstm, indrnn, dense, embedding] as const;
  it.each(layers.map((layer) => [layer.name, layer] as const))('%s says what it would need', async (_, layer) => {
    for (const units of [2 ** 31 - 1, 2 ** 31, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const creation = createModel([tokens(3), layer({ units })]);
      await expect(creation).rejects.toThrow(/fit into the 4 GiB of Wasm memory, got [\d,]+, which need [\d.e+]+ GiB/);
    }
    await expect(createModel([tokens(3), layer({ units: 2 ** 31 })])).rejects.toMatchObject({ code: 'out-of-memory' });
  });
});
