// The widest instructions that this engine has, turned on where a test on this very machine gave the same bits with them as without.
import { execFile } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { arch, cpus, homedir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import packageJson from '../../../package.json' with { type: 'json' };
import { boolean, object, string } from '../../base/fields.ts';
import { parseJson } from '../../base/parse-json.ts';
import { writeFileAtomic } from '../../node/atomic-file.ts';
import { otherEngine, revectorize } from '../../node/revectorize.ts';

/** What the test found: that the bits are the same, or why the wide instructions stay off. */
interface Tested {
  readonly same: boolean;
  readonly words: string;
}

/** The test takes less than two seconds; an engine that hangs is not waited for. */
const PATIENCE = 60_000;

/**
 * Turns on V8's 256-bit instructions (see `revectorize`) before a first model is made, where the test passes. It runs once for a version of this
 * package and of Node on a processor: the outcome is kept in the user's folder of caches.
 *
 * @returns What the command computes with, and why, in words.
 */
export async function useWidest(): Promise<string> {
  const other = otherEngine();
  if (other !== undefined) return `128-bit instructions: ${other} has no wider ones (Node 24 and later have)`;
  const { same, words } = await tested();
  if (!same) return `128-bit instructions: ${words}`;
  revectorize();
  return `256-bit instructions: ${words}`;
}

/** What is kept of a test, else what the test finds now. */
async function tested(): Promise<Tested> {
  const key = [packageJson.version, process.version, process.versions.v8, arch(), cpus()[0]?.model ?? ''].join(' ');
  const folder = cacheFolder();
  const path = join(folder, `wide-${packageJson.version}-${process.version}-${arch()}.json`);
  const kept = await readFile(path, 'utf8').then(parse, () => undefined);
  if (kept?.key === key) return kept;
  const found = await test();
  try {
    await mkdir(folder, { recursive: true });
    await writeFileAtomic(path, new TextEncoder().encode(JSON.stringify({ key, ...found })));
  } catch (error) {
    return { ...found, words: `${found.words}; it will be tested again: ${(error as Error).message}` };
  }
  return found;
}

const record = object({ key: string, same: boolean, words: string });

/** The record of a test; none where it is damaged, so that the test runs again. */
function parse(text: string): (Tested & { readonly key: string }) | undefined {
  try {
    return record.check('record', parseJson(text));
  } catch {
    return undefined;
  }
}

/** Runs the test with and without the wide instructions, each in a process of its own. */
async function test(): Promise<Tested> {
  const program = fileURLToPath(new URL('./wide-test.js', import.meta.url));
  const run = async (...words: readonly string[]) =>
    (await promisify(execFile)(process.execPath, [program, ...words], { timeout: PATIENCE })).stdout;
  try {
    const [narrow, wide] = await Promise.all([run(), run('wide')]);
    const same = narrow === wide && narrow !== '';
    return { same, words: same ? 'a test gave the same bits' : 'a test of wider ones gave other bits' };
  } catch (error) {
    return { same: false, words: `a test of wider ones failed: ${(error as Error).message.split('\n')[0]}` };
  }
}

/** Where this user's programs keep what they can find out again. */
function cacheFolder(): string {
  const { XDG_CACHE_HOME, LOCALAPPDATA } = process.env;
  return join(XDG_CACHE_HOME || LOCALAPPDATA || join(homedir(), '.cache'), 'bptt');
}
