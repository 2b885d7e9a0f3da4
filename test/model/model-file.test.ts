// Model files: what comes back, and what damaged files say.
import { describe, expect, it } from 'vitest';
import { decodeSafetensors, encodeSafetensors } from '../../src/formats/safetensors.ts';
import { BpttError, createModel, dense, deserialize, elman, embedding, serialize, tokens } from '../../src/index.ts';

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

  it('keep names for themselves', async () => {
    const model = await create();
    expect(() => serialize(model, { metadata: { 'bptt.model': '' } })).toThrow(BpttError);
    expect(() => serialize(model, { metadata: { count: 3 as never } })).toThrow(BpttError);
  });
});
