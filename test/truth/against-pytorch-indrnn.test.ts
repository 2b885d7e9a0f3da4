// IndRNN layers against a loop in PyTorch with its autograd, in float64: outputs, final states, loss and all gradients.
// fixtures/indrnn.py made the figures.
import { describe, expect, it } from 'vitest';
import { type Activation, backpropagate, createModel, dense, features, indrnn } from '../../src/index.ts';
import { variants } from '../support/variants.ts';
import cases from './fixtures/indrnn.json' with { type: 'json' };

const [T, B, I, O] = [6, 3, 4, 3];
const UNITS = [5, 7];

/** The distance of two arrays, relative to the second. */
function distance(got: ArrayLike<number>, expected: readonly number[]): number {
  expect(got.length).toBe(expected.length);
  return Math.hypot(...expected.map((value, i) => got[i]! - value)) / Math.hypot(...expected);
}

describe.each(variants)('in %s, within %d of PyTorch in float64', (_, tolerance, engine) => {
  it.each(cases)('IndRNN with $name', async (fixture) => {
    const activation = fixture.name as Activation;
    const layers = UNITS.map((units) => indrnn({ units, activation }));
    const model = await createModel([features(I), ...layers, dense({ units: O })], engine);
    for (const [name, values] of Object.entries(fixture.parameters)) model.setParameter(name, values);
    const input = { steps: T, rows: B, inputs: Float64Array.from(fixture.inputs) };
    const state = { rows: B, layers: fixture.state.map((values) => Float64Array.from(values)) };
    const result = model.forward(input, state);
    expect(distance(result.outputs, fixture.outputs), 'outputs').toBeLessThan(tolerance);
    for (const [index, expected] of fixture.finalState.entries()) {
      expect(distance(result.state.layers[index]!, expected), `state ${index}`).toBeLessThan(tolerance);
    }
    const batch = { ...input, targets: Int32Array.from(fixture.targets) };
    const [window] = [...backpropagate(model, batch, { loss: 'cross-entropy' }, state)];
    expect(distance([window!.loss], [fixture.loss]), 'loss').toBeLessThan(tolerance);
    const gradients = model.gradients();
    expect(gradients.map(({ name }) => name).sort()).toEqual(Object.keys(fixture.gradients).sort());
    for (const { name, data } of gradients) {
      const expected = fixture.gradients[name as keyof typeof fixture.gradients];
      expect(distance(data, expected), name).toBeLessThan(tolerance);
    }
  });
});
