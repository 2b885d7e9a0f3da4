// Sweeps over a queue, on servers that are started here: the same trials, the same winner and the same bytes as in one process.
import { Redis } from 'ioredis';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { postgresStore, redisStore, sweepQueue, sweepWorker } from '../../src/bullmq/index.ts';
import { adam, dense, elman, gru, tokens, train } from '../../src/index.ts';
import {
  type CheckpointStore,
  choice,
  float,
  int,
  median,
  memoryStore,
  type SweepEvent,
  type SweepOptions,
  sweep,
} from '../../src/sweep/index.ts';
import { hasServer, startServer } from '../support/servers.js';

const data = Int32Array.from({ length: 240 }, (_, i) => ((i * i) % 7) % 5);
const validation = data.subarray(0, 60);
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
  validation,
  trials: 9,
  seed: 2,
  pruner: median({ startup: 2 }),
  checkpointEvery: 5,
  ...more,
});

/** What must be the same however a sweep ran. */
const outcomeOf = ({ study, best }: Awaited<ReturnType<typeof sweep>>) => ({
  results: study.results,
  best: best && { number: best.number, digest: best.digest },
});

/** Node 20 has no Promise.withResolvers. */
function resolvers() {
  let resolve!: () => void;
  let reject!: (error: unknown) => void;
  const promise = new Promise<void>((...both) => {
    [resolve, reject] = both;
  });
  return { promise, resolve, reject };
}

let whole: ReturnType<typeof outcomeOf>;
beforeAll(async () => {
  whole = outcomeOf(await sweep(options()));
});

for (const kind of ['redis', 'postgres'] as const) {
  describe.skipIf(!hasServer(kind))(`a queue on ${kind}`, () => {
    let server: Awaited<ReturnType<typeof startServer>>;
    let redis: Redis | undefined;
    let pool: pg.Pool | undefined;
    const open: { close(): Promise<void> }[] = [];

    beforeAll(async () => {
      server = await startServer(kind);
      if (kind === 'redis') redis = new Redis(server.url);
      else pool = new pg.Pool({ connectionString: server.url });
      // A server that is ended ends its connections.
      redis?.on('error', () => undefined);
      pool?.on('error', () => undefined);
    });
    afterEach(async () => {
      await Promise.all(open.splice(0).map((each) => each.close()));
    });
    afterAll(async () => {
      redis?.disconnect();
      await pool?.end();
      await server?.close();
    });

    const storeOf = async (name: string): Promise<CheckpointStore> =>
      redis ? redisStore(redis, name) : postgresStore(pool!, name);
    const closing = <T extends { close(): Promise<void> }>(each: T): T => {
      open.push(each);
      return each;
    };
    const queueOf = async (name: string, more = {}) =>
      closing(await sweepQueue({ connection: server.url, name, queue: `queue-${name}`, ...more }));
    const workerOf = async (name: string, more: Partial<Parameters<typeof sweepWorker>[0]> = {}) =>
      closing(
        await sweepWorker({
          connection: server.url,
          queue: `queue-${name}`,
          sweeps: async () => ({ store: await storeOf(name), data, validation, trainer: train }),
          lockDuration: 1000,
          ...more,
        }),
      );

    it('is a store that writes once', async () => {
      const store = await storeOf('store');
      const other = await storeOf('other');
      const bytes = Uint8Array.of(0, 255, 10, 13, 128);
      expect(await store.read('a/b')).toBeUndefined();
      expect(await store.add('a/b', bytes)).toBe(true);
      expect(await store.add('a/b', Uint8Array.of(1))).toBe(false);
      expect(await store.add('a%', new Uint8Array(0))).toBe(true);
      expect(await store.read('a/b')).toEqual(bytes);
      expect(await store.read('a%')).toEqual(new Uint8Array(0));
      expect([...(await store.keys('a'))].sort()).toEqual(['a%', 'a/b']);
      expect(await store.keys('a/')).toEqual(['a/b']);
      expect(await other.keys('')).toEqual([]);
      await store.remove('a/b');
      await store.remove('a/b');
      expect(await store.keys('')).toEqual(['a%']);
      const all = await Promise.all(Array.from({ length: 8 }, (_, i) => store.add('once', Uint8Array.of(i))));
      expect(all.filter(Boolean)).toHaveLength(1);
      expect(await store.read('once')).toEqual(Uint8Array.of(all.indexOf(true)));
    });

    it('has the trials of one process, from two workers', async () => {
      const worked = [0, 0];
      for (const which of [0, 1]) {
        await workerOf('two', { onEvent: ({ type }) => void (type === 'end' && worked[which]!++) });
      }
      const events: SweepEvent['type'][] = [];
      const onEvent = ({ type }: SweepEvent) => void events.push(type);
      const result = await sweep(options({ store: await storeOf('two'), queue: await queueOf('two'), onEvent }));
      expect(outcomeOf(result)).toEqual(whole);
      expect(worked[0]! + worked[1]!).toBe(9);
      expect(Math.min(...worked)).toBeGreaterThan(0);
      expect(events).toContain('progress');
      // All is there, so that it needs neither queue nor workers.
      expect(outcomeOf(await sweep(options({ store: await storeOf('two') })))).toEqual(whole);
    });

    // Not skipped for PostgreSQL: a skipped test counts as one that is missing.
    if (kind === 'redis') {
      it('waits while the server is full, and says so', async () => {
        const events = new Set<string>();
        let room: ReturnType<typeof setTimeout> | undefined;
        await workerOf('full', {
          onEvent({ type }) {
            events.add(type);
            // Longer than a lock lasts, from the middle of a trial on.
            if (type === 'training' && room === undefined) {
              room = setTimeout(() => redis!.config('SET', 'maxmemory', '0'), 3000);
              return redis!.config('SET', 'maxmemory', '1');
            }
            return undefined;
          },
        });
        const result = await sweep(options({ store: await storeOf('full'), queue: await queueOf('full') }));
        expect(outcomeOf(result)).toEqual(whole);
        expect(events).toContain('full');
        expect(events).not.toContain('failed');
      });
    }

    it('goes on where a worker was closed in the middle of a trial', async () => {
      const store = await storeOf('closed');
      const begun = resolvers();
      const first = await workerOf('closed', {
        onEvent: (event) => void (event.type === 'training' && event.event.type === 'checkpoint' && begun.resolve()),
      });
      const swept = sweep(options({ store, queue: await queueOf('closed') }));
      await begun.promise;
      await first.close();
      await workerOf('closed');
      expect(outcomeOf(await swept)).toEqual(whole);
    });

    it('goes on where the sweep was aborted, and takes back what nobody has begun', async () => {
      const store = await storeOf('aborted');
      const control = new AbortController();
      const queue = await queueOf('aborted');
      const onEvent = ({ type }: SweepEvent) => type === 'begin' && setTimeout(() => control.abort(), 100);
      const { reason } = await sweep(options({ store, queue, signal: control.signal, onEvent }));
      expect(reason).toBe('aborted');
      expect(await queue.bullmq.getJobCountByTypes('waiting', 'active', 'prioritized', 'delayed')).toBe(0);
      await workerOf('aborted');
      expect(outcomeOf(await sweep(options({ store, queue })))).toEqual(whole);
    });

    // PostgreSQL's clients take 20 s to come back: test/endurance/queues.js does that.
    if (kind === 'redis')
      it('goes on where the server was away', async () => {
        const store = await storeOf('away');
        let left = 3;
        const restarted = resolvers();
        await workerOf('away', {
          onEvent: ({ type }) => {
            if (type !== 'end' || --left !== 0) return;
            server.restart().then(restarted.resolve, restarted.reject);
          },
        });
        // A store that tries again, as one does with a server that may be away.
        const patient = <T>(ask: () => Promise<T>): Promise<T> =>
          ask().catch(async () => {
            await restarted.promise;
            return ask();
          });
        const again: CheckpointStore = {
          read: (key) => patient(() => store.read(key)),
          add: (key, bytes) => patient(() => store.add(key, bytes)),
          remove: (key) => patient(() => store.remove(key)),
          keys: (prefix) => patient(() => store.keys(prefix)),
        };
        expect(outcomeOf(await sweep(options({ store: again, queue: await queueOf('away') })))).toEqual(whole);
      });

    it('tells the sweep why a trial failed: other data, another sweep in the store', async () => {
      const store = await storeOf('wrong');
      const worker = await workerOf('wrong', {
        sweeps: () => ({ store, data: data.subarray(1), validation, trainer: train }),
      });
      await expect(sweep(options({ store, queue: await queueOf('wrong') }))).rejects.toThrow(
        /^sweep, trial \d .*: sweepQueue: expected the trial to end, got sweep wrong, training: expected what the sweep has, "add5\w+…", got "4bee\w+…"$/,
      );
      await worker.close();
      await workerOf('wrong', { sweeps: () => ({ store: memoryStore(), data, validation, trainer: train }) });
      await expect(sweep(options({ store, queue: await queueOf('wrong') }))).rejects.toThrow(
        /queued trial, sweep: expected that of the store, none, got "/,
      );
    });

    it('tries again what failed for a while', async () => {
      const store = await storeOf('again');
      let broken = 2;
      await workerOf('again', {
        sweeps: () => {
          if (broken-- > 0) throw new Error('the disk is full');
          return { store, data, validation, trainer: train };
        },
      });
      expect(outcomeOf(await sweep(options({ store, queue: await queueOf('again') })))).toEqual(whole);
    });

    it('refuses jobs that are none, and runs nothing of them', async () => {
      const failed: string[] = [];
      let asked = 0;
      await workerOf('stranger', {
        sweeps: () => {
          asked++;
          throw new Error('asked');
        },
        onEvent: (event) => void (event.type === 'failed' && failed.push(event.reason)),
      });
      const { bullmq } = await queueOf('stranger');
      const job = { format: 1, name: 'x', sweep: 'y', number: 0, checkpointEvery: 5 };
      const wrong: unknown[] = [
        ...[null, [], 'x', {}, { ...job, format: 2 }, { ...job, number: -1 }, { ...job, name: '../x' }],
        ...[
          { ...job, checkpointEvery: 0 },
          { ...job, script: 'rm -rf /' },
          { ...job, sweep: { toString: 1 } },
        ],
      ];
      for (const each of wrong) await bullmq.add('trial', each, { attempts: 5 });
      await expect.poll(() => failed.length).toBe(wrong.length);
      expect(failed.every((reason) => /^job(\.\w+)?: expected /.test(reason))).toBe(true);
      expect(asked).toBe(0);
    });
  });
}

describe.each([
  ['sweepQueue', sweepQueue, { connection: 'redis://127.0.0.1:1', name: 'x' }],
  ['sweepWorker', sweepWorker, { connection: 'redis://127.0.0.1:1', sweeps: () => ({}) }],
] as const)('%s', (name, call, right) => {
  const wrong: readonly (readonly [string, unknown])[] = [
    ...['', [], {}, 'a b', 0].map((value) => ['queue', value] as const),
    ...[0, -1, 1.5, '2', Number.NaN].map((value) => ['trials', value] as const),
    ...['http://127.0.0.1', 0, null, [], 'redis'].map((value) => ['connection', value] as const),
    ...(name === 'sweepQueue'
      ? ['', 'a b', '../x', 7, undefined].map((value) => ['name', value] as const)
      : [['sweeps', {}] as const, ['lockDuration', 10] as const, ['onEvent', 1] as const]),
    ['trails', 1],
  ];
  it.each(wrong)('refuses %s %o, and asks no server', async (option, value) => {
    const error = await (call as (options: unknown) => Promise<unknown>)({ ...right, [option]: value }).catch(
      (reason: unknown) => reason,
    );
    expect(error).toMatchObject({
      name: 'BpttError',
      code: expect.stringMatching(/^(invalid-argument|unknown-option)$/),
    });
    expect(String(error)).toContain(option);
  });
});

it('says which server cannot be reached', async () => {
  const sweeps = () => ({ store: memoryStore(), data, validation });
  for (const url of ['redis://127.0.0.1:1', 'postgres://127.0.0.1:1/x']) {
    const queue = sweepQueue({ connection: url, name: 'x' });
    await expect(queue).rejects.toThrow(
      `sweepQueue.connection: expected an answer from ${url.replace('/x', '')}, got `,
    );
    await expect(sweepWorker({ connection: url, sweeps })).rejects.toMatchObject({ code: 'unreachable' });
  }
  await expect(sweepQueue({ connection: 'http://127.0.0.1', name: 'x' })).rejects.toThrow(
    'sweepQueue.connection: expected a URL such as redis://localhost:6379',
  );
  await expect(sweepQueue({ connection: 'redis://127.0.0.1:1', name: 'a b' })).rejects.toThrow(
    'sweepQueue.name: expected at most 100 letters',
  );
});
