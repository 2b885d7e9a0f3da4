// Class weights by how often each class is a target: scikit-learn's, in `fit`, and refused where there is no data to count.
import { describe, expect, it } from 'vitest';
import { createModel, dense, evaluate, features, fit, gru, type Sequence, sgd, train } from '../../src/index.ts';
import { crossEntropy, focal } from '../../src/loss/index.ts';
import { trainInWorker } from '../../src/worker/index.ts';

const sequence = (targets: readonly number[], more: Partial<Sequence> = {}): Sequence => ({
  inputs: Float32Array.from(targets, (target, i) => ((target + 1) * (i + 2)) % 5),
  targets: Int32Array.from(targets),
  ...more,
});
/** 6 of class 0, 3 of class 1, 1 of class 2; of the last one nothing else counts. */
const list = [
  sequence([0, 0, 1, 0]),
  sequence([0, 1, 0]),
  sequence([2, 1, 0, 2, 7], { mask: Uint8Array.of(1, 1, 1, 0, 1) }),
];
// n / (C n_c) with n = 10: sklearn.utils.class_weight.compute_class_weight('balanced', classes=[0, 1, 2], y=...).
const weights = [10 / 18, 10 / 9, 10 / 3];
const build = () => createModel([features(1), gru({ units: 4 }), dense({ units: 3 })], { seed: 2 });
const rest = { optimizer: sgd({ learningRate: 0.1 }), steps: 6, seed: 1, batch: 2 } as const;

describe.each([
  ['cross-entropy', crossEntropy],
  ['focal', focal],
] as const)('%s', (_, loss) => {
  it.each(['train', 'trainInWorker'] as const)('learns as with these weights, by %s', async (trainer) => {
    const [balanced, given] = [await build(), await build()];
    const more = trainer === 'train' ? {} : { trainer: trainInWorker };
    await fit(balanced, { data: list, loss: loss({ classWeights: 'balanced', ignore: 7 }), ...rest, ...more });
    await fit(given, { data: list, loss: loss({ classWeights: weights, ignore: 7 }), ...rest });
    expect(balanced.parameters()).toEqual(given.parameters());
  });
});

it('counts what each of several outputs has, in batches too', async () => {
  const make = () =>
    createModel([
      features(1, { name: 'x' }),
      gru({ units: 3, name: 'g' }),
      dense({ units: 2, name: 'a' }),
      dense({ units: 2, from: 'g', name: 'b' }),
    ]);
  const batch = {
    steps: 3,
    rows: 2,
    inputs: Float32Array.of(1, 2, 3, 4, 5, 6),
    targets: { a: Int32Array.of(0, 1, 0, 0, 1, 0), b: Int32Array.of(1, 0, 0, 1, 1, 0) },
    lengths: [3, 1],
  };
  const [balanced, given] = [await make(), await make()];
  const train = (classWeights: readonly number[] | 'balanced') =>
    ({
      data: [batch],
      steps: 3,
      loss: { a: { loss: crossEntropy({ classWeights }), weight: 0.5 }, b: 'cross-entropy' },
    }) as const;
  await fit(balanced, train('balanced'));
  // Of a count 0, 1, 0 and 1: the last two steps of the second row are padding.
  await fit(given, train([1, 1]));
  expect(balanced.parameters()).toEqual(given.parameters());
});

it('is refused where a class is no target, and where nothing says how often', async () => {
  const model = await build();
  const loss = crossEntropy({ classWeights: 'balanced' });
  await expect(fit(model, { data: list.slice(0, 2), loss, ...rest })).rejects.toThrow(
    "fit.loss.classWeights: expected targets of all 3 classes with 'balanced', got none of class 2; give the weights as numbers",
  );
  const batch = { steps: 1, rows: 1, inputs: [1], targets: [1] };
  const message =
    "loss.classWeights: expected a weight for each class, got 'balanced', which fit alone makes of its data";
  expect(() => evaluate(model, batch, { loss })).toThrow(message);
  await expect(
    train(model, { data: [batch], loss, optimizer: sgd({ learningRate: 1 }), steps: 1 }).next(),
  ).rejects.toThrow(message);
  expect(() => crossEntropy({ classWeights: 'even' as never })).toThrow(/^cross-entropy\.classWeights: expected/);
});
