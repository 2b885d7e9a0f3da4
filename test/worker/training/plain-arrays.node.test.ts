// Plain arrays in batches that are sent to threads: the bits are those of typed ones.
import { expect, it } from 'vitest';
import { createModel, dense, fit, gru, sgd, tokens } from '../../../src/index.ts';
import { trainInWorker, workers } from '../../../src/worker/index.ts';

const plain = { steps: 3, rows: 2, inputs: [0, 4, 1, 1, 2, 3], targets: [4, 1, 1, 2, 3, 0] };
const typed = { ...plain, inputs: Int32Array.from(plain.inputs), targets: Int32Array.from(plain.targets) };

it.each(['f32', 'f64'] as const)('trainInWorker and workers, %s', async (dtype) => {
  for (const more of [{ trainer: trainInWorker }, { parallel: workers({ count: 1, blocks: 2 }) }]) {
    const [first, second] = await Promise.all(
      [plain, typed].map(async (batch) => {
        const model = await createModel([tokens(5), gru({ units: 3 }), dense({ units: 5 })], { dtype, seed: 2 });
        const options = {
          data: [batch],
          validation: [batch],
          loss: 'cross-entropy',
          optimizer: sgd({ learningRate: 0.1 }),
        } as const;
        const { validationLoss } = await fit(model, { ...options, ...more, epochs: 2 });
        return { validationLoss, parameters: model.parameters() };
      }),
    );
    expect(first).toEqual(second);
  }
});
