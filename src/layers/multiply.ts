// The product of several entries.
import type { LayerKind } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';
import { at } from './parts/address.ts';
import { joined } from './parts/joined.ts';
import { checkSizes } from './parts/ports.ts';

export interface MultiplyDescription extends EntryOptions {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'multiply';
}

export const multiplyLayer: LayerKind<MultiplyDescription> = {
  kind: 'multiply',
  fields: {},
  ports: 'several',

  create(_, { where, ports }) {
    const columns = checkSizes(where, ports);
    return joined(columns, ({ kernels, rows, inputs, dOutput: dy, buffer }) => {
      const y = buffer('y');
      return {
        forward(from, to) {
          const count = (to - from) * rows * y.ld;
          for (const [port, { track }] of inputs.entries()) {
            if (port === 0) kernels.copy(at(y, from), at(track, from), count);
            else kernels.multiply(at(y, from), at(y, from), at(track, from), count);
          }
        },
        // dx of each is dy times all others.
        backward(from, to) {
          const count = (to - from) * rows * y.ld;
          for (const [port, { gradient }] of inputs.entries()) {
            if (gradient === undefined) continue;
            const dx = at(gradient, from);
            kernels.copy(dx, at(dy, from), count);
            for (const [other, { track }] of inputs.entries()) {
              if (other !== port) kernels.multiply(dx, dx, at(track, from), count);
            }
          }
        },
      };
    });
  },
};

/**
 * The product of several entries of one size, number by number, as a gate of one's own or Keras's `Multiply`.
 *
 * @example
 * [features(8, { name: 'x' }), dense({ units: 8, activation: 'sigmoid', name: 'gate' }), multiply({ from: ['x', 'gate'] }), gru({ units: 16 })]
 *
 * @throws BpttError, when the model is created, for tokens, and for entries on several clocks or of several sizes.
 */
export function multiply(options: EntryOptions): MultiplyDescription {
  return describe(multiplyLayer, options);
}
