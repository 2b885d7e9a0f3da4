// @ts-check
// Servers for one test: on a free port of loopback, with a folder of their own, ended with it.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import pg from 'pg';
import { findEngine, installCommand } from '../truth/engines/engines.js';
import { servers } from '../truth/engines/servers.js';

/**
 * @typedef {'redis' | 'postgres'} ServerKind
 *
 * @typedef {object} TestServer
 * @property {string} url
 * @property {() => Promise<void>} restart ends it, and begins it again with what it had kept, on the same port
 * @property {() => Promise<void>} close
 */

/** Milliseconds in which it answers for the first time, on however busy a machine. */
const PATIENCE = 300_000;

/** @param {ServerKind} kind */
const serverOf = (kind) =>
  /** @type {import('../truth/engines/engines.js').Engine} */ (servers.find(({ id }) => id === kind));

/** Whether it is on this machine. With CI=true it has to be. @param {ServerKind} kind */
export function hasServer(kind) {
  const server = serverOf(kind);
  const there = findEngine(server) !== undefined;
  if (!there) console.warn(`${server.name} is missing. Run: ${installCommand(server)}`);
  return there || process.env.CI === 'true';
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  server.close();
  return port;
}

/** Waits until it answers. @param {import('node:child_process').ChildProcess} child @param {() => Promise<unknown>} ask */
async function untilReady(child, ask) {
  const begin = Date.now();
  let output = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream?.on('data', (chunk) => {
      output += chunk;
    });
  }
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (child.exitCode !== null || Date.now() - begin > PATIENCE) throw new Error(`${error}: ${output}`);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
}

/** @param {string} url */
async function askRedis(url) {
  const client = new Redis(url, { lazyConnect: true, retryStrategy: () => null, maxRetriesPerRequest: 0 });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.ping();
  } finally {
    client.disconnect();
  }
}

/** @param {string} url */
async function askPostgres(url) {
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** PostgreSQL refuses to run as root: then it runs as the user that Debian makes for it. */
function postgresUser() {
  if (process.getuid?.() !== 0) return undefined;
  const id = (/** @type {string} */ flag) => Number(spawnSync('id', [flag, 'postgres'], { encoding: 'utf8' }).stdout);
  return { uid: id('-u'), gid: id('-g') };
}

/** @param {ServerKind} kind @returns {Promise<TestServer>} */
export async function startServer(kind) {
  const folder = mkdtempSync(join(tmpdir(), `bptt-${kind}-`));
  const port = String(await freePort());
  const program = findEngine(serverOf(kind))?.program ?? kind;
  const user = kind === 'postgres' ? postgresUser() : undefined;
  if (user) chownSync(folder, user.uid, user.gid);
  const url = kind === 'redis' ? `redis://127.0.0.1:${port}` : `postgres://bptt@127.0.0.1:${port}/postgres`;
  const args =
    kind === 'redis'
      ? ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '', '--appendonly', 'yes']
      : ['-D', join(folder, 'data'), '-p', port, '-h', '127.0.0.1', '-k', folder, '-c', 'fsync=off'];
  if (kind === 'postgres') {
    const made = spawnSync(
      join(dirname(program), 'initdb'),
      ['-D', join(folder, 'data'), '-U', 'bptt', '--auth=trust', '--no-sync', '--locale=C', '-E', 'UTF8'],
      { ...user, cwd: folder, encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`initdb: ${made.error ?? made.stderr}`);
  }
  /** @type {import('node:child_process').ChildProcess} */
  let child;
  const begin = async () => {
    child = spawn(program, args, { ...user, cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
    await untilReady(child, () => (kind === 'redis' ? askRedis(url) : askPostgres(url)));
  };
  const end = async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const exited = once(child, 'exit');
    child.kill('SIGINT');
    await exited;
  };
  await begin();
  return {
    url,
    async restart() {
      await end();
      await begin();
    },
    async close() {
      await end();
      await rm(folder, { recursive: true });
    },
  };
}
