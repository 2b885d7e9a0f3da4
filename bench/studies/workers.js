// @ts-check
// What a worker costs on W3, and what two bring on W4: see bench/steps/workloads.ts for the workloads.
//
//   npm run build && node bench/studies/workers.js [--json]
//
// The forms that are compared take turns, a round of updates each; a ratio is the median of those of the rounds, and beside it stands that
// of the fastest rounds, which other work on the machine disturbs less. Their parameters must have the same bits at the end.
import { adam, createModel, dense, lstm, tokens, train } from 'bptt';
import { trainInWorker, workers } from 'bptt/worker';
import { batchOf, compare } from './trainings.js';

const V = 65;
/** The most that the worker may cost, and the least that two bring. */
const LIMITS = { worker: 1.03, two: 1.8 };

/** @typedef {(model: import('bptt').Model, options: import('bptt').TrainOptions) => import('./trainings.js').Events} Trainer */

/**
 * A workload trained in each of these ways.
 * @param {{ units: number, steps: number, rows: number }} workload
 * @param {{ updates: number, rounds: number }} pace
 * @param {Readonly<Record<string, Trainer>>} trainers
 */
function inForms({ units, steps, rows }, pace, trainers) {
  const data = [batchOf(V, steps, rows)];
  const forms = Object.entries(trainers).map(([name, trainer]) => {
    const start = async () => {
      const model = await createModel([tokens(V), lstm({ units }), dense({ units: V })], { seed: 1 });
      return { model, events: trainer(model, { data, loss: 'cross-entropy', optimizer: adam() }) };
    };
    return /** @type {const} */ ([name, start]);
  });
  return compare(Object.fromEntries(forms), pace);
}

// Nothing ahead: a round ends with the last of its updates.
const inWorker = /** @type {typeof train} */ ((model, options) => trainInWorker(model, { ...options, ahead: 0 }));
/** @param {number} count @param {number} blocks @param {boolean} [sharedMemory] @returns {typeof train} */
const inWorkers = (count, blocks, sharedMemory) => (model, options) =>
  train(model, {
    ...options,
    parallel: workers({ count, blocks, ...(sharedMemory !== undefined && { sharedMemory }) }),
  });

const w3 = await inForms(
  { units: 128, steps: 50, rows: 32 },
  { updates: 20, rounds: 21 },
  { 'in this thread': train, 'in a worker': inWorker },
);
const large = { units: 512, steps: 64, rows: 64 };
const w4 = await inForms(
  large,
  { updates: 1, rounds: 11 },
  {
    'one worker, two blocks': inWorkers(1, 2),
    'two workers, two blocks': inWorkers(2, 2),
    'two workers, two blocks, no shared memory': inWorkers(2, 2, false),
    'in this thread': train,
  },
);
const four = await inForms(
  large,
  { updates: 1, rounds: 5 },
  { 'one worker, four blocks': inWorkers(1, 4), 'two workers, four blocks': inWorkers(2, 4) },
);

const failures = [
  w3[1] && Math.min(w3[1].ratio, w3[1].fastest) > LIMITS.worker && `a worker costs more than ${LIMITS.worker}x`,
  w4[1] && 1 / Math.min(w4[1].ratio, w4[1].fastest) < LIMITS.two && `two workers bring less than ${LIMITS.two}x`,
  w3[0]?.bits !== w3[1]?.bits && 'a worker has other bits',
  new Set(w4.slice(0, 3).map(({ bits }) => bits)).size > 1 && 'two workers have other bits than one',
].filter(Boolean);
if (process.argv.includes('--json')) console.log(JSON.stringify({ w3, w4, four, failures }));
else {
  for (const [title, forms] of Object.entries({
    'W3, one update': w3,
    'W4, one update': w4,
    'W4 in four blocks': four,
  })) {
    console.log(title);
    for (const { name, milliseconds, ratio, fastest, bits } of forms) {
      const speed = `${(1 / ratio).toFixed(3)}x as fast (fastest rounds: ${(1 / fastest).toFixed(3)}x)`;
      console.log(`  ${name.padEnd(42)} ${milliseconds.toFixed(2).padStart(8)} ms  ${speed}  bits ${bits}`);
    }
  }
  for (const failure of failures) console.log(`FAILED: ${failure}`);
}
process.exitCode = failures.length > 0 ? 1 : 0;
