// The side of a worker: what it is asked to do.

import { parentPort } from '../base/port.ts';
import { BlocksThread } from './blocks/blocks-thread.ts';
import type { ToBlocks } from './blocks/messages.ts';
import type { ToTraining } from './training/messages.ts';
import { TrainingThread } from './training/training-thread.ts';

/**
 * Makes the worker that calls it do what `trainInWorker` and `workers` ask for. A page whose Content-Security-Policy allows no
 * workers from blobs has a file of its own with `import { serve } from 'bptt/worker'; serve();`.
 *
 * @throws BpttError outside of a worker.
 *
 * @example
 * // worker.js: the whole file
 * import { serve } from 'bptt/worker';
 *
 * serve();
 */
export function serve(): void {
  const port = parentPort();
  let training = new TrainingThread(port);
  const blocks = new BlocksThread(port);
  port.listen((message) => {
    const known = message as ToTraining | ToBlocks;
    switch (known.type) {
      case 'blocks':
      case 'rows':
      case 'forward':
      case 'backward':
      case 'save':
        blocks.receive(known);
        break;
      default:
        if (training.ended) training = new TrainingThread(port);
        training.receive(known);
    }
  });
}
