// Training: the events, how it stops, what it refuses, and that nothing grows.
import { describe, expect, it } from 'vitest';
import {
  adam,
  adamw,
  type Batch,
  BpttError,
  createModel,
  dense,
  elman,
  evaluate,
  features,
  linear,
  type Model,
  NonFiniteError,
  sgd,
  type TrainEvent,
  type TrainOptions,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';

const V = 6;
/** A stream with a pattern to learn: each token follows from the two before it. */
function stream(length: number): Int32Array {
  const ids = new Int32Array(length);
  for (let i = 2; i < length; i++) ids[i] = (ids[i - 1]! + 2 * ids[i - 2]! + 1) % V;
  return ids;
}

const create = (seed = 1, dtype: 'f32' | 'f64' = 'f32') =>
  createModel([tokens(V), elman({ units: 12 }), dense({ units: V })], { seed, dtype });

const options = (): TrainOptions => ({
  data: textStream(stream(400), { batch: 4 }),
  loss: 'cross-entropy',
  truncation: { k1: 7, k2: 11 },
  optimizer: adam({ learningRate: 0.01 }),
  clip: { norm: 1 },
  steps: 40,
});

async function all(model: Model, trainOptions: TrainOptions): Promise<TrainEvent[]> {
  const events: TrainEvent[] = [];
  for await (const event of train(model, trainOptions)) events.push(event);
  return events;
}

async function errorOf(run: () => Promise<unknown>): Promise<BpttError> {
  try {
    await run();
  } catch (error) {
    expect(error).toBeInstanceOf(BpttError);
    return error as BpttError;
  }
  throw new Error('expected an error, got none');
}

describe('train', () => {
  it('yields one step event an update, validation when asked, and an end', async () => {
    const model = await create();
    const events = await all(model, {
      ...options(),
      validation: textStream(stream(50), { batch: 2 }),
      validateEvery: 15,
    });
    const steps = events.filter((event) => event.type === 'step');
    expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    expect(steps.at(-1)!.tokens).toBe(steps.reduce((sum, _, i) => sum + ((i + 1) % 15 === 0 ? 2 : 7) * 4, 0));
    expect(events.filter(({ type }) => type === 'validation').map(({ step }) => step)).toEqual([15, 30, 40]);
    expect(events.at(-1)).toMatchObject({ type: 'end', step: 40, reason: 'steps' });
  });

  it('learns: the loss of a stream with a rule falls towards zero', async () => {
    const model = await create();
    const events = await all(model, { ...options(), steps: 400 });
    const losses = events.filter((event) => event.type === 'step').map(({ loss }) => loss);
    expect(losses[0]).toBeGreaterThan(1);
    expect(losses.at(-1)).toBeLessThan(0.05);
  });

  it('makes the same parameters from the same seed and data, to the last bit', async () => {
    const [first, second] = [await create(), await create()];
    await all(first, options());
    await all(second, options());
    expect(first.parameters()).toEqual(second.parameters());
  });

  it('stops before the next update when the signal aborts, and ends with an event', async () => {
    const model = await create();
    const controller = new AbortController();
    const events: TrainEvent[] = [];
    for await (const event of train(model, { ...options(), signal: controller.signal })) {
      events.push(event);
      if (event.step === 3) controller.abort();
    }
    expect(events.map(({ type }) => type)).toEqual(['step', 'step', 'step', 'end']);
    expect(events.at(-1)).toEqual({ type: 'end', step: 3, reason: 'aborted' });
  });

  it('counts epochs', async () => {
    const events = await all(await create(), { ...withoutSteps(options()), epochs: 2 });
    expect(events.at(-1)).toEqual({ type: 'end', step: 30, reason: 'epochs' });
  });

  it('lets the event loop run while it trains', async () => {
    const controller = new AbortController();
    let left = 3;
    const timer = setInterval(() => --left === 0 && controller.abort(), 1);
    // It has no other end than the one that the timer brings.
    const events = train(await create(), { ...withoutSteps(options()), signal: controller.signal });
    let last: TrainEvent | undefined;
    for await (const event of events) last = event;
    clearInterval(timer);
    expect(last).toMatchObject({ type: 'end', reason: 'aborted' });
  });

  it('trains the rest of a stream and sequences shorter than k1', async () => {
    const model = await create();
    const short = await all(model, { ...withoutSteps(options()), truncation: { k1: 1000, k2: 1000 }, epochs: 1 });
    expect(short.filter(({ type }) => type === 'step')).toHaveLength(1);
  });

  it('goes on from the state of the batch before only when the batch says so', async () => {
    const ids = stream(41);
    const half = (from: number, to: number, carry: boolean): Batch => {
      return {
        steps: to - from,
        rows: 1,
        inputs: ids.subarray(from, to),
        targets: ids.subarray(from + 1, to + 1),
        carry,
      };
    };
    const loss = async (data: Batch[]) => {
      const events = await all(await create(), {
        ...withoutSteps(options()),
        truncation: { k1: 20, k2: 20 },
        data,
        epochs: 1,
      });
      return events.filter((event) => event.type === 'step').map((event) => event.loss);
    };
    const whole = await loss([half(0, 40, false)]);
    expect(await loss([half(0, 20, false), half(20, 40, true)])).toEqual(whole);
    expect(await loss([half(0, 20, false), half(20, 40, false)])).not.toEqual(whole);
  });

  it('applies a linear schedule, decoupled decay on weights only, and L2 on the objective', async () => {
    const model = await create();
    const events = await all(model, {
      ...options(),
      optimizer: sgd({ learningRate: linear({ from: 1, to: 0, steps: 4 }) }),
      steps: 5,
    });
    const rates = events.filter((event) => event.type === 'step').map(({ learningRate }) => learningRate);
    expect(rates).toEqual([1, 0.75, 0.5, 0.25, 0]);

    const decayed = await create();
    const before = decayed.parameters();
    const data = [{ ...[...textStream(stream(9), { batch: 1 })][0]!, mask: new Uint8Array(8) }];
    const optimizer = adamw({ learningRate: 0.5, weightDecay: 0.1 });
    await all(decayed, { data, loss: 'cross-entropy', optimizer, steps: 1 });
    for (const [index, { name, data: values }] of decayed.parameters().entries()) {
      const factor = name.includes('bias') ? 1 : 0.95;
      for (const [i, value] of values.entries()) expect(value).toBeCloseTo(before[index]!.data[i]! * factor, 6);
    }

    const penalised = await all(await create(), { ...options(), regularization: { l2: 0.1 }, steps: 1 });
    const squares = before.filter(({ name }) => !name.includes('bias')).flatMap(({ data: values }) => [...values]);
    const expected = squares.reduce((sum, w) => sum + w * w, 0) * 0.05;
    expect(penalised[0]).toMatchObject({ type: 'step', penalty: expect.closeTo(expected, 5) });
  });

  it('stops before the update when the loss or the gradient is not finite', async () => {
    const model = await createModel([features(1), elman({ units: 2, activation: 'identity' }), dense({ units: 1 })]);
    model.setParameter('rnn.weight_hh_l0', [1e30, 0, 0, 1e30]);
    const before = model.parameters();
    const data = [{ steps: 4, rows: 1, inputs: new Float32Array(4).fill(1e5), targets: new Float32Array(4) }];
    const run = () => all(model, { data, loss: 'mean-squared-error', optimizer: sgd({ learningRate: 1 }), steps: 1 });
    const error = await errorOf(run);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect(error).toMatchObject({ code: 'non-finite', quantity: 'loss', step: 1, where: 'layer 0 (elman)' });
    expect(model.parameters()).toEqual(before);

    // The loss, (1e25 · 1e-6)² = 1e38, is finite; the gradient of dense.weight, 2e19 · 1e25, is not.
    const steep = await createModel([features(1), elman({ units: 1, activation: 'identity' }), dense({ units: 1 })]);
    for (const [name, value] of Object.entries({ 'rnn.weight_ih_l0': 1, 'dense.weight': 1e-6 }))
      steep.setParameter(name, [value]);
    const started = steep.parameters();
    const single = [{ steps: 1, rows: 1, inputs: Float32Array.of(1e25), targets: new Float32Array(1) }];
    const failed = await errorOf(() =>
      all(steep, { data: single, loss: 'mean-squared-error', optimizer: sgd({ learningRate: 1 }), steps: 1 }),
    );
    expect(failed).toBeInstanceOf(NonFiniteError);
    expect(failed).toMatchObject({
      quantity: 'gradient',
      where: 'dense.weight',
      step: 1,
      norm: Number.POSITIVE_INFINITY,
    });
    expect(steep.parameters()).toEqual(started);
  });

  it('is as usable after an error as before', async () => {
    const model = await create();
    const bad = [{ steps: 2, rows: 1, inputs: Int32Array.of(0, V), targets: Int32Array.of(0, 0) }];
    const memory = model.memoryBytes;
    for (let i = 0; i < 5; i++) {
      expect((await errorOf(() => all(model, { ...options(), data: bad }))).code).toBe('token-out-of-range');
    }
    await all(model, options());
    expect(evaluate(model, textStream(stream(40), { batch: 1 }), { loss: 'cross-entropy' }).loss).toBeGreaterThan(0);
    expect(model.memoryBytes).toBeLessThanOrEqual(memory + 65536 * 2);
  });

  it('refuses wrong options by name', async () => {
    const model = await create();
    const refuse = async (change: Readonly<Record<string, unknown>>, code: string, words: string) => {
      const error = await errorOf(() => all(model, { ...options(), ...change } as TrainOptions));
      expect(error.code).toBe(code);
      expect(error.message).toContain(words);
    };
    for (const k of [0, -1, 2.5, Number.NaN, '3']) {
      await refuse({ truncation: { k1: k, k2: 3 } }, 'invalid-argument', 'train.truncation.k1');
      await refuse({ truncation: { k1: 3, k2: k } }, 'invalid-argument', 'train.truncation.k2');
    }
    await refuse({ truncation: { k1: 1, k2: 1, k3: 1 } }, 'unknown-option', 'k3');
    await refuse({ stepz: 3 }, 'unknown-option', 'stepz');
    await refuse({ loss: 'hinge' }, 'invalid-argument', 'train.loss');
    await refuse({ reduction: 'max' }, 'invalid-argument', 'train.reduction');
    await refuse({ clip: { norm: 0 } }, 'invalid-argument', 'train.clip.norm');
    await refuse({ clip: {} }, 'invalid-argument', 'train.clip');
    await refuse({ optimizer: { kind: 'adam', learningRate: -1 } }, 'invalid-argument', 'train.optimizer.learningRate');
    for (const kind of ['adam', 'adamw', 'rmsprop', 'adagrad']) {
      for (const epsilon of [0, 1e-50]) {
        await refuse({ optimizer: { kind, learningRate: 1, epsilon } }, 'invalid-argument', 'train.optimizer.epsilon');
      }
    }
    await refuse({ optimizer: { kind: 'adam', rate: 1 } }, 'unknown-option', 'rate');
    await refuse({ regularization: { l2: -1 } }, 'invalid-argument', 'l2');
    await refuse({ steps: 0 }, 'invalid-argument', 'train.steps');
    await refuse({ data: 3 }, 'invalid-argument', 'train.data');
    await refuse({ data: [] }, 'invalid-argument', 'train.data');
    const batch = [...textStream(stream(9), { batch: 1 })][0]!;
    await refuse({ data: [{ ...batch, targets: Int32Array.of(1) }] }, 'invalid-shape', 'batch.targets');
    await refuse({ data: [{ ...batch, mask: new Uint8Array(3) }] }, 'invalid-shape', 'batch.mask');
    await refuse({ data: [{ ...batch, steps: 2.5 }] }, 'invalid-argument', 'batch.steps');
    await refuse({ data: [{ ...batch, masks: 1 }] }, 'unknown-option', 'masks');
  });
});

function withoutSteps({ steps: _, ...rest }: TrainOptions): TrainOptions {
  return rest;
}
