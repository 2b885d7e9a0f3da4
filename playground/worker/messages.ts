// What the page and a worker say to each other. A worker has one network.

import type { RunSettings, TaskSettings } from '../settings/fields.ts';
import type { Problem } from '../tasks/problem.ts';
import type { Outcome } from '../tasks/task.ts';

/** What a network is to learn, and how. */
export interface Experiment {
  readonly task: TaskSettings;
  /** The text or CSV of one's own, or empty. */
  readonly data: string;
  readonly run: RunSettings;
}

export type ToWorker =
  /** Begin anew; `id` tells what comes of it from what came before. */
  | { readonly type: 'start'; readonly id: number; readonly experiment: Experiment; readonly running: boolean }
  | { readonly type: 'run' }
  | { readonly type: 'pause' }
  /** One update. */
  | { readonly type: 'step' }
  /** A model file that keeps the link's text. */
  | { readonly type: 'save'; readonly link: string }
  /** Begin with the network of a model file that was saved here. */
  | { readonly type: 'load'; readonly id: number; readonly bytes: Uint8Array<ArrayBuffer> };

/** The losses after so many updates. */
export interface LossPoint {
  readonly step: number;
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

/** A look inside, at one sequence of the test. */
export interface Inside {
  readonly step: number;
  /** The activations of the last recurrent layer, [T,H]. */
  readonly hidden: Grid;
  /** What each step reads. */
  readonly labels: readonly string[];
  /** The recurrent weights of that layer, a grid a gate. */
  readonly weights: readonly Grid[];
  /** ‖∂L_t/∂h_{t-k}‖ of the last step t, for k = 0, 1, … */
  readonly gradient: readonly number[];
  /** Eigenvalues of the Jacobian of the state from the last step but one to the last. */
  readonly spectrum: { readonly real: readonly number[]; readonly imaginary: readonly number[] };
}

/** How the training stands. */
export interface Snapshot {
  readonly step: number;
  readonly parameters: number;
  /** Since the last snapshot. */
  readonly points: readonly LossPoint[];
  /** Of the newest update, before clipping. */
  readonly gradientNorm: number | undefined;
  readonly tokensPerSecond: number | undefined;
  readonly baseline: number;
  /** When there is a new one. */
  readonly outcome?: Outcome;
  readonly inside?: Inside;
}

export type FromWorker =
  /** All code is there: nothing is loaded from now on. */
  | { readonly type: 'ready' }
  | { readonly type: 'snapshot'; readonly id: number; readonly snapshot: Snapshot }
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
  | { readonly type: 'refused'; readonly message: string };
