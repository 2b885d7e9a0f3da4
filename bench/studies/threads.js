// @ts-check
// What threads that compute together bring: see bench/steps/workloads.ts for W2 to W6.
//
//   npm run build && node bench/studies/threads.js [--threads 2] [--wide] [--json] [NAME ...]
//
// One thread and several take turns, as in workers.js; the bits must be the same. A line is printed as soon as it is known.
import { parseArgs } from 'node:util';
import { adam, createModel, dense, elman, gru, lstm, sgd, tokens, train } from 'bptt';
import { revectorize } from 'bptt/node';
import { batchOf, compare } from './trainings.js';

const cells = { elman, gru, lstm };

/**
 * @type {readonly { name: string, cell: keyof typeof cells, V: number, units: number, steps: number, rows: number, updates: number,
 *   rounds: number, least: number }[]} `least`: how many times as fast two threads are to be
 */
const workloads = [
  { name: 'W2', cell: 'elman', V: 65, units: 128, steps: 50, rows: 32, updates: 10, rounds: 21, least: 1.7 },
  { name: 'W3', cell: 'lstm', V: 65, units: 128, steps: 50, rows: 32, updates: 5, rounds: 21, least: 1.85 },
  { name: 'W4', cell: 'lstm', V: 65, units: 512, steps: 64, rows: 64, updates: 1, rounds: 9, least: 1.85 },
  { name: 'W5', cell: 'gru', V: 65, units: 256, steps: 64, rows: 32, updates: 2, rounds: 15, least: 1.85 },
  { name: 'W6', cell: 'elman', V: 8000, units: 100, steps: 20, rows: 1, updates: 20, rounds: 21, least: 1.5 },
  { name: 'one row', cell: 'lstm', V: 65, units: 512, steps: 64, rows: 1, updates: 4, rounds: 15, least: 1.5 },
];

const { values, positionals } = parseArgs({
  options: { threads: { type: 'string', default: '2' }, wide: { type: 'boolean' }, json: { type: 'boolean' } },
  allowPositionals: true,
});
const threads = Number(values.threads);
if (values.wide) revectorize();

for (const { name, cell, V, units, steps, rows, updates, rounds, least } of workloads) {
  if (positionals.length > 0 && !positionals.includes(name)) continue;
  const data = [batchOf(V, steps, rows)];
  const start = (/** @type {number} */ count) => async () => {
    const model = await createModel([tokens(V), cells[cell]({ units }), dense({ units: V })], {
      seed: 1,
      threads: count,
    });
    const optimizer = name === 'W6' ? sgd({ learningRate: 5e-3 }) : adam();
    return { model, events: train(model, { data, loss: 'cross-entropy', optimizer }) };
  };
  const [one, several] = await compare({ one: start(1), several: start(threads) }, { updates, rounds });
  if (one === undefined || several === undefined) throw new Error('no results');
  const faster = { median: 1 / several.ratio, fastest: 1 / several.fastest };
  const same = one.bits === several.bits;
  const missed = threads === 2 && Math.max(faster.median, faster.fastest) < least;
  if (!same || missed) process.exitCode = 1;
  if (values.json) {
    const milliseconds = { one: one.milliseconds, several: several.milliseconds };
    console.log(JSON.stringify({ name, threads, milliseconds, faster, least, same }));
    continue;
  }
  const times = `${one.milliseconds.toFixed(2).padStart(8)} ms with one, ${several.milliseconds.toFixed(2).padStart(8)} with ${threads}`;
  const speed = `${faster.median.toFixed(2)}x as fast (fastest rounds: ${faster.fastest.toFixed(2)}x)`;
  console.log(
    `${name.padEnd(8)} ${times}  ${speed}${missed ? `, FAILED: less than ${least}x` : ''}${same ? '' : ', FAILED: other bits'}`,
  );
}
