// Files of Keras as older versions, older libraries and Windows wrote them: what Keras's formulas give, the imported model gives too.
import { unzlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { createModel } from '../../src/index.ts';
import { importKeras, loadKerasWeights } from '../../src/interchange/keras/index.ts';
import fixture from '../truth/fixtures/keras-old.json' with { type: 'json' };

const { steps, rows } = fixture;
const inputs = Float64Array.from(fixture.inputs);

const unpacked = (file: string) => unzlibSync(Uint8Array.from(atob(file), (character) => character.charCodeAt(0)));

describe.each(fixture.cases)('$name', ({ file, outputs }) => {
  const bytes = unpacked(file);

  it('gives what the formulas give, to 1e-12', async () => {
    const { model, output } = await importKeras(bytes, { dtype: 'f64' });
    expect(output).toBe('logits');
    const given = model.forward({ steps, rows, inputs }).outputs;
    expect(given).toHaveLength(outputs.length);
    for (const [i, value] of outputs.entries()) expect(Math.abs(given[i]! - value)).toBeLessThan(1e-12);
  });

  it('gives its weights to a model that is there', async () => {
    const { model } = await importKeras(bytes);
    const other = await createModel(model.description, { seed: 9 });
    loadKerasWeights(other, bytes);
    expect(other.parameters()).toEqual(model.parameters());
  });
});

describe('attributes that say too much of themselves', () => {
  it.each([
    ['2^40 texts of no bytes', 0],
    ['2^40 texts of seven bytes', 7],
  ])('%s', async (_, size) => {
    const bytes = unpacked(fixture.cases[0]!.file);
    // The name, padded to 16 bytes; a type of 8, the last four of which are its size; a dataspace of one dimension with a header of 8.
    const at = new TextDecoder('latin1').decode(bytes).indexOf('layer_names\0');
    const view = new DataView(bytes.buffer, bytes.byteOffset + at);
    expect([view.getUint8(16), view.getUint8(25)]).toEqual([0x13, 1]);
    view.setUint32(20, size, true);
    view.setBigUint64(32, 2n ** 40n, true);
    await expect(importKeras(bytes)).rejects.toThrow(/an attribute of 1099511627776 elements/);
  });
});
