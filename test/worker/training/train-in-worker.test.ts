// Training in a worker: everything that training in this thread does, and the same bits.
import { beforeEach, describe, expect, it } from 'vitest';
import {
  BpttError,
  type CheckpointEvent,
  createModel,
  fit,
  type Model,
  NonFiniteError,
  sgd,
  type TrainEvent,
  train,
} from '../../../src/index.ts';
import { loadModule } from '../../../src/wasm/load.ts';
import { trainInWorker, type WorkerTrainOptions, workers } from '../../../src/worker/index.ts';
import { collectGarbage } from '../../support/garbage.ts';
import { type Case, cases, run } from '../../support/trainings.ts';

beforeEach(collectGarbage);

const runInWorker = (model: Model, options: WorkerTrainOptions) => run(model, options, trainInWorker);
const [{ description, options }] = cases as [Case];
const create = (seed = 1) => createModel(description, { seed });

describe.each(cases)('$name', ({ description, dtype = 'f32', options }) => {
  const create = (seed = 1) => createModel(description, { seed, dtype });
  const checkpoint = { every: 2 };

  it('has the events, the checkpoints and the bits of training here', async () => {
    const here = await run(await create(), { ...options, checkpoint });
    const there = await runInWorker(await create(), { ...options, checkpoint });
    expect(there).toEqual(here);
  });

  it('goes on here from a checkpoint of there, and there from one of here', async () => {
    const here = await run(await create(), { ...options, checkpoint });
    const there = await runInWorker(await create(), { ...options, checkpoint });
    const at = 1;
    for (const [trainer, { checkpoints }] of [
      [train, there],
      [trainInWorker, here],
    ] as const) {
      const { bytes, before } = checkpoints[at]!;
      const rest = await run(await create(9), { ...options, checkpoint, resume: bytes }, trainer);
      expect(rest.told).toEqual(here.told.slice(before));
      expect(rest.parameters).toEqual(here.parameters);
    }
  });
});

describe('trainInWorker', () => {
  it('keeps this thread free while it trains', async () => {
    const model = await create();
    let turns = 0;
    const counter = setInterval(() => turns++, 1);
    const events = trainInWorker(model, { ...options, steps: 2000, ahead: 1000 });
    await events.next();
    // Nobody reads: it trains on for itself.
    while (turns < 20) await new Promise((resolve) => setTimeout(resolve, 1));
    clearInterval(counter);
    await events.return();
  });

  it('stops within one step of an abort, and the model has the weights of the last', async () => {
    const abort = new AbortController();
    const model = await create();
    let last = 0;
    let end: TrainEvent | undefined;
    for await (const event of trainInWorker(model, { ...options, steps: 1e6, signal: abort.signal, ahead: 0 })) {
      if (event.type === 'step') last = event.step;
      if (last === 7) abort.abort();
      end = event;
    }
    expect(end).toMatchObject({ type: 'end', reason: 'aborted', step: last });
    // The update that was under way when the signal came may still be made.
    expect(last).toBeLessThanOrEqual(8);
    const { parameters } = await run(await create(), { ...options, steps: last });
    expect(model.parameters()).toEqual(parameters);
  });

  it('does nothing where the signal has aborted already', async () => {
    const model = await create();
    const before = model.parameters();
    const { told } = await runInWorker(model, { ...options, signal: AbortSignal.abort() });
    expect(told).toEqual([{ type: 'end', step: 0, reason: 'aborted', validationLoss: undefined }]);
    expect(model.parameters()).toEqual(before);
  });

  it('gives the weights of the last event when the loop is left and nothing is ahead', async () => {
    const model = await create();
    for await (const event of trainInWorker(model, { ...options, steps: 1e6, ahead: 0 })) {
      if (event.type === 'step' && event.step === 5) break;
    }
    expect(model.parameters()).toEqual((await run(await create(), { ...options, steps: 5 })).parameters);
  });

  it('gives weights in between when asked to', async () => {
    const model = await create();
    const seen: unknown[] = [];
    for await (const event of trainInWorker(model, { ...options, weightsEvery: 3, steps: 7 })) {
      if (event.type === 'step') seen.push(model.parameters());
    }
    const { parameters } = await run(await create(), { ...options, steps: 3 });
    expect(seen[1]).toEqual((await create()).parameters());
    expect(seen[2]).toEqual(parameters);
    expect(seen[4]).toEqual(parameters);
    expect(seen[5]).toEqual((await run(await create(), { ...options, steps: 6 })).parameters);
  });

  it('trains for fit', async () => {
    const common = { ...options, epochs: 2, steps: 9 };
    const [here, there] = [await create(), await create()];
    const { history: _, ...result } = await fit(here, common);
    expect(await fit(there, { ...common, trainer: trainInWorker })).toMatchObject(result);
    expect(there.parameters()).toEqual(here.parameters());
  });

  it('trains with relaxed kernels, and with kernels from elsewhere', async () => {
    const relaxed = await loadModule('f32-relaxed').then(
      () => [{ relaxed: true }],
      () => [], // Node 20 has no relaxed SIMD
    );
    for (const engine of [...relaxed, { kernels: { module: await loadModule('f32') } }]) {
      const make = async () => createModel(description, { seed: 1, ...engine });
      const here = await run(await make(), options);
      const there = await runInWorker(await make(), options);
      expect(there).toEqual(here);
    }
  });

  it.each([1, 2, 5])('throws what the data throw behind %i batches, and gives the weights of before', async (count) => {
    const wrong = new Error('the disk is gone');
    const [batch] = [...(options.data as Iterable<never>)];
    const data = {
      async *[Symbol.asyncIterator]() {
        for (let i = 0; i < count; i++) yield batch!;
        throw wrong;
      },
    };
    const model = await create();
    const { truncation: _, ...full } = options;
    await expect(runInWorker(model, { ...full, data })).rejects.toBe(wrong);
    const always = [...Array(count)].map(() => batch!);
    expect(model.parameters()).toEqual((await run(await create(), { ...full, data: always, steps: count })).parameters);
  });

  it('throws the errors of training as they are', async () => {
    const model = await create();
    const { clip: _, ...rest } = options;
    const wild = { ...rest, optimizer: sgd({ learningRate: 1e38 }), steps: 100 };
    const here = await run(await create(), wild).catch((error) => error);
    expect(here).toBeInstanceOf(NonFiniteError);
    const error = await runInWorker(model, wild).catch((error) => error);
    expect(error).toBeInstanceOf(NonFiniteError);
    expect({ ...error, message: error.message }).toEqual({ ...here, message: here.message });

    const batch = { steps: 1, rows: 1, inputs: Int32Array.of(99), targets: Int32Array.of(0) };
    await expect(runInWorker(model, { ...options, data: [batch] })).rejects.toMatchObject({
      name: 'BpttError',
      code: 'token-out-of-range',
      message: expect.stringContaining('batch.inputs'),
    });
  });

  it.each<[string, object, string]>([
    ['an unknown option', { threads: 2 }, 'trainInWorker: expected only data,'],
    ['several threads', { parallel: workers({ count: 1 }) }, 'parallel'],
    ['a wrong ahead', { ahead: -1 }, 'trainInWorker.ahead'],
    ['a wrong weightsEvery', { weightsEvery: 0 }, 'trainInWorker.weightsEvery'],
    ['no worker', { worker: {} }, 'trainInWorker.worker: expected a Worker'],
    ['a wrong option of train', { steps: 0 }, 'train.steps'],
    ['what is no checkpoint', { resume: new Uint8Array(3) }, 'train.resume'],
    ['a batch that cannot be sent', { data: [{ steps: 1, more: () => {} }] }, 'expected plain data to send'],
  ])('refuses %s', async (_, change, message) => {
    const model = await create();
    const error = await (async () => runInWorker(model, { ...options, ...change }))().catch((error) => error);
    expect(error).toBeInstanceOf(BpttError);
    expect(error.message).toContain(message);
  });

  it('refuses to serve outside of a worker', async () => {
    const { serve } = await import('../../../src/worker/index.ts');
    expect(serve).toThrow(BpttError);
  });

  it('says so when its worker ends', async () => {
    const { startWorker } = await import('../../../src/worker/channel/start.ts');
    const port = await startWorker();
    // What a worker does that was given something else to do.
    const failure = new Promise<Error>((resolve) => port.listen(() => {}, resolve));
    port.post(null);
    const error = await Promise.race([failure, new Promise((resolve) => setTimeout(resolve, 5000))]);
    port.close();
    expect(error).toMatchObject({ code: 'worker-failed' });
  });

  it('gives checkpoints that any training goes on from', async () => {
    let checkpoint: CheckpointEvent | undefined;
    for await (const event of trainInWorker(await create(), { ...options, checkpoint: { every: 4 } })) {
      if (event.type === 'checkpoint') checkpoint ??= event;
    }
    expect(checkpoint!.step).toBe(4);
    expect(checkpoint!.bytes).toBeInstanceOf(Uint8Array);
  });
});
