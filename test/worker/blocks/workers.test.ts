// Data-parallel training: the bits are those of the blocks, whatever number of threads; the gradients are those of one thread.
import { beforeEach, describe, expect, it } from 'vitest';
import { createWorker } from '../../../src/base/port.ts';
import {
  activityRegularization,
  adam,
  type Batch,
  BpttError,
  createModel,
  dense,
  elman,
  embedding,
  features,
  lstm,
  type Model,
  NonFiniteError,
  sgd,
  tokens,
  train,
} from '../../../src/index.ts';
import { type WorkerLike, type WorkersOptions, workers } from '../../../src/worker/index.ts';
import { collectGarbage } from '../../support/garbage.ts';
import { abortsAtLook, type Case, carried, cases, run } from '../../support/trainings.ts';

beforeEach(collectGarbage);

const canShare = typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated !== false;
const ways = [false, ...(canShare ? [true] : [])];
const [{ description, options }] = cases as [Case];
const create = (seed = 1) => createModel(description, { seed });
const numbersOf = (model: Pick<Model, 'parameters'>) => model.parameters().flatMap(({ data }) => [...data]);

/** Each block has its part of a memory budget. */
const enough = cases.map((one) => {
  const { memoryBudget } = one.options;
  return memoryBudget === undefined ? one : { ...one, options: { ...one.options, memoryBudget: 2 * memoryBudget } };
});

describe.each(enough)('$name', ({ description, dtype = 'f32', options }) => {
  const create = (seed = 1) => createModel(description, { seed, dtype });
  const blocks = 3;

  it('has the same bits and events with one, two and three threads, with shared memory and without', async () => {
    const one = await run(await create(), { ...options, parallel: workers({ count: 1, blocks }) });
    expect(one.events.filter(({ type }) => type === 'step').length).toBeGreaterThan(5);
    for (const sharedMemory of ways) {
      for (const count of [2, 3]) {
        const more = await run(await create(), { ...options, parallel: workers({ count, blocks, sharedMemory }) });
        expect(more).toEqual(one);
      }
    }
  });

  it('goes on from where a signal stopped it, also before the first batch', async () => {
    const parallel = workers({ count: 1, blocks });
    const never = await run(await create(), { ...options, parallel });
    for (const moment of [0, 1, 4]) {
      const stopped = { ...options, parallel, checkpoint: { every: 1000 }, signal: abortsAtLook(moment) };
      const { events, checkpoints } = await run(await create(), stopped);
      expect(events.at(-1)).toMatchObject({ type: 'end', reason: 'aborted' });
      // Stopped again before it did anything, and gone on with.
      const again = await run(await create(8), { ...stopped, resume: checkpoints[0]!.bytes, signal: abortsAtLook(0) });
      const rest = await run(await create(9), { ...options, parallel, resume: again.checkpoints[0]!.bytes });
      expect([...events.slice(0, -1), ...again.events.slice(0, -1), ...rest.events]).toEqual(never.events);
      expect(rest.parameters).toEqual(never.parameters);
    }
  });

  it('goes on from a checkpoint with another number of threads', async () => {
    const checkpoint = { every: 1 };
    const whole = await run(await create(), { ...options, checkpoint, parallel: workers({ count: 1, blocks }) });
    const { bytes, before } = whole.checkpoints[4]!;
    const rest = await run(await create(9), {
      ...options,
      checkpoint,
      resume: bytes,
      parallel: workers({ count: 2, blocks }),
    });
    expect(rest.events).toEqual(whole.events.slice(before));
    expect(rest.parameters).toEqual(whole.parameters);
    expect(rest.checkpoints.at(-1)!.bytes).toEqual(whole.checkpoints.at(-1)!.bytes);
  });
});

// Random masks are others in each block.
describe.each(enough.filter(({ name }) => !/random/.test(name)))('$name, in f64', ({ description, options }) => {
  const blocks = 3;

  it('computes what one thread computes, to rounding', async () => {
    const exact = () => createModel(description, { seed: 1, dtype: 'f64' });
    const [alone, together] = [await exact(), await exact()];
    const here = await run(alone, options);
    const there = await run(together, { ...options, parallel: workers({ count: 2, blocks }) });
    const [a, b] = [numbersOf(alone), numbersOf(together)];
    expect(Math.max(...a.map((value, index) => Math.abs(value - b[index]!)))).toBeLessThan(1e-9);
    expect(there.events.length).toBe(here.events.length);
    for (const [index, event] of here.events.entries()) {
      const other = there.events[index]!;
      if (event.type !== 'step' || other.type !== 'step') continue;
      expect(other.loss).toBeCloseTo(event.loss, 9);
      expect(other.penalty).toBeCloseTo(event.penalty, 9);
      expect(other.gradientNorm).toBeCloseTo(event.gradientNorm, 9);
      expect(other).toMatchObject({ step: event.step, epoch: event.epoch, tokens: event.tokens });
    }
  });
});

describe('workers', () => {
  const V = 400;
  const wide = (): Batch => {
    const id = (i: number) => (i * i * 7 + i) % V;
    const inputs = Int32Array.from({ length: 6 * 5 }, (_, i) => id(i));
    // Rows 0 and 1 have fewer steps that count: the mean is over all rows, not a mean of the blocks' means.
    const mask = Uint8Array.from({ length: 30 }, (_, i) => +(i % 5 > 1 || i < 7));
    return { steps: 6, rows: 5, inputs, targets: inputs.map((_, i) => id(i + 1)), mask, carry: false };
  };

  it('adds up the gradients of a table of which each block uses few rows', async () => {
    const make = () =>
      createModel([tokens(V), embedding({ units: 4 }), lstm({ units: 5 }), dense({ units: V })], {
        seed: 2,
        dtype: 'f64',
      });
    const training = {
      data: [wide()],
      loss: 'cross-entropy',
      optimizer: sgd({ learningRate: 0.5 }),
      steps: 4,
    } as const;
    const [alone, together] = [await make(), await make()];
    const here = await run(alone, training);
    const there = await run(together, { ...training, parallel: workers({ count: 2, blocks: 2 }) });
    const [a, b] = [numbersOf(alone), numbersOf(together)];
    expect(Math.max(...a.map((value, index) => Math.abs(value - b[index]!)))).toBeLessThan(1e-12);
    const lossOf = ({ events }: typeof here) => events.map((event) => (event.type === 'step' ? event.loss : 0));
    for (const [index, loss] of lossOf(here).entries()) expect(lossOf(there)[index]).toBeCloseTo(loss, 12);
  });

  it.each(['mean', 'sum'] as const)(
    'reads penalties of layers over all rows, whatever blocks they are in (%s)',
    async (reduction) => {
      // Rows of unlike lengths: the blocks have unlike numbers of terms.
      const description = [
        tokens(V),
        embedding({ units: 4 }),
        elman({ units: 5, vanishingRegularization: 0.3 }),
        activityRegularization({ activation: 0.7, temporal: 0.9 }),
        dense({ units: V }),
      ] as const;
      const make = () => createModel(description, { seed: 2, dtype: 'f64' });
      const { mask: _, ...batch } = wide();
      const training = {
        data: [{ ...batch, lengths: [6, 1, 4, 2, 3] }],
        loss: 'cross-entropy',
        optimizer: sgd({ learningRate: 0.05 }),
        reduction,
        steps: 3,
      } as const;
      const [alone, together] = [await make(), await make()];
      const here = await run(alone, training);
      const there = await run(together, { ...training, parallel: workers({ count: 2, blocks: 3 }) });
      const penaltiesOf = ({ events }: typeof here) =>
        events.flatMap((event) => (event.type === 'step' ? [event.penalty] : []));
      expect(penaltiesOf(here).length).toBe(3);
      for (const [index, penalty] of penaltiesOf(here).entries()) {
        expect(penalty).toBeGreaterThan(1e-3);
        expect(penaltiesOf(there)[index]).toBeCloseTo(penalty, 11);
      }
      const [a, b] = [numbersOf(alone), numbersOf(together)];
      expect(Math.max(...a.map((value, index) => Math.abs(value - b[index]!)))).toBeLessThan(1e-12);
    },
  );

  it('gives each block its part of a memory budget', async () => {
    const { options } = cases.find(({ options }) => options.memoryBudget !== undefined)!;
    const training = { ...options, data: carried.slice(0, 1), steps: 1, parallel: workers({ count: 1, blocks: 3 }) };
    const make = () => createModel([features(1), lstm({ units: 4 }), dense({ units: 1 })]);
    await expect(run(await make(), { ...training, memoryBudget: 3 * 1000 + 2 })).rejects.toThrow(
      /^memoryBudget: .*, got 1000$/,
    );
  });

  it('takes batches with fewer rows than there are blocks', async () => {
    const [alone, together] = [await create(), await create()];
    const data = [
      { ...wide(), inputs: wide().inputs.map((id) => id % 5), targets: wide().targets.map((id) => id % 5) },
    ];
    const { truncation: _, ...rest } = options;
    const here = await run(alone, { ...rest, data, steps: 2 });
    const there = await run(together, { ...rest, data, steps: 2, parallel: workers({ count: 4, blocks: 9 }) });
    const lossOf = ({ events }: typeof here) => events.map((event) => (event.type === 'step' ? event.loss : 0));
    for (const [index, loss] of lossOf(here).entries()) expect(lossOf(there)[index]).toBeCloseTo(loss, 5);
  });

  it('draws other random masks for each block', async () => {
    // Two rows that are the same: with the same masks their outputs, and so their losses, would be the same.
    const { description, options } = cases.find(({ name }) => /random/.test(name))!;
    const inputs = Int32Array.of(1, 1, 2, 2, 3, 3);
    const twins = { steps: 3, rows: 2, inputs, targets: inputs };
    const { truncation: _, ...rest } = options;
    const lossOf = async (data: Batch, blocks: number) => {
      const model = await createModel(description, { seed: 1 });
      const { events } = await run(model, { ...rest, data: [data], steps: 1, parallel: workers({ count: 1, blocks }) });
      return events[0]!.type === 'step' ? events[0]!.loss : Number.NaN;
    };
    const one = { steps: 3, rows: 1, inputs: Int32Array.of(1, 2, 3), targets: Int32Array.of(1, 2, 3) };
    expect(await lossOf(one, 1)).not.toBe(await lossOf(twins, 2));
  });

  it('is refused with another number of blocks than in the checkpoint', async () => {
    const parallel = workers({ count: 1, blocks: 2 });
    const { checkpoints } = await run(await create(), { ...options, checkpoint: { every: 3 }, parallel });
    const { bytes } = checkpoints[0]!;
    const other = workers({ count: 1, blocks: 3 });
    const message = 'train.parallel.blocks: expected 2, as in the training that is resumed, got';
    await expect(run(await create(), { ...options, resume: bytes, parallel: other })).rejects.toThrow(`${message} 3`);
    await expect(run(await create(), { ...options, resume: bytes })).rejects.toThrow(`${message} null`);
  });

  it('throws the errors of training as they are, and the parameters stay', async () => {
    const { clip: _, ...rest } = options;
    const wild = { ...rest, optimizer: sgd({ learningRate: 1e38 }), steps: 100 };
    const model = await create();
    const parallel = workers({ count: 2, blocks: 2 });
    const error = await run(model, { ...wild, parallel }).catch((error) => error);
    expect(error).toBeInstanceOf(NonFiniteError);
    const { parameters } = await run(await create(), { ...wild, steps: error.step - 1, parallel });
    expect(model.parameters()).toEqual(parameters);
    const batch = { steps: 1, rows: 1, inputs: Int32Array.of(99), targets: Int32Array.of(0) };
    await expect(run(model, { ...options, data: [batch], parallel })).rejects.toThrow('batch.inputs');
    const { description, options: ofFeatures } = cases.find(({ options: { data } }) => data === carried)!;
    const features = createModel(description);
    await expect(
      run(await features, { ...ofFeatures, data: carried, loss: 'cross-entropy', parallel }),
    ).rejects.toThrow('batch.targets');
  });

  it('ends its threads when the loop is left', async () => {
    const { default: code } = await import('../../../build/worker/thread.js');
    let ended = 0;
    const worker = (): WorkerLike => {
      const real = createWorker(code);
      const terminate = real.terminate.bind(real);
      return Object.assign(real, { terminate: () => [ended++, terminate()] });
    };
    const model = await create();
    for await (const event of train(model, { ...options, parallel: workers({ count: 2, blocks: 2, worker }) })) {
      if (event.type === 'step' && event.step === 2) break;
      expect(ended).toBe(0);
    }
    await expect.poll(() => ended).toBe(2);
    expect(model.parameters()).toEqual(
      (await run(await create(), { ...options, steps: 2, parallel: workers({ count: 1, blocks: 2 }) })).parameters,
    );
  });

  it.each<[string, object, string]>([
    ['an unknown option', { threads: 2 }, 'workers: expected only blocks,'],
    ['no block', { blocks: 0 }, 'workers.blocks'],
    ['more threads than blocks', { count: 3, blocks: 2 }, 'workers.count: expected at most 2'],
    ['half a thread', { count: 0.5 }, 'workers.count'],
    ['a worker that is there already', { worker: {} }, 'workers.worker: expected a function'],
    ['shared memory that is no boolean', { sharedMemory: 1 }, 'workers.sharedMemory'],
  ])('refuses %s', (_, wrong, message) => {
    expect(() => workers(wrong as WorkersOptions)).toThrow(BpttError);
    expect(() => workers(wrong as WorkersOptions)).toThrow(message);
  });

  it('is what train takes, and nothing else is', async () => {
    const wrong = { ...options, optimizer: adam(), parallel: { blocks: 2 } as never };
    await expect((async () => run(await create(), wrong))()).rejects.toThrow('train.parallel: expected workers(...)');
    const all = createModel([tokens(5), elman({ units: 3 }), dense({ units: 5 })]);
    await expect((async () => run(await all, { ...wrong, parallel: 2 as never }))()).rejects.toThrow(BpttError);
  });
});
