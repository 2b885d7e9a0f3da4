// last: what returns: 'last' does, as an entry.
import { describe, expect, it } from 'vitest';
import {
  activityRegularization,
  backpropagate,
  bidirectional,
  checkGradients,
  createModel,
  dense,
  elman,
  features,
  gru,
  indrnn,
  last,
  lstm,
  type ModelDescription,
  residual,
} from '../../src/index.ts';

const input = {
  rows: 3,
  steps: 4,
  lengths: [4, 1, 3],
  inputs: Float32Array.from({ length: 24 }, (_, i) => ((i * 7) % 11) / 11 - 0.5),
};
const batch = { ...input, targets: Int32Array.of(0, 2, 1) };

async function learn(description: ModelDescription) {
  const model = await createModel(description, { seed: 4 });
  const windows = [...backpropagate(model, batch, { loss: 'cross-entropy' })];
  return { windows, gradients: model.gradients(), outputs: model.forward(input).outputs };
}

describe.each<[string, (returns: 'all' | 'last') => ModelDescription[1]]>([
  ['elman', (returns) => elman({ units: 3, returns })],
  ['gru', (returns) => gru({ units: 3, returns })],
  ['lstm', (returns) => lstm({ units: 3, returns })],
  ['indrnn', (returns) => indrnn({ units: 3, returns })],
  ['both directions', (returns) => bidirectional(lstm({ units: 3 }), { returns })],
  ['the sum of both', (returns) => bidirectional(gru({ units: 3 }), { returns, merge: 'sum' })],
])('after %s', (_, layer) => {
  it("has the bits of returns: 'last', and its gradients", async () => {
    const entry = await learn([features(2), layer('all'), last(), dense({ units: 3 })]);
    expect(entry).toEqual(await learn([features(2), layer('last'), dense({ units: 3 })]));
  });
});

const all = { name: 'all' };

it.each<[string, ModelDescription[1]]>([
  ['dense, which has no state', dense({ units: 2, ...all })],
  ['residual, whose output is its state and what it reads', residual(gru({ units: 2 }), all)],
  ['residual in both directions', residual(bidirectional(lstm({ units: 2 }), { merge: 'sum' }), all)],
  ['activityRegularization, whose state is another', activityRegularization({ temporal: 1, ...all })],
])('takes the last valid step of %s', async (_, layer) => {
  const steps = await createModel([features(2), gru({ units: 2 }), layer], { seed: 1 });
  const model = await createModel([features(2), gru({ units: 2 }), layer, last()], { seed: 1, dtype: 'f64' });
  const { outputs: every } = steps.forward(input);
  const { outputs } = model.forward(input);
  const expected = input.lengths.flatMap((length, row) => {
    const start = ((length - 1) * 3 + row) * 2;
    return [...every.subarray(start, start + 2)];
  });
  for (const [i, value] of expected.entries()) expect(outputs[i]).toBeCloseTo(value, 6);
  const targets = { ...batch, targets: Int32Array.of(0, 1, 1) };
  for (const { name, relativeError } of checkGradients(model, targets, { loss: 'cross-entropy' })) {
    expect([name, relativeError < 1e-7]).toEqual([name, true]);
  }
});
