// What a thread that computes the gradients of some blocks of rows is asked, and answers.

import type { WindowResult } from '../../bptt/backpropagation.ts';
import type { CheckedObjective } from '../../bptt/objective.ts';
import type { Batch } from '../../data/batch.ts';
import type { Json } from '../../formats/record.ts';
import type { Tensor } from '../../formats/safetensors.ts';
import type { Part } from '../../model/gradient-parts.ts';
import type { WireError } from '../channel/wire.ts';
import type { NetworkMessage } from '../network-copy.ts';

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
      readonly objective: CheckedObjective;
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
