// State dicts of PyTorch: what its modules give, the loaded model gives too; and what is saved is what was loaded.
import { describe, expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { encodeSafetensors, type Tensor } from '../../src/formats/safetensors.ts';
import {
  bidirectional,
  createModel,
  dense,
  dropout,
  elman,
  embedding,
  features,
  gru,
  indrnn,
  last,
  lstm,
  type ModelDescription,
  repeat,
  residual,
  tokens,
} from '../../src/index.ts';
import { loadStateDict, saveStateDict } from '../../src/interchange/pytorch/index.ts';
import cases from '../truth/fixtures/state-dicts.json' with { type: 'json' };

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
  classic: [
    tokens(7),
    embedding({ units: 3 }),
    elman({ units: 4 }),
    elman({ units: 4 }),
    elman({ units: 4 }),
    dense({ units: 7 }),
  ],
  halves: [features(3), bidirectional(gru({ units: 5 })), dense({ units: 2 })],
};
/** What PyTorch calls the modules, in their order. */
const modulesOf: Readonly<Record<string, readonly string[]>> = {
  tagger: ['embed', 'encoder', 'fc'],
  mixed: ['first', 'second', 'heads.0', 'heads.1'],
  'one-hot': ['rnn', 'out'],
  classic: ['embedding', 'rnn', 'linear'],
  halves: ['rnn', 'out'],
};
const stateOf = (name: string) => {
  const { state } = cases.find((candidate) => candidate.name === name)!;
  return Uint8Array.from(atob(state), (character) => character.charCodeAt(0));
};
const createOf = (name: string, seed = 1) => createModel(descriptions[name]!, { dtype: 'f64', seed });

describe.each(cases)('$name', ({ name, steps, rows, inputs, outputs }) => {
  it.each([
    ['f64', 1e-12],
    ['f32', 1e-5],
  ] as const)('gives in %s what the PyTorch module gives, to %d', async (dtype, tolerance) => {
    const model = await createModel(descriptions[name]!, { dtype });
    loadStateDict(model, stateOf(name));
    const input = descriptions[name]![0].kind === 'tokens' ? Int32Array.from(inputs) : Float64Array.from(inputs);
    const given = model.forward({ steps, rows, inputs: input }).outputs;
    expect(given).toHaveLength(outputs.length);
    for (const [i, value] of outputs.entries()) expect(Math.abs(given[i]! - value)).toBeLessThan(tolerance);
  });

  it('comes back from its own state dict as it was', async () => {
    const model = await createOf(name, 5);
    const again = await createOf(name, 6);
    loadStateDict(again, saveStateDict(model));
    expect(again.parameters()).toEqual(model.parameters());
  });

  it('saves what it loaded under the same names and shapes, the biases added up', async () => {
    const model = await createOf(name);
    loadStateDict(model, stateOf(name));
    const modules = modulesOf[name]!;
    const theirs = new Map(decodeSafetensors(stateOf(name)).tensors.map((tensor) => [tensor.name, tensor]));
    const saved = decodeSafetensors(saveStateDict(model, { modules }));
    const ours = new Map(saved.tensors.map((tensor) => [tensor.name, tensor]));
    expect({ ...saved.metadata }).toEqual({ format: 'pt' });
    for (const [own, { shape, data }] of theirs) {
      expect(ours.get(own)?.shape, own).toEqual(shape);
      if (!own.includes('bias_')) expect([...ours.get(own)!.data], own).toEqual([...data]);
    }
    for (const [own, { data }] of ours) {
      if (theirs.has(own)) continue;
      // A module of PyTorch without biases: ours are zero.
      expect(own).toMatch(/bias/);
      expect(data.every((value) => value === 0)).toBe(true);
    }
    for (const [own, { data }] of theirs) {
      if (!own.includes('bias_ih')) continue;
      const [second, first, rest] = [theirs, ours, ours].map((all, i) => [
        ...all.get(i === 1 ? own : own.replace('_ih_', '_hh_'))!.data,
      ]) as [number[], number[], number[]];
      const gated = data.length === 3 * model.parameters().find(({ name }) => name === 'rnn.weight_hh_l0')!.shape[1]!;
      const apart = gated ? (data.length / 3) * 2 : data.length;
      for (let i = 0; i < data.length; i++) {
        expect(first[i]).toBe(i < apart ? data[i]! + second[i]! : data[i]);
        expect(rest[i]).toBe(i < apart ? 0 : second[i]);
      }
    }
    const again = await createOf(name, 9);
    loadStateDict(again, saveStateDict(model, { modules }), { modules });
    expect(again.parameters()).toEqual(model.parameters());
  });
});

describe('names and shapes', () => {
  const change = (name: string, edit: (tensors: Tensor[]) => readonly Tensor[]) =>
    encodeSafetensors(edit([...decodeSafetensors(stateOf(name)).tensors]));
  const rename = (from: RegExp, to: string) => (tensors: Tensor[]) =>
    tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace(from, to) }));

  it('an entry with a name is a module of that name', async () => {
    const model = await createModel([
      tokens(7, { name: 'words' }),
      embedding({ units: 4, name: 'table' }),
      gru({ units: 5, name: 'below' }),
      gru({ units: 5, name: 'above' }),
      dense({ units: 7 }),
    ]);
    const names = decodeSafetensors(saveStateDict(model)).tensors.map(({ name }) => name);
    const recurrent = (name: string) =>
      ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh'].map((part) => `${name}.${part}_l0`);
    const expected = ['table.weight', ...recurrent('below'), ...recurrent('above'), 'dense.weight', 'dense.bias'];
    expect([...names].sort()).toEqual(expected.sort());
    const again = await createModel(model.description, { seed: 1 });
    loadStateDict(again, saveStateDict(model), { modules: ['table', 'below', 'above', 'dense'] });
    expect(again.parameters()).toEqual(model.parameters());
  });

  it('makes two modules of layers between which steps become one and many again', async () => {
    const code = [last(), repeat({ clock: 'x' })];
    const entries = [features(3, { name: 'x' }), gru({ units: 4 }), ...code, gru({ units: 4 }), dense({ units: 3 })];
    const model = await createModel(entries as unknown as ModelDescription, { seed: 1 });
    const names = decodeSafetensors(saveStateDict(model)).tensors.map(({ name }) => name);
    expect(names.filter((name) => name.includes('weight_hh'))).toEqual(['rnn0.weight_hh_l0', 'rnn1.weight_hh_l0']);
    const again = await createModel(model.description, { seed: 2, kinds: [repeat] });
    loadStateDict(again, saveStateDict(model), { modules: ['rnn0', 'rnn1', 'dense'] });
    expect(again.parameters()).toEqual(model.parameters());
  });

  it('a graph that is no stack is refused, with what makes it none', async () => {
    const model = await createModel([
      features(3, { name: 'x' }),
      gru({ units: 2, name: 'a' }),
      dense({ units: 2, name: 'one' }),
      dense({ units: 2, name: 'two', from: 'a' }),
    ]);
    const reason = /StateDict: expected .* got one in which model\[3\] 'two' reads model\[1\] 'a'/;
    expect(() => saveStateDict(model)).toThrow(reason);
    expect(() => loadStateDict(model, new Uint8Array(8))).toThrow(reason);
  });

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
      /expected tensors \*\.weight \[7,5\] for dense\.weight, got none/,
    ],
    [
      'two heads that fit',
      'one-hot',
      (all) => [...all, ...rename(/^out/, 'aux')(all.filter(({ name }) => name.startsWith('out')))],
      /\*\.weight \[7,5\] for dense\.weight, got aux\.weight \[7,5\] with bias, out\.weight \[7,5\] with bias/,
    ],
    [
      'a table with a bias',
      'tagger',
      (all) => [...all, { name: 'embed.bias', shape: [4], data: new Float64Array(4) }],
      /\[7,4\] without bias for embedding\.weight, .*got embed\.weight \[7,4\] with bias/,
    ],
    [
      'integers',
      'one-hot',
      (all) => all.map((one) => (one.name === 'out.bias' ? { ...one, data: Int32Array.from(one.data) } : one)),
      /out\.bias: expected real numbers, got integers/,
    ],
    [
      'a weight that is not called so',
      'one-hot',
      rename(/^out\.weight$/, 'out.in_proj_weight'),
      /\*\.weight \[7,5\] for dense\.weight, got none/,
    ],
    [
      'a layer left out between two',
      'tagger',
      rename(/_l1/, '_l2'),
      /expected 2 recurrent layers, got 3: 3 in encoder\./,
    ],
    [
      'a direction too many',
      'one-hot',
      (all) => [...all, ...rename(/_l0$/, '_l0_reverse')(all.filter(({ name }) => name.includes('_l0')))],
      /expected no more tensors, got .*rnn\.weight_ih_l0_reverse/,
    ],
    [
      'a projection of the state',
      'tagger',
      (all) => [...all, { name: 'encoder.weight_hr_l0', shape: [2, 5], data: new Float64Array(10) }],
      /no more tensors, got encoder\.weight_hr_l0/,
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
    ['a cell of its own', [features(3), indrnn({ units: 2 })], /layer 0 with cell "indrnn"/],
    ['zoneout', [features(3), bidirectional(gru({ units: 2, zoneout: { hidden: 0.1 } }))], /layer 0 with zoneout/],
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

  it('a number that overflows in f32', async () => {
    const bytes = change('one-hot', (all) =>
      all.map((one) => (one.name === 'out.bias' ? { ...one, data: new Float64Array(7).fill(1e300) } : one)),
    );
    const [narrow, wide] = [await createModel(descriptions['one-hot']!), await createOf('one-hot')];
    const before = narrow.parameters();
    expect(() => loadStateDict(narrow, bytes)).toThrow(
      /dense\.bias\[0\]: expected a finite number in f32, got 1e\+300/,
    );
    expect(narrow.parameters()).toEqual(before);
    loadStateDict(wide, bytes);
    expect(wide.parameters().find(({ name }) => name === 'dense.bias')!.data[0]).toBe(1e300);
  });
});

describe('order of modules', () => {
  const alike = [
    features(3),
    lstm({ units: 3 }),
    lstm({ units: 3 }),
    dense({ units: 3 }),
    dense({ units: 3 }),
  ] as const;
  const tensor = (name: string, shape: readonly number[], value: number): Tensor => ({
    name,
    shape,
    data: new Float64Array(shape.reduce((product, size) => product * size, 1)).fill(value),
  });
  /** Layers of LSTM, filled with their numbers; one name: a module of all of them. */
  const recurrent = (names: readonly string[], inputs = 3) =>
    names.flatMap((name, i) => [
      tensor(`${name}.weight_ih_l${names.indexOf(name) === i ? 0 : i}`, [12, i === 0 ? inputs : 3], i + 1),
      tensor(`${name}.weight_hh_l${names.indexOf(name) === i ? 0 : i}`, [12, 3], i + 1),
    ]);
  const heads = (names: readonly string[]) => names.map((name, i) => tensor(`${name}.weight`, [3, 3], i + 11));
  const load = async (
    tensors: readonly Tensor[],
    modules?: readonly string[],
    description: ModelDescription = alike,
  ) => {
    const model = await createModel(description, { dtype: 'f64' });
    const before = model.parameters();
    try {
      loadStateDict(model, encodeSafetensors(tensors), modules === undefined ? {} : { modules });
    } catch (error) {
      expect(model.parameters()).toEqual(before);
      throw error;
    }
    const first = (name: string) => model.parameters().find((parameter) => parameter.name === name)?.data[0];
    return ['rnn.weight_hh_l0', 'rnn.weight_hh_l1', 'dense.weight', 'dense1.weight'].map(first);
  };
  const right = [1, 2, 11, 12];

  it('numbers within names decide, by their value', async () => {
    expect(await load([...recurrent(['cell9', 'cell10']), ...heads(['head.2', 'head.11'])])).toEqual(right);
    expect(await load([...recurrent(['lstm', 'lstm']), ...heads(['fc', 'fc1'])])).toEqual(right);
  });

  it('shapes decide, against the alphabet and against numbers', async () => {
    const wider = [features(5), ...alike.slice(1)] as never;
    expect(await load([...recurrent(['encoder', 'decoder'], 5), ...heads(['h.0', 'h.1'])], undefined, wider)).toEqual(
      right,
    );
    expect(await load([...recurrent(['rnn2', 'rnn1'], 5), ...heads(['h.0', 'h.1'])], undefined, wider)).toEqual(right);
  });

  it('where nothing decides it is an error, and the option does', async () => {
    const both = [...recurrent(['encoder', 'decoder']), ...heads(['hidden', 'final'])];
    await expect(load(both)).rejects.toThrow(
      /one order of the modules that fits, got decoder, encoder and encoder, decoder: give the order with the option modules/,
    );
    const clear = [...recurrent(['l0', 'l1']), ...heads(['hidden', 'final'])];
    await expect(load(clear)).rejects.toThrow(/got final, hidden and hidden, final/);
    expect(await load(both, ['encoder', 'decoder', 'hidden', 'final'])).toEqual(right);
    expect(await load(both, ['decoder', 'encoder', 'final', 'hidden'])).toEqual([2, 1, 12, 11]);
  });

  it('a table and a dense layer without bias of one shape', async () => {
    const tied: ModelDescription = [tokens(7), embedding({ units: 3 }), lstm({ units: 3 }), dense({ units: 7 })];
    const layers = [...recurrent(['rnn']), tensor('embed.weight', [7, 3], 5), tensor('decode.weight', [7, 3], 6)];
    await expect(load(layers, undefined, tied)).rejects.toThrow(/got decode, embed and embed, decode/);
    expect(await load(layers, ['embed', 'rnn', 'decode'], tied)).toEqual([1, undefined, 6, undefined]);
    const biased = [...layers, tensor('decode.bias', [7], 1)];
    expect(await load(biased, undefined, tied)).toEqual([1, undefined, 6, undefined]);
  });

  it('a module that was saved alone', async () => {
    const model = await createModel([features(3), gru({ units: 4 }), gru({ units: 4 })]);
    const again = await createModel(model.description, { seed: 3 });
    const bytes = saveStateDict(model, { modules: [''] });
    expect(decodeSafetensors(bytes).tensors.map(({ name }) => name)).toContain('weight_hh_l1');
    loadStateDict(again, bytes);
    expect(again.parameters()).toEqual(model.parameters());
  });

  it('a tied weight stands there under both names, and is taken where both say the same', async () => {
    const words: ModelDescription = [
      tokens(7),
      embedding({ units: 4, name: 'words' }),
      lstm({ units: 4, name: 'decoder' }),
      dense({ units: 7, tied: 'words.weight' }),
    ];
    const model = await createModel(words);
    const bytes = saveStateDict(model);
    const { tensors } = decodeSafetensors(bytes);
    const named = (name: string) => tensors.find((one) => one.name === name)!;
    expect(named('dense.weight').shape).toEqual([7, 4]);
    expect(named('dense.weight').data).toEqual(named('words.weight').data);
    const again = await createModel(words, { seed: 3 });
    loadStateDict(again, bytes);
    expect(again.parameters()).toEqual(model.parameters());

    const before = again.parameters();
    const changed = tensors.map((one) =>
      one.name === 'dense.weight' ? { ...one, data: one.data.map((x) => x + 1) } : one,
    );
    expect(() => loadStateDict(again, encodeSafetensors(changed as Tensor[], {}))).toThrow(
      /expected the same numbers wherever words\.weight is tied/,
    );
    expect(again.parameters()).toEqual(before);
  });

  it('many modules that do not fit are refused at once', async () => {
    const names = Array.from({ length: 16 }, (_, i) => `m${String.fromCharCode(97 + i)}`);
    const layers = [...names.map(() => dense({ units: 3 })), dense({ units: 2 }), dense({ units: 2 })];
    const tensors = [...heads(names), tensor('x.weight', [2, 3], 1), tensor('y.weight', [2, 3], 1)];
    await expect(load(tensors, undefined, [features(3), ...layers])).rejects.toThrow(/expected tensors \*\.weight/);
  });

  it.each<readonly [string, unknown, RegExp]>([
    ['a name that the file has not', ['rnn', 'head'], /expected "out", "rnn" in the order .*, got "rnn", "head"/],
    ['a name too few', ['rnn'], /expected "out", "rnn" in the order .*, got "rnn"/],
    ['a name twice', ['rnn', 'rnn'], /modules\[1\]: expected each name once, got "rnn" again/],
    ['no array', 'rnn', /modules: expected an array of names, got "rnn"/],
    ['no string', ['rnn', 2], /modules\[1\]: expected a string, got 2/],
  ])('%s: a wrong argument', async (_, modules, message) => {
    const model = await createOf('one-hot');
    expect(() => loadStateDict(model, stateOf('one-hot'), { modules } as never)).toThrow(message);
  });

  it('other options, and names for other modules', async () => {
    const model = await createOf('tagger');
    expect(() => loadStateDict(model, stateOf('tagger'), { prefix: 'a' } as never)).toThrow(/got "prefix"/);
    expect(() => saveStateDict(model, { names: [] } as never)).toThrow(/got "names"/);
    expect(() => saveStateDict(model, { modules: ['encoder'] })).toThrow(
      /expected 3 names, for embedding, rnn, dense, got 1/,
    );
  });
});
