// `import { trainInWorker, workers, serve } from 'bptt/worker'`: training outside of the main thread, and in several threads.

export type { WorkerLike } from '../base/port.ts';
export { type WorkersOptions, workers } from './blocks/workers.ts';
export { serve } from './serve.ts';
export { trainInWorker, type WorkerTrainOptions } from './training/train-in-worker.ts';
