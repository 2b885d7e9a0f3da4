// Describes activations. What they do is loaded with a model that has some.
import { checkFields, type Field, number, optional, string } from '../base/fields.ts';
import { entryFields } from './describe.ts';
import type { ActivationDescription, ActivationOptions } from './later/activation.ts';

/** What can be known without what is loaded later. */
const fields = {
  function: string as Field<ActivationOptions['function']>,
  alpha: optional(number()),
  ...entryFields,
};

/**
 * An activation as a layer of its own: y = f(x) of each number, [T,B,F] from [T,B,F], or [B,F] of entries with one output a row. A dense
 * layer can have one as its option `activation`.
 *
 * @example
 * [features(8), gru({ units: 32, returns: 'last' }), dense({ units: 16 }), activation({ function: 'elu', alpha: 0.5 }), dense({ units: 1 })]
 *
 * @throws BpttError for options that are unknown or of a wrong type; when the model is created, for an unknown function, an alpha where there is
 * none or below 0, and tokens as input.
 */
export function activation(options: ActivationOptions): ActivationDescription {
  return { kind: 'activation', ...checkFields('activation', options, fields) };
}
