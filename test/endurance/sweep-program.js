// @ts-check
// One process of a sweep in a folder: `node test/endurance/sweep-program.js FOLDER [WORKERS]`. It prints a line for each event, and at last
// which trial is the best, and the SHA-256 of the model of each that is complete.
import { adam, dense, elman, gru, tokens } from '../../build/index.js';
import { folderStore } from '../../build/node.js';
import { choice, float, int, median, sweep } from '../../build/sweep.js';

const [path = '', workers = '1'] = process.argv.slice(2);
const data = Int32Array.from({ length: 400 }, (_, i) => ((i * i) % 11) % 6);
const store = folderStore(path);
const { study, best } = await sweep({
  space: {
    cell: choice({ values: ['elman', 'gru'] }),
    units: int({ min: 4, max: 24, scale: 'log' }),
    rate: float({ min: 1e-3, max: 1e-1, scale: 'log' }),
  },
  trial: (/** @type {import('../../src/sweep/index.ts').Parameters} */ { cell, units, rate }) => ({
    layers: [tokens(6), (cell === 'gru' ? gru : elman)({ units: Number(units) }), dense({ units: 6 })],
    fit: {
      loss: 'cross-entropy',
      batch: 8,
      truncation: { k1: 10, k2: 10 },
      optimizer: adam({ learningRate: Number(rate) }),
      steps: 42,
      validateEvery: 10,
    },
  }),
  data,
  validation: data.subarray(0, 100),
  trials: 8,
  pruner: median({ startup: 3 }),
  generation: 4,
  checkpointEvery: 7,
  workers: Number(workers),
  store,
  onEvent: (/** @type {import('../../src/sweep/index.ts').SweepEvent} */ { type }) => process.stdout.write(`${type}\n`),
});
const digests = await Promise.all(
  study.results.map(async ({ number, state }) => {
    const result = JSON.parse(new TextDecoder().decode(await store.read(`trials/${number}/result.json`)));
    return `${number} ${state} ${result.digest}`;
  }),
);
console.log(JSON.stringify({ best: [best?.number, best?.digest], digests }));
