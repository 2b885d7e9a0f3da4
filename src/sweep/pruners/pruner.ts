// What a pruner is: from what is reported of a trial, and the results of earlier generations, to whether it goes on.
import type { Direction, Report, TrialResult } from '../result.ts';

/**
 * Whether trial `number` ends after the last of its reports, of which there is at least one.
 *
 * @param earlier All trials of earlier generations by their numbers, and no others: the answer is the same wherever and in whatever order they ran.
 */
export type Prune = (number: number, reports: readonly Report[], earlier: readonly TrialResult[]) => boolean;

/** What a pruner is made for. */
export interface PrunedSweep {
  readonly seed: number;
  readonly direction: Direction;
  /** The number of the first trial of the generation of trial `number`. */
  readonly firstOf: (number: number) => number;
}

/** The step of the last report. */
export const lastStep = ({ reports }: TrialResult): number | undefined => reports.at(-1)?.[0];
