// The exponential average of the weights.
import { describe, expect, it } from 'vitest';
import { adam, evaluate, train } from '../../src/index.ts';
import { batchOf, create, eventsOf, expectNear, numbersOf } from '../support/rows.ts';

describe('an average of the weights', () => {
  it('is what validation sees and what the model has in the end; in between the model has the weights', async () => {
    const decay = 0.6;
    const data = [batchOf(0, 3)];
    const validation = [batchOf(1, 2)];
    const options = { data, validation, optimizer: adam({ learningRate: 0.05 }), steps: 12 } as const;
    const model = await create();
    let average = numbersOf(model);
    let step = 0;
    const losses: number[] = [];
    for await (const event of train(model, {
      loss: 'cross-entropy',
      ...options,
      average: { decay },
      validateEvery: 4,
    })) {
      if (event.type === 'step') {
        step++;
        const rate = 1 - Math.min(decay, (1 + step) / (10 + step));
        average = numbersOf(model).map((weight, index) => average[index]! + rate * (weight - average[index]!));
      } else if (event.type === 'validation') losses.push(event.loss);
    }
    expect(step).toBe(12);
    expectNear(numbersOf(model), average);
    expect(losses.length).toBe(3);
    expect(losses.at(-1)).toBe(evaluate(model, validation, { loss: 'cross-entropy' }).loss);
    const plain = await create();
    await eventsOf(plain, options);
    expect(numbersOf(plain)).not.toEqual(numbersOf(model));
  });

  it('is not what the model has after an error of validation', async () => {
    const options = { data: [batchOf(0, 3)], optimizer: adam({ learningRate: 0.05 }), validateEvery: 4 };
    const wrong = { ...batchOf(1, 2), inputs: Int32Array.of(99) };
    const model = await create();
    const training = eventsOf(model, { ...options, validation: [wrong], average: { decay: 0.6 }, steps: 12 });
    await expect(training).rejects.toThrow('batch.inputs');
    const plain = await create();
    await eventsOf(plain, { ...options, validation: [batchOf(1, 2)], steps: 4 });
    expect(numbersOf(model)).toEqual(numbersOf(plain));
  });
});
