// @ts-check
// A program in Node: prints what it computed as one line of JSON, and leaves a model file.

import { Worker } from 'node:worker_threads';
import * as bptt from 'bptt';
import { loadModel, saveModel } from 'bptt/node';
import { trainInWorker } from 'bptt/worker';
import { trainAndWrite } from './training.js';

const outcome = await trainAndWrite(bptt);
const inWorker = await trainAndWrite(bptt, trainInWorker);
const worker = new Worker(new URL('own-worker.js', import.meta.url));
const inOwnWorker = await trainAndWrite(bptt, (model, options) => trainInWorker(model, { ...options, worker }));
await worker.terminate();

const { createModel, dense, elman, features } = bptt;
const model = await createModel([features(2), elman({ units: 5 }), dense({ units: 1 })], { dtype: 'f64' });
await saveModel(model, 'model.safetensors', { metadata: { name: 'saved' } });
const loaded = await loadModel('model.safetensors');
const same = JSON.stringify(loaded.model.parameters()) === JSON.stringify(model.parameters());

console.log(JSON.stringify({ outcome, inWorker, inOwnWorker, loaded: same && loaded.metadata.name }));
