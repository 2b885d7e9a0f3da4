// Describes flattening. What it does is loaded with a model that has some.
import { checkFields, integer, type Options } from '../base/fields.ts';
import { type EntryOptions, entryFields } from './describe.ts';

export const flattenFields = {
  /** T: how many steps every batch has. */
  steps: integer({ min: 1 }),
};

export interface FlattenOptions extends EntryOptions, Options<typeof flattenFields> {}

export interface FlattenDescription extends FlattenOptions {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'flatten';
}

/**
 * All steps of a row side by side: [B, T·F] from [T,B,F], the first step first, as Keras's `Flatten` after a layer that returns sequences.
 * Every batch has just so many `steps`; what is padding (`lengths`) is zero.
 *
 * @example
 * [features(3), gru({ units: 16 }), flatten({ steps: 20 }), dense({ units: 4 })]
 *
 * @throws BpttError, when the model is created, for options that are wrong, and for tokens and one output a row as input; where it is used, for
 * a batch of another number of steps.
 */
export function flatten(options: FlattenOptions): FlattenDescription {
  return { kind: 'flatten', ...checkFields('flatten', options, { ...flattenFields, ...entryFields }) };
}
