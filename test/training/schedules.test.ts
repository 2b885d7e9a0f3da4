// Schedules of the learning rate: closed formulas, PyTorch's numbers, and that they go on after a stop.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { cosineOfPi, power } from '../../src/base/exact-math.ts';
import { StateWriter } from '../../src/formats/record.ts';
import { StateReader } from '../../src/formats/state-reader.ts';
import {
  adam,
  BpttError,
  cosine,
  createModel,
  dense,
  elman,
  exponential,
  type LearningRate,
  linear,
  oneCycle,
  plateau,
  type StepEvent,
  sgd,
  steps,
  textStream,
  tokens,
  train,
  warmup,
} from '../../src/index.ts';
import { ScheduleRun } from '../../src/training/schedules.ts';
import torch from '../truth/fixtures/schedules.json' with { type: 'json' };

const rates = (rate: LearningRate, count = 60) => {
  const run = new ScheduleRun(rate);
  return Array.from({ length: count }, (_, index) => run.at(index + 1));
};

/** The rates after each of the losses. */
const ratesAfter = (rate: LearningRate, losses: readonly number[]) => {
  const run = new ScheduleRun(rate);
  return losses.map((loss, index) => {
    run.observe(loss);
    return run.at(index + 1);
  });
};

function expectNear(got: readonly number[], expected: readonly number[]): void {
  expect(got.length).toBe(expected.length);
  for (const [index, value] of got.entries()) {
    expect(Math.abs(value - expected[index]!), `update ${index + 1}`).toBeLessThanOrEqual(1e-12 * expected[index]!);
  }
}

test('cosines are within two units in the last place of 1', () => {
  for (let i = 0; i <= 1000; i++)
    expect(Math.abs(cosineOfPi(i / 1000) - Math.cos((Math.PI * i) / 1000))).toBeLessThanOrEqual(2 ** -51);
  expect([0, 0.5, 1].map(cosineOfPi)).toEqual([1, 0, -1]);
});

test('powers are exact where they can be', () => {
  expect([power(2, 60), power(-3, 5), power(0, 0), power(1.5, 3)]).toEqual([2 ** 60, -243, 1, 3.375]);
});

describe('schedules give PyTorch’s rates', () => {
  test.each<[string, LearningRate, readonly number[]]>([
    ['StepLR', steps({ from: 0.1, every: 7, factor: 0.3 }), torch.step],
    ['ExponentialLR', exponential({ from: 0.1, factor: 0.93 }), torch.exponential],
    ['CosineAnnealingLR', cosine({ from: 0.1, to: 0.01, steps: 59 }), torch.cosine],
    ['CosineAnnealingWarmRestarts', cosine({ from: 0.1, to: 0.01, steps: 13, restarts: true }), torch.restarts],
    ['OneCycleLR', oneCycle({ max: 0.1, steps: 61 }), torch.oneCycle],
  ])('%s', (_, rate, expected) => expectNear(rates(rate), expected));

  test.each<[string, LearningRate, readonly number[]]>([
    ['ReduceLROnPlateau', plateau({ from: 0.1, factor: 0.3, patience: 2 }), torch.plateau],
    [
      'cooldown',
      plateau({ from: 0.1, factor: 0.3, patience: 1, cooldown: 3, min: 0.005, threshold: 0.01 }),
      torch.cooldown,
    ],
  ])('%s', (_, rate, expected) => expectNear(ratesAfter(rate, torch.losses), expected));
});

test('a warm-up leads in a straight line to what comes after it', () => {
  expectNear(rates(warmup({ steps: 4, schedule: 0.2 }), 6), [0.05, 0.1, 0.15, 0.2, 0.2, 0.2]);
  const afterwards = cosine({ from: 0.1, steps: 20 });
  expect(rates(warmup({ steps: 5, schedule: afterwards }), 30).slice(5)).toEqual(rates(afterwards, 25));
});

test('rates end where they should', () => {
  expect(rates(linear({ from: 1, steps: 10 }), 12).slice(-2)).toEqual([0, 0]);
  expect(rates(cosine({ from: 1, to: 0.25, steps: 10 }), 15).slice(-5)).toEqual([0.25, 0.25, 0.25, 0.25, 0.25]);
  expect(rates(oneCycle({ max: 1, steps: 10, to: 0.5 }), 12).slice(-3)).toEqual([0.5, 0.5, 0.5]);
});

test('the bits are these', () => {
  // Every engine must give them: they reach parameters.
  expect(rates(cosine({ from: 0.1, steps: 7 }), 4)).toEqual([
    0.1, 0.09504844339512096, 0.08117449009293669, 0.06112604669781573,
  ]);
  expect(rates(exponential({ from: 0.1, factor: 0.99 }), 1000).at(-1)).toBe(0.000004360732061682577);
});

const any = fc.oneof(
  fc
    .record({ from: fc.double({ min: 0, max: 1, noNaN: true }), steps: fc.integer({ min: 1, max: 50 }) })
    .map((o) => linear(o)),
  fc
    .record({
      from: fc.double({ min: 0, max: 1, noNaN: true }),
      steps: fc.integer({ min: 1, max: 50 }),
      restarts: fc.boolean(),
    })
    .map((o) => cosine(o)),
  fc
    .record({
      max: fc.double({ min: 0, max: 1, noNaN: true }),
      steps: fc.integer({ min: 2, max: 50 }),
      rise: fc.constantFrom(0.05, 0.1, 0.25, 0.3, 0.5, 0.9),
    })
    .map((o) => oneCycle(o)),
  fc
    .record({ from: fc.constant(0.1), patience: fc.nat({ max: 3 }), cooldown: fc.nat({ max: 3 }) })
    .map((o) => plateau(o)),
);

test('a schedule that is saved and loaded anywhere goes on as it was, and is never below 0', () => {
  fc.assert(
    fc.property(
      any,
      fc.integer({ min: 0, max: 8 }),
      fc.array(fc.double({ min: 0, max: 9, noNaN: true })),
      fc.nat({ max: 60 }),
      (base, up, losses, at) => {
        const rate = up === 0 ? base : warmup({ steps: up, schedule: base });
        let run = new ScheduleRun(rate);
        const whole = new ScheduleRun(rate);
        for (let step = 1; step <= 60; step++) {
          if (step === at) {
            const out = new StateWriter();
            run.save(out);
            run = new ScheduleRun(rate);
            run.load(new StateReader(JSON.parse(JSON.stringify(out.values)), new Map(), 'test'));
          }
          expect(run.at(step)).toBe(whole.at(step));
          expect(run.at(step)).toBeGreaterThanOrEqual(0);
          const loss = losses[step % (losses.length + 1)] ?? 1;
          run.observe(loss);
          whole.observe(loss);
        }
      },
    ),
  );
});

const stream = Int32Array.from({ length: 60 }, (_, i) => (i * i) % 3);

it('is what training uses, a plateau with its validations', async () => {
  const model = await createModel([tokens(3), elman({ units: 3 }), dense({ units: 3 })]);
  const data = textStream(stream, { batch: 2 });
  const run = async (learningRate: LearningRate, more: object) => {
    const events: StepEvent[] = [];
    const options = {
      data,
      loss: 'cross-entropy',
      truncation: { k1: 5, k2: 5 },
      optimizer: sgd({ learningRate }),
      ...more,
    } as const;
    for await (const event of train(model, options)) if (event.type === 'step') events.push(event);
    return events.map((event) => event.learningRate);
  };
  const schedule = warmup({ steps: 2, schedule: exponential({ from: 0.1, factor: 0.5 }) });
  expect(await run(schedule, { steps: 5 })).toEqual(rates(schedule, 5));
  // At a rate that changes no number the loss stays as it is: the second validation is the first without a lower one.
  const reducing = plateau({ from: 1e-300, factor: 0.5, patience: 0 });
  expect(await run(reducing, { steps: 7, validation: data, validateEvery: 2 })).toEqual(
    [1, 1, 1, 1, 0.5, 0.5, 0.25].map((factor) => factor * 1e-300),
  );
  await expect(run(reducing, { steps: 1 })).rejects.toThrow('expected validation and validateEvery with plateau');
});

it('has no way up to a top that is the first update', () => {
  expect(rates(oneCycle({ max: 1, steps: 10, rise: 0.1 }), 10)[0]).toBe(1);
  expect(rates(oneCycle({ max: 1, steps: 2, rise: 0.5 }), 2)[0]).toBe(1);
});

it('is an error before the update where it is no longer finite', async () => {
  const model = await createModel([tokens(3), elman({ units: 3 }), dense({ units: 3 })]);
  const before = model.parameters();
  const optimizer = sgd({ learningRate: steps({ from: 0, factor: 1e308, every: 1 }) }); // 0, 0, and 0 times infinity
  const training = async () => {
    const options = { data: textStream(stream, { batch: 2 }), loss: 'cross-entropy', optimizer, steps: 9 } as const;
    for await (const event of train(model, options)) expect(event.step).toBeLessThan(3);
  };
  await expect(training()).rejects.toThrow('training step 3: expected a finite learning rate, got NaN');
  expect(model.parameters()).toEqual(before);
});

describe('wrong options are refused', () => {
  test.each<[() => unknown, string]>([
    [() => linear({ from: -1, steps: 1 }), 'linear.from: expected'],
    [() => steps({ from: 1, every: 0 }), 'steps.every: expected'],
    [() => exponential({ from: 1, factor: Number.NaN }), 'exponential.factor: expected'],
    [() => cosine({ from: 1, steps: 1.5 }), 'cosine.steps: expected'],
    [() => cosine({ from: 1, steps: 1, restart: true } as never), 'restart'],
    [() => oneCycle({ max: 1, steps: 9, rise: 1 }), 'oneCycle.rise: expected'],
    [() => plateau({ from: 1, factor: 1 }), 'plateau.factor: expected'],
    [() => plateau({ from: 1, patience: -1 }), 'plateau.patience: expected'],
    [() => warmup({ steps: 0, schedule: 1 }), 'warmup.steps: expected'],
    [
      () => warmup({ steps: 1, schedule: warmup({ steps: 1, schedule: 1 }) as never }),
      'warmup.schedule.kind: expected',
    ],
    [() => adam({ learningRate: { kind: 'sine' } as never }), 'adam.learningRate.kind: expected'],
  ])('%#', (run, message) => {
    expect(run).toThrow(BpttError);
    expect(run).toThrow(message);
  });
});
