// Data-parallel training: the rows of a batch in fixed blocks, their gradients computed in several threads and added up in the order of
// the blocks. Which thread computes a block makes no difference to a bit.
import { checkBoolean, checkInteger, checkOptions, show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import type { Parallel } from '../../bptt/gradient-source.ts';
import { Port, type WorkerLike } from '../channel/port.ts';
import { startWorker } from '../channel/start.ts';
import { Blocks } from './blocks.ts';

export interface WorkersOptions {
  /** Threads, ≥ 1. Default: as many as the machine has processors, at most `blocks`. */
  readonly count?: number;
  /**
   * Into how many blocks the rows of a batch are cut, ≥ `count`. The bits depend on it, and on nothing else here. Larger blocks are
   * faster, so the number of threads that there may ever be is the best. Default 4.
   */
  readonly blocks?: number;
  /** Whether parameters and gradients lie in memory that the threads share. Default: where there is such memory; a page needs cross-origin isolation for it. */
  readonly sharedMemory?: boolean;
  /** Makes a worker that calls `serve`. Default: the code inside the package. Workers end with the training. */
  readonly worker?: () => WorkerLike;
}

/**
 * Trains in several threads: `train(model, { parallel: workers({ count: 2 }), ... })`. Each thread has a copy of the network and reads
 * its blocks of the rows; the gradients are added up here, in the order of the blocks, and the update is made here. So the bits are the
 * same for any number of threads. It pays for updates that take some milliseconds; batches need a row for each block at least to use all.
 *
 * @throws BpttError for wrong options.
 */
export function workers(options: WorkersOptions = {}): Parallel {
  checkOptions('workers', options, ['count', 'blocks', 'sharedMemory', 'worker']);
  const { blocks = 4, sharedMemory = canShare(), worker } = options;
  checkInteger('workers.blocks', blocks, 1);
  const { count = Math.min(blocks, processors()) } = options;
  checkInteger('workers.count', count, 1);
  if (count > blocks) {
    throw new BpttError(
      'invalid-argument',
      `workers.count: expected at most ${blocks}, one for each block, got ${count}`,
    );
  }
  if (checkBoolean('workers.sharedMemory', sharedMemory) && !canShare()) {
    throw new BpttError(
      'unsupported-engine',
      'workers.sharedMemory: expected an engine with SharedArrayBuffer, in a page with cross-origin isolation, got none',
    );
  }
  if (worker !== undefined && typeof worker !== 'function') {
    throw new BpttError('invalid-argument', `workers.worker: expected a function, got ${show(worker)}`);
  }
  const start = async () => (worker === undefined ? startWorker() : new Port(worker()));
  return {
    blocks,
    open: (network, objective) => new Blocks(network, objective, { count, blocks, sharedMemory, start }),
  };
}

function canShare(): boolean {
  return typeof SharedArrayBuffer !== 'undefined' && globalThis.crossOriginIsolated !== false;
}

function processors(): number {
  return globalThis.navigator?.hardwareConcurrency ?? 1;
}
