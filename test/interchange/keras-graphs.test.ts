// Functional models of Keras: several inputs and outputs, what joins them, masks with holes, and layers between layers. What Keras's
// formulas give, the imported model gives too.
import { unzlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { importKeras } from '../../src/interchange/keras/index.ts';
import fixture from '../truth/fixtures/keras-graphs.json' with { type: 'json' };

describe.each(Object.entries(fixture))('%s', (_, { file, rows, steps, inputs, outputs, heads }) => {
  it('gives what the formulas give, to 1e-12', async () => {
    const bytes = unzlibSync(Uint8Array.from(atob(file), (character) => character.charCodeAt(0)));
    const { model, ...rest } = await importKeras(bytes, { dtype: 'f64' });
    expect(rest.outputs).toEqual(heads);
    const arrays = Object.entries(inputs).map(([name, values]) => [name, Float64Array.from(values)] as const);
    const [[, only]] = arrays as [(typeof arrays)[number]];
    const given = arrays.length === 1 ? only : Object.fromEntries(arrays);
    const counts = model.network.graph.clocks.length;
    const names = model.network.graph.clocks.map(({ name }) => [name, steps] as const);
    const { named } = model.forward({ steps: counts === 1 ? steps : Object.fromEntries(names), rows, inputs: given });
    expect(Object.keys(named).sort()).toEqual(Object.keys(outputs).sort());
    for (const [name, values] of Object.entries(outputs)) {
      expect(named[name]).toHaveLength(values.length);
      for (const [i, value] of values.entries()) expect(Math.abs(named[name]![i]! - value)).toBeLessThan(1e-12);
    }
  });
});
