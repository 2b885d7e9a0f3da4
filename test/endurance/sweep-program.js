// @ts-check
// One process of a sweep in a folder: `node test/endurance/sweep-program.js FOLDER [WORKERS]`. It prints a line for each event, and at last
// which trial is the best, and the SHA-256 of the model of each that is complete.
import { folderStore } from '../../build/node.js';
import { smallSweep } from './small-sweep.js';

const [path = '', workers = '1'] = process.argv.slice(2);
const end = await smallSweep(folderStore(path), {
  steps: 42,
  workers: Number(workers),
  onEvent: (/** @type {import('../../src/sweep/index.ts').SweepEvent} */ { type }) => process.stdout.write(`${type}\n`),
});
console.log(end);
