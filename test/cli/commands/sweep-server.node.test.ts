// `bptt sweep` and `bptt worker` over a server: machines that share nothing else.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { hasServer, startServer } from '../../support/servers.js';

const cli = join(import.meta.dirname, '../../../build/cli.js');
const content = {
  text: ['text.txt'],
  trials: 4,
  space: { units: { kind: 'int', min: 3, max: 9 } },
  trial: {
    layers: [
      { kind: 'tokens', size: { parameter: 'vocabulary' } },
      { kind: 'gru', units: { parameter: 'units' } },
      { kind: 'dense', units: { parameter: 'vocabulary' } },
    ],
    fit: { loss: 'cross-entropy', batch: 4, truncation: { k1: 10, k2: 10 }, steps: 20, validateEvery: 10 },
  },
};

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bptt-sweep-server-'));
  await writeFile(join(folder, 'text.txt'), 'The whale, the whale! Up helm, up helm!\n'.repeat(20));
  await writeFile(join(folder, 'sweep.json'), JSON.stringify(content));
});
afterAll(() => rm(folder, { recursive: true }));

interface Run {
  readonly child: ChildProcess;
  readonly text: () => string;
  readonly ended: Promise<number | null>;
}

function bptt(...args: readonly string[]): Run {
  const child = spawn(process.execPath, [cli, ...args], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      text += chunk;
    });
  }
  return { child, text: () => text, ended: once(child, 'close').then(([code]) => code) };
}

describe.skipIf(!hasServer('redis'))('bptt sweep --redis', () => {
  let server: Awaited<ReturnType<typeof startServer>>;
  beforeAll(async () => {
    server = await startServer('redis');
  });
  afterAll(() => server?.close());

  it('ends with the winner and the bytes of one machine, though all trials ran in `bptt worker`', async () => {
    const alone = bptt('sweep', 'sweep.json', '--out', 'alone.safetensors');
    expect(await alone.ended, alone.text()).toBe(0);
    const worker = bptt('worker', '--redis', server.url);
    const shared = bptt('sweep', 'sweep.json', '--redis', server.url, '--workers', '0', '--out', 'shared.safetensors');
    expect(await shared.ended, shared.text() + worker.text()).toBe(0);
    expect(await readFile(join(folder, 'shared.safetensors'))).toEqual(
      await readFile(join(folder, 'alone.safetensors')),
    );
    const lastLine = (text: string) =>
      text
        .trim()
        .split('\n')
        .at(-1)!
        .replace(/\w+\.safetensors/, 'FILE');
    expect(lastLine(shared.text())).toBe(lastLine(alone.text()));
    expect(worker.text().match(/^sweep sweep, trial \d: complete$/gm)).toHaveLength(4);
    worker.child.kill('SIGINT');
    expect(await worker.ended).toBe(130);
    // It is there now: another of the name is refused, or gone on with, by which nothing is left to do.
    const again = bptt('sweep', 'sweep.json', '--redis', server.url);
    expect(await again.ended).toBe(1);
    expect(again.text()).toContain(
      'sweep sweep at --redis: expected no sweep there, got one: --resume goes on with it, --name names another',
    );
    const resumed = bptt('sweep', 'sweep.json', '--redis', server.url, '--resume', '--workers', '0');
    expect(await resumed.ended, resumed.text()).toBe(0);
    // Another text under the same name.
    await writeFile(join(folder, 'text.txt'), 'Thar she blows! '.repeat(50));
    const other = bptt('sweep', 'sweep.json', '--redis', server.url, '--resume');
    expect(await other.ended).toBe(1);
    expect(other.text()).toContain('as in the sweep that is in the store');
  });
});

const refused: readonly (readonly [readonly string[], string])[] = [
  [['worker'], 'worker: expected --redis URL or --postgres URL, got neither'],
  [['worker', '--redis', 'redis://127.0.0.1:1'], '--redis: expected an answer from redis://127.0.0.1:1, got '],
  [['worker', '--postgres', 'redis://127.0.0.1:1'], '--postgres: expected postgres://…, got redis://127.0.0.1:1'],
  [['worker', '--redis', 'localhost'], '--redis: expected a URL such as redis://localhost:6379'],
  [['sweep', 'sweep.json', '--name', 'x'], '--name: expected a server beside it, --redis or --postgres, got none'],
  [['sweep', 'sweep.json', '--workers', '0'], '--workers: expected a server beside 0, --redis or --postgres, got none'],
  [
    ['sweep', 'sweep.json', '--redis', 'redis://127.0.0.1:1', '--postgres', 'postgres://127.0.0.1:1/x'],
    '--redis: expected one server, got --postgres beside it',
  ],
];
it.each(refused)('bptt %j is refused', async (args, message) => {
  const { ended, text } = bptt(...args);
  expect(await ended).toBe(1);
  expect(text()).toContain(message);
  expect(text().trim().split('\n')).toHaveLength(1);
});
