// @ts-check
// The same in an engine that compiles no WebAssembly from bytes, through the package's `workerd` condition.
import * as bptt from 'bptt';
import { ctc } from 'bptt/speech';
import { trainAndWrite } from './training.js';

// Kernels beside those of every model.
for (const dtype of /** @type {const} */ (['f32', 'f64'])) {
  await bptt.createModel([bptt.features(2), bptt.dense({ units: 2, activation: 'elu' })], { dtype });
}
await ctc();

console.log(JSON.stringify(await trainAndWrite(bptt)));
