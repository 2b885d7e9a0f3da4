// The command line as a process, for the tests: the one that was built, run in a directory that goes away.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect } from 'vitest';
import { isStale } from '../../scripts/stale.js';

export const root = join(import.meta.dirname, '../..');
const program = join(root, 'build/cli.js');
let directory = '';

beforeAll(async () => {
  if (isStale()) throw new Error('build/ is missing or older than what it is made from. Run: npm run build');
  directory = await mkdtemp(join(tmpdir(), 'bptt-cli-'));
  await writeFile(at('verse.txt'), verse);
});

afterAll(async () => {
  if (directory !== '') await rm(directory, { recursive: true });
});

/** A path in the directory in which the commands run. */
export const at = (name: string) => join(directory, name);

/** The content of `verse.txt`: 1680 characters, 16 different. */
export const verse = 'The whale, the whale! 🐋 Up helm, up helm!\n'.repeat(40);

/** Flags of a network that learns little and fast. */
export const small = [
  ...['--cell', 'elman', '--hidden', '8', '--embedding', '0', '--dropout', '0', '--recurrent-dropout', '0'],
  ...['--batch', '4', '--k1', '10', '--length', '20', '--average', '0'],
];

/** Starts the program; `stdout` is where its standard output goes, by default a pipe, `stdin` what it reads, by default nothing. */
export function start(
  args: readonly string[],
  stdout: 'pipe' | number = 'pipe',
  stdin: 'ignore' | 'pipe' = 'ignore',
): ChildProcess {
  return spawn(process.execPath, [program, ...args], {
    cwd: directory,
    stdio: [stdin, stdout, 'pipe'],
  });
}

export interface Outcome {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Waits for the end. */
export async function finish(child: ChildProcess): Promise<Outcome> {
  const read = async (stream: NodeJS.ReadableStream | null) => {
    let text = '';
    stream?.setEncoding('utf8').on('data', (part: string) => {
      text += part;
    });
    return () => text;
  };
  const [stdout, stderr] = [await read(child.stdout), await read(child.stderr)];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

export const run = (...args: readonly string[]) => finish(start(args));

/** Exit code 1, nothing on standard output, one line without a stack on standard error, which it returns. */
export function expectFailure({ code, stdout, stderr }: Outcome): string {
  expect(stderr).toMatch(/^bptt: [^\n]+\n$/);
  expect(stderr).not.toMatch(/\bat .*:\d+:\d+/);
  expect(stdout).toBe('');
  expect(code).toBe(1);
  return stderr.slice('bptt: '.length, -1);
}

export type Event = { readonly type: string } & Readonly<Record<string, unknown>>;

/** Standard output that has one JSON value a line and nothing else. */
export function events({ stdout, stderr, code }: Outcome): readonly Event[] {
  expect(stderr).toBe('');
  expect(code).toBe(0);
  expect(stdout.endsWith('\n')).toBe(true);
  return stdout
    .slice(0, -1)
    .split('\n')
    .map((line) => JSON.parse(line));
}
