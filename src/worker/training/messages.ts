// What a thread that trains and the one that asked for it say to each other.
import type { Batch } from '../../data/batch.ts';
import type { TrainEvent } from '../../training/events.ts';
import type { TrainOptions } from '../../training/options.ts';
import type { WireError } from '../channel/wire.ts';
import type { NetworkMessage } from '../network-copy.ts';

/** Which of a training's data. */
export type Stream = 'data' | 'validation';

/** Begins a training. */
export interface TrainMessage {
  readonly type: 'train';
  readonly network: NetworkMessage;
  /** The block of parameters as it lies in memory. */
  readonly weights: ArrayBuffer;
  readonly options: Omit<TrainOptions, 'data' | 'validation' | 'signal' | 'parallel'>;
  readonly validates: boolean;
  /** Events that may be unread while it goes on. */
  readonly ahead: number;
  /** Updates between two events with weights. */
  readonly weightsEvery: number | undefined;
}

/** To a thread that trains. */
export type ToTraining =
  | TrainMessage
  /** A batch of the epoch that was opened under this number, or that there is none left. */
  | { readonly type: 'batch'; readonly id: number; readonly batch: Batch | undefined }
  /** The data of that epoch failed after the batches that were sent. */
  | { readonly type: 'failed'; readonly id: number }
  /** An event was read. */
  | { readonly type: 'read' }
  /** The signal aborts. */
  | { readonly type: 'abort' }
  /** Nobody reads any more. */
  | { readonly type: 'stop' };

/** From it. */
export type FromTraining =
  | { readonly type: 'event'; readonly event: TrainEvent; readonly weights: ArrayBuffer | undefined }
  /** Asks for the batches of an epoch without the first `skip`. */
  | {
      readonly type: 'open';
      readonly id: number;
      readonly stream: Stream;
      readonly epoch: number;
      readonly skip: number;
    }
  /** A batch was taken: there is room for another. */
  | { readonly type: 'pull'; readonly id: number }
  /** The rest is not wanted. */
  | { readonly type: 'close'; readonly id: number }
  /** The last: `weights` is undefined where there was no network yet. */
  | { readonly type: 'done'; readonly error: WireError | undefined; readonly weights: ArrayBuffer | undefined };
