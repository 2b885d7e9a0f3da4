// What layers add to the objective, in the events of training.
import { describe, expect, it } from 'vitest';
import { type Evaluation, evaluate, type Model, sgd, train } from '../../src/index.ts';
import { all, both, copyOf, head, modelOf, rnn, run } from '../support/penalties.ts';

describe('the value', () => {
  it('is in the events of training, with L1 and L2, and not in the loss, nor in evaluation', async () => {
    const layers = [rnn(4, { vanishingRegularization: 2 }), both, head];
    const model = await modelOf(layers);
    const without = await copyOf(model, [rnn(4), head]);
    const [window] = run(model, all, { loss: 'cross-entropy' });
    expect(window!.penalty).toBeGreaterThan(0);
    expect(window!.loss).toBe(run(without, all, { loss: 'cross-entropy' })[0]!.loss);
    const evaluation = ({ loss, counted }: Evaluation) => ({ loss, counted });
    expect(evaluation(evaluate(model, all, { loss: 'cross-entropy' }))).toEqual(
      evaluation(evaluate(without, all, { loss: 'cross-entropy' })),
    );

    const step = async (trained: Model) => {
      const options = { data: [all], loss: 'cross-entropy', optimizer: sgd({ learningRate: 0.1 }), steps: 1 } as const;
      for await (const event of train(trained, { ...options, regularization: { l2: 0.3 } })) {
        if (event.type === 'step') return event;
      }
      throw new Error('no step');
    };
    const [got, plain] = [await step(model), await step(without)];
    expect(plain.penalty).toBeGreaterThan(0);
    expect(got.loss).toBe(plain.loss);
    expect(got.penalty).toBeCloseTo(plain.penalty + window!.penalty, 13);
  });
});
