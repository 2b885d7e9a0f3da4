// @ts-check
/** Valid calls of `bptt/bullmq`. What needs a server is called wrongly in test/bullmq. */

const client = () => ({
  hgetBuffer: async () => null,
  hsetnx: async () => 1,
  hdel: async () => 1,
  hkeys: async () => [],
});
const pool = () => ({ query: async () => ({ rows: [], rowCount: 1 }) });

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const ofQueues = {
  'bullmq.redisStore': [() => ({ args: [client(), 'widths'] })],
  'bullmq.postgresStore': [() => ({ args: [pool(), 'widths'] })],
  'bullmq.sweepQueue': [],
  'bullmq.sweepWorker': [],
  'bullmq.SweepQueue.run': [],
  // Of packages that users bring.
  'bullmq.RedisClient.hgetBuffer': [],
  'bullmq.RedisClient.hsetnx': [],
  'bullmq.RedisClient.hdel': [],
  'bullmq.RedisClient.hkeys': [],
  'bullmq.PostgresPool.query': [],
};
