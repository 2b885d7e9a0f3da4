// Gradient accumulation: several windows make one update.
import { describe, expect, it } from 'vitest';
import {
  activityRegularization,
  backpropagate,
  createModel,
  dense,
  elman,
  sgd,
  type TrainEvent,
  tokens,
} from '../../src/index.ts';
import { batchOf, create, eventsOf, expectNear, numbersOf, V } from '../support/rows.ts';

const stepsOf = (events: readonly TrainEvent[]) => events.filter((event) => event.type === 'step');

const regularized = () =>
  createModel(
    [tokens(V), elman({ units: 5 }), activityRegularization({ activation: 0.5, temporal: 0.5 }), dense({ units: V })],
    { seed: 2, dtype: 'f64' },
  );

describe('accumulation', () => {
  const optimizer = sgd({ learningRate: 0.1, momentum: 0.5 });

  it.each(['mean', 'sum'] as const)('of batches of one size is a batch of all their rows (%s)', async (reduction) => {
    const [parts, whole] = [await create(), await create()];
    const data = [0, 1, 2, 3, 4, 5].map((index) => batchOf(2 * index, 2));
    const some = await eventsOf(parts, { data, optimizer, reduction, accumulate: 3, epochs: 2 });
    const all = await eventsOf(whole, { data: [batchOf(0, 6), batchOf(6, 6)], optimizer, reduction, epochs: 2 });
    expect(stepsOf(some).length).toBe(4);
    expectNear(numbersOf(parts), numbersOf(whole));
    const [lossesOfParts, losses] = [some, all].map((events) => stepsOf(events).map(({ loss }) => loss));
    expectNear(lossesOfParts!, losses!);
    expect(stepsOf(some).map(({ tokens: read }) => read)).toEqual([36, 72, 108, 144]);
  });

  it('lets the windows that are left at the end make an update of their own', async () => {
    const [parts, whole] = [await create(), await create()];
    const data = [0, 1, 2].map((index) => batchOf(2 * index, 2));
    expect(stepsOf(await eventsOf(parts, { data, optimizer, accumulate: 2, epochs: 1 })).length).toBe(2);
    await eventsOf(whole, { data: [batchOf(0, 4), batchOf(4, 2)], optimizer, epochs: 1 });
    expectNear(numbersOf(parts), numbersOf(whole));
  });

  it.each([1, 2, 3])('says of each update what its own %i windows say', async (accumulate) => {
    const model = await regularized();
    // At a rate that changes no number every update is like the first.
    const still = { data: [batchOf(0, 2)], optimizer: sgd({ learningRate: 1e-300 }), accumulate, steps: 3 };
    const [first, ...others] = stepsOf(await eventsOf(model, still));
    const [window] = [...backpropagate(model, batchOf(0, 2), { loss: 'cross-entropy' })];
    for (const { loss, penalty, gradientNorm } of [first!, ...others]) {
      expectNear([loss, penalty, gradientNorm], [window!.loss, window!.penalty, first!.gradientNorm]);
    }
  });

  it.each(['mean', 'sum'] as const)('takes penalties of layers as it takes losses (%s)', async (reduction) => {
    const [parts, whole] = [await regularized(), await regularized()];
    const data = [0, 1, 2, 3].map((index) => batchOf(2 * index, 2));
    const some = await eventsOf(parts, { data, optimizer, reduction, accumulate: 2, epochs: 1 });
    const all = await eventsOf(whole, { data: [batchOf(0, 4), batchOf(4, 4)], optimizer, reduction, epochs: 1 });
    const [penaltiesOfParts, penalties] = [some, all].map((events) => stepsOf(events).map(({ penalty }) => penalty));
    expect(penalties!.every((penalty) => penalty > 1e-4)).toBe(true);
    expectNear(penaltiesOfParts!, penalties!);
    expectNear(numbersOf(parts), numbersOf(whole));
  });
});
