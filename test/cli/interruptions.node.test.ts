// What stops the command line: signals, readers who go away, full disks.
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { access, open, readFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, test } from 'vitest';
import { at, finish, run, small, start } from '../support/cli-program.ts';

const model = () => at('interrupted.safetensors');
beforeAll(async () => {
  expect((await run('train', at('verse.txt'), ...small, '--steps', '5', '--out', model())).code).toBe(0);
});

/** Starts a long training and resolves when it has made its first steps. */
async function training(out: string): Promise<ChildProcess> {
  const flags = [...small, '--steps', '100000000', '--log-every', '1', '--validate-every', '0', '--json'];
  const child = start(['train', at('verse.txt'), ...flags, '--out', out]);
  for await (const line of createInterface({ input: child.stdout! })) if (line.includes('"step":3')) break;
  return child;
}

test.each([
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)('%s saves what was learned and exits with %i', async (signal, code) => {
  const out = at(`${signal}.safetensors`);
  const child = await training(out);
  const outcome = finish(child);
  child.kill(signal);
  const { code: exit, stdout, stderr } = await outcome;
  expect([exit, stderr]).toEqual([code, '']);
  const last = stdout
    .trimEnd()
    .split('\n')
    .slice(-2)
    .map((line) => JSON.parse(line));
  expect(last).toMatchObject([
    { type: 'saved', path: out },
    { type: 'end', reason: 'aborted' },
  ]);
  expect([...(await run('sample', out, '--length', '10')).stdout]).toHaveLength(11);
});

describe('a training goes on to its end', () => {
  const flags = [...small, '--steps', '60', '--log-every', '1'];

  test('when the reader goes away, and is no error', async () => {
    const out = at('epipe.safetensors');
    const child = start(['train', at('verse.txt'), ...flags, '--out', out]);
    await once(child.stdout!, 'data');
    child.stdout!.destroy();
    const { code, stderr } = await finish(child);
    expect([code, stderr]).toEqual([0, '']);
    await run('train', at('verse.txt'), ...flags, '--out', at('read.safetensors'));
    expect(await readFile(out)).toEqual(await readFile(at('read.safetensors')));
  });

  test.skipIf(process.platform !== 'linux')('on a full disk behind standard output, and says so then', async () => {
    const full = await open('/dev/full', 'w');
    const out = at('full.safetensors');
    const { code, stderr } = await finish(start(['train', at('verse.txt'), ...flags, '--out', out], full.fd));
    await full.close();
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^bptt: standard output: ENOSPC[^\n]*\n$/)]);
    await run('train', at('verse.txt'), ...flags, '--out', at('written.safetensors'));
    expect(await readFile(out)).toEqual(await readFile(at('written.safetensors')));
  });
});

test('a reader who goes away from sample ends it', async () => {
  const child = start(['sample', model(), '--length', '1000000000']);
  await once(child.stdout!, 'data');
  child.stdout!.destroy();
  const { code, stderr } = await finish(child);
  expect([code, stderr]).toEqual([0, '']);
});

test.skipIf(process.platform !== 'linux')('a full disk behind standard output is an error', async () => {
  const full = await open('/dev/full', 'w');
  const child = start(['sample', model()], full.fd);
  const { code, stderr } = await finish(child);
  await full.close();
  expect(stderr).toMatch(/^bptt: standard output: ENOSPC[^\n]*\n$/);
  expect(code).toBe(1);
});

test('SIGINT while the weights of a large model are drawn ends it, and nothing is written', async () => {
  const out = at('large.safetensors');
  const child = start(['train', at('verse.txt'), '--cell', 'lstm', '--hidden', '3000', '--out', out]);
  child.stderr!.once('data', () => child.kill('SIGINT'));
  const { code, stderr } = await finish(child);
  expect(stderr).toMatch(
    /^drawing 36,.* initial weights …\nbptt: stopped before the first update; nothing was written\n$/,
  );
  expect(code).toBe(130);
  await expect(access(out)).rejects.toThrow('ENOENT');
});
