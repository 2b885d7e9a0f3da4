// @ts-check
// Full BPTT under a memory budget: the Wasm memory of 100,000 steps, and what the budget costs where the whole fits too.
//
//   npm run build && node bench/studies/memory-budget.js [--json]
//
// An LSTM of 128 units at batch 1 in f32, trained on one long sequence again and again. The two that are compared take turns,
// an update each; the ratio is the median of those of the turns, and their parameters must have the same bits at the end.
import { createModel, dense, lstm, sgd, tokens, train } from 'bptt';
import { median, ratioOf, takeTurns } from '../turns.js';

const MEBIBYTE = 2 ** 20;
const UNITS = 128;
const V = 65;
const LONG = 100_000;
const BOTH = 10_000; // steps that fit as a whole too
const UPDATES = 15; // an odd number
const BUDGET = 32 * MEBIBYTE;
const LIMIT = 64e6;
const AT_MOST = 1.5;

/** @param {number} steps */
function sequence(steps) {
  let random = 1;
  const next = () => {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0; // Numerical Recipes, section 7.1
    return Math.floor((random / 2 ** 32) * V);
  };
  const ids = Int32Array.from({ length: steps + 1 }, next);
  return { steps, rows: 1, inputs: ids.subarray(0, steps), targets: ids.subarray(1) };
}

/**
 * A model in training, an update at a time.
 * @param {number} steps
 * @param {number} [memoryBudget]
 */
async function contender(steps, memoryBudget) {
  const model = await createModel([tokens(V), lstm({ units: UNITS }), dense({ units: V })], { seed: 1 });
  const events = train(model, {
    data: [sequence(steps)],
    loss: 'cross-entropy',
    optimizer: sgd({ learningRate: 0.1 }),
    ...(memoryBudget && { memoryBudget }),
  });
  /** @type {number[]} */
  const times = [];
  const update = async () => {
    const start = performance.now();
    const { value } = await events.next();
    const seconds = (performance.now() - start) / 1000;
    times.push(seconds);
    if (value?.type !== 'step' || !Number.isFinite(value.loss)) throw new Error('no update');
    return seconds;
  };
  return { model, times, update, result: () => ({ steps, seconds: median(times), bytes: model.memoryBytes }) };
}

// Segments are as short, against the length, as those of the long sequence.
const [whole, limited] = [await contender(BOTH), await contender(BOTH, Math.round((BUDGET * BOTH) / LONG))];
await takeTurns([whole.update, limited.update], { rounds: UPDATES, warm: 0 });
const parameters = limited.model.parameters();
const same = whole.model.parameters().every(({ data }, index) => {
  const other = /** @type {ArrayLike<number>} */ (parameters[index]?.data);
  return data.every((/** @type {number} */ value, /** @type {number} */ i) => Object.is(value, other[i]));
});
const long = await contender(LONG, BUDGET);
await long.update();

const ratio = ratioOf(limited.times, whole.times);
const met = same && ratio <= AT_MOST && long.result().bytes <= LIMIT;
process.exitCode = met ? 0 : 1;

if (process.argv.includes('--json')) {
  console.log(
    JSON.stringify({ whole: whole.result(), limited: limited.result(), ratio, same, long: long.result(), met }),
  );
} else {
  /** @type {(label: string, result: { steps: number, seconds: number, bytes: number }) => void} */
  const report = (label, { steps, seconds, bytes }) =>
    console.log(
      `${`${steps} steps, ${label}:`.padEnd(27)} ${seconds.toFixed(2)} s, ${(bytes / 1e6).toFixed(1)} MB of Wasm memory`,
    );
  console.log(`LSTM, ${UNITS} units, batch 1, f32: an update of full BPTT`);
  report('whole', whole.result());
  report('in segments', limited.result());
  console.log(
    `${''.padEnd(27)} ${ratio.toFixed(2)} times as long (at most ${AT_MOST}), ${same ? 'the same bits' : 'OTHER BITS'}`,
  );
  report('in segments', long.result());
  console.log(`${''.padEnd(27)} (at most ${LIMIT / 1e6} MB)`);
}
