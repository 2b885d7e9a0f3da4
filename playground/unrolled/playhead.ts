// Where the play of the network stands.
import type { Translate } from '../app/strings.ts';

/**
 * Where the play stands: 0 is before the first step, `forward` after the last, then the losses come, then the gradient goes back, step by
 * step.
 */
export interface Playhead {
  readonly at: number;
  readonly steps: number;
}

export const lastPlace = (steps: number) => 2 * steps + 1;
/** Whether step t (from 0) has its state; whether losses are counted; whether the gradient has come back to step t. */
export const hasState = ({ at }: Playhead, t: number) => at > t;
export const hasLosses = ({ at, steps }: Playhead) => at > steps;
export const hasGradient = ({ at, steps }: Playhead, t: number) => at > 2 * steps - t;

/** Where the play stands, in words. */
export function placeText({ at, steps }: Playhead, t: Translate): string {
  if (at === 0) return t('unrolled.start');
  if (at <= steps) return t('unrolled.forward', { step: at });
  if (at === steps + 1) return t('unrolled.losses');
  return t('unrolled.back', { step: 2 * steps + 2 - at });
}
