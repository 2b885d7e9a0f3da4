// One writer at a time, and no lock that its owner's end leaves for ever.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileLock } from '../../src/node/file-lock.ts';
import { PATIENCE } from '../support/patience.ts';

let directory: string;
let path: string;
let processes: ChildProcess[];

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bptt-lock-'));
  path = join(directory, 'model.safetensors');
  processes = [];
});

afterEach(async () => {
  for (const child of processes) child.kill('SIGKILL');
  await rm(directory, { recursive: true });
});

/** The lock's file, and what it says changed: what another owner would have written. */
async function lockOf(changes: Readonly<Record<string, unknown>>): Promise<string> {
  const lock = await FileLock.take(path);
  const [name] = await readdir(directory);
  const content = await readFile(join(directory, name!), 'utf8');
  await lock.release();
  await writeFile(join(directory, name!), JSON.stringify({ ...JSON.parse(content), id: 'another', ...changes }));
  return join(directory, name!);
}

/** A process that does nothing until it is killed. */
async function idle(): Promise<ChildProcess> {
  const child = spawn(process.execPath, ['-e', 'console.log(); setInterval(() => {}, 1e6)']);
  processes.push(child);
  await once(child.stdout, 'data');
  return child;
}

test('a second writer is refused until the first lets go, and nothing is left', async () => {
  const lock = await FileLock.take(path);
  await lock.check();
  await expect(FileLock.take(path)).rejects.toThrow(
    `${path}: expected no other program that writes it, got process ${process.pid} on `,
  );
  await expect(FileLock.take(join(directory, 'other'))).resolves.toBeDefined();
  await lock.release();
  await (await FileLock.take(path)).release();
});

test('of many that want it at once, one gets it', async () => {
  const results = await Promise.allSettled(Array.from({ length: 8 }, () => FileLock.take(path)));
  expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  expect(await readdir(directory)).toHaveLength(1);
});

describe('of an owner on this machine', () => {
  test('that has ended, it is taken at once', async () => {
    const child = await idle();
    await lockOf({ pid: child.pid, began: null });
    child.kill('SIGKILL');
    await once(child, 'close');
    await (await FileLock.take(path)).check();
  });

  test.runIf(process.platform === 'linux')('whose number another process has by now, it is taken at once', async () => {
    await lockOf({ pid: (await idle()).pid, began: '1' });
    await (await FileLock.take(path)).check();
  });

  test.runIf(process.platform === 'linux')('that lives and stands still, it is not taken', async () => {
    const child = await idle();
    const stat = await readFile(`/proc/${child.pid}/stat`, 'utf8');
    child.kill('SIGSTOP');
    await lockOf({ pid: child.pid, began: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] });
    await expect(FileLock.take(path, { patience: 0 })).rejects.toThrow(`process ${child.pid} on `);
  });
});

describe('of an owner elsewhere', () => {
  test.each([
    ['that does not touch it', { machine: 'elsewhere' }],
    ['of which nothing can be read', undefined],
  ])('%s, it is taken after a while', async (_, changes) => {
    const place = await lockOf(changes ?? {});
    if (changes === undefined) await writeFile(place, '');
    const waits: string[] = [];
    await (await FileLock.take(path, { patience: 30, onWait: (owner) => waits.push(owner) })).check();
    expect(waits).toHaveLength(1);
  });

  test('that touches it, it is not taken', async () => {
    const place = await lockOf({ machine: 'elsewhere', pid: 42, host: 'far' });
    let second = 0;
    const touching = setInterval(() => void utimes(place, ++second, second), 1);
    try {
      await expect(FileLock.take(path, { patience: PATIENCE / 100 })).rejects.toThrow('got process 42 on far');
    } finally {
      clearInterval(touching);
    }
  });

  test('it is touched by the owner again and again', async () => {
    const lock = await FileLock.take(path, { beat: 1 });
    const place = join(directory, (await readdir(directory))[0]!);
    await utimes(place, 1, 1);
    const { stat } = await import('node:fs/promises');
    await expect.poll(async () => (await stat(place)).mtimeMs).toBeGreaterThan(1e6);
    await lock.release();
  });
});

test('an owner that was taken for dead is told, and does not remove the lock of the next', async () => {
  const lock = await FileLock.take(path);
  const place = join(directory, (await readdir(directory))[0]!);
  await writeFile(place, JSON.stringify({ ...JSON.parse(await readFile(place, 'utf8')), id: 'the next' }));
  await expect(lock.check()).rejects.toThrow(`${path}: expected to be its only writer, got another`);
  await lock.release();
  expect(await readdir(directory)).toHaveLength(1);
});
