// @ts-check
// Whether the package prunes what Optuna pruned in a history of trials: one, for the suite, or as many as come in, one a line.
//   python3 test/truth/fixtures/sweeps.py --histories 10000 | node test/truth/compare-optuna.js      (after npm run build)
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

/** @typedef {typeof import('../../src/sweep/index.ts')} Sweep */
/**
 * @typedef {object} History
 * @property {number} seed
 * @property {'minimize' | 'maximize'} direction
 * @property {import('../../src/sweep/index.ts').Pruner} pruner
 * @property {readonly { readonly reports: readonly (readonly [number, number])[], readonly pruned: boolean }[]} trials
 */

/**
 * The decisions of the package after each report of a history, and those of Optuna, as text: `.` goes on, `x` ends.
 *
 * @param {Pick<Sweep, 'createStudy' | 'float' | 'random'>} sweep
 * @param {History} history
 */
export function decisions({ createStudy, float, random }, { seed, direction, pruner, trials }) {
  const space = { x: float({ min: 0, max: 1 }) };
  const study = createStudy({ space, seed, sampler: random(), pruner, objectives: [{ direction }], generation: 1 });
  const ours = [];
  const theirs = [];
  for (const { reports, pruned } of trials) {
    const trial = study.ask();
    if (trial === undefined) throw new Error('expected a trial, got none');
    const decided = reports.map(([step, value]) => (study.report(trial.number, step, value) ? 'x' : '.'));
    ours.push(decided.join(''));
    theirs.push(reports.map((_, i) => (pruned && i === reports.length - 1 ? 'x' : '.')).join(''));
    study.tell(trial.number, pruned ? 'pruned' : /** @type {number} */ (reports.at(-1)?.[1]));
  }
  return { ours: ours.join(' '), theirs: theirs.join(' ') };
}

async function main() {
  const sweep = await import(new URL('../../build/sweep.js', import.meta.url).href);
  const counts = { histories: 0, decisions: 0, ends: 0, differences: 0 };
  for await (const line of createInterface({ input: process.stdin })) {
    const { ours, theirs } = decisions(sweep, JSON.parse(line));
    counts.histories++;
    counts.decisions += theirs.replaceAll(' ', '').length;
    counts.ends += theirs.split('x').length - 1;
    if (ours === theirs) continue;
    counts.differences++;
    console.log(`${line}\n  Optuna ${theirs}\n  bptt   ${ours}`);
  }
  console.log(
    `${counts.histories} histories, ${counts.decisions} decisions, of which ${counts.ends} to end a trial: ${counts.differences} histories differ`,
  );
  if (counts.differences > 0) process.exitCode = 1;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) await main();
