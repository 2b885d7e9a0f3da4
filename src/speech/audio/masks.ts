// Features that are hidden, so that no few of them are relied on: SpecAugment (Park et al. 2019), without the warp of time.
import type { Draws } from '../../base/draws.ts';
import { type Checked, integer, number, withDefault } from '../../base/fields.ts';

const count = withDefault(integer({ min: 0, max: 1000 }), 0);

export const maskFields = {
  /** How often steps in a row are hidden. Default 0. */
  steps: count,
  /** The most steps in a row; how many is drawn, and never more than a fifth of all. Default 20. */
  longest: withDefault(integer({ min: 1 }), 20),
  /** How often features side by side are hidden, in all steps. Default 0. */
  features: count,
  /** The most features side by side. Default 5. */
  widest: withDefault(integer({ min: 1 }), 5),
  /** What is heard there: 0 is the mean of what is normalised. Default 0. */
  value: withDefault(number(), 0),
};

/** In place, of features [T,size]. */
export function maskFeatures<T extends Float32Array<ArrayBufferLike>>(
  all: T,
  size: number,
  masks: Checked<typeof maskFields>,
  draws: Draws,
): T {
  const T = all.length / size;
  const longest = Math.min(masks.longest, Math.floor(T / 5));
  for (let i = 0; i < masks.steps; i++) {
    const length = draws.below(longest + 1);
    const from = draws.below(T - length + 1);
    all.fill(masks.value, from * size, (from + length) * size);
  }
  const widest = Math.min(masks.widest, size);
  for (let i = 0; i < masks.features; i++) {
    const width = draws.below(widest + 1);
    const from = draws.below(size - width + 1);
    for (let t = 0; t < T; t++) all.fill(masks.value, t * size + from, t * size + from + width);
  }
  return all;
}
