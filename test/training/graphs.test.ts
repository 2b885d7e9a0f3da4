// Training of graphs: an autoencoder, several inputs and losses, checkpoints.
import { expect, it } from 'vitest';
import {
  adam,
  type CheckpointEvent,
  concat,
  createModel,
  dense,
  embedding,
  evaluate,
  features,
  fit,
  type GraphBatch,
  gru,
  last,
  lstm,
  type ModelDescription,
  repeat,
  type TrainOptions,
  tokens,
  train,
} from '../../src/index.ts';
import { numbers } from '../support/models.ts';

it('trains an autoencoder: what it has read comes out of one state', async () => {
  const model = await createModel(
    [
      features(1, { name: 'signal' }),
      lstm({ units: 8 }),
      last({ name: 'code' }),
      repeat({ clock: 'signal' }),
      lstm({ units: 8 }),
      dense({ units: 1 }),
    ],
    { seed: 1 },
  );
  const [T, B] = [6, 8];
  const next = numbers(3);
  // Each row is one of the waves, which its code is to tell.
  const phase = Array.from({ length: B }, () => Math.floor(next() * 3));
  const inputs = Float32Array.from({ length: T * B }, (_, i) => ((Math.floor(i / B) + phase[i % B]!) % 3) - 1);
  const batch = { steps: T, rows: B, inputs, targets: inputs };
  const before = evaluate(model, batch, { loss: 'mean-squared-error' }).loss;
  const options = { data: [batch], loss: 'mean-squared-error', optimizer: adam({ learningRate: 0.03 }) } as const;
  const { reason } = await fit(model, { ...options, epochs: 300 });
  expect(reason).toBe('epochs');
  expect(evaluate(model, batch, { loss: 'mean-squared-error' }).loss).toBeLessThan(before / 10);
});

/** Text and pen strokes at the same steps, a person, and the text again on a clock of its own; a label and the next letter. */
const description: ModelDescription = [
  tokens(4, { name: 'text' }),
  features(2, { name: 'pen', clock: 'text' }),
  features(3, { name: 'person', clock: 'row' }),
  tokens(4, { name: 'other' }),
  embedding({ units: 3, from: 'other' }),
  gru({ units: 5, name: 'encoder' }),
  embedding({ units: 3, from: 'text', name: 'letters' }),
  concat({ from: ['letters', 'pen'] }),
  gru({ units: 5, name: 'reader', start: 'encoder' }),
  dense({ units: 4, name: 'next' }),
  last({ from: 'reader', name: 'end' }),
  concat({ from: ['end', 'person'] }),
  dense({ units: 2, name: 'label' }),
];

function batchOf(seed: number): GraphBatch {
  const next = numbers(seed);
  const [T, S, B] = [5, 3, 4];
  const ids = (count: number, size: number) => Int32Array.from({ length: count }, () => Math.floor(next() * size));
  const reals = (count: number) => Float32Array.from({ length: count }, () => next() - 0.5);
  return {
    rows: B,
    steps: { text: T, other: S },
    lengths: { text: [5, 3, 4, 1] },
    inputs: { text: ids(T * B, 4), pen: reals(T * B * 2), person: reals(B * 3), other: ids(S * B, 4) },
    targets: { next: ids(T * B, 4), label: ids(B, 2) },
  };
}

const options = {
  data: [1, 2, 3].map(batchOf),
  validation: [batchOf(4)],
  validateEvery: 'epoch',
  loss: { next: 'cross-entropy', label: { loss: 'cross-entropy', weight: 0.5 } },
  optimizer: adam({ learningRate: 0.05 }),
  epochs: 4,
} satisfies TrainOptions;

it('learns from several inputs with several losses, and tells each', async () => {
  const model = await createModel(description, { seed: 1 });
  const before = evaluate(model, options.data, { loss: options.loss });
  const { history } = await fit(model, { ...options, epochs: 20 });
  const after = evaluate(model, options.data, { loss: options.loss });
  for (const [index, { name, loss }] of after.outputs!.entries()) {
    expect([name, loss < before.outputs![index]!.loss]).toEqual([name, true]);
  }
  expect(history.length).toBe(20 * 4);
  const named = model.forward(batchOf(1)).named;
  expect(Object.entries(named).map(([name, values]) => [name, values.length])).toEqual([
    ['next', 5 * 4 * 4],
    ['label', 4 * 2],
  ]);
});

it('goes on from a checkpoint as if it had never stopped', async () => {
  const run = async (more: Partial<TrainOptions>) => {
    const model = await createModel(description, { seed: 1 });
    const checkpoints: CheckpointEvent[] = [];
    for await (const event of train(model, { ...options, checkpoint: { every: 5 }, ...more })) {
      if (event.type === 'checkpoint') checkpoints.push(event);
    }
    return { parameters: model.parameters(), checkpoints };
  };
  const whole = await run({});
  // After 5, 10 and the last of 12 updates.
  expect(whole.checkpoints).toHaveLength(3);
  const again = await run({ resume: whole.checkpoints[0]!.bytes });
  expect(again.parameters).toEqual(whole.parameters);
});
