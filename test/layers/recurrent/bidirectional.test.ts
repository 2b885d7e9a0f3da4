// Layers in both directions where a window holds what a longer batch before left in it.
import { describe, expect, it } from 'vitest';
import { Backpropagation } from '../../../src/bptt/backpropagation.ts';
import {
  type Batch,
  bidirectional,
  createModel,
  dense,
  elman,
  evaluate,
  features,
  gru,
  lstm,
  type Model,
  normal,
} from '../../../src/index.ts';

const FEATURES = 3;
const ROWS = 2;
const noise = normal({ deviation: 0.5 });
const random = { biasInitializer: noise, inputInitializer: noise, recurrentInitializer: noise };

function batchOf(steps: number, seed: number, resets: boolean): Batch {
  const inputs = Float64Array.from({ length: steps * ROWS * FEATURES }, (_, i) => Math.sin(i * 1.7 + seed));
  const targets = Int32Array.from({ length: steps * ROWS }, (_, i) => (i + seed) % 3);
  const starts = Uint8Array.from({ length: steps * ROWS }, (_, i) => Number(i === 5));
  return { steps, rows: ROWS, inputs, targets, ...(resets && { resets: starts }) };
}

/** The last batch's loss and gradient, after all others went through the same window. */
function lastOf(model: Model, batches: readonly Batch[]) {
  const bptt = new Backpropagation(model.network, { loss: 'cross-entropy' });
  let loss = Number.NaN;
  for (const batch of batches) for (const window of bptt.windows(batch)) loss = window.loss;
  bptt.release();
  return { loss, gradients: model.gradients() };
}

const cells = {
  elman: elman({ units: 4, ...random }),
  lstm: lstm({ units: 4, ...random }),
  gru: gru({ units: 4, ...random }),
  'gru, reset before': gru({ units: 4, reset: 'before', ...random }),
};

describe.each(Object.entries(cells))('%s in both directions', (_, cell) => {
  const create = () =>
    createModel([features(FEATURES), bidirectional(cell), dense({ units: 3 })], { dtype: 'f64', seed: 3 });

  it.each([
    ['without resets', false],
    ['with resets', true],
  ])('has the gradient of a shorter batch alone after a longer one, %s', async (_, resets) => {
    const model = await create();
    const [longer, shorter] = [batchOf(7, 1, resets), batchOf(5, 2, resets)];
    expect(lastOf(model, [longer, shorter])).toEqual(lastOf(model, [shorter]));
  });

  it.each([
    ['without resets', false],
    ['with resets', true],
  ])(
    'evaluates more than 128 steps as one sequence, and batches of any length one after the other, %s',
    async (_, resets) => {
      const model = await create();
      const batches = [
        batchOf(7, 1, resets),
        batchOf(300, 2, resets),
        batchOf(129, 3, resets),
        batchOf(200, 4, resets),
      ];
      const losses = batches.map((batch) => lastOf(model, [batch]).loss);
      for (const [index, batch] of batches.entries()) {
        expect(evaluate(model, batch, { loss: 'cross-entropy' }).loss).toBe(losses[index]);
      }
      const steps = batches.reduce((sum, batch) => sum + batch.steps, 0);
      const mean = losses.reduce((sum, loss, index) => sum + loss * batches[index]!.steps, 0) / steps;
      expect(evaluate(model, batches, { loss: 'cross-entropy' }).loss).toBeCloseTo(mean, 12);
    },
  );
});
