// Metrics: against their definitions, in evaluate, training, threads and early stopping, and what is refused.
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  createModel,
  dense,
  evaluate,
  features,
  fit,
  gru,
  type ModelDescription,
  sgd,
  train,
} from '../../src/index.ts';
import { quantile } from '../../src/loss/index.ts';
import type { Metric } from '../../src/loss/metric.ts';
import { accuracy, f1, meanAbsoluteError, precision, recall, rSquared } from '../../src/metrics/index.ts';
import { trainInWorker } from '../../src/worker/index.ts';

const O = 3;
/** Rows of outputs, their classes, and what they count for. */
const y = [
  [2, 1, 0], // 0
  [0, 3, 1], // 1
  [1, 0, 2], // 2
  [5, 4, 1], // 0
  [0, 1, 2], // 2
  [1, 1, 0], // 0, the first of equal ones
];
const targets = [0, 1, 1, 1, 2, 1];
const weights = [1, 1, 2, 1, 0.5, 0];

/** A model that gives `y`, a row at each step. */
async function given(classes: boolean) {
  const T = y.length;
  const model = await createModel([features(T), dense({ units: O })], { dtype: 'f64' });
  model.setParameter(
    'dense.weight',
    Array.from({ length: O * T }, (_, i) => y[i % T]![Math.floor(i / T)]!),
  );
  const batch: Batch = {
    steps: T,
    rows: 1,
    inputs: Float64Array.from({ length: T * T }, (_, i) => +(i % (T + 1) === 0)),
    targets: classes ? Int32Array.from(targets) : Float64Array.from({ length: T * O }, (_, i) => (i * 5) % 7),
    mask: Float64Array.from(weights),
  };
  return { model, batch };
}
const measure = async (classes: boolean, metrics: readonly Metric[]) => {
  const { model, batch } = await given(classes);
  return evaluate(model, batch, { loss: classes ? 'cross-entropy' : 'mean-squared-error', metrics }).metrics!;
};

describe('values', () => {
  it('of classes, weighted', async () => {
    const metrics = [
      accuracy(),
      accuracy({ top: 2, name: 'top 2' }),
      precision(),
      recall(),
      f1(),
      f1({ of: 1, name: 'of 1' }),
    ];
    const measured = await measure(true, metrics);
    // Given: 0 with 1 + 1, 1 with 1, 2 with 2 + 0.5; there: 0 with 1, 1 with 1 + 2 + 1, 2 with 0.5.
    expect(measured.accuracy).toBe(2.5 / 5.5);
    // Row 2 has class 1 as the third.
    expect(measured['top 2']).toBe(3.5 / 5.5);
    expect(measured.precision).toBeCloseTo((1 / 2 + 1 + 0.5 / 2.5) / 3, 15);
    expect(measured.recall).toBeCloseTo((1 + 1 / 4 + 1) / 3, 15);
    expect(measured.f1).toBeCloseTo((2 / 3 + 2 / 5 + 1 / 3) / 3, 15);
    expect(measured['of 1']).toBe(2 / 5);
  });

  it('of numbers, weighted', async () => {
    const { mae, r2 } = await measure(false, [meanAbsoluteError(), rSquared()]);
    const { batch } = await given(false);
    let absolute = 0;
    const total = weights.reduce((a, b) => a + b, 0);
    const scores = [0, 1, 2].map((j) => {
      const column = y.map((_, t) => batch.targets[t * O + j]!);
      const mean = column.reduce((sum, value, t) => sum + weights[t]! * value, 0) / total;
      absolute += y.reduce((sum, row, t) => sum + weights[t]! * Math.abs(row[j]! - column[t]!), 0);
      const error = y.reduce((sum, row, t) => sum + weights[t]! * (row[j]! - column[t]!) ** 2, 0);
      return 1 - error / column.reduce((sum, value, t) => sum + weights[t]! * (value - mean) ** 2, 0);
    });
    expect(mae).toBeCloseTo(absolute / (3 * total), 13);
    expect(r2).toBeCloseTo(scores.reduce((a, b) => a + b, 0) / 3, 12);
  });

  it('over several batches are those of all rows', async () => {
    const { model, batch } = await given(true);
    const options = { loss: 'cross-entropy', metrics: [accuracy(), f1()] } as const;
    expect(evaluate(model, [batch, batch], options).metrics).toEqual(evaluate(model, batch, options).metrics);
  });
});

const description: ModelDescription = [features(1), gru({ units: 4 }), dense({ units: 2, name: 'sign' })];
const T = 8;
const signs: Batch = {
  steps: T,
  rows: 3,
  inputs: Float32Array.from({ length: T * 3 }, (_, i) => ((i * 7) % 11) / 5 - 1),
  targets: Int32Array.from({ length: T * 3 }, (_, i) => +((i * 7) % 11 > 5)),
};
const options = {
  data: [signs],
  validation: [signs],
  loss: 'cross-entropy',
  metrics: [accuracy({ output: 'sign' })],
  optimizer: sgd({ learningRate: 1 }),
  epochs: 30,
} as const;

describe('training', () => {
  it('tells them with each validation, here and in a worker', async () => {
    const run = async (trainer?: typeof trainInWorker) => {
      const model = await createModel(description, { seed: 1 });
      const { history } = await fit(model, { ...options, ...(trainer && { trainer }) });
      return history.filter((event) => event.type === 'validation');
    };
    const here = await run();
    expect(here.at(-1)!.metrics!.accuracy).toBeGreaterThan(0.9);
    expect(await run(trainInWorker)).toEqual(here);
  });

  it('stops early by one of them, and ends with the best weights', async () => {
    const model = await createModel(description, { seed: 1 });
    const earlyStopping = { patience: 3, monitor: 'accuracy' };
    const { reason, history, validationLoss } = await fit(model, { ...options, earlyStopping, epochs: 1000 });
    expect(reason).toBe('early-stopping');
    const seen = history.filter((event) => event.type === 'validation');
    const best = seen.findLast((event) => event.best)!;
    expect(best.metrics!.accuracy).toBe(Math.max(...seen.map(({ metrics }) => metrics!.accuracy!)));
    expect(validationLoss).toBe(best.loss);
    expect(evaluate(model, signs, options2).metrics).toEqual(best.metrics);
  });
});
const options2 = { loss: options.loss, metrics: options.metrics };

describe('what is refused', () => {
  it.each<[string, () => unknown, string | RegExp]>([
    ['a top of 0', () => accuracy({ top: 0 }), /^accuracy\.top: expected/],
    ['unknown options', () => recall({ class: 1 } as never), /class/],
  ])('%s', (_, make, message) => expect(make).toThrow(message));

  it('what the model or the loss cannot have', async () => {
    const { model, batch } = await given(true);
    const run = (...metrics: readonly unknown[]) =>
      expect(() => evaluate(model, batch, { loss: 'cross-entropy', metrics: metrics as never }));
    run(accuracy({ top: 3 })).toThrow('metrics.accuracy.top: expected less than 3, the number of classes, got 3');
    run(f1({ of: 3 })).toThrow('metrics.f1.of: expected a class from 0 to 2, got 3');
    run(accuracy({ output: 'tone' })).toThrow(/^metrics\.accuracy\.output: expected one of the outputs .*got tone/);
    run(meanAbsoluteError()).toThrow('metrics.mae: expected a loss whose targets are reals, got one of classes');
    run(accuracy(), accuracy({ top: 2 })).toThrow(/^metrics\.accuracy: expected each name once, got several/);
    run('accuracy').toThrow(/^evaluate\.metrics\[0\]: expected a metric of bptt\/metrics, got "accuracy"/);
    const reals = await createModel([features(1), dense({ units: 2 })]);
    const one = { steps: 1, rows: 1, inputs: new Float32Array(1), targets: new Float32Array(1) };
    const loss = quantile({ quantiles: [0.1, 0.9] });
    expect(() => evaluate(reals, one, { loss, metrics: [rSquared()] })).toThrow(
      'metrics.r2: expected a loss with a target for each of the 2 outputs, got one with 1',
    );
    const monitor = { patience: 1, monitor: 'f1' };
    expect(() => train(model, { ...options, validateEvery: 'epoch', earlyStopping: monitor })).toThrow(
      'train.earlyStopping.monitor: expected "accuracy", got "f1"',
    );
  });
});
