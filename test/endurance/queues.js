// @ts-check
/**
 * Kills the processes of sweeps over a queue, lets them stand still, ends the server, and leaves it no room, and looks whether each sweep ends as one that was never
 * killed: `node test/endurance/queues.js [--server redis|postgres] [--kills 100] [--zombies 10] [--restarts 5] [--full 5]
 * [--workers 3] [--node PATH,PATH] [--seed 1]` (`npm run build` first). Of several Nodes each process has the next; --full is of Redis.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Redis } from 'ioredis';
import { memoryStore } from '../../build/sweep.js';
import { startServer } from '../support/servers.js';
import { smallSweep } from './small-sweep.js';

const { values } = parseArgs({
  options: {
    server: { type: 'string', default: 'redis' },
    kills: { type: 'string', default: '100' },
    zombies: { type: 'string', default: '10' },
    restarts: { type: 'string', default: '5' },
    full: { type: 'string', default: '0' },
    workers: { type: 'string', default: '3' },
    node: { type: 'string', default: process.execPath },
    seed: { type: 'string', default: '1' },
  },
});
const program = fileURLToPath(new URL('queue-program.js', import.meta.url));
const nodes = values.node.split(',');
const [wantedKills, wantedZombies, wantedRestarts, wantedFull, workers] = [
  values.kills,
  values.zombies,
  values.restarts,
  values.full,
  values.workers,
].map(Number);

let state = Number(values.seed);
/** A whole number from 0 to `below` - 1. @param {number} below */
function random(below) {
  state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
  return Math.floor((state / 2 ** 32) * below);
}

let started = 0;
/** @param {string} role @param {string} name */
function begin(role, name) {
  const node = nodes[started++ % nodes.length] ?? process.execPath;
  const child = spawn(node, [program, role, server.url, name], { stdio: ['ignore', 'pipe', 'pipe'] });
  const process_ = { child, closed: once(child, 'close'), last: '', errors: '', /** @type {() => void} */ heard() {} };
  child.stderr.on('data', (chunk) => {
    process_.errors += chunk;
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    process_.last = line;
    process_.heard();
  });
  return process_;
}

/** @type {string[]} */
const faults = [];
const counts = { kills: 0, zombies: 0, restarts: 0, full: 0, sweeps: 0 };
const whole = await smallSweep(memoryStore(), { steps: 280 });
const server = await startServer(/** @type {'redis' | 'postgres'} */ (values.server));

/** Is anything left to be done to them? */
const goesOn = () =>
  counts.kills < wantedKills ||
  counts.zombies < wantedZombies ||
  counts.restarts < wantedRestarts ||
  counts.full < wantedFull;

/** Leaves Redis no room for longer than a lock lasts, and than a job would be tried again and again; then room again. */
async function fill() {
  const client = new Redis(server.url);
  // Where the server is ended meanwhile.
  client.on('error', () => undefined);
  // `noeviction` is its default: what is there stays, and writes are refused.
  await client.config('RESETSTAT');
  await client.config('SET', 'maxmemory', '1');
  await sleep(8000);
  const refused = /errorstat_OOM:count=(\d+)/.exec(await client.info('errorstats'))?.[1] ?? 0;
  await client.config('SET', 'maxmemory', '0');
  client.disconnect();
  if (Number(refused) > 0) counts.full++;
}

/** A process of that role that is killed, or stands still, again and again, until `ended`. @param {string} role @param {string} name @param {() => boolean} ended */
async function keep(role, name, ended) {
  while (!ended()) {
    const running = begin(role, name);
    const finished = running.closed.then(() => true);
    let left = 1 + random(role === 'worker' ? 120 : 30);
    const due = new Promise((resolve) => {
      running.heard = () => --left === 0 && resolve(false);
    });
    if (!(await Promise.race([finished, due, ...(role === 'worker' ? [whenEnded(name)] : [])]))) {
      if (counts.zombies < wantedZombies && random(4) === 0) {
        counts.zombies++;
        running.child.kill('SIGSTOP');
        // Longer than its lock lasts.
        await sleep(4000);
        running.child.kill('SIGCONT');
      } else if (counts.kills < wantedKills) {
        counts.kills++;
        running.child.kill('SIGKILL');
      }
    }
    if (role === 'worker') {
      await Promise.race([finished, whenEnded(name)]);
      running.child.kill('SIGTERM');
    }
    const [code, signal] = await running.closed;
    if (signal === 'SIGKILL') continue;
    // Begun while the server was away: it says so, and is begun again as a supervisor does.
    if (running.errors.includes("code: 'unreachable'")) continue;
    if (code !== 0) faults.push(`${role} ended with ${code ?? signal}: ${running.errors}`);
    if (role === 'sweep') {
      if (code === 0 && running.last !== whole) faults.push(`another end: ${running.last}`);
      return;
    }
  }
}

/** @type {Map<string, { promise: Promise<boolean>, resolve: (ended: boolean) => void }>} */
const ends = new Map();
/** @param {string} name */
const whenEnded = (name) => ends.get(name)?.promise ?? Promise.resolve(true);

try {
  while (goesOn()) {
    const name = `sweep-${counts.sweeps++}`;
    let resolve = (/** @type {boolean} */ _) => {};
    ends.set(name, { promise: new Promise((done) => (resolve = done)), resolve });
    let ended = false;
    const all = Array.from({ length: workers ?? 3 }, () => keep('worker', name, () => ended));
    const restarts =
      counts.restarts < wantedRestarts && random(2) === 0
        ? sleep(500 + random(3000)).then(async () => {
            counts.restarts++;
            await server.restart();
          })
        : undefined;
    const filled = counts.full < wantedFull ? sleep(500 + random(2000)).then(fill) : undefined;
    await keep('sweep', name, () => ended);
    ended = true;
    resolve(true);
    await Promise.all([...all, restarts, filled]);
    for (const fault of faults.splice(0)) {
      console.log(`  ${fault}`);
      process.exitCode = 1;
    }
    console.log(
      `${name}: ${counts.kills} kills, ${counts.zombies} zombies, ${counts.restarts} restarts of the server, ${counts.full} times full`,
    );
  }
} finally {
  await server.close();
}
const { kills, zombies, restarts, full, sweeps } = counts;
console.log(
  `${values.server}: ${kills} SIGKILLs, ${zombies} zombies, ${restarts} restarts of the server, ${full} times without room, ${sweeps} sweeps with ${workers} workers: ${process.exitCode ? 'faults' : '0 faults'}`,
);
