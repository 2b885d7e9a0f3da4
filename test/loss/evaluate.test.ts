// Evaluation: the loss that training sees, over batches and carried states.
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  BpttError,
  backpropagate,
  createModel,
  dense,
  elman,
  evaluate,
  textStream,
  tokens,
} from '../../src/index.ts';

const V = 5;

const stream = (length: number) => Int32Array.from({ length }, (_, i) => (i * i + (i >> 2)) % V);

const create = (units = 6) => createModel([tokens(V), elman({ units }), dense({ units: V })], { seed: 2 });

it.each<[unknown, string]>([
  [[], 'evaluate(data): expected at least one batch, got none'],
  [null, 'batch: expected an object, got null'],
])('refuses %j', async (data, message) => {
  const model = await createModel([tokens(3), elman({ units: 2 }), dense({ units: 3 })]);
  expect(() => evaluate(model, data as never, { loss: 'cross-entropy' })).toThrow(message);
});

describe('evaluate', () => {
  it('is the loss that backpropagation reports, mean and sum, with and without a mask', async () => {
    const model = await create();
    for (const data of [textStream(stream(31), { batch: 3 }), textStream(stream(30), { batch: 4 })]) {
      const [batch] = [...data];
      for (const reduction of ['mean', 'sum'] as const) {
        const options = { loss: 'cross-entropy', reduction } as const;
        const [window] = [...backpropagate(model, batch!, options)];
        expect(evaluate(model, data, options).loss).toBe(window!.loss);
        expect(evaluate(model, data, options).counted).toBe(data.targets);
      }
    }
  });

  it('does not depend on how long texts are cut, and carries the state from batch to batch when asked', async () => {
    const model = await create();
    const ids = stream(601);
    const part = (from: number, to: number, carry: boolean): Batch => {
      return {
        steps: to - from,
        rows: 1,
        inputs: ids.subarray(from, to),
        targets: ids.subarray(from + 1, to + 1),
        carry,
      };
    };
    const whole = evaluate(model, part(0, 600, false), { loss: 'cross-entropy' });
    const carried = evaluate(model, [part(0, 77, false), part(77, 600, true)], { loss: 'cross-entropy' });
    expect(carried.loss).toBeCloseTo(whole.loss, 12);
    expect(carried.state).toEqual(whole.state);
    const first = evaluate(model, part(0, 77, false), { loss: 'cross-entropy' });
    expect(evaluate(model, part(77, 600, false), { loss: 'cross-entropy' }, first.state).state).toEqual(whole.state);
  });

  it('refuses a carried batch of other rows, and wrong options', async () => {
    const model = await create();
    const [two] = [...textStream(stream(21), { batch: 2 })];
    const [four] = [...textStream(stream(21), { batch: 4 })];
    expect(() => evaluate(model, [two!, { ...four!, carry: true }], { loss: 'cross-entropy' })).toThrow(BpttError);
    expect(() => evaluate(model, two!, { loss: 'crossentropy' as never })).toThrow(BpttError);
    expect(() => evaluate(model, two!, { loss: 'cross-entropy', mean: true } as never)).toThrow(BpttError);
  });

  it('gives its memory back, also after an error', async () => {
    const model = await create(40);
    const batch = { steps: 200, rows: 30, inputs: new Int32Array(6000), targets: new Int32Array(6000) };
    const wrong = { ...batch, targets: new Int32Array(6000).fill(V) };
    evaluate(model, batch, { loss: 'cross-entropy' });
    const { memoryBytes } = model;
    for (let i = 0; i < 10; i++) {
      evaluate(model, [batch, batch], { loss: 'cross-entropy' });
      expect(() => evaluate(model, [batch, wrong], { loss: 'cross-entropy' })).toThrow(BpttError);
    }
    expect(model.memoryBytes).toBe(memoryBytes);
  });

  it('counts nothing where everything is masked: the loss is 0, mean and sum', async () => {
    const model = await create();
    const batch = {
      steps: 2,
      rows: 1,
      inputs: Int32Array.of(0, 1),
      targets: Int32Array.of(1, 2),
      mask: new Uint8Array(2),
    };
    for (const reduction of ['mean', 'sum'] as const) {
      expect(evaluate(model, batch, { loss: 'cross-entropy', reduction })).toMatchObject({ loss: 0, counted: 0 });
    }
  });
});
