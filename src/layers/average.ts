// Describes means of entries. What they do is loaded with a model that has some.
import type { EntryOptions } from './describe.ts';
import type { AverageDescription } from './later/average.ts';

/**
 * The mean of several entries of one size, number by number, as Keras's `Average`.
 *
 * @throws BpttError, when the model is created, for tokens, and for entries on several clocks or of several sizes.
 */
export function average(options: EntryOptions): AverageDescription {
  return { ...options, kind: 'average' };
}
