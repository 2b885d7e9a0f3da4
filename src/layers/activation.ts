// Describes activations. What they do is loaded with a model that has some.
import type { ActivationDescription, ActivationOptions } from './later/activation.ts';

/**
 * An activation as a layer of its own: y = f(x) of each number, [T,B,F] from [T,B,F], or [B,F] of entries with one output a row. A dense
 * layer can have one as its option `activation`.
 *
 * @example
 * [features(8), gru({ units: 32, returns: 'last' }), dense({ units: 16 }), activation({ function: 'elu', alpha: 0.5 }), dense({ units: 1 })]
 *
 * @throws BpttError, when the model is created, for an unknown function or option, an alpha where there is none or below 0, and tokens as
 * input.
 */
export function activation(options: ActivationOptions): ActivationDescription {
  return { ...options, kind: 'activation' };
}
