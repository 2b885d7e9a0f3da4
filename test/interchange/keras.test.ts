// Keras files: what the model gave in Keras, the imported model gives too.

import fc from 'fast-check';
import { unzipSync, unzlibSync, zipSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import {
  BpttError,
  createModel,
  dense,
  embedding,
  features,
  gru,
  lstm,
  type ModelDescription,
  type Reals,
  residual,
  tokens,
} from '../../src/index.ts';
import { importKeras, type KerasOutput, loadKerasWeights } from '../../src/interchange/keras/index.ts';
import { defineLayer } from '../../src/own/index.ts';
import fixture from '../truth/fixtures/keras.json' with { type: 'json' };

type Files = Readonly<Record<string, string>>;
const caseOf = (name: string) => fixture.cases.find((candidate) => candidate.name === name)!;
const fileOf = (name: string, kind: string) => bytesOf((caseOf(name).files as Files)[kind]!);
const bytesOf = (base64: string) => unzlibSync(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));

/** What Keras makes of the outputs of a model, row by row of O numbers. */
function activate(outputs: Reals, O: number, kind: KerasOutput): number[] {
  if (kind === 'logits') return [...outputs];
  if (kind === 'sigmoid') return [...outputs].map((value) => 1 / (1 + Math.exp(-value)));
  return Array.from({ length: outputs.length / O }, (_, row) => {
    const powers = [...outputs.subarray(row * O, (row + 1) * O)].map(Math.exp);
    const sum = powers.reduce((a, b) => a + b);
    return powers.map((power) => power / sum);
  }).flat();
}

describe.each(fixture.cases)('$name', ({ steps, rows, reads, inputs, outputs, files }) => {
  const input = { steps, rows, inputs: reads === 'tokens' ? Int32Array.from(inputs) : Float32Array.from(inputs) };
  const wholes = Object.entries(files).filter(([kind]) => !kind.includes('weights'));

  it.each(wholes)('%s gives what Keras gives, to 1e-5', async (_, file) => {
    const { model, output } = await importKeras(bytesOf(file));
    const last = model.description.at(-1) as { units: number };
    const given = activate(model.forward(input).outputs, last.units, output);
    expect(given).toHaveLength(outputs.length);
    for (const [i, value] of outputs.entries()) expect(Math.abs(given[i]! - value)).toBeLessThan(1e-5);
  });

  const weights = Object.entries(files).filter(([kind]) => kind.includes('weights'));
  it.each([...weights, ...wholes])('%s gives its weights to a model that is there', async (_, file) => {
    const { model } = await importKeras(bytesOf(wholes[0]![1]));
    const other = await createModel(model.description, { seed: 9 });
    expect(other.parameters()).not.toEqual(model.parameters());
    loadKerasWeights(other, bytesOf(file));
    expect(other.parameters()).toEqual(model.parameters());
  });
});

describe('the description', () => {
  const of = async (name: string, kind: string) => {
    const { model, output } = await importKeras(fileOf(name, kind), { dtype: 'f64' });
    return { output, description: model.description, dtype: model.dtype };
  };

  it('has what the layers say', async () => {
    const { description, output, dtype } = await of('functional', 'keras');
    expect([output, dtype]).toEqual(['softmax', 'f64']);
    expect(description).toMatchObject([
      { kind: 'tokens', size: 7 },
      { kind: 'embedding', units: 3 },
      { kind: 'dropout', rate: 0.1, variational: true },
      { kind: 'dropout', rate: 0.1, variational: true },
      { kind: 'lstm', units: 4, returns: 'all', recurrentDropout: 0.2 },
      { kind: 'dense', units: 5 },
      { kind: 'gru', units: 3, activation: 'identity', reset: 'after' },
      { kind: 'dense', units: 3 },
    ]);
    expect(await of('functional', 'h5')).toEqual({ description, output, dtype });
  });

  it('has the form of each GRU and what the last layer returns', async () => {
    const { description, output } = await of('gated', 'keras');
    expect(output).toBe('logits');
    expect(description.slice(1)).toMatchObject([
      { reset: 'after', returns: 'all' },
      { reset: 'before', returns: 'all' },
      { reset: 'after', gateActivation: 'hard-sigmoid', returns: 'all' },
      { reset: 'before', activation: 'softsign', returns: 'last' },
    ]);
  });

  it('has both directions', async () => {
    const { description, output } = await of('both-ways', 'h5');
    expect(output).toBe('sigmoid');
    expect(description.slice(1)).toMatchObject([
      { kind: 'bidirectional', merge: 'concat', returns: 'all', layer: { kind: 'lstm', units: 4 } },
      { kind: 'bidirectional', merge: 'sum', layer: { kind: 'gru', reset: 'after' } },
      { kind: 'bidirectional', layer: { kind: 'gru', reset: 'before' } },
      { kind: 'bidirectional', returns: 'last', layer: { kind: 'elman' } },
      { kind: 'dense', units: 1 },
    ]);
  });
});

describe('what cannot be represented', () => {
  it.each<readonly [keyof typeof fixture.foreign, RegExp]>([
    [
      'convolution',
      /layer 'conv1d_1': Conv1D is not supported; supported: InputLayer, Embedding, Masking, SimpleRNN, /,
    ],
    ['elu', /layer 'rnn' \(SimpleRNN\): expected activation tanh, relu, linear, softsign, got "elu"/],
    ['backwards', /layer 'rnn' \(LSTM\): expected go_backwards false, got true/],
    ['unlike', /layer 'both' \(Bidirectional\): expected two directions that are alike/],
    ['two-inputs', /\(SimpleRNN\): expected one input, got 2: input_layer\w*, input_layer/],
    ['flat', /\(InputLayer\): expected inputs \[batch, steps, 3\], got \[null,3\]/],
    ['nested', /Sequential is not supported/],
    [
      'softmax-within',
      /layer 'late' \(LSTM\): expected softmax at the end only, got it in 'early', before 'late' \(LSTM\)/,
    ],
  ])('%s', async (name, message) => {
    const attempt = importKeras(bytesOf(fixture.foreign[name]), {}, 'net.keras');
    await expect(attempt).rejects.toThrow(message);
    await expect(attempt).rejects.toMatchObject({ name: 'BpttError', code: 'bad-file' });
    await expect(attempt).rejects.toThrow(/^net\.keras/);
  });
});

it.each(['masking', 'mask-zero', 'relu-within', 'skip', 'average'] as const)('reads %s', async (name) => {
  const { model, outputs } = await importKeras(bytesOf(fixture.foreign[name]), {}, 'net.keras');
  expect(Object.keys(outputs)).toHaveLength(model.network.graph.outputs.length);
  const { inputs } = model.network.graph;
  expect(inputs).toHaveLength(1);
  expect(inputs[0]!.skip).toBe(name.startsWith('mask') ? 0 : undefined);
});

describe('a file that does not say which Keras wrote it', () => {
  /** The same file with another name for the version. */
  const nameless = bytesOf(fixture.foreign['hard-sigmoid']);
  const text = new TextDecoder('latin1').decode(nameless);
  for (const { index } of text.matchAll(/keras_version/g)) nameless[index] = 'K'.charCodeAt(0);

  it('is refused where that decides what a word means', async () => {
    const attempt = importKeras(nameless, {}, 'net.h5');
    await expect(attempt).rejects.toThrow(
      /^net\.h5.*\(LSTM\): expected a Keras version, by which hard_sigmoid .* got hard_sigmoid in a file that does not say which Keras wrote it \(the option kerasVersion does\)/,
    );
    await expect(attempt).rejects.toMatchObject({ name: 'BpttError', code: 'bad-file' });
  });

  it('is taken by what the caller says', async () => {
    const { model } = await importKeras(nameless, { kerasVersion: '3.5.0' });
    expect(model.description[1]).toMatchObject({ gateActivation: 'hard-sigmoid' });
    const { model: older } = await importKeras(nameless, { kerasVersion: '2.2.4' });
    expect(older.description[1]).toMatchObject({ gateActivation: 'hard-sigmoid-fifth' });
  });

  it('that says it is believed', async () => {
    const own = bytesOf(fixture.foreign['hard-sigmoid']);
    const { model } = await importKeras(own, { kerasVersion: '3.5.0' });
    expect(model.description[1]).toMatchObject({ gateActivation: 'hard-sigmoid-fifth' });
  });
});

describe('weights alone', () => {
  const masked = bytesOf(fixture.foreign['mask-zero']);

  it('of a model that cannot be imported: mask_zero is said by lengths here', async () => {
    const model = await createModel([tokens(7), embedding({ units: 2 }), gru({ units: 2, returns: 'last' })]);
    const before = model.parameters();
    loadKerasWeights(model, masked);
    for (const [index, { name, data }] of model.parameters().entries()) {
      if (name.includes('weight')) expect(data, name).not.toEqual(before[index]!.data);
    }
  });

  it('of a model in which layers are skipped', async () => {
    const model = await createModel([features(3), residual(lstm({ units: 3 }))], { seed: 4 });
    const before = model.parameters();
    loadKerasWeights(model, bytesOf(fixture.foreign.skip));
    expect(model.parameters()).not.toEqual(before);
  });

  it('in an order that is given', async () => {
    const description: ModelDescription = [features(3), gru({ units: 3 }), gru({ units: 3 })];
    const [model, turned] = [await createModel(description), await createModel(description)];
    const bytes = bytesOf(fixture.twins);
    loadKerasWeights(model, bytes);
    loadKerasWeights(turned, bytes, { layers: ['gru_1', 'gru'] });
    const data = (of: typeof model, name: string) => of.parameters().find((one) => one.name === name)!.data;
    expect(data(turned, 'rnn.weight_ih_l0')).not.toEqual(data(model, 'rnn.weight_ih_l0'));
    for (const { name } of model.parameters()) {
      expect(data(turned, name), name).toEqual(
        data(
          model,
          name.replace(/\d$/, (layer) => `${1 - Number(layer)}`),
        ),
      );
    }
    expect(() => loadKerasWeights(model, bytes, { layers: ['gru'] })).toThrow(
      /loadKerasWeights\.layers: expected gru, gru_1 in the order in which they compute, got gru$/,
    );
  });

  it.each<readonly [string, ModelDescription, RegExp]>([
    [
      'of another size',
      [tokens(7), embedding({ units: 2 }), gru({ units: 3 })],
      /expected shapes \[2, 9\] \[3, 9\] \[2, 9\] for layer 1 \(gru\), got \[2, 6\]/,
    ],
    [
      'of another form',
      [tokens(7), embedding({ units: 2 }), gru({ units: 2, reset: 'before' })],
      /got \[2, 6\] \[2, 6\] \[2, 6\]: layers\/gru\/cell\/vars\/0/,
    ],
    [
      'of another cell',
      [tokens(7), embedding({ units: 2 }), lstm({ units: 2 })],
      /weights of 'gru': expected shapes \[2, 8\]/,
    ],
    [
      'of a layer more',
      [tokens(7), embedding({ units: 2 }), gru({ units: 2 }), dense({ units: 2 })],
      /expected weights of 3 layers: .*, got 2: embedding, gru/,
    ],
    [
      'of a layer less',
      [tokens(7), embedding({ units: 2 })],
      /expected weights of 1 layers: layer 0 \(embedding\), got 2: embedding, gru/,
    ],
  ])('%s: an error, and the model is as before', async (_, description, message) => {
    const model = await createModel(description);
    const before = model.parameters();
    expect(() => loadKerasWeights(model, masked)).toThrow(message);
    expect(model.parameters()).toEqual(before);
  });

  it('of a model with layers that Keras does not have', async () => {
    const model = await createModel([features(3), lstm({ units: 3, peepholes: true })]);
    expect(() => loadKerasWeights(model, bytesOf(fixture.twins))).toThrow(
      /layers that Keras has, got layer 0 \(lstm\) with peepholes/,
    );
  });

  it("of a model with a user's own layer, also one without parameters", async () => {
    const pass = defineLayer({ kind: 'pass', forward: ({ x: [x], y }) => y.set(x), backward() {} });
    const own = await createModel([features(3), pass(), lstm({ units: 3 })]);
    expect(() => loadKerasWeights(own, bytesOf(fixture.twins))).toThrow(
      /layers that Keras has, got layer 0 \(own:pass\)$/,
    );
  });

  it('are not a model', async () => {
    await expect(importKeras(fileOf('gated', 'weights.h5'))).rejects.toThrow(/got weights alone: loadKerasWeights/);
  });
});

describe('files that are damaged', () => {
  const whole = bytesOf(fixture.twins);
  const archive = fileOf('gated', 'keras');
  const entries = () => unzipSync(archive);
  const refusal = async (bytes: Uint8Array) => {
    const error = await importKeras(bytes).then(
      () => undefined,
      (cause) => cause,
    );
    expect(error).toMatchObject({ name: 'BpttError', code: 'bad-file' });
    return error.message as string;
  };

  it('cut off at any byte', async () => {
    const model = await createModel([features(3), gru({ units: 3 }), gru({ units: 3 })]);
    const before = model.parameters();
    const small = zipSync(entries(), { level: 9 });
    const accepted: number[] = [];
    const attempt = async (length: number, read: () => unknown) => {
      try {
        await read();
        accepted.push(length);
      } catch (error) {
        if (!(error instanceof BpttError && error.code === 'bad-file')) throw error;
      }
    };
    for (let length = 0; length < small.length; length++) {
      await attempt(length, () => importKeras(small.subarray(0, length)));
    }
    for (let length = 0; length < whole.length; length++) {
      await attempt(length, () => loadKerasWeights(model, whole.subarray(0, length)));
    }
    expect(accepted).toEqual([]);
    expect(model.parameters()).toEqual(before);
    expect((await importKeras(small)).output).toBe('logits');
  });

  it('with one octet changed: the archive knows', async () => {
    const small = zipSync(entries(), { level: 9 });
    for (let at = 60; at < small.length - 400; at += 97) {
      const changed = small.slice();
      changed[at]! ^= 0x10;
      await refusal(changed);
    }
  });

  it('with any octets changed in HDF5, which has no checksum: read, or refused with no other error', async () => {
    const model = await createModel([features(3), gru({ units: 3 }), gru({ units: 3 })]);
    const changes = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 255 })), {
      minLength: 1,
      maxLength: 3,
    });
    fc.assert(
      fc.property(changes, (changed) => {
        const bytes = whole.slice();
        for (const [at, bits] of changed) bytes[at]! ^= bits;
        try {
          loadKerasWeights(model, bytes);
        } catch (error) {
          expect(error).toMatchObject({ name: 'BpttError', code: 'bad-file' });
        }
      }),
      { numRuns: 400 },
    );
  });

  it.each(['config.json', 'metadata.json', 'model.weights.h5'])('without %s', async (name) => {
    const { [name]: _, ...others } = entries();
    expect(await refusal(zipSync(others))).toContain(`expected an entry ${name}, got only `);
  });

  const changed = (edit: (config: string) => string) => {
    const all = entries();
    const config = edit(new TextDecoder().decode(all['config.json']));
    return zipSync({ ...all, 'config.json': new TextEncoder().encode(config) });
  };

  it.each<readonly [string, Uint8Array, RegExp]>([
    ['of another kind', new TextEncoder().encode('GIF89a, or something else'), /expected a \.keras archive or HDF5/],
    ['that are empty', new Uint8Array(), /got an empty file/],
    ['with a configuration that is none', changed(() => '{"class_name": '), /config\.json: expected JSON/],
    [
      'of a class of its own',
      changed((text) => text.replace('"Sequential"', '"Mine"')),
      /a Functional model, got class "Mine"/,
    ],
    [
      'with units that are none',
      changed((text) => text.replace('"units": 4', '"units": 0.5')),
      /layer 'gru\w*' \(GRU\), gru\.units: expected an integer/,
    ],
    [
      'with other units',
      changed((text) => text.replace('"units": 4', '"units": 5')),
      /weights of 'gru': expected shapes \[3, 15\]/,
    ],
    [
      'with an option of the future',
      changed((text) => text.replace('"units": 4', '"units": 4, "twist": 2')),
      /expected no twist, got 2/,
    ],
    [
      'with weights of no layer',
      changed((text) =>
        text.replace(
          /, \{"module": "keras.layers", "class_name": "GRU"(?!.*"class_name": "GRU").*?"build_config": \{"input_shape": \[null, \d+, \d+\]\}\}/,
          '',
        ),
      ),
      /weights of the layers of the model only, got some of gru_3/,
    ],
    [
      'with weights that are none',
      zipSync({ ...entries(), 'model.weights.h5': new Uint8Array(99) }),
      /model\.weights\.h5: expected the signature of HDF5/,
    ],
  ])('%s', async (_, bytes, message) => {
    expect(await refusal(bytes)).toMatch(message);
  });

  it("options that are wrong are not the file's fault", async () => {
    await expect(importKeras(archive, { dtype: 'f16' as never })).rejects.toMatchObject({ code: 'invalid-argument' });
    await expect(importKeras(archive, { seed: 1 } as never)).rejects.toMatchObject({ code: 'unknown-option' });
    await expect(importKeras('net.keras' as never)).rejects.toMatchObject({ code: 'invalid-argument' });
  });
});
