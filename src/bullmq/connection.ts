// Where the queue is: on a Redis or a PostgreSQL server, and which classes of BullMQ speak to it.
import { createPostgresBackend, createRedisBackend, isPgPool, withBackend } from 'bullmq';
import { fail, isPlain, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Field } from '../base/fields.ts';

/** Milliseconds that a server may take to answer for the first time. */
const PATIENCE = 10_000;

/**
 * A server: its URL, `redis://`, `rediss://`, `postgres://` or `postgresql://`; or what BullMQ takes in its place: options or a client of ioredis,
 * or a pool of pg.
 */
export type QueueConnection = string | object;

export interface Server {
  readonly kind: 'redis' | 'postgres';
  /** What BullMQ is given. */
  readonly connection: never;
  /** The URL without its password, for messages. */
  readonly name: string;
  readonly url: string | undefined;
}

/** @returns The server that is meant. Nothing is connected. */
function serverOf(where: string, given: unknown): Server {
  if (typeof given === 'object' && given !== null && !Array.isArray(given)) {
    const postgres = isPgPool(given) || (isPlain(given) && typeof given.connectionString === 'string');
    return { kind: postgres ? 'postgres' : 'redis', connection: given as never, name: where, url: undefined };
  }
  const url = typeof given === 'string' && URL.canParse(given) ? new URL(given) : undefined;
  const kind = { 'redis:': 'redis', 'rediss:': 'redis', 'postgres:': 'postgres', 'postgresql:': 'postgres' } as const;
  const known = url && kind[url.protocol as keyof typeof kind];
  if (known === undefined) {
    fail(where, 'a URL such as redis://localhost:6379 or postgres://user@localhost:5432/name', show(given));
  }
  const connection = known === 'redis' ? { url: given } : { connectionString: given, migrate: true };
  return { kind: known, connection: connection as never, name: `${url!.protocol}//${url!.host}`, url: given as string };
}

export const server: Field<Server> = { check: serverOf };

/** The classes of BullMQ for the server. */
export const classesFor = ({ kind }: Server): ReturnType<typeof withBackend<never, never>> =>
  (kind === 'postgres' ? withBackend(createPostgresBackend) : withBackend(createRedisBackend)) as never;

/**
 * Asks a server whose URL is known for an answer: BullMQ would try to reach it for ever.
 *
 * @throws BpttError `unreachable` with the reason.
 */
export async function reach(where: string, { kind, url, name }: Server): Promise<void> {
  if (url === undefined) return;
  try {
    await (kind === 'redis' ? pingRedis(url) : pingPostgres(url));
  } catch (cause) {
    const reason = reasonOf(cause);
    throw new BpttError('unreachable', `${where}: expected an answer from ${name}, got ${reason}`, { cause });
  }
}

async function pingRedis(url: string): Promise<void> {
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    lazyConnect: true,
    connectTimeout: PATIENCE,
    maxRetriesPerRequest: 0,
    retryStrategy: () => null,
  });
  let reason: unknown;
  client.on('error', (error) => {
    reason = error;
  });
  try {
    await client.connect();
    await client.ping();
  } catch (error) {
    throw reason ?? error;
  } finally {
    client.disconnect();
  }
}

async function pingPostgres(url: string): Promise<void> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: PATIENCE });
  try {
    await client.connect();
    await client.query('select 1');
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** Of several addresses that were tried, an error has a message each. */
function reasonOf(cause: unknown): string {
  const errors = cause instanceof AggregateError ? cause.errors : [cause];
  return errors.map((error) => (error instanceof Error ? error.message : String(error))).join(', ');
}
