// Data-parallel training: the rows of a batch in fixed blocks, their gradients computed in several threads and added up in the order of
// the blocks. Which thread computes a block makes no difference to a bit.
import { BpttError } from '../../base/errors.ts';
import { boolean, callable, checkFields, integer, type Options, optional, withDefault } from '../../base/fields.ts';
import { Port, type WorkerLike } from '../../base/port.ts';
import type { Parallel } from '../../bptt/gradient-source.ts';
import { startWorker } from '../channel/start.ts';
import { modulesFields } from '../modules.ts';
import { Blocks } from './blocks.ts';

export const workersFields = {
  /**
   * Into how many blocks the rows of a batch are cut, ≥ `count`. The bits depend on it, and on nothing else here. Larger blocks are
   * faster, so the number of threads that there may ever be is the best. Default 4.
   */
  blocks: withDefault(integer({ min: 1 }), 4),
  /** Threads, ≥ 1. Default: as many as the machine has processors, at most `blocks`. */
  count: withDefault(integer({ min: 1 }), ({ blocks }: { readonly blocks: number }) => Math.min(blocks, processors())),
  /** Whether parameters and gradients lie in memory that the threads share. Default: where there is such memory; a page needs cross-origin isolation for it. */
  sharedMemory: withDefault(boolean, canShare),
  /** Makes a worker that calls `serve`. Default: the code inside the package. Workers end with the training. */
  worker: optional(callable<() => WorkerLike>()),
  ...modulesFields,
};

/** How many threads train, into how many blocks they cut batches, and how they are started. */
export interface WorkersOptions extends Options<typeof modulesFields>, Options<typeof workersFields> {}

/**
 * Trains in several threads: `train(model, { parallel: workers({ count: 2 }), ... })`. Each thread has a copy of the network and reads
 * its blocks of the rows; the gradients are added up here, in the order of the blocks, and the update is made here. So the bits are the
 * same for any number of threads. It pays for updates that take some milliseconds; batches need a row for each block at least to use all.
 *
 * @throws BpttError for wrong options.
 *
 * @example
 * await fit(model, { data, loss: 'cross-entropy', parallel: workers({ count: 2 }), steps: 5 });
 */
export function workers(options: WorkersOptions = {}): Parallel {
  const { blocks, count, sharedMemory, worker, modules } = checkFields('workers', options, workersFields);
  if (count > blocks) {
    throw new BpttError(
      'invalid-argument',
      `workers.count: expected at most ${blocks}, one for each block, got ${count}`,
    );
  }
  if (sharedMemory && !canShare()) {
    throw new BpttError(
      'unsupported-engine',
      'workers.sharedMemory: expected an engine with SharedArrayBuffer, in a page with cross-origin isolation, got none',
    );
  }
  const start = async () => (worker === undefined ? startWorker() : new Port(worker()));
  return {
    blocks,
    open: (network, objective) => new Blocks(network, objective, { count, blocks, sharedMemory, modules, start }),
  };
}

function canShare(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated !== false;
}

function processors(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}
