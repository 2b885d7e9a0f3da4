// What the conventions of features have in common.
import type { Differences } from './deltas.ts';
import type { Samples } from './sound.ts';
import type { Stage } from './stage.ts';

export interface Front {
  /** Features of a frame. */
  readonly size: number;
  /** Samples from one frame to the next. */
  readonly shift: number;
  /** The fewest samples that have a frame. */
  readonly least: number;
  differences(orders: number): Differences;
  /** From samples to features, for one stream. */
  stage(): Stage<Samples>;
}
