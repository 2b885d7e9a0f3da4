// State dicts of PyTorch: what its modules give, the loaded model gives too; and what is saved is what was loaded.
import { describe, expect, it } from 'vitest';
import {
  bidirectional,
  createModel,
  dense,
  dropout,
  elman,
  embedding,
  features,
  gru,
  loadStateDict,
  lstm,
  type ModelDescription,
  residual,
  saveStateDict,
  tokens,
} from '../src/index.ts';
import { decodeSafetensors, encodeSafetensors, type Tensor } from '../src/safetensors.ts';
import cases from './fixtures/state-dicts.json' with { type: 'json' };

const descriptions: Readonly<Record<string, ModelDescription>> = {
  tagger: [
    tokens(7),
    embedding({ units: 4 }),
    bidirectional(lstm({ units: 5 })),
    dropout({ rate: 0.5 }),
    bidirectional(lstm({ units: 5 })),
    dense({ units: 6 }),
  ],
  mixed: [
    features(3),
    gru({ units: 6 }),
    gru({ units: 6 }),
    elman({ units: 4, activation: 'relu' }),
    dense({ units: 4 }),
    dense({ units: 2 }),
  ],
  'one-hot': [tokens(7), gru({ units: 5 }), dense({ units: 7 })],
};
const stateOf = (name: string) => {
  const { state } = cases.find((candidate) => candidate.name === name)!;
  return Uint8Array.from(atob(state), (character) => character.charCodeAt(0));
};
const createOf = (name: string, seed = 1) => createModel(descriptions[name]!, { dtype: 'f64', seed });

describe.each(cases)('$name', ({ name, steps, rows, inputs, outputs }) => {
  it('gives what the PyTorch module gives, to 1e-12', async () => {
    const model = await createOf(name);
    loadStateDict(model, stateOf(name));
    const input = descriptions[name]![0].kind === 'tokens' ? Int32Array.from(inputs) : Float64Array.from(inputs);
    const given = model.forward({ steps, rows, inputs: input }).outputs;
    expect(given).toHaveLength(outputs.length);
    for (const [i, value] of outputs.entries()) expect(Math.abs(given[i]! - value)).toBeLessThan(1e-12);
  });

  it('comes back from its own state dict as it was', async () => {
    const model = await createOf(name, 5);
    const again = await createOf(name, 6);
    loadStateDict(again, saveStateDict(model));
    expect(again.parameters()).toEqual(model.parameters());
  });

  it('saves what it loaded, the biases added up', async () => {
    const model = await createOf(name);
    loadStateDict(model, stateOf(name));
    const theirs = decodeSafetensors(stateOf(name)).tensors;
    const ours = decodeSafetensors(saveStateDict(model));
    expect(ours.metadata).toEqual({ format: 'pt' });
    const sum = (tensors: readonly Tensor[], kind: RegExp) => {
      const all = tensors.filter((tensor) => kind.test(tensor.name)).flatMap(({ data }) => [...data]);
      return all.reduce((total, value) => total + value, 0);
    };
    for (const kind of [/weight_ih/, /weight_hh/, /bias_/, /weight$/, /bias$/]) {
      expect(sum(ours.tensors, kind)).toBeCloseTo(sum(theirs, kind), 12);
    }
  });
});

describe('names and shapes', () => {
  const change = (name: string, edit: (tensors: Tensor[]) => readonly Tensor[]) =>
    encodeSafetensors(edit([...decodeSafetensors(stateOf(name)).tensors]));
  const rename = (from: RegExp, to: string) => (tensors: Tensor[]) =>
    tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace(from, to) }));

  it('takes any names of modules', async () => {
    const model = await createOf('tagger');
    const other = await createOf('tagger', 2);
    loadStateDict(model, stateOf('tagger'));
    loadStateDict(other, change('tagger', rename(/^(embed|encoder|fc)/, 'net.0.$1')));
    expect(other.parameters()).toEqual(model.parameters());
  });

  it('one module of layers that are alike, several of others', async () => {
    const names = async (name: string) =>
      decodeSafetensors(saveStateDict(await createOf(name))).tensors.map((tensor) => tensor.name);
    expect(await names('tagger')).toContain('rnn.weight_hh_l1_reverse');
    const mixed = await names('mixed');
    expect(mixed).toContain('rnn0.weight_ih_l1');
    expect(mixed).toContain('rnn1.weight_ih_l0');
    expect(mixed).toContain('dense1.weight');
  });

  it.each<readonly [string, string, (tensors: Tensor[]) => readonly Tensor[], RegExp]>([
    [
      'a missing tensor',
      'tagger',
      (all) => all.filter(({ name }) => name !== 'encoder.weight_hh_l1'),
      /expected a tensor encoder\.weight_hh_l1 \[20,5\]/,
    ],
    [
      'one bias of two',
      'tagger',
      (all) => all.filter(({ name }) => name !== 'encoder.bias_hh_l0'),
      /expected a tensor encoder\.bias_hh_l0/,
    ],
    [
      'a tensor too many',
      'tagger',
      (all) => [...all, { name: 'extra.scale', shape: [1], data: Float64Array.of(1) }],
      /no more tensors, got extra\.scale/,
    ],
    [
      'a layer too many',
      'one-hot',
      (all) => [...all, ...rename(/_l0$/, '_l1')(all.filter(({ name }) => name.includes('_l0')))],
      /expected 1 recurrent layers, got 2/,
    ],
    [
      'another size',
      'one-hot',
      (all) => all.map((tensor) => (tensor.name === 'rnn.weight_ih_l0' ? { ...tensor, shape: [7, 15] } : tensor)),
      /rnn\.weight_ih_l0: expected shape \[15,7\], got \[7,15\]/,
    ],
    [
      'no head',
      'one-hot',
      (all) => all.filter(({ name }) => !name.startsWith('out')),
      /expected a tensor \*\.weight \[7,5\] for dense\.weight/,
    ],
    [
      'two heads that fit',
      'one-hot',
      (all) => [...all, ...rename(/^out/, 'aux')(all.filter(({ name }) => name.startsWith('out')))],
      /expected 1 tensors \*\.weight \[7,5\].*got 2: .*out\.weight/,
    ],
    [
      'a number that is none',
      'one-hot',
      (all) =>
        all.map((tensor) =>
          tensor.name === 'out.bias'
            ? { ...tensor, data: Float64Array.from(tensor.data).fill(Number.NaN, 1, 2) }
            : tensor,
        ),
      /dense\.bias\[1\]: expected a finite number, got NaN/,
    ],
  ])('%s: an error, and the model is as before', async (_, name, edit, message) => {
    const model = await createOf(name);
    const before = model.parameters();
    expect(() => loadStateDict(model, change(name, edit))).toThrow(message);
    expect(model.parameters()).toEqual(before);
  });

  it.each<readonly [string, ModelDescription, RegExp]>([
    [
      'layer normalisation',
      [features(3), dropout({ rate: 0.1 }), lstm({ units: 2, layerNorm: true })],
      /layer 1 with layerNorm/,
    ],
    ['peepholes', [features(3), lstm({ units: 2, peepholes: true })], /layer 0 with peepholes/],
    ['a GRU that resets before', [features(3), gru({ units: 2, reset: 'before' })], /layer 0 with reset "before"/],
    [
      'other activations',
      [features(2), residual(elman({ units: 2, activation: 'softsign' }))],
      /layer 0 with activation "softsign"/,
    ],
  ])('%s: PyTorch has none', async (_, description, message) => {
    const model = await createModel(description);
    expect(() => saveStateDict(model)).toThrow(message);
    expect(() => loadStateDict(model, stateOf('tagger'))).toThrow(message);
  });

  it('a file of another kind', async () => {
    const model = await createOf('one-hot');
    expect(() => loadStateDict(model, new Uint8Array(3))).toThrow(/state dict: /);
  });
});
