// What --threads, --workers and --blocks mean.
import type { TrainOptions } from '../../index.ts';
import { workers } from '../../worker/index.ts';
import type { TrainValues } from './train-flags.ts';

export type ThreadValues = Pick<TrainValues, 'threads' | 'workers' | 'blocks'>;

/** The threads of the model: one where workers share the rows. */
export function threadsOf({ threads, workers: count }: ThreadValues): number | 'auto' {
  return count > 0 ? 1 : threads;
}

/** The workers of a training. */
export function parallelOf({ workers: count, blocks }: ThreadValues): Pick<TrainOptions, 'parallel'> {
  return count > 0 ? { parallel: workers({ count, ...(blocks !== undefined && { blocks }) }) } : {};
}
