// @ts-check
// What a worker costs on W3, and what two bring on W4: see bench/workloads.ts for the workloads.
//
//   npm run build && node bench/workers.js [--json]
//
// The forms that are compared take turns, a round of updates each; a ratio is the median of those of the rounds, and beside it stands that
// of the fastest rounds, which other work on the machine disturbs less. Their parameters must have the same bits at the end.
import { createHash } from 'node:crypto';
import { adam, createModel, dense, lstm, serialize, tokens, train } from 'bptt';
import { trainInWorker, workers } from 'bptt/worker';

const V = 65;
/** The most that the worker may cost, and the least that two bring. */
const LIMITS = { worker: 1.03, two: 1.8 };

/** @param {readonly number[]} values */
const median = (values) => /** @type {number} */ ([...values].sort((a, b) => a - b)[values.length >> 1]);

/** @param {number} steps @param {number} rows @returns {import('bptt').Batch} */
function batchOf(steps, rows) {
  let random = 1;
  const next = () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0; // Numerical Recipes, section 7.1
    return Math.floor((random / 2 ** 32) * V);
  };
  const inputs = Int32Array.from({ length: steps * rows }, next);
  return { steps, rows, inputs, targets: Int32Array.from(inputs, next) };
}

/**
 * A model in training, a round of updates at a time.
 * @param {{ units: number, steps: number, rows: number, updates: number }} workload
 * @param {(model: import('bptt').Model, options: import('bptt').TrainOptions) => AsyncGenerator<import('bptt').TrainEvent>} trainer
 */
async function contender({ units, steps, rows, updates }, trainer) {
  const model = await createModel([tokens(V), lstm({ units }), dense({ units: V })], { seed: 1 });
  const batch = batchOf(steps, rows);
  const events = trainer(model, { data: [batch], loss: 'cross-entropy', optimizer: adam() });
  /** @type {number[]} */
  const times = [];
  const round = async () => {
    const start = performance.now();
    for (let update = 0; update < updates; update++) {
      const { value } = await events.next();
      if (value?.type !== 'step') throw new Error('no update');
    }
    times.push((performance.now() - start) / updates);
  };
  const end = async () => {
    await events.return(undefined);
    return createHash('sha256').update(serialize(model)).digest('hex');
  };
  return { times, round, end };
}

/**
 * Milliseconds for an update of each form, and the ratios to the first.
 * @param {Parameters<typeof contender>[0]} workload
 * @param {Readonly<Record<string, Parameters<typeof contender>[1]>>} forms
 * @param {number} rounds
 */
async function compare(workload, forms, rounds) {
  const contenders = await Promise.all(Object.values(forms).map((form) => contender(workload, form)));
  // The first round makes the kernels hot.
  for (let round = 0; round <= rounds; round++) for (const one of contenders) await one.round();
  const bits = await Promise.all(contenders.map((one) => one.end()));
  const [first] = contenders;
  return Object.keys(forms).map((name, index) => {
    const [times, others] = [contenders[index], first].map((one) => (one?.times ?? []).slice(1));
    const ratios = (times ?? []).map((time, round) => time / (others?.[round] ?? 0));
    const fastest = Math.min(...(times ?? [])) / Math.min(...(others ?? []));
    return { name, milliseconds: median(times ?? []), ratio: median(ratios), fastest, bits: bits[index]?.slice(0, 12) };
  });
}

// Nothing ahead: a round ends with the last of its updates.
const inWorker = /** @type {typeof train} */ ((model, options) => trainInWorker(model, { ...options, ahead: 0 }));
/** @param {number} count @param {number} blocks @param {boolean} [sharedMemory] @returns {typeof train} */
const inWorkers = (count, blocks, sharedMemory) => (model, options) =>
  train(model, {
    ...options,
    parallel: workers({ count, blocks, ...(sharedMemory !== undefined && { sharedMemory }) }),
  });

const w3 = await compare(
  { units: 128, steps: 50, rows: 32, updates: 20 },
  { 'in this thread': train, 'in a worker': inWorker },
  21,
);
const w4 = await compare(
  { units: 512, steps: 64, rows: 64, updates: 1 },
  {
    'one worker, two blocks': inWorkers(1, 2),
    'two workers, two blocks': inWorkers(2, 2),
    'two workers, two blocks, no shared memory': inWorkers(2, 2, false),
    'in this thread': train,
  },
  11,
);
const four = await compare(
  { units: 512, steps: 64, rows: 64, updates: 1 },
  { 'one worker, four blocks': inWorkers(1, 4), 'two workers, four blocks': inWorkers(2, 4) },
  5,
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
