// `import { sweepQueue, sweepWorker, redisStore } from 'bptt/bullmq'`: sweeps on many machines, over a queue on Redis or PostgreSQL.
// It needs the packages bullmq, and ioredis or pg.

export type { QueueConnection } from './connection.ts';
export { type PostgresPool, postgresStore, type RedisClient, redisStore } from './stores.ts';
export { type SweepQueue, type SweepQueueOptions, sweepQueue } from './sweep-queue.ts';
export { type SweepWorker, type SweepWorkerEvent, type SweepWorkerOptions, sweepWorker } from './sweep-worker.ts';
