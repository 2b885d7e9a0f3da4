// @ts-check
import * as bptt from 'bptt';
import { trainInWorker } from 'bptt/worker';
import { trainAndWrite } from '../training.js';

const outcome = await trainAndWrite(bptt);
const inWorker = await trainAndWrite(bptt, trainInWorker);
const worker = new Worker(new URL('../own-worker.js', import.meta.url), { type: 'module' });
const inOwnWorker = await trainAndWrite(bptt, (model, options) => trainInWorker(model, { ...options, worker }));
worker.terminate();
Object.assign(globalThis, { outcome: { ...outcome, inWorker, inOwnWorker } });
