// Describes products of entries. What they do is loaded with a model that has some.
import type { EntryOptions } from './describe.ts';
import type { MultiplyDescription } from './later/multiply.ts';

/**
 * The product of several entries of one size, number by number, as a gate of one's own or Keras's `Multiply`.
 *
 * @example
 * [features(8, { name: 'x' }), dense({ units: 8, activation: 'sigmoid', name: 'gate' }), multiply({ from: ['x', 'gate'] }), gru({ units: 16 })]
 *
 * @throws BpttError, when the model is created, for tokens, and for entries on several clocks or of several sizes.
 */
export function multiply(options: EntryOptions): MultiplyDescription {
  return { ...options, kind: 'multiply' };
}
