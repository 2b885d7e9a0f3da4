// What full BPTT under a memory budget takes, on a sequence that is worth it.
import { expect, it } from 'vitest';
import { createModel, dense, lstm, sgd, tokens, train } from '../../src/index.ts';

const V = 65;

it('100,000 steps of an LSTM of 128 units at batch 1: full BPTT within 64 MB of Wasm memory, the budget kept', async () => {
  const T = 100_000;
  const ids = Int32Array.from({ length: T + 1 }, (_, i) => (i * 7 + (i >> 3) * 3) % V);
  const model = await createModel([tokens(V), lstm({ units: 128 }), dense({ units: V })], { seed: 1 });
  const before = model.memoryBytes;
  const memoryBudget = 32e6;
  const data = [{ steps: T, rows: 1, inputs: ids.subarray(0, T), targets: ids.subarray(1) }];
  const losses: number[] = [];
  const options = { data, loss: 'cross-entropy', optimizer: sgd({ learningRate: 0.1 }), memoryBudget } as const;
  for await (const event of train(model, { ...options, steps: 1 })) if (event.type === 'step') losses.push(event.loss);
  expect(losses).toHaveLength(1);
  // Uniform over 65 tokens, nearly: log 65 = 4.17.
  expect(losses[0]).toBeGreaterThan(4);
  expect(losses[0]).toBeLessThan(4.4);
  expect(model.memoryBytes).toBeLessThan(64e6);
  // Besides activations: the gradients, and the rest of a page.
  const parameterBytes = 4 * model.parameters().reduce((sum, { data: values }) => sum + values.length, 0);
  expect(model.memoryBytes - before).toBeLessThan(memoryBudget + 2 * parameterBytes + 65536);
});
