// Files of Keras as older versions, older libraries and Windows wrote them: what Keras's formulas give, the imported model gives too.
import { unzlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { createModel } from '../../src/index.ts';
import { importKeras, loadKerasWeights } from '../../src/interchange/keras/index.ts';
import fixture from '../truth/fixtures/keras-old.json' with { type: 'json' };

const { steps, rows } = fixture;
const inputs = Float64Array.from(fixture.inputs);

describe.each(fixture.cases)('$name', ({ file, outputs }) => {
  const bytes = unzlibSync(Uint8Array.from(atob(file), (character) => character.charCodeAt(0)));

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
