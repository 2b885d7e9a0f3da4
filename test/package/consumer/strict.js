// Trains in a worker of the page's own; one from a blob is refused with an error of the package.

import * as bptt from './node_modules/bptt/build/index.js';
import { trainInWorker } from './node_modules/bptt/build/worker.js';
import { trainAndWrite } from './training.js';

const refused = await trainAndWrite(bptt, trainInWorker).then(
  () => 'nothing',
  (error) => error.code,
);
const worker = new Worker('./direct-worker.js', { type: 'module' });
const outcome = await trainAndWrite(bptt, (model, options) => trainInWorker(model, { ...options, worker }));
worker.terminate();
Object.assign(globalThis, { outcome: { ...outcome, refused } });
