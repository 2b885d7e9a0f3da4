// Both directions joined in each way that Keras has, with batch normalisation between them: what its formulas give, the imported model gives.
import { unzlibSync } from 'fflate';
import { expect, it } from 'vitest';
import { importKeras } from '../../src/interchange/keras/index.ts';
import fixture from '../truth/fixtures/keras-directions.json' with { type: 'json' };

const names: Readonly<Record<string, string>> = { ave: 'average', mul: 'multiply' };

it.each(fixture.cases)('merge_mode $merge, to 1e-12', async ({ merge, file, outputs }) => {
  const { steps, rows } = fixture;
  const bytes = unzlibSync(Uint8Array.from(atob(file), (character) => character.charCodeAt(0)));
  const { model } = await importKeras(bytes, { dtype: 'f64' });
  const given = model.forward({ steps, rows, inputs: Float64Array.from(fixture.inputs) }).outputs;
  expect(given).toHaveLength(outputs.length);
  for (const [i, value] of outputs.entries()) expect(Math.abs(given[i]! - value)).toBeLessThan(1e-12);
  expect(model.description.slice(1)).toMatchObject([
    { kind: 'bidirectional', merge: names[merge] ?? merge, returns: 'all' },
    { kind: 'batchNormalization', epsilon: 0.01, momentum: expect.closeTo(0.1, 12) },
    { kind: 'bidirectional', merge: names[merge] ?? merge, returns: 'last' },
    { kind: 'dense', units: 1 },
  ]);
});
