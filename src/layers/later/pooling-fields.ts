// The options of pooling: pages load them with what it does.
import { BpttError } from '../../base/errors.ts';
import { type Field, type Options, withDefault } from '../../base/fields.ts';
import type { EntryOptions } from '../describe.ts';
import { type Pair, pair, pairWords } from './convolution-fields.ts';

export const poolFields = {
  /** The pixels, or steps, of which one comes: of a square, or [down, across]. Of what is no image so many steps. */
  kernel: pair(1),
  /** How far it moves on. Default: the kernel, so that each pixel is seen once. */
  stride: withDefault<Field<Pair>, { readonly kernel: Pair }>(pair(1), ({ kernel }) => kernel),
  /** Pixels around the image, at most half of the kernel. For `maxPool` there is nothing in them, for `averagePool` zeros. Default 0. */
  padding: withDefault<Field<Pair>>(pair(0), 0),
};

/** The window of `maxPool` and `averagePool`, and how it moves. */
export interface PoolOptions extends EntryOptions, Options<typeof poolFields> {}

/** Its defaults are filled in where a model has it. */
export interface PoolDescription extends EntryOptions, Options<typeof poolFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'maxPool' | 'averagePool';
}

/** @throws BpttError for a padding in which the window would see nothing. */
export function refusePool({ kernel, padding = 0 }: PoolDescription, where: string): void {
  const [sizes, around] = [kernel, padding].map((pair) => (typeof pair === 'number' ? [pair, pair] : pair));
  if (around!.every((size, axis) => 2 * size <= sizes![axis]!)) return;
  throw new BpttError(
    'invalid-argument',
    `${where}.padding: expected at most half of the kernel ${pairWords(kernel)}, got ${pairWords(padding)}`,
  );
}
