// What a sampler is: from the seed and the results of earlier generations to the parameters of a trial.

import type { Direction, TrialResult } from '../result.ts';
import type { Parameters, SearchSpace } from '../space.ts';

/** What a sampler goes by. It sees nothing else, so that the same sweep has the same trials wherever and in whatever order they run. */
export interface Known {
  /** All trials of earlier generations, by their numbers. */
  readonly results: readonly TrialResult[];
  /** The parameters of the trials of the same generation that come before, whatever has become of them. */
  readonly beside: readonly Parameters[];
}

/** The parameters of trial `number`; undefined when there are no more. */
export type Suggest = (number: number, known: Known) => Parameters | undefined;

/** What a sampler is made for. */
export interface Setting {
  readonly space: SearchSpace;
  readonly seed: number;
  readonly direction: Direction;
}
