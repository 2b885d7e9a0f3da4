// The temporal order problem with plain gradient descent (Pascanu, Mikolov and Bengio 2013, section 4.1): tanh units from small
// weights, whose gradients vanish, learn nothing of it; with the regulariser they do. The same bits in every engine.
import { expect, it } from 'vitest';
import { type Batch, createModel, dense, elman, evaluate, normal, sgd, tokens, train } from '../../src/index.ts';
import { numbers } from '../support/models.ts';

const T = 40;
const UPDATES = 1000;

/** Sequences of four distracting symbols, in which one of two others stands at two places: which, in which order, is the class. */
function sequences(next: () => number, rows: number): Batch {
  const below = (n: number) => Math.floor(n * next());
  const inputs = Int32Array.from({ length: T * rows }, () => 2 + below(4));
  const targets = Int32Array.from({ length: rows }, (_, row) => {
    const [first, second] = [below(2), below(2)];
    inputs[Math.floor((0.1 + 0.1 * next()) * T) * rows + row] = first;
    inputs[Math.floor((0.5 + 0.1 * next()) * T) * rows + row] = second;
    return 2 * first + second;
  });
  return { steps: T, rows, inputs, targets };
}

async function lossAfterTraining(vanishingRegularization: number, seed: number): Promise<number> {
  const small = normal({ deviation: 0.1 });
  const initial = { inputInitializer: small, recurrentInitializer: small };
  const layer = elman({ units: 50, returns: 'last', ...initial, vanishingRegularization });
  const model = await createModel([tokens(6), layer, dense({ units: 4, weightInitializer: small })], { seed });
  const next = numbers(seed);
  const data = Array.from({ length: UPDATES }, () => sequences(next, 20));
  const options = { loss: 'cross-entropy', optimizer: sgd({ learningRate: 0.02 }), clip: { norm: 1 } } as const;
  for await (const _ of train(model, { data, ...options, epochs: 1 }));
  return evaluate(model, sequences(numbers(100), 500), { loss: 'cross-entropy' }).loss;
}

it.each([1, 2, 3])('the temporal order is learned only with the regulariser, seed %d', async (seed) => {
  const chance = Math.log(4);
  expect(await lossAfterTraining(0, seed)).toBeGreaterThan(chance - 0.02);
  expect(await lossAfterTraining(4, seed)).toBeLessThan(chance - 0.3);
});
