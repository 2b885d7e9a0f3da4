// @ts-check
/**
 * Child processes and temporary folders that never outlive the program that made them: a process is started as the
 * head of a group of its own, so that a browser's helpers end with it, and both are removed when this one exits.
 */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** @type {Set<number>} */
const groups = new Set();
/** @type {Set<string>} */
const folders = new Set();

process.on('exit', () => {
  for (const group of groups) signalGroup(group, 'SIGKILL');
  for (const folder of folders) removeFolder(folder);
});
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP']))
  process.on(signal, () => process.exit(130));

/**
 * @typedef {object} Started
 * @property {import('node:child_process').ChildProcess} child
 * @property {Promise<string>} exited how it ended, in words; also when it could not be started
 * @property {() => Promise<void>} stop ends the whole group: asks, and after two seconds no longer asks
 * @property {() => string} output the last 4000 characters that it wrote to standard output and standard error
 */

/**
 * Starts a process as the head of a new group, with nothing to read on standard input.
 * @param {string} command
 * @param {string[]} args
 * @param {{ cwd?: string, env?: NodeJS.ProcessEnv, pipes?: number }} [options] pipes: further pipes from file descriptor 3 on
 * @returns {Started}
 */
export function start(command, args, { cwd, env, pipes = 0 } = {}) {
  const child = spawn(command, args, {
    cwd,
    env: env ?? process.env,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe', ...Array(pipes).fill('pipe')],
  });
  const group = child.pid;
  if (group !== undefined) groups.add(group);

  let output = '';
  const keep = (/** @type {Buffer} */ chunk) => {
    output = (output + chunk).slice(-4000);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);

  /** @type {Promise<string>} */
  const exited = new Promise((resolve) => {
    child.once('error', (error) => resolve(`could not be started: ${error.message}`));
    child.once('close', (code, signal) => resolve(signal ? `ended by ${signal}` : `ended with exit code ${code}`));
  });

  const stop = async () => {
    if (group === undefined) return;
    signalGroup(group, 'SIGTERM');
    const impatience = setTimeout(() => signalGroup(group, 'SIGKILL'), 2000);
    await exited;
    clearTimeout(impatience);
    signalGroup(group, 'SIGKILL');
    groups.delete(group);
  };
  return { child, exited, stop, output: () => output };
}

/** What `within` throws. */
export class TookTooLong extends Error {}

/**
 * The promise's value, or a TookTooLong that says what did.
 * @template Value
 * @param {Promise<Value>} promise
 * @param {number} milliseconds
 * @param {string} what
 * @returns {Promise<Value>}
 */
export async function within(promise, milliseconds, what) {
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  /** @type {Promise<never>} */
  const late = new Promise((_, reject) => {
    const late = () => reject(new TookTooLong(`${what} took more than ${milliseconds / 1000} s`));
    timer = setTimeout(late, milliseconds);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}

/**
 * Runs `work` with a new empty folder, which is removed afterwards.
 * @template Value
 * @param {(folder: string) => Promise<Value>} work
 * @returns {Promise<Value>}
 */
export async function withFolder(work) {
  const folder = mkdtempSync(join(tmpdir(), 'bptt-'));
  folders.add(folder);
  try {
    return await work(folder);
  } finally {
    removeFolder(folder);
    folders.delete(folder);
  }
}

/** @param {string} folder */
function removeFolder(folder) {
  // A killed browser's helpers may still be writing for a moment.
  rmSync(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
}

/**
 * @param {number} group
 * @param {NodeJS.Signals} signal
 */
function signalGroup(group, signal) {
  try {
    process.kill(-group, signal);
  } catch {
    // The group has ended already.
  }
}
