// Model files: what comes back, and what damaged files say.
import { describe, expect, it } from 'vitest';
import { checksum } from '../../src/base/crc32.ts';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { StateWriter } from '../../src/formats/record.ts';
import { encodeSafetensors } from '../../src/formats/safetensors.ts';
import { BpttError, createModel, dense, deserialize, elman, embedding, serialize, tokens } from '../../src/index.ts';
import { decodeModelFile } from '../../src/model/decode-model-file.ts';
import { encodeModelFile } from '../../src/model/model-file.ts';

const create = (dtype: 'f32' | 'f64' = 'f32') =>
  createModel([tokens(5), embedding({ units: 3 }), elman({ units: 4, activation: 'relu' }), dense({ units: 5 })], {
    seed: 9,
    dtype,
  });

async function errorOf(bytes: Uint8Array): Promise<BpttError> {
  try {
    await deserialize(bytes);
  } catch (error) {
    expect(error).toBeInstanceOf(BpttError);
    return error as BpttError;
  }
  throw new Error('expected an error, got none');
}

describe('model files', () => {
  it.each(['f32', 'f64'] as const)('give the same %s model back, bit for bit, with its metadata', async (dtype) => {
    const model = await create(dtype);
    const bytes = serialize(model, { metadata: { vocabulary: '["a"]' } });
    const again = await deserialize(bytes);
    expect(again.model.description).toEqual(model.description);
    expect(again.model.dtype).toBe(dtype);
    expect(again.model.parameters()).toEqual(model.parameters());
    expect(again.metadata).toEqual({ vocabulary: '["a"]' });
    expect(serialize(again.model, { metadata: again.metadata })).toEqual(bytes);
  });

  it('load in another precision when asked', async () => {
    const { model } = await deserialize(serialize(await create()), { dtype: 'f64' });
    expect(model.dtype).toBe('f64');
    expect(Float32Array.from(model.parameters()[0]!.data)).toEqual((await create()).parameters()[0]!.data);
  });

  it('are refused when cut off at any byte', async () => {
    const bytes = serialize(await create());
    for (let length = 0; length < bytes.length; length++) {
      expect((await errorOf(bytes.subarray(0, length))).code).toBe('bad-file');
    }
  });

  it('are refused when they are not ours, of another version, or do not fit their description', async () => {
    const { tensors, metadata } = decodeSafetensors(serialize(await create()));
    const change = async (newTensors: typeof tensors, newMetadata: Readonly<Record<string, string>>) =>
      (await errorOf(encodeSafetensors(newTensors, newMetadata))).message;
    expect(await change(tensors, {})).toContain('metadata of a bptt model');
    expect(await change(tensors, { ...metadata, 'bptt.format': '2' })).toContain('format version 1');
    expect(await change(tensors, { ...metadata, 'bptt.model': '{' })).toContain('JSON');
    expect(
      await change(tensors, { ...metadata, 'bptt.model': '[{"kind":"tokens","size":5},{"kind":"lstn"}]' }),
    ).toContain('lstn');
    expect(await change(tensors, { ...metadata, 'bptt.model': '{"kind":"tokens"}' })).toContain('model');
    expect(await change(tensors.slice(1), metadata)).toContain(`tensor ${tensors[0]!.name}`);
    expect(await change([...tensors, { name: 'extra', shape: [1], data: Float32Array.of(0) }], metadata)).toContain(
      'extra',
    );
    const wrong = tensors.map((tensor, i) => (i === 0 ? { ...tensor, shape: [...tensor.shape, 1] } : tensor));
    expect(await change(wrong, metadata)).toContain('shape');
    const nan = tensors.map((tensor) => ({ ...tensor, data: tensor.data.map(() => Number.NaN) as Float32Array }));
    expect(await change(nan, metadata)).toContain('finite');
    const whole = tensors.map((tensor) => ({ ...tensor, data: Int32Array.from(tensor.data) }));
    expect(await change(whole, metadata)).toContain('F32 or F64');
  });

  it('say what is wrong, where, and that it is a bad file', async () => {
    const { tensors, metadata } = decodeSafetensors(serialize(await create()));
    const [first] = tensors;
    const { 'bptt.model': _, ...undescribed } = metadata;
    const { 'bptt.format': __, ...unversioned } = metadata;
    const { 'bptt.checksum': ___, ...unchecked } = metadata;
    const changed = (data: (typeof tensors)[number]['data']) => [{ ...first!, data }, ...tensors.slice(1)];
    const one = (value: number) => first!.data.map((w, i) => (i === first!.data.length - 1 ? value : w));
    const cases: readonly (readonly [typeof tensors, Readonly<Record<string, string>>, string | RegExp])[] = [
      [tensors, undescribed, 'model file: expected the metadata of a bptt model, got a safetensors file without them'],
      [tensors, unversioned, 'model file: expected the metadata of a bptt model, got a safetensors file without them'],
      [tensors, { ...metadata, 'bptt.format': '2' }, 'model file: expected format version 1, got 2'],
      [tensors, { ...metadata, 'bptt.model': '{' }, 'model file: expected JSON in bptt.model, got something else'],
      [tensors, { ...metadata, 'bptt.model': '[{"kind":"lstn"}]' }, /^model file, description: /],
      [tensors.slice(1), metadata, `model file: expected tensor ${first!.name}, got a file without it`],
      [
        [...tensors, { name: 'extra', shape: [1], data: Float32Array.of(0) }],
        metadata,
        'model file: expected only tensors of the description, got "extra"',
      ],
      [
        [...tensors, { name: 'training.extra', shape: [1], data: Float32Array.of(0) }],
        metadata,
        'model file: expected only tensors of the description, got "training.extra"',
      ],
      [
        [{ ...first!, shape: [...first!.shape, 1] }, ...tensors.slice(1)],
        metadata,
        `model file: expected shape [${first!.shape.join(', ')}] of ${first!.name}, got [${first!.shape.join(', ')}, 1]`,
      ],
      [
        changed(one(Number.NaN) as Float32Array),
        metadata,
        `model file: expected finite numbers in ${first!.name}, got NaN or an infinity`,
      ],
      [
        changed(Int32Array.from(first!.data)),
        metadata,
        `model file: expected F32 or F64 in ${first!.name}, got integers`,
      ],
      [
        changed(one(0.125) as Float32Array),
        metadata,
        /^model file: expected checksum [0-9a-f]{8}, got [0-9a-f]{8}: the file is damaged$/,
      ],
      [tensors, unchecked, /^model file: expected checksum \(none\), got [0-9a-f]{8}: the file is damaged$/],
      [tensors, { ...metadata, mine: 'x' }, /: the file is damaged$/],
      [
        tensors,
        { ...metadata, 'bptt.training': '[' },
        /^model file: expected (JSON in bptt\.training, got something else|checksum)/,
      ],
    ];
    for (const [given, strings, message] of cases) {
      const error = await errorOf(encodeSafetensors(given, strings));
      if (typeof message === 'string') expect(error.message).toBe(message);
      else expect(error.message).toMatch(message);
      expect(error.code).toBe('bad-file');
    }
    await expect(deserialize(new Uint8Array(), {}, 'my.model')).rejects.toThrow('my.model: expected');
    await expect(deserialize(serialize(await create()), { seed: 1 } as never)).rejects.toThrow('deserialize: ');
  });

  it('name the cause where the description is at fault', async () => {
    const { tensors, metadata } = decodeSafetensors(serialize(await create()));
    const error = await errorOf(
      encodeSafetensors(tensors, { ...metadata, 'bptt.model': '[{"kind":"tokens","size":0}]' }),
    );
    expect(error.cause).toBeInstanceOf(BpttError);
    expect(error.message).toBe(`model file, description: ${(error.cause as BpttError).message}`);
  });

  it('are f64 only where all tensors are', async () => {
    const { tensors, metadata } = decodeSafetensors(serialize(await create('f64')));
    const mixed = tensors.map((tensor, i) => (i === 0 ? { ...tensor, data: Float32Array.from(tensor.data) } : tensor));
    const { 'bptt.checksum': _, ...rest } = metadata;
    const sum = checksum(encodeSafetensors(mixed, rest));
    const { model } = await deserialize(encodeSafetensors(mixed, { ...rest, 'bptt.checksum': sum }));
    expect(model.dtype).toBe('f32');
  });

  it('hold the state of a training beside the model', async () => {
    const model = await create();
    const training = new StateWriter();
    training.value('epoch', 3);
    training.part('optimizer').tensor('m', Float32Array.of(1, 2));
    const bytes = encodeModelFile(model, { mine: 'x' }, training);
    const content = await decodeModelFile(bytes, 'checkpoint');
    expect(content.metadata).toEqual({ mine: 'x' });
    const named = (list: readonly { readonly name: string }[]) => new Map(list.map((entry) => [entry.name, entry]));
    expect(named(content.parameters)).toEqual(named(model.parameters()));
    const like = new Float32Array(2);
    content.training!.part('optimizer').tensor('m', like);
    expect([...like, content.training!.count('epoch')]).toEqual([1, 2, 3]);
    expect(() => content.training!.value('step')).toThrow('checkpoint, step: expected a value, got none');
    expect((await deserialize(bytes)).model.parameters()).toEqual(model.parameters());
    expect((await decodeModelFile(serialize(model), 'checkpoint')).training).toBeUndefined();
  });

  it('keep names for themselves', async () => {
    const model = await create();
    expect(() => serialize(model, { metadata: { 'bptt.mine': '' } })).toThrow(
      'serialize.metadata: expected names that do not begin with bptt., got bptt.mine',
    );
    expect(() => serialize(model, { metadata: { count: 3 as never } })).toThrow('serialize.metadata.count: expected');
    expect(() => serialize(model, { metadata: 'x' as never })).toThrow('serialize.metadata: expected');
    expect(() => serialize(model, { meta: {} } as never)).toThrow('serialize: ');
    expect(decodeSafetensors(serialize(model, { metadata: { abptt: 'x' } })).metadata.abptt).toBe('x');
    expect(() => serialize(model, { metadata: { 'bptt.model': '' } })).toThrow(BpttError);
    expect(() => serialize(model, { metadata: { count: 3 as never } })).toThrow(BpttError);
  });
});
