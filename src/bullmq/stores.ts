// Where sweeps are kept when there is no folder that all machines see: a hash of Redis, a table of PostgreSQL.
import { checkBytes, checkString, isCallable } from '../base/check.ts';
import { such } from '../base/fields.ts';
import type { CheckpointStore } from '../sweep/index.ts';
import { whenRoom } from './room.ts';
import { sweepName } from './trial-job.ts';

/** What of a client of ioredis is used. */
export interface RedisClient {
  /** The value of a field, or null. */
  hgetBuffer(key: string, field: string): Promise<Buffer | null>;
  /** Sets a field unless it is there: 1 where it was set. */
  hsetnx(key: string, field: string, value: Buffer): Promise<number>;
  /** Removes a field. */
  hdel(key: string, field: string): Promise<number>;
  /** The names of all fields. */
  hkeys(key: string): Promise<string[]>;
}

const redisClient = such<RedisClient>('a client of ioredis', (client) =>
  [client?.hgetBuffer, client?.hsetnx, client?.hdel, client?.hkeys].every(isCallable),
);

/**
 * A store of checkpoints in Redis: one hash for each sweep, `bptt:NAME`. The server must not throw keys away when it is full (`maxmemory-policy
 * noeviction`), and should keep what it has on its disk (`appendonly yes`). While it is full, what is to be added waits for room.
 *
 * @example
 * const client = new Redis('redis://localhost:6379');
 * const store = redisStore(client, 'widths');
 *
 * @throws BpttError for what is no client or no name.
 */
export function redisStore(client: RedisClient, name: string): CheckpointStore {
  const redis = redisClient.check('redisStore(client)', client);
  const hash = `bptt:${sweepName.check('redisStore(name)', name)}`;
  return {
    async read(key) {
      const bytes = await redis.hgetBuffer(hash, checkString('CheckpointStore.read(key)', key));
      return bytes === null ? undefined : new Uint8Array(bytes);
    },
    async add(key, bytes) {
      checkString('CheckpointStore.add(key)', key);
      const { buffer, byteOffset, length } = checkBytes('CheckpointStore.add(bytes)', bytes);
      const value = Buffer.from(buffer, byteOffset, length);
      return (await whenRoom(() => redis.hsetnx(hash, key, value))) === 1;
    },
    async remove(key) {
      await redis.hdel(hash, checkString('CheckpointStore.remove(key)', key));
    },
    async keys(prefix) {
      checkString('CheckpointStore.keys(prefix)', prefix);
      return (await redis.hkeys(hash)).filter((key) => key.startsWith(prefix));
    },
  };
}

/** What of a pool of pg is used. */
export interface PostgresPool {
  /** Runs a statement with values for $1, $2, … */
  query(text: string, values?: unknown[]): Promise<{ rows: Record<string, unknown>[]; rowCount: number | null }>;
}

const postgresPool = such<PostgresPool>('a pool of pg', (pool) => isCallable(pool?.query));

/** Two that create it at the same time get in each other's way, though both say `if not exists`: one after the other. */
const TABLE = `
  select pg_advisory_lock(7286411);
  create table if not exists bptt_checkpoints (sweep text, key text, bytes bytea not null, primary key (sweep, key));
  select pg_advisory_unlock(7286411);
`;

/**
 * A store of checkpoints in PostgreSQL: a row of the table `bptt_checkpoints` for each, which is made where there is none. While the
 * server's disk is full, what is to be added waits for room.
 *
 * @example
 * const pool = new pg.Pool({ connectionString: 'postgres://me@localhost/sweeps' });
 * const store = await postgresStore(pool, 'widths');
 *
 * @throws BpttError for what is no pool or no name.
 */
export async function postgresStore(pool: PostgresPool, name: string): Promise<CheckpointStore> {
  const postgres = postgresPool.check('postgresStore(pool)', pool);
  const sweep = sweepName.check('postgresStore(name)', name);
  await postgres.query(TABLE);
  return {
    async read(key) {
      const where = 'select bytes from bptt_checkpoints where sweep = $1 and key = $2';
      const { rows } = await postgres.query(where, [sweep, checkString('CheckpointStore.read(key)', key)]);
      return rows[0] && new Uint8Array(rows[0].bytes as Buffer);
    },
    async add(key, bytes) {
      checkString('CheckpointStore.add(key)', key);
      const { buffer, byteOffset, length } = checkBytes('CheckpointStore.add(bytes)', bytes);
      const values = [sweep, key, Buffer.from(buffer, byteOffset, length)];
      const insert = 'insert into bptt_checkpoints values ($1, $2, $3) on conflict do nothing';
      const { rowCount } = await whenRoom(() => postgres.query(insert, values));
      return rowCount === 1;
    },
    async remove(key) {
      checkString('CheckpointStore.remove(key)', key);
      await postgres.query('delete from bptt_checkpoints where sweep = $1 and key = $2', [sweep, key]);
    },
    async keys(prefix) {
      checkString('CheckpointStore.keys(prefix)', prefix);
      const text = 'select key from bptt_checkpoints where sweep = $1 and starts_with(key, $2)';
      return (await postgres.query(text, [sweep, prefix])).rows.map(({ key }) => String(key));
    },
  };
}
