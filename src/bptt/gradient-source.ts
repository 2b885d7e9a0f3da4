// Where training gets its gradients from: backpropagation in this thread, or in several.
import type { GraphBatch } from '../data/batch.ts';
import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import type { Network } from '../model/network.ts';
import type { WindowResult } from './backpropagation.ts';
import type { CheckedObjective } from './objective.ts';

/** Reads batches window by window and leaves the gradient of each in a network's gradient block, as `Backpropagation` does. */
export interface GradientSource {
  /** `first`: the windows of the batch that were done before `load`. */
  windows(batch: GraphBatch, state: undefined, first: number): Iterator<WindowResult> | AsyncIterator<WindowResult>;
  /** Writes what a later window or batch goes on from. */
  save(out: StateWriter): void | Promise<void>;
  /** The inverse of `save`, before the first batch. */
  load(saved: StateReader): void;
  /** Gives back what it took. */
  release(): void;
}

/** How the rows of a batch are read at the same time. Made by `workers` of `bptt/worker`. */
export interface Parallel {
  /** Into how many blocks the rows of a batch are cut; it is part of what fixes the bits. */
  readonly blocks: number;
  /** @internal */
  open(network: Network, objective: CheckedObjective): GradientSource;
}
