// What the threads say to each other.
import type { Batch } from '../batch.ts';
import type { Objective, WindowResult } from '../bptt.ts';
import type { Part } from '../gradient-parts.ts';
import type { ModelDescription } from '../layers/registry.ts';
import type { Engine } from '../network.ts';
import type { Tensor } from '../safetensors.ts';
import type { TrainEvent, TrainOptions } from '../train-options.ts';
import type { Json } from '../training-state.ts';
import type { WireError } from './wire.ts';

/** A network to make. */
export interface NetworkMessage {
  readonly description: ModelDescription;
  readonly engine: Engine;
}

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
  /** The data of that epoch failed behind the batches that were sent. */
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

/** What a block's `Backpropagation` was saved as. */
export interface SavedBlock {
  readonly values: Readonly<Record<string, Json>>;
  readonly tensors: readonly Tensor[];
}

/** Memory of all threads. */
export interface SharedBlocks {
  /** The block of parameters. */
  readonly parameters: SharedArrayBuffer;
  /** A block of gradients for each block of rows. */
  readonly gradients: readonly SharedArrayBuffer[];
}

/** To a thread that computes the gradients of some blocks of rows; each gets one answer. */
export type ToBlocks =
  | {
      readonly type: 'blocks';
      readonly network: NetworkMessage;
      readonly objective: Objective;
      /** Which, of so many in all. */
      readonly blocks: readonly number[];
      readonly of: number;
      readonly saved: readonly (SavedBlock | undefined)[];
      /** Where there is no such memory, buffers go there and back with the messages. */
      readonly shared: SharedBlocks | undefined;
    }
  /** The rows of each block, undefined where it has none; `first`: windows that are done. */
  | { readonly type: 'rows'; readonly batches: readonly (Batch | undefined)[]; readonly first: number }
  | { readonly type: 'forward'; readonly parameters: ArrayBuffer | undefined }
  | {
      readonly type: 'backward';
      readonly totals: readonly number[];
      /** One for each block, to come back with its gradients. */
      readonly gradients: readonly ArrayBuffer[] | undefined;
    }
  | { readonly type: 'save' };

/** What a block has found on its way back: a result, and gradients in these parts, one after the other. */
export interface BlockGradient {
  readonly result: WindowResult;
  readonly parts: readonly Part[];
}

/** Answers, by block; undefined where it has no rows. */
export interface BlocksAnswers {
  readonly blocks: { readonly type: 'ready' };
  readonly rows: { readonly type: 'ready' };
  /** `counts`: undefined where the batch is done. */
  readonly forward: {
    readonly type: 'counts';
    readonly counts: readonly (readonly number[] | undefined)[];
  };
  readonly backward: {
    readonly type: 'gradients';
    readonly found: readonly (BlockGradient | undefined)[];
    readonly gradients: readonly ArrayBuffer[] | undefined;
  };
  readonly save: { readonly type: 'saved'; readonly saved: readonly SavedBlock[] };
}

export type FromBlocks =
  | BlocksAnswers[keyof BlocksAnswers]
  | { readonly type: 'failed'; readonly error: WireError; readonly weights?: undefined };
