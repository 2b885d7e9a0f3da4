// What the page and a worker say to each other. A worker has one network, and perhaps the one before it.

import type { LiveSettings, RunSettings, TaskSettings } from '../settings/fields.ts';
import type { Problem } from '../tasks/problem.ts';
import type { Outcome } from '../tasks/task.ts';

/** What a network is to learn, and how. */
export interface Experiment {
  readonly task: TaskSettings;
  /** The text or CSV of one's own, or empty. */
  readonly data: string;
  readonly run: RunSettings;
}

/** Orders are carried out one after the other. */
export type ToWorker =
  /**
   * Begin anew, or with no network; `id` tells what comes of it from what came before. `keep`: what was there is put aside, in place of
   * what was put aside before.
   */
  | { readonly type: 'start'; readonly id: number; readonly experiment: Experiment | undefined; readonly keep: boolean }
  /** Let what is there and what was put aside change places, each with its own id. */
  | { readonly type: 'restore' }
  /** Updates until so many batches of sequences are read, of which a part may be half of one; then a snapshot. */
  | { readonly type: 'learn'; readonly until: number }
  /** One update, then a snapshot with all there is to see. */
  | { readonly type: 'update' }
  /** A snapshot with all there is to see. */
  | { readonly type: 'look' }
  /** Go on learning, or writing, in another way. */
  | { readonly type: 'adjust'; readonly settings: LiveSettings }
  /** A model file that keeps the link's text. */
  | { readonly type: 'save'; readonly link: string }
  /** Begin with the network of a model file that was saved here. */
  | { readonly type: 'load'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> };

/** The losses after so many updates. */
export interface LossPoint {
  readonly step: number;
  /** Batches of sequences read. */
  readonly batches: number;
  /** Mean over the updates since the point before; undefined when none of them had a loss. */
  readonly training: number | undefined;
  /** Infinity when it is not finite. */
  readonly test: number;
}

/** Numbers in rows. */
export interface Grid {
  readonly name: string;
  readonly rows: number;
  readonly columns: number;
  /** [rows,columns] */
  readonly values: Float32Array<ArrayBuffer>;
}

/** What can be seen inside of a network, on one sequence of the test. */
export interface Inside {
  /** The activations of the last recurrent layer, [T,H], and what each step reads. */
  readonly hidden: { readonly grid: Grid; readonly labels: readonly string[] };
  /** The recurrent weights of that layer, a grid a gate. */
  readonly weights: readonly Grid[];
  /** ‖∂L_t/∂h_{t-k}‖ of the last step t, for k = 0, 1, … */
  readonly gradient: readonly number[];
  /** Of the Jacobian of the state from the last step but one to the last. */
  readonly spectrum: {
    /** Eigenvalues. */
    readonly real: readonly number[];
    readonly imaginary: readonly number[];
    /** The largest and the least singular value. */
    readonly most: number;
    readonly least: number;
  };
}

/** How the training stands. */
export interface Snapshot {
  readonly step: number;
  /** Batches of sequences read; a fraction where an update is made within one. */
  readonly batches: number;
  readonly parameters: number;
  /** The losses now. */
  readonly point: LossPoint;
  /** Of the newest update, before clipping. */
  readonly gradientNorm: number | undefined;
  readonly tokensPerSecond: number | undefined;
  readonly baseline: number;
  /** When there is a new one. */
  readonly outcome?: Outcome;
  /** What was looked at and can be told. */
  readonly inside: Partial<Inside>;
}

export type FromWorker =
  /** All code is there: nothing is loaded from now on. */
  | { readonly type: 'ready' }
  | { readonly type: 'snapshot'; readonly id: number; readonly snapshot: Snapshot }
  /** The order to learn, or to make an update, is carried out. */
  | { readonly type: 'done'; readonly id: number }
  /** The network of `id` can not be made or can not go on. */
  | {
      readonly type: 'failed';
      readonly id: number;
      readonly message: string;
      /** Why, where it is the data that somebody gave. */
      readonly problem: Problem | undefined;
      /** The update that was not made because a loss or gradient was not finite; undefined when something else failed. */
      readonly diverged: number | undefined;
    }
  | { readonly type: 'saved'; readonly bytes: Uint8Array<ArrayBuffer> }
  | { readonly type: 'loaded'; readonly id: number; readonly link: string; readonly data: string }
  /** The file is none that was saved here; the network is as before. */
  | { readonly type: 'refused' };
