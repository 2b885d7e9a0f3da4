// @ts-check
// One process of a sweep over a queue: `node test/endurance/queue-program.js sweep|worker URL NAME`. It prints a line for each event; `sweep` at last
// which trial is the best, and the SHA-256 of the model of each that is complete.
import { Redis } from 'ioredis';
import pg from 'pg';
import { postgresStore, redisStore, sweepQueue, sweepWorker } from '../../build/bullmq.js';
import { data, smallSweep, validation } from './small-sweep.js';

const [role, url = '', name = ''] = process.argv.slice(2);

/** @returns {Promise<{ store: import('../../src/sweep/index.ts').CheckpointStore, end: () => Promise<unknown> }>} */
async function open() {
  if (url.startsWith('redis:')) {
    const client = new Redis(url, { maxRetriesPerRequest: null });
    client.on('error', () => undefined);
    return { store: redisStore(client, name), end: () => client.quit() };
  }
  const pool = new pg.Pool({ connectionString: url });
  pool.on('error', () => undefined);
  return { store: await postgresStore(pool, name), end: () => pool.end() };
}

const { store, end } = await open();
const say = (/** @type {{ type: string }} */ { type }) => process.stdout.write(`${type}\n`);
if (role === 'sweep') {
  const queue = await sweepQueue({ connection: url, name });
  console.log(await smallSweep(store, { steps: 280, queue, onEvent: say }));
  await queue.close();
  await end();
} else {
  const worker = await sweepWorker({
    connection: url,
    sweeps: () => ({ store, data, validation }),
    lockDuration: 2000,
    onEvent: say,
  });
  process.once('SIGTERM', async () => {
    await worker.close();
    await end();
  });
}
