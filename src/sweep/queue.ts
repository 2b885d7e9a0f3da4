// Trials that run elsewhere: what is sent there is which trial of which sweep; all else is in the store.
import { isCallable } from '../base/check.ts';
import { integer, type Options, string, such } from '../base/fields.ts';

export const queuedTrialFields = {
  /** SHA-256 of `sweep.json` in the store: whoever has another sweep there refuses the trial. */
  sweep: string,
  /** Which trial, from 0: its plan is in the store. */
  number: integer({ min: 0 }),
  /** Updates between two checkpoints. */
  checkpointEvery: integer({ min: 1 }),
};

/** A trial as it goes through a queue. */
export interface QueuedTrial extends Options<typeof queuedTrialFields> {}

/** How `sweep` waits for a trial that another runs. */
export interface QueueControl {
  /** Ends the waiting. A trial that runs goes on to its end, and is found in the store. */
  readonly signal: AbortSignal;
  /** Is told how many updates the trial has made. */
  readonly onProgress: (step: number) => unknown;
}

/** What has the trials of a sweep run by others: `sweepQueue(...)` of `bptt/bullmq`, or one's own, with `storedSweep` on its other side. */
export interface TrialQueue {
  /** How many trials it takes at a time. */
  readonly trials: number;
  /** Ends when the result of the trial is in the store, or the signal aborts. */
  run(trial: QueuedTrial, control: QueueControl): Promise<void>;
}

export const trialQueue = such<TrialQueue>(
  'a TrialQueue such as await sweepQueue(...) of bptt/bullmq',
  (queue) => isCallable(queue?.run) && Number.isInteger(queue.trials) && queue.trials > 0,
);
