// last: what returns: 'last' does, as an entry.
import { describe, expect, it } from 'vitest';
import {
  backpropagate,
  bidirectional,
  createModel,
  dense,
  elman,
  features,
  gru,
  indrnn,
  last,
  lstm,
  type ModelDescription,
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

it('takes the last valid step of what has no state', async () => {
  const model = await createModel([features(2), dense({ units: 2, name: 'all' }), last()], { seed: 1 });
  const steps = await createModel([features(2), dense({ units: 2, name: 'all' })], { seed: 1 });
  const { outputs: all } = steps.forward({ ...input });
  const { outputs } = model.forward(input);
  expect([...outputs]).toEqual(
    input.lengths.flatMap((length, row) => [
      ...all.subarray(((length - 1) * 3 + row) * 2, ((length - 1) * 3 + row) * 2 + 2),
    ]),
  );
});
