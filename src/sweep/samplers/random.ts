// Random search (Bergstra and Bengio 2012, "Random search for hyper-parameter optimization").

import { draw } from '../draw.ts';
import { atFraction, fill } from '../space.ts';
import type { Setting, Suggest } from './sampler.ts';

/** Each value by itself. */
export const random =
  ({ space, seed }: Setting): Suggest =>
  (number) =>
    fill(space, (_, parameter, index) => atFraction(parameter, draw(seed, number, index, 0)[0]));
