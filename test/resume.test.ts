// Exact resume: a training that was stopped anywhere and goes on from a checkpoint ends with the bits of one that never stopped.
import { describe, expect, it } from 'vitest';
import {
  activityRegularization,
  adam,
  adamw,
  type Batch,
  BpttError,
  bidirectional,
  type CheckpointEvent,
  createModel,
  dense,
  deserialize,
  dropout,
  elman,
  embedding,
  features,
  gru,
  linear,
  lstm,
  type Model,
  type ModelDescription,
  rmsprop,
  type Sequence,
  sequences,
  serialize,
  sgd,
  type TrainEvent,
  type TrainOptions,
  textStream,
  tokens,
  train,
} from '../src/index.ts';

const V = 5;
const stream = (length: number) => Int32Array.from({ length }, (_, i) => (i * i + (i >> 2)) % V);
const text = textStream(stream(121), { batch: 3 });

interface Case {
  readonly name: string;
  readonly description: ModelDescription;
  readonly dtype?: 'f32' | 'f64';
  readonly options: Omit<TrainOptions, 'checkpoint' | 'resume' | 'signal'>;
}

const characters = (...layers: readonly unknown[]) => [tokens(V), ...layers, dense({ units: V })] as ModelDescription;
const ofText = { data: text, loss: 'cross-entropy', optimizer: adam({ learningRate: 0.01 }), steps: 9 } as const;
const units = 4;

/** Three batches of which the second carries the state of the first on. */
const carried = ([false, true, false] as const).map((carry, index): Batch => {
  const inputs = Float32Array.from({ length: 60 * 2 }, (_, i) => ((i * 7 + index) % 5) / 5);
  const resets = index === 1 ? Uint8Array.from({ length: 60 * 2 }, (_, i) => +(i === 3 || i === 50)) : undefined;
  return { steps: 60, rows: 2, inputs, targets: inputs.map((x) => x - 0.3), carry, ...(resets && { resets }) };
});
const ofCarried = {
  data: carried,
  loss: 'mean-squared-error',
  epochs: 3,
  optimizer: sgd({ learningRate: 0.1 }),
} as const;

const ragged: readonly Sequence[] = [3, 1, 5, 4, 2, 5, 1].map((length, index) => ({
  inputs: stream(length + index).slice(index),
  targets: stream(length + index).slice(index),
}));

const cases: readonly Case[] = [
  {
    name: 'k1 = k2, clipping, L2, a schedule',
    description: characters(elman({ units })),
    options: {
      ...ofText,
      truncation: { k1: 6, k2: 6 },
      clip: { norm: 0.1 },
      regularization: { l2: 0.01 },
      optimizer: adam({ learningRate: linear({ from: 0.02, steps: 9 }) }),
    },
  },
  {
    name: 'k1 < k2 with stored activations and the losses of the window',
    description: characters(lstm({ units, peepholes: true }), elman({ units, activation: 'relu' })),
    options: { ...ofText, truncation: { k1: 3, k2: 8, losses: 'window' } },
  },
  {
    name: 'k1 < k2 with recomputed activations, in f64',
    description: characters(gru({ units })),
    dtype: 'f64',
    options: {
      ...ofText,
      truncation: { k1: 4, k2: 7, activations: 'recomputed' },
      optimizer: rmsprop({ learningRate: 0.01 }),
    },
  },
  {
    name: 'k1 > k2, momentum',
    description: characters(elman({ units })),
    options: { ...ofText, truncation: { k1: 7, k2: 2 }, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
  },
  {
    name: 'every random mask, and penalties of layers',
    description: characters(
      embedding({ units: 3 }),
      dropout({ rate: 0.2 }),
      lstm({ units, recurrentDropout: 0.3, zoneout: { hidden: 0.2, cell: 0.1 }, weightDropout: 0.3 }),
      dropout({ rate: 0.4, variational: true }),
      gru({ units, reset: 'before', layerNorm: true }),
      activityRegularization({ activation: 0.1, temporal: 0.2 }),
    ),
    options: { ...ofText, truncation: { k1: 4, k2: 9 }, seed: 3, optimizer: adamw({ learningRate: 0.01 }) },
  },
  {
    name: 'full BPTT over batches that carry on, with resets',
    description: [features(1), lstm({ units }), dense({ units: 1 })],
    options: ofCarried,
  },
  {
    name: 'full BPTT under a memory budget',
    description: [features(1), lstm({ units }), dense({ units: 1 })],
    options: { ...ofCarried, memoryBudget: 120_000 },
  },
  {
    name: 'shuffled and bucketed sequences, both directions',
    description: characters(bidirectional(elman({ units }))),
    options: {
      data: sequences(ragged, { batch: 2, shuffle: 5, bucket: true }),
      loss: 'cross-entropy',
      optimizer: adam(),
      epochs: 3,
    },
  },
  {
    name: 'accumulation, an average, validation and early stopping',
    description: characters(elman({ units })),
    options: {
      ...ofText,
      truncation: { k1: 5, k2: 5 },
      accumulate: 3,
      average: { decay: 0.9 },
      validation: textStream(stream(40), { batch: 2 }),
      validateEvery: 2,
      earlyStopping: { patience: 2 },
    },
  },
];

type Told = Exclude<TrainEvent, CheckpointEvent>;

/** What a run tells, without the times, and its checkpoints. */
async function run(model: Model, options: TrainOptions) {
  const told: Told[] = [];
  const checkpoints: (CheckpointEvent & { readonly before: number })[] = [];
  for await (const event of train(model, options)) {
    if (event.type === 'checkpoint') checkpoints.push({ ...event, before: told.length });
    else told.push(event.type === 'step' ? { ...event, tokensPerSecond: 0 } : event);
  }
  return { told, checkpoints, parameters: model.parameters() };
}

describe.each(cases)('$name', ({ description, dtype = 'f32', options }) => {
  const create = (seed = 1) => createModel(description, { seed, dtype });
  const checkpoint = { every: 1 };

  it('goes on from every update to the same bits', async () => {
    const never = await run(await create(), options);
    const whole = await run(await create(), { ...options, checkpoint });
    expect(whole.told).toEqual(never.told);
    expect(whole.parameters).toEqual(never.parameters);
    const updates = never.told.filter(({ type }) => type === 'step').length;
    expect(updates).toBeGreaterThan(5);
    expect(whole.checkpoints.length).toBe(updates + 1);

    for (const { step, bytes, before } of whole.checkpoints) {
      // Another seed: all that matters is in the checkpoint.
      const { told, parameters, checkpoints } = await run(await create(step + 7), {
        ...options,
        checkpoint,
        resume: bytes,
      });
      expect(told).toEqual(never.told.slice(before));
      expect(parameters).toEqual(never.parameters);
      expect(checkpoints.at(-1)!.bytes).toEqual(whole.checkpoints.at(-1)!.bytes);
    }
  });

  it('goes on from where the signal aborted', async () => {
    const never = await run(await create(), options);
    const abort = new AbortController();
    const told: Told[] = [];
    let resume: Uint8Array | undefined;
    for await (const event of train(await create(), {
      ...options,
      checkpoint: { every: 1000 },
      signal: abort.signal,
    })) {
      if (event.type === 'step' && event.step === 3) abort.abort();
      if (event.type === 'checkpoint') resume = event.bytes;
      else if (event.type !== 'end') told.push(event.type === 'step' ? { ...event, tokensPerSecond: 0 } : event);
    }
    const rest = await run(await create(9), { ...options, resume: resume! });
    expect([...told, ...rest.told]).toEqual(never.told);
    expect(rest.parameters).toEqual(never.parameters);
  });
});

describe('a checkpoint', () => {
  const [{ description, options }] = cases as [Case];
  const create = () => createModel(description, { seed: 1 });
  const metadata = { vocabulary: '"abcde"' };
  const first = async () =>
    (await run(await create(), { ...options, checkpoint: { every: 4, metadata } })).checkpoints[0]!;

  it('is a model file: the model of its moment, and what else it is to hold', async () => {
    const { bytes, step } = await first();
    expect(step).toBe(4);
    const { model, metadata: kept } = await deserialize(bytes);
    expect(kept).toEqual(metadata);
    const { parameters } = await run(await create(), { ...options, steps: 4 });
    // The schedule depends on the step alone, so four steps of nine are four steps.
    expect(model.parameters()).toEqual(parameters);
  });

  it('is refused when a byte is other than it was, and the model stays as it is', async () => {
    const { bytes } = await first();
    const model = await create();
    const before = model.parameters();
    for (let at = 0; at < bytes.length; at += 97) {
      const damaged = bytes.slice();
      damaged[at]! ^= 4;
      await expect(run(model, { ...options, resume: damaged }), `byte ${at}`).rejects.toThrow(BpttError);
    }
    expect(model.parameters()).toEqual(before);
  });

  it.each<[string, Partial<TrainOptions>, string]>([
    ['loss', { data: carried, loss: 'binary-cross-entropy' }, 'train.loss: expected "cross-entropy"'],
    ['truncation', { truncation: { k1: 6, k2: 7 } }, 'train.truncation: expected'],
    ['reduction', { reduction: 'sum' }, 'train.reduction: expected "mean"'],
    ['seed', { seed: 1 }, 'train.seed: expected 0'],
    ['accumulation', { accumulate: 2 }, 'train.accumulate: expected 1'],
    ['an average', { average: { decay: 0.9 } }, 'train.average: expected null'],
    ['optimizer', { optimizer: sgd({ learningRate: 0.1 }) }, 'train.resume, update.optimizer.kind: expected "sgd"'],
  ])('is refused with another %s', async (_, change, message) => {
    const { bytes } = await first();
    await expect(run(await create(), { ...options, ...change, resume: bytes })).rejects.toThrow(message);
  });

  it('is refused for another model, another precision, and where there is no training in it', async () => {
    const { bytes } = await first();
    const other = await createModel(characters(elman({ units: 5 })));
    await expect(run(other, { ...options, resume: bytes })).rejects.toThrow('expected a checkpoint of this model');
    const precise = await createModel(description, { dtype: 'f64' });
    await expect(run(precise, { ...options, resume: bytes })).rejects.toThrow('expected a checkpoint in f64');
    const bare = serialize(await create());
    await expect(run(await create(), { ...options, resume: bare })).rejects.toThrow(
      'expected a checkpoint, got a model file',
    );
  });

  it('lets the learning rate and the end be others', async () => {
    const { bytes } = await first();
    const longer = { ...options, steps: 30, optimizer: adam({ learningRate: 0.001 }), resume: bytes };
    const { told } = await run(await create(), longer);
    expect(told.at(-1)).toEqual({ type: 'end', step: 30, reason: 'steps', validationLoss: undefined });
    expect(told[0]).toMatchObject({ type: 'step', step: 5, learningRate: 0.001 });
  });
});
