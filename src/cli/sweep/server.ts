// The server over which machines share a sweep: `--redis URL` or `--postgres URL`.
import { BpttError } from '../../base/errors.ts';
import { string } from '../../base/fields.ts';
import type { SweepWorkerEvent } from '../../bullmq/index.ts';
import type { CheckpointStore } from '../../sweep/index.ts';
import { flag, type Values } from '../flags/flags.ts';

export const serverFlags = {
  redis: flag('Redis server over which machines share the trials, as redis://localhost:6379', string, undefined, 'url'),
  postgres: flag('PostgreSQL server in its place, as postgres://me@localhost/sweeps', string, undefined, 'url'),
};

export interface SweepServer {
  readonly url: string;
  /** The flag that named it. */
  readonly flag: string;
  readonly bullmq: typeof import('../../bullmq/index.ts');
  /** Where the sweep of that name is kept. */
  store(name: string): Promise<CheckpointStore>;
  /** Ends the connections. */
  close(): Promise<unknown>;
}

/**
 * The server that the flags name; undefined where they name none.
 *
 * @throws BpttError for two servers, one that does not answer, and packages that are not installed.
 */
export async function connect({ redis, postgres }: Values<typeof serverFlags>): Promise<SweepServer | undefined> {
  if (redis !== undefined && postgres !== undefined) {
    throw new BpttError('invalid-argument', '--redis: expected one server, got --postgres beside it');
  }
  if (redis !== undefined) return onRedis(redis);
  return postgres === undefined ? undefined : onPostgres(postgres);
}

/** What is said of a server with which something is wrong that passes. */
export function troubleOf({ type, reason }: Extract<SweepWorkerEvent, { type: 'disconnected' | 'full' }>): string {
  const what = type === 'full' ? 'is full: make room, or raise its limit' : 'is away';
  return `bptt: the server ${what} (${reason}); it is tried again`;
}

async function onRedis(url: string): Promise<SweepServer> {
  const flag = '--redis';
  const { bullmq, Redis } = await installed(flag, 'ioredis', async () => {
    return { bullmq: await reached(flag, 'redis', url), Redis: (await import('ioredis')).Redis };
  });
  // What is asked for while the server is away is answered when it is back.
  const client = new Redis(url, { maxRetriesPerRequest: null });
  client.on('error', () => undefined);
  return { url, flag, bullmq, store: async (name) => bullmq.redisStore(client, name), close: () => client.quit() };
}

async function onPostgres(url: string): Promise<SweepServer> {
  const flag = '--postgres';
  const { bullmq, Pool } = await installed(flag, 'pg', async () => {
    return { bullmq: await reached(flag, 'postgres', url), Pool: (await import('pg')).default.Pool };
  });
  const pool = new Pool({ connectionString: url });
  pool.on('error', () => undefined);
  return { url, flag, bullmq, store: (name) => bullmq.postgresStore(pool, name), close: () => pool.end() };
}

/** `bptt/bullmq`, once the server has answered. */
async function reached(flag: string, kind: 'redis' | 'postgres', url: string): Promise<SweepServer['bullmq']> {
  const { reach, server } = await import('../../bullmq/connection.ts');
  const named = server.check(flag, url);
  if (named.kind !== kind) throw new BpttError('invalid-argument', `${flag}: expected ${kind}://…, got ${named.name}`);
  await reach(flag, named);
  return import('../../bullmq/index.ts');
}

/** What a package gives that is not one of this package's own. */
async function installed<T>(flag: string, driver: string, load: () => Promise<T>): Promise<T> {
  try {
    return await load();
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ERR_MODULE_NOT_FOUND') throw cause;
    const message = `${flag}: expected the packages bullmq and ${driver}, got ${(cause as Error).message}; run: npm install bullmq ${driver}`;
    throw new BpttError('unsupported-engine', message, { cause });
  }
}
