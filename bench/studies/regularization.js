// @ts-check
// What layer normalisation and dropout cost: updates with them against updates without, on W3, W4 and W5 (bench/steps/workloads.ts), and on
// W2 for comparison.
//
//   npm run build && node bench/studies/regularization.js [--json] [--filter TEXT]
//
// Layer normalisation alone and each kind of dropout alone may cost 15 %; of both together the cost is shown. The time is that of the
// processor.
import { parseArgs } from 'node:util';
import { adam, createModel, dense, dropout, elman, gru, lstm, tokens, train } from 'bptt';
import { batchOf, compare, processorTime } from './trainings.js';

const V = 65;
const AT_MOST = 1.15;
const cells = { elman, lstm, gru };

/** @typedef {{ cell: keyof typeof cells, units: number, steps: number, rows: number, updates: number, rounds: number }} Workload */

/** @type {Readonly<Record<string, Workload>>} */
const workloads = {
  W2: { cell: 'elman', units: 128, steps: 50, rows: 32, updates: 20, rounds: 21 },
  W3: { cell: 'lstm', units: 128, steps: 50, rows: 32, updates: 8, rounds: 21 },
  W4: { cell: 'lstm', units: 512, steps: 64, rows: 64, updates: 1, rounds: 5 },
  W5: { cell: 'gru', units: 256, steps: 64, rows: 32, updates: 3, rounds: 15 },
};
/** Elman is shown beside: its products are few against what stands around them. */
const judged = ['W3', 'W4', 'W5'];

/**
 * What stands between tokens and dense layer; the others are compared with the first.
 * @type {Readonly<Record<string, (layer: (more?: object) => import('bptt').LayerDescription) => import('bptt').LayerDescription[]>>}
 */
const forms = {
  plain: (layer) => [layer()],
  'layer normalisation': (layer) => [layer({ layerNorm: true })],
  dropout: (layer) => [layer(), dropout({ rate: 0.3 })],
  'recurrent dropout': (layer) => [layer({ recurrentDropout: 0.3 })],
  'layer normalisation and dropout': (layer) => [layer({ layerNorm: true }), dropout({ rate: 0.3 })],
};
const together = 'layer normalisation and dropout';

const { values } = parseArgs({
  options: { json: { type: 'boolean', default: false }, filter: { type: 'string', default: '' } },
});
const chosen = Object.entries(workloads).filter(([name]) => name.includes(values.filter.toUpperCase()));
if (chosen.length === 0) {
  console.error(`--filter: expected part of one of ${Object.keys(workloads).join(', ')}, got ${values.filter}`);
  process.exit(1);
}

/** @type {Record<string, readonly import('./trainings.js').Result[]>} */
const found = {};
const failures = [];
for (const [title, { cell, units, steps, rows, updates, rounds }] of chosen) {
  const data = [batchOf(V, steps, rows)];
  const trainings = Object.entries(forms).map(([name, layersOf]) => {
    const layers = layersOf((more) => cells[cell]({ units, ...more }));
    const start = async () => {
      const model = await createModel([tokens(V), ...layers, dense({ units: V })], { seed: 1 });
      return { model, events: train(model, { data, loss: 'cross-entropy', optimizer: adam() }) };
    };
    return /** @type {const} */ ([name, start]);
  });
  const results = await compare(Object.fromEntries(trainings), { updates, rounds, now: processorTime });
  found[title] = results;
  if (!values.json) console.log(`${title}, one update (${cell}, ${units} units, T = ${steps}, ${rows} rows)`);
  for (const { name, milliseconds, ratio } of results) {
    if (judged.includes(title) && name !== together && ratio > AT_MOST) {
      failures.push(`${title}: ${name} costs more than ${Math.round(100 * (AT_MOST - 1))} %`);
    }
    const more = `${(100 * (ratio - 1)).toFixed(1).padStart(5)} % more`;
    if (!values.json) console.log(`  ${name.padEnd(32)} ${milliseconds.toFixed(2).padStart(8)} ms  ${more}`);
  }
}
if (values.json) console.log(JSON.stringify({ ...found, failures }));
else for (const failure of failures) console.log(`FAILED: ${failure}`);
process.exitCode = failures.length > 0 ? 1 : 0;
