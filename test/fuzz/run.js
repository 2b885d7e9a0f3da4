// @ts-check
/**
 * Reads damaged files of every format: `node test/fuzz/run.js [FORMAT ...] [--cases 100000] [--first 0]`. Counts exceptions that are not
 * this package's, files that took over a second of the processor, and those for which over four times their bytes were asked for. The same
 * numbers give the same files; faults are written to build/fuzz/, with the case that each was.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { Worker } from 'node:worker_threads';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('../..', import.meta.url));
const folder = `${root}build/fuzz`;
/** Milliseconds without news after which a thread is ended: a second of the processor is long over. */
const PATIENCE = 30_000;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { cases: { type: 'string', default: '100000' }, first: { type: 'string', default: '0' } },
});
mkdirSync(folder, { recursive: true });
const thread = `${folder}/thread.mjs`;
await build({
  entryPoints: [`${root}test/fuzz/thread.ts`],
  outfile: thread,
  bundle: true,
  format: 'esm',
  platform: 'node',
  logLevel: 'error',
  // As the package has it.
  drop: ['console'],
});
const names = positionals.length > 0 ? positionals : /** @type {string[]} */ (await ask({ type: 'names' }));
let faults = 0;
for (const name of names) faults += await fuzz(name, Number(values.first), Number(values.cases));
process.exitCode = faults > 0 ? 1 : 0;

/**
 * @param {string} name
 * @param {number} first
 * @param {number} count
 * @returns {Promise<number>} how many faults
 */
async function fuzz(name, first, count) {
  /** @type {Record<string, number>} */
  const counts = { 'foreign exception': 0, hang: 0, allocation: 0 };
  const report = (/** @type {any} */ { kind, seed, message }) => {
    counts[kind] = (counts[kind] ?? 0) + 1;
    const file = `${folder}/${name.replaceAll(/\W+/g, '-')}-${seed}.txt`;
    if ((counts[kind] ?? 0) <= 20) writeFileSync(file, `${name}, case ${seed}, ${kind}\n${message}\n`);
  };
  const end = first + count;
  for (let seed = first; seed < end; ) {
    const stopped = /** @type {number} */ (await ask({ type: 'cases', name, first: seed, end }, report));
    if (stopped < end) report({ kind: 'hang', seed: stopped, message: 'no answer' });
    seed = stopped + 1; // after all of them, or after the one that hung
  }
  const all = Object.entries(counts).map(([kind, number]) => `${number} ${kind}${number === 1 ? '' : 's'}`);
  console.log(`${name.padEnd(20)} ${count} files: ${all.join(', ')}`);
  return Object.values(counts).reduce((sum, number) => sum + number, 0);
}

/**
 * Asks a thread of its own; where it says nothing for long it is ended, and the answer is the case that it had begun.
 * @param {object} question
 * @param {(fault: unknown) => void} [report]
 */
function ask(question, report) {
  return new Promise((resolve, reject) => {
    const begun = new Int32Array(new SharedArrayBuffer(4));
    const worker = new Worker(thread, { workerData: { ...question, begun } });
    let last = -1;
    const watch = setInterval(() => {
      if (begun[0] === last && last > 0) finish(last);
      last = begun[0] ?? -1;
    }, PATIENCE);
    const finish = (/** @type {unknown} */ answer) => {
      clearInterval(watch);
      worker.terminate();
      resolve(answer);
    };
    worker.on('message', (message) => ('fault' in message ? report?.(message.fault) : finish(message.answer)));
    worker.on('error', reject);
  });
}
