// Exact resume: a training that was stopped anywhere and goes on from a checkpoint ends with the bits of one that never stopped.
import { describe, expect, it } from 'vitest';
import {
  adam,
  type Batch,
  BpttError,
  createModel,
  dense,
  deserialize,
  elman,
  features,
  gru,
  serialize,
  sgd,
  type TrainOptions,
  tokens,
} from '../../src/index.ts';
import { abortsAtLook, type Case, carried, cases, characters, run } from '../support/trainings.ts';

describe.each(cases)('$name', ({ description, dtype = 'f32', options }) => {
  const create = (seed = 1) => createModel(description, { seed, dtype });
  const checkpoint = { every: 1 };

  it('goes on from every update to the same bits', async () => {
    const never = await run(await create(), options);
    const whole = await run(await create(), { ...options, checkpoint });
    expect(whole.events).toEqual(never.events);
    expect(whole.parameters).toEqual(never.parameters);
    const updates = never.events.filter(({ type }) => type === 'step').length;
    expect(updates).toBeGreaterThan(5);
    expect(whole.checkpoints.length).toBe(updates + 1);

    for (const { step, bytes, before } of whole.checkpoints) {
      // Another seed: all that matters is in the checkpoint.
      const { events, parameters, checkpoints } = await run(await create(step + 7), {
        ...options,
        checkpoint,
        resume: bytes,
      });
      expect(events).toEqual(never.events.slice(before));
      expect(parameters).toEqual(never.parameters);
      expect(checkpoints.at(-1)!.bytes).toEqual(whole.checkpoints.at(-1)!.bytes);
    }
  });

  it('goes on from every moment at which a signal can stop it', async () => {
    const never = await run(await create(), options);
    for (let moment = 0; ; moment++) {
      const aborted = await run(await create(), {
        ...options,
        checkpoint: { every: 1000 },
        signal: abortsAtLook(moment),
      });
      const end = aborted.events.at(-1)!;
      if (end.type === 'end' && end.reason !== 'aborted') {
        // Before each update at least.
        expect(moment).toBeGreaterThan(never.events.filter(({ type }) => type === 'step').length - 1);
        return;
      }
      // Stopped again before it did anything, and gone on with.
      const again = await run(await create(8), {
        ...options,
        checkpoint: { every: 1000 },
        resume: aborted.checkpoints.at(-1)!.bytes,
        signal: abortsAtLook(0),
      });
      const rest = await run(await create(9), { ...options, resume: again.checkpoints.at(-1)!.bytes });
      const events = [...aborted.events.slice(0, -1), ...again.events.slice(0, -1), ...rest.events];
      expect(events, `aborted at look ${moment}`).toEqual(never.events);
      expect(rest.parameters).toEqual(never.parameters);
    }
  });
});

describe.each([
  ['resets', { resets: Uint8Array.from({ length: 60 * 2 }, (_, i) => Number(i === 10 || i === 83)) }],
  ['lengths', { lengths: [60, 57] }],
  ['a mask', { mask: Uint8Array.from({ length: 60 * 2 }, (_, i) => Number(i % 3 > 0)) }],
] as const)('windows that reach back over steps with %s', (_, flags) => {
  it.each(['new', 'window'] as const)('go on to the same bits, with the losses of the %s', async (losses) => {
    const create = () => createModel([features(1), gru({ units: 3 }), dense({ units: 1 })], { seed: 1 });
    const [first, second] = carried as [Batch, Batch];
    const { resets: __, ...next } = second;
    const whole = {
      // The next batch goes on without flags, in windows that reach back to those of the one before.
      data: [{ ...first, ...flags }, next],
      loss: 'mean-squared-error',
      optimizer: sgd({ learningRate: 0.1 }),
      truncation: { k1: 4, k2: 9, losses },
      epochs: 1,
      checkpoint: { every: 1 },
    } as const;
    const never = await run(await create(), whole);
    for (const { bytes, before } of never.checkpoints) {
      const rest = await run(await create(), { ...whole, resume: bytes });
      expect(rest.events).toEqual(never.events.slice(before));
      expect(rest.parameters).toEqual(never.parameters);
    }
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
    const { events } = await run(await create(), longer);
    expect(events.at(-1)).toEqual({ type: 'end', step: 30, reason: 'steps', validationLoss: undefined });
    expect(events[0]).toMatchObject({ type: 'step', step: 5, learningRate: 0.001 });
  });

  it('that is refused gives the memory back', async () => {
    const { bytes } = await first();
    const model = await createModel([tokens(5), elman({ units: 200 }), dense({ units: 5 })]);
    const refused = () => expect(run(model, { ...options, resume: bytes })).rejects.toThrow('of this model');
    await refused();
    const { memoryBytes } = model;
    for (let i = 0; i < 10; i++) await refused();
    expect(model.memoryBytes).toBe(memoryBytes);
  });

  it('is refused where the data go on with other rows', async () => {
    const data = (rows: number) => [
      { steps: 12, rows, inputs: new Int32Array(12 * rows), targets: new Int32Array(12 * rows) },
    ];
    const cut = { ...options, truncation: { k1: 4, k2: 4 }, epochs: 1, checkpoint: { every: 1 } };
    const { checkpoints } = await run(await create(), { ...cut, data: data(2) });
    await expect(run(await create(), { ...cut, data: data(3), resume: checkpoints[0]!.bytes })).rejects.toThrow(
      'batch.rows: expected 2, as when the batch was left, got 3',
    );
  });
});
