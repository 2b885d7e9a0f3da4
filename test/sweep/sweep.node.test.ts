// Sweeps of small trainings: kept in a folder, ended anywhere, run again.
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { adam, BpttError, dense, deserialize, elman, gru, tokens } from '../../src/index.ts';
import { accuracy } from '../../src/metrics/index.ts';
import { folderStore } from '../../src/node.ts';
import {
  type CheckpointStore,
  choice,
  float,
  int,
  median,
  memoryStore,
  random,
  type SweepEvent,
  type SweepOptions,
  sweep,
} from '../../src/sweep/index.ts';
import { trainInWorker } from '../../src/worker/index.ts';

const data = Int32Array.from({ length: 240 }, (_, i) => ((i * i) % 7) % 5);
const options = (more: Partial<SweepOptions> = {}): SweepOptions => ({
  space: {
    units: int({ min: 2, max: 8 }),
    rate: float({ min: 1e-3, max: 1e-1, scale: 'log' }),
    cell: choice({ values: ['elman', 'gru'] }),
  },
  trial: ({ units, rate, cell }) => ({
    layers: [tokens(5), (cell === 'gru' ? gru : elman)({ units: Number(units) }), dense({ units: 5 })],
    seed: 3,
    fit: {
      loss: 'cross-entropy',
      batch: 4,
      truncation: { k1: 10, k2: 10 },
      optimizer: adam({ learningRate: Number(rate) }),
      steps: 20,
      validateEvery: 4,
    },
  }),
  data,
  validation: data.subarray(0, 60),
  trials: 9,
  seed: 2,
  pruner: median({ startup: 2 }),
  checkpointEvery: 5,
  ...more,
});

/** What must be the same however a sweep ran. */
const outcomeOf = ({ study, best }: Awaited<ReturnType<typeof sweep>>) => ({
  results: study.results,
  best: best && { number: best.number, digest: best.digest, model: Buffer.from(best.model).toString('base64') },
});

let folder: string;
let whole: ReturnType<typeof outcomeOf>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bptt-sweep-'));
  whole = outcomeOf(await sweep(options()));
});
afterAll(() => rm(folder, { recursive: true }));
const path = (name: string) => join(folder, name);

/** Runs a sweep that is ended after so many events of trainings, again and again, to its end. */
async function inPieces(more: Partial<SweepOptions>, events: number) {
  for (let calls = 1; ; calls++) {
    const control = new AbortController();
    let left = events;
    const onEvent = ({ type }: SweepEvent) => {
      if (type === 'training' && --left === 0) control.abort();
    };
    const result = await sweep(options({ ...more, signal: control.signal, onEvent }));
    if (result.reason === 'done') return { outcome: outcomeOf(result), calls };
  }
}

describe('sweep', () => {
  it('has complete and pruned trials, and the model of the best', async () => {
    expect(whole.results.map(({ state }) => state)).toEqual(expect.arrayContaining(['complete', 'pruned']));
    const { model } = await deserialize(Buffer.from(whole.best!.model, 'base64'));
    const { units, cell } = whole.results[whole.best!.number]!.parameters;
    expect(model.description[1]).toMatchObject({ kind: cell, units });
  });

  it('ends with the same trials and the same bytes when it was ended again and again', async () => {
    const { outcome, calls } = await inPieces({ store: folderStore(path('pieces')) }, 23);
    expect(calls).toBeGreaterThan(3);
    expect(outcome).toEqual(whole);
  });

  it('and in several threads', async () => {
    const { outcome } = await inPieces({ store: folderStore(path('threads')), workers: 2 }, 60);
    expect(outcome).toEqual(whole);
  });

  it('and when two run at once in one folder', async () => {
    const both = await Promise.all([1, 2].map(() => sweep(options({ store: folderStore(path('both')) }))));
    expect(both.map(outcomeOf)).toEqual([whole, whole]);
  });

  it('goes on from the newest checkpoint that is whole', async () => {
    const store = folderStore(path('damaged'));
    const control = new AbortController();
    await sweep(
      options({
        store,
        signal: control.signal,
        onEvent: (event) => {
          if (event.type === 'training' && event.event.type === 'step' && event.event.step === 18) control.abort();
        },
      }),
    );
    const files = (await readdir(path('damaged/trials/0'))).sort();
    expect(files.filter((name) => name.endsWith('.safetensors')).map((name) => name.split('.')[0])).toEqual([
      'checkpoint-10',
      'checkpoint-15',
    ]);
    const newest = files.find((name) => /checkpoint-15\..*safetensors/.test(name))!;
    await writeFile(path(`damaged/trials/0/${newest}`), 'damaged');
    const begins: unknown[] = [];
    const result = await sweep(
      options({ store, onEvent: (event) => event.type === 'begin' && begins.push([event.number, event.resumedFrom]) }),
    );
    expect(begins[0]).toEqual([0, 10]);
    expect(outcomeOf(result)).toEqual(whole);
  });

  it.each([
    ['{}', 'trials/0/result.json.digest: expected a SHA-256 in hexadecimal digits, got undefined'],
    ['null', 'trials/0/result.json: expected an object, got null'],
    ['{"digest":null,"number":3}', 'result'],
  ])('refuses the result %s', async (text, message) => {
    const store = memoryStore();
    await sweep(options({ store, trials: 1 }));
    await store.remove('trials/0/result.json');
    await store.add('trials/0/result.json', new TextEncoder().encode(text));
    const refused = sweep(options({ store, trials: 1 }));
    await expect(refused).rejects.toBeInstanceOf(BpttError);
    await expect(refused).rejects.toThrow(message);
  });

  it('keeps no checkpoint of trials that have ended, and nothing half written', async () => {
    const names = await readdir(path('pieces'), { recursive: true });
    expect(names.filter((name) => /checkpoint-.*safetensors|\.tmp$/.test(name))).toEqual([]);
  });

  it('goes on with more trials', async () => {
    const store = memoryStore();
    await sweep(options({ store, trials: 5 }));
    const begins: number[] = [];
    const result = await sweep(
      options({ store, onEvent: (event) => event.type === 'begin' && begins.push(event.number) }),
    );
    expect(begins).toEqual([5, 6, 7, 8]);
    expect(outcomeOf(result)).toEqual(whole);
  });

  it('counts a trial that diverges, and does not try it again', async () => {
    const store = memoryStore();
    const rates = { space: { rate: choice({ values: [1e300, 0.01] }) }, sampler: random(), trials: 6 } as const;
    const diverging = options({
      ...rates,
      store,
      trial: ({ rate }) => {
        const plan = options().trial({ units: 4, rate: 0.01, cell: 'elman' });
        return { ...plan, fit: { ...plan.fit, optimizer: { kind: 'sgd', learningRate: Number(rate) } as never } };
      },
    });
    const { study, best } = await sweep(diverging);
    const failed = study.results.filter(({ state }) => state === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    expect(failed.every(({ parameters }) => parameters.rate === 1e300)).toBe(true);
    expect(best?.parameters).toEqual({ rate: 0.01 });
    const begins: number[] = [];
    await sweep({ ...diverging, onEvent: (event) => event.type === 'begin' && begins.push(event.number) });
    expect(begins).toEqual([]);
  });

  it('seeks metrics, and the best compromises of several', async () => {
    const { pruner: _, ...plain } = options();
    const seeking = { ...plain, metrics: [accuracy()], trials: 5 };
    const one = await sweep({ ...seeking, objective: 'accuracy' });
    const values = one.study.results.map(({ values: [value] }) => value!);
    expect(one.best?.values[0]).toBe(Math.max(...values));
    const several = await sweep({ ...seeking, objective: ['loss', 'accuracy'] });
    expect(several.study.results.every((result) => result.values.length === 2)).toBe(true);
    expect(several.study.front.length).toBeGreaterThan(0);
  });
});

describe('sweep refuses', () => {
  const kept = memoryStore();
  beforeAll(() => sweep(options({ store: kept, trials: 1 })));

  it('another sweep in the store, and says what is other', async () => {
    const call = (more: Partial<SweepOptions>) => sweep(options({ store: kept, trials: 1, ...more }));
    await expect(call({ seed: 3 })).rejects.toThrow(
      'sweep.seed: expected 2, as in the sweep that is in the store, got 3; another sweep needs another store',
    );
    await expect(call({ space: { x: float({ min: 0, max: 1 }) } })).rejects.toThrow(
      'sweep.space.units: expected an object, as in the sweep',
    );
    await expect(call({ data: data.subarray(1) })).rejects.toThrow(/sweep\.data\.training: expected "[0-9a-f]{40}/);
    await expect(call({})).resolves.toMatchObject({ reason: 'done' });
  });

  it('a trial that was begun as something else', async () => {
    const store: CheckpointStore = memoryStore();
    const control = new AbortController();
    const onEvent = () => control.abort();
    await sweep(options({ store, signal: control.signal, onEvent }));
    const trial: SweepOptions['trial'] = (parameters) => {
      const plan = options().trial(parameters);
      return { ...plan, fit: { ...plan.fit, steps: 21 } };
    };
    await expect(sweep(options({ store, trial }))).rejects.toThrow(
      'sweep, trial 0: expected fit.steps 20, as it was begun with, got 21',
    );
  });

  it('the same step with other bytes, and names both workers', async () => {
    const store = folderStore(path('disagreeing'));
    const until = (step: number) => {
      const control = new AbortController();
      const onEvent = (event: SweepEvent) => {
        if (event.type === 'training' && event.event.type === 'step' && event.event.step === step) control.abort();
      };
      return { store, signal: control.signal, onEvent };
    };
    await sweep(options(until(12)));
    // As if another machine had written other bytes for step 10, and this one had been at step 5.
    const record = path('disagreeing/trials/0/checkpoint-10.json');
    const kept = JSON.parse(await readFile(record, 'utf8'));
    kept.digest = 'f'.repeat(64);
    kept.worker = { name: 'process 7 on elsewhere', engine: 'Node 99', version: '0.0.1' };
    await writeFile(record, JSON.stringify(kept));
    await expect(sweep(options({ store }))).rejects.toThrow(
      /^sweep, trial 0: expected the same digest of step 10 from all workers, got others from process 7 on elsewhere \(Node 99, bptt 0\.0\.1\) and from process \d+ on .+ \(Node .+, bptt \d+\.\d+\.\d+\): versions differ, or a machine computes wrongly$/,
    );
  });

  it('a trial that cannot be, and names it', async () => {
    const trial: SweepOptions['trial'] = (parameters) => ({
      ...options().trial(parameters),
      layers: [tokens(5), dense({ units: 4 })],
    });
    await expect(sweep(options({ trial }))).rejects.toThrow(
      /^sweep, trial 0 \{"units":\d,"rate":[\d.]+,"cell":"\w+"\}: /,
    );
  });

  const plan = (more: object, fit: object = {}): Partial<SweepOptions> => ({
    trial: (parameters) => {
      const given = options().trial(parameters);
      return { ...given, ...more, fit: { ...given.fit, ...fit } };
    },
  });
  const refused: readonly (readonly [string, Partial<SweepOptions>, string])[] = [
    ['a metric that no trial has', { objective: 'accuracy' }, 'sweep.objective: expected "loss", got "accuracy"'],
    ['no objective', { objective: [] }, 'sweep.objective: expected at least one name, got none'],
    [
      'no validation',
      { validation: undefined as never },
      'sweep.validation: expected an iterable of batches or a dataset, got undefined',
    ],
    [
      'batches without a checksum',
      { data: { batches: () => [] } },
      'sweep.data: expected a checksum of data that are made on the way',
    ],
    [
      'functions in a trial',
      plan({}, { batch: () => 4 }),
      'sweep.trial(...).fit.batch: expected plain data: finite numbers, strings, true, false, lists and objects of them, got a function',
    ],
    [
      'what the sweep sees to',
      plan({}, { checkpoint: { every: 3 } }),
      'sweep.trial(...).fit: expected options of a trial alone: checkpoint is sweep\'s, or seen to by it, got "checkpoint"',
    ],
    [
      'a trial without an end',
      plan({}, { steps: undefined }),
      'sweep.trial(...).fit: expected steps or epochs, the budget of the trial, got none',
    ],
    [
      'options of a trial that are not there',
      plan({ model: 1 }),
      'sweep.trial(...): expected only layers, seed, dtype, fit, got "model"',
    ],
    [
      'what is no store',
      { store: {} as never },
      'sweep.store: expected a CheckpointStore such as folderStore(path) of bptt/node, got an object',
    ],
  ];
  it.each(refused)('%s', async (_, more, message) => {
    await expect(sweep(options(more))).rejects.toThrow(message);
  });
});

describe('sweep', () => {
  it('has the bits of training in this thread in a worker', async () => {
    const outcome = outcomeOf(await sweep(options({ trainer: trainInWorker as never, trials: 3 })));
    expect(outcome.results).toEqual(whole.results.slice(0, 3));
  });
});
