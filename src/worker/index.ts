// `import { trainInWorker, workers, serve } from 'bptt/worker'`: training outside of the main thread, and in several threads.
export type { WorkerLike } from './port.ts';
export { serve } from './serve.ts';
export { trainInWorker, type WorkerTrainOptions } from './train-in-worker.ts';
export { type WorkersOptions, workers } from './workers.ts';
