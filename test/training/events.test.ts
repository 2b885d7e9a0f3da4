// What a training tells: tokens a second by a clock that the test sets, gradients that are not finite, losses that stay as they are.
import { afterEach, describe, expect, it, vi } from 'vitest';
import {
  type Batch,
  createModel,
  type Dataset,
  dense,
  elman,
  features,
  fit,
  learningRateRange,
  NonFiniteError,
  plateau,
  sgd,
  type TrainEvent,
  type TrainOptions,
  tokens,
  train,
  warmup,
} from '../../src/index.ts';

const V = 4;
const create = () => createModel([tokens(V), elman({ units: 3 }), dense({ units: V })], { seed: 2, dtype: 'f64' });
const batch: Batch = {
  steps: 5,
  rows: 2,
  inputs: Int32Array.from({ length: 10 }, (_, i) => i % V),
  targets: Int32Array.from({ length: 10 }, (_, i) => (i + 1) % V),
};
const basics = { loss: 'cross-entropy', optimizer: sgd({ learningRate: 0.1 }) } as const;

async function run(options: Omit<TrainOptions, 'loss' | 'optimizer'> & Partial<TrainOptions>) {
  const events: TrainEvent[] = [];
  for await (const event of train(await create(), { ...basics, ...options })) events.push(event);
  return events;
}

describe('tokens a second', () => {
  afterEach(() => {
    vi.restoreAllMocks();
  });

  /** Batches of 10 tokens that come so many milliseconds after each other, by the clock that `train` looks at. */
  function clocked(pauses: readonly number[]): Dataset {
    let now = 5000;
    vi.spyOn(performance, 'now').mockImplementation(() => now);
    return {
      *batches() {
        for (const pause of pauses) {
          now += pause;
          yield batch;
        }
      },
    };
  }
  const speeds = async (pauses: readonly number[], more: Partial<TrainOptions> = {}) => {
    const events = await run({ data: clocked(pauses), epochs: 1, ...more });
    return events.filter((event) => event.type === 'step').map(({ tokensPerSecond }) => tokensPerSecond);
  };

  it('are those since the beginning, at the first update too', async () => {
    expect(await speeds([100, 100, 50, 150])).toEqual([100, 100, 120, 100]);
  });

  it('are over the last two seconds', async () => {
    const found = await speeds([...new Array(30).fill(100), ...new Array(40).fill(200)]);
    expect(found[29]).toBe(100);
    expect(found[31]).toBeLessThan(100);
    expect(found[31]).toBeGreaterThan(90);
    // More than two seconds later nothing is left of the time before.
    expect(found.slice(45)).toEqual(new Array(25).fill(50));
  });

  it('count each update, however quickly they come', async () => {
    expect(await speeds([10, 10, 20, 60])).toEqual([1000, 1000, 750, 400]);
    expect(await speeds([0, 0])).toEqual([0, 0]);
  });

  it('leave out the time of a validation', async () => {
    const found = await speeds([100, 100, 50, 50], { validation: [batch], validateEvery: 2 });
    expect(found).toEqual([100, 100, 200, 200]);
  });
});

describe('a gradient that is not finite', () => {
  const [inputs, targets] = [new Float32Array(2).fill(1e25), new Float32Array(2)];
  const data = [{ steps: 2, rows: 1, inputs, targets }];

  it('of a loss that is stops training before the update, and names the parameter', async () => {
    const model = await createModel([features(1), dense({ units: 1 })], { seed: 1 });
    model.setParameter('dense.weight', [1e-6]);
    const before = model.parameters();
    const step = async () => {
      for await (const _ of train(model, { ...basics, loss: 'mean-squared-error', data, steps: 1 }));
    };
    await expect(step).rejects.toThrow(NonFiniteError);
    await expect(step).rejects.toMatchObject({ quantity: 'gradient', where: 'dense.weight', step: 1, norm: Infinity });
    expect(model.parameters()).toEqual(before);
  });
});

describe('a gradient that is not finite, among several', () => {
  it('is named by its parameter', async () => {
    const model = await createModel([features(1), dense({ units: 1 }), dense({ units: 1 })], { seed: 1 });
    const names = model.parameters().map(({ name }) => name);
    model.setParameter(names[0]!, [1e25]);
    model.setParameter(names[1]!, [1e-6]);
    const data = [{ steps: 1, rows: 1, inputs: Float32Array.of(1), targets: Float32Array.of(0) }];
    const step = async () => {
      for await (const _ of train(model, { ...basics, loss: 'mean-squared-error', data, steps: 1 }));
    };
    await expect(step).rejects.toMatchObject({ quantity: 'gradient', where: names[1] });
  });
});

describe('early stopping', () => {
  it('leaves a training that is aborted with the weights of then, and says the loss of its last validation', async () => {
    const controller = new AbortController();
    const model = await create();
    const options = { data: [batch], validation: [batch], validateEvery: 1, optimizer: sgd({ learningRate: 50 }) };
    const losses: number[] = [];
    let weights = model.parameters();
    let end: TrainEvent | undefined;
    for await (const event of train(model, {
      ...options,
      loss: 'cross-entropy',
      earlyStopping: { patience: 100 },
      signal: controller.signal,
    })) {
      if (event.type === 'validation') losses.push(event.loss);
      if (event.type === 'validation' && !event.best) controller.abort();
      if (event.type === 'step') weights = model.parameters();
      end = event;
    }
    expect(end).toMatchObject({ type: 'end', reason: 'aborted', validationLoss: losses.at(-1) });
    expect(losses.at(-1)).toBeGreaterThan(Math.min(...losses));
    expect(model.parameters()).toEqual(weights);
  });

  it('counts a loss that stays as it is as none that is lower', async () => {
    const options = { data: [batch], validation: [batch], validateEvery: 1, steps: 50 };
    const still = { ...options, optimizer: sgd({ learningRate: 0 }) };
    for (const patience of [1, 3]) {
      const events = await run({ ...still, earlyStopping: { patience } });
      expect(events.filter((event) => event.type === 'validation').map(({ best }) => best)).toEqual([
        true,
        ...new Array(patience).fill(false),
      ]);
      expect(events.at(-1)).toMatchObject({ reason: 'early-stopping', step: 1 + patience });
    }
  });

  it('wants a loss that is lower by more than the least change than the lowest', async () => {
    const options = { data: [batch], validation: [batch], validateEvery: 1, steps: 12 };
    const plain = await run(options);
    const losses = plain.filter((event) => event.type === 'validation').map(({ loss }) => loss);
    // What the events should say, from the losses alone.
    for (const minimumChange of [0, losses[0]! - losses[1]!, (losses[0]! - losses[2]!) * 1.01]) {
      let lowest = Infinity;
      const expected = losses.map((loss) => {
        const lower = loss < lowest - minimumChange;
        if (lower) lowest = loss;
        return lower;
      });
      const events = await run({ ...options, earlyStopping: { patience: 12, minimumChange } });
      expect(events.filter((event) => event.type === 'validation').map(({ best }) => best)).toEqual(expected);
    }
  });
});

describe('a plateau', () => {
  it('needs validation, behind a warm-up too', async () => {
    const behind = warmup({ steps: 3, schedule: plateau({ from: 0.1 }) });
    for (const learningRate of [plateau({ from: 0.1 }), behind]) {
      await expect(run({ data: [batch], steps: 1, optimizer: sgd({ learningRate }) })).rejects.toThrow(
        'train.optimizer.learningRate: expected validation and validateEvery with plateau',
      );
    }
  });
});

describe('learningRateRange', () => {
  it('smooths losses by an average that is corrected for its start, and suggests nothing where none falls', async () => {
    const constant = {
      steps: 1,
      rows: 1,
      inputs: Int32Array.of(0),
      targets: Int32Array.of(0),
      mask: new Uint8Array(1),
    };
    const none = await learningRateRange(await create(), { ...basics, data: [constant], steps: 4 });
    expect(none.points.map(({ loss }) => loss)).toEqual([0, 0, 0, 0]);
    expect(none.suggestion).toBeUndefined();

    const { points, suggestion } = await learningRateRange(await create(), {
      ...basics,
      data: [batch],
      from: 1e-3,
      to: 1,
      steps: 7,
    });
    let average = 0;
    for (const [index, { loss, smoothedLoss, learningRate }] of points.entries()) {
      average = 0.9 * average + 0.1 * loss;
      expect(smoothedLoss).toBeCloseTo(average / (1 - 0.9 ** (index + 1)), 12);
      expect(learningRate / (1e-3 * 10 ** (index / 2))).toBeCloseTo(1, 12);
    }
    const falls = points.slice(1).map(({ smoothedLoss }, index) => points[index]!.smoothedLoss - smoothedLoss);
    expect(suggestion).toBe(points[1 + falls.indexOf(Math.max(...falls))]!.learningRate);
  });

  it('goes from 1e-6 to 1 in 100 updates by default', async () => {
    const { points } = await learningRateRange(await create(), { ...basics, data: [batch] });
    expect(points).toHaveLength(100);
    expect(points[0]!.learningRate).toBe(1e-6);
    expect(points.at(-1)!.learningRate).toBeCloseTo(1, 12);
  });

  it('ends at a loss that is not finite with what there is, and refuses one at the first update', async () => {
    const layers = [features(1), dense({ units: 1 })] as const;
    const model = await createModel(layers, { seed: 1 });
    const [inputs, targets] = [new Float32Array(1).fill(1e10), new Float32Array(1).fill(1e10)];
    const options = { ...basics, loss: 'mean-squared-error', data: [{ steps: 1, rows: 1, inputs, targets }] } as const;
    const before = model.parameters();
    const { points } = await learningRateRange(model, { ...options, from: 1e-3, to: 1, steps: 9 });
    expect(points.length).toBeGreaterThan(0);
    expect(points.length).toBeLessThan(9);
    expect(points.every(({ smoothedLoss }) => Number.isFinite(smoothedLoss))).toBe(true);
    expect(model.parameters()).toEqual(before);
    model.setParameter('dense.weight', [3e38]);
    await expect(learningRateRange(model, options)).rejects.toMatchObject({
      code: 'non-finite',
      message: expect.stringMatching(/^learningRateRange: expected a finite loss at the first update, got none: /),
    });
    expect(model.parameters()[0]!.data[0]).toBe(Math.fround(3e38));
    // Other errors are its errors.
    await expect(learningRateRange(model, { ...options, data: [] })).rejects.toThrow('train.data: expected');
  });
});

describe('fit', () => {
  it('gives the mean of the last epoch alone, and nothing where no update was made', async () => {
    const two = [batch, { ...batch, inputs: batch.inputs.map((id) => V - 1 - id) as Int32Array }];
    const result = await fit(await create(), { ...basics, data: two, epochs: 3 });
    const losses = result.history.filter((event) => event.type === 'step').map(({ loss }) => loss);
    expect(losses).toHaveLength(6);
    expect(result.loss).toBeCloseTo((losses[4]! + losses[5]!) / 2, 14);
    expect(result.validationLoss).toBeUndefined();
    const none = await fit(await create(), { ...basics, data: two, signal: AbortSignal.abort() });
    expect(none).toEqual({ reason: 'aborted', step: 0, loss: undefined, validationLoss: undefined, history: [] });
  });

  it('refuses a trainer that is none', async () => {
    const options = { ...basics, data: [batch], steps: 1, trainer: 3 as never };
    await expect(fit(await create(), options)).rejects.toThrow('fit.trainer: expected a function');
  });

  it('trains by what it is given', async () => {
    const asked: TrainOptions[] = [];
    const end: TrainEvent = { type: 'end', step: 7, reason: 'steps', validationLoss: 0.5 };
    const result = await fit(await create(), {
      ...basics,
      data: Int32Array.of(0, 1, 2, 3),
      batch: 2,
      steps: 7,
      trainer: async function* (_, options) {
        asked.push(options);
        yield end;
      },
    });
    expect(result).toEqual({ reason: 'steps', step: 7, loss: undefined, validationLoss: 0.5, history: [] });
    expect(Object.keys(asked[0]!).toSorted()).toEqual([
      ...['accumulate', 'data', 'loss', 'optimizer', 'reduction', 'seed', 'steps', 'validateEvery'],
    ]);
    expect(asked[0]).toMatchObject({ loss: 'cross-entropy', steps: 7, validateEvery: 'epoch', data: { rows: 2 } });
  });
});
