// The mean of several entries.
import type { LayerKind } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';
import { at } from './parts/address.ts';
import { joined } from './parts/joined.ts';
import { checkSizes } from './parts/ports.ts';

export interface AverageDescription extends EntryOptions {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'average';
}

export const averageLayer: LayerKind<AverageDescription> = {
  kind: 'average',
  fields: {},
  ports: 'several',

  create(_, { where, ports }) {
    const columns = checkSizes(where, ports);
    return joined(columns, ({ kernels, rows, inputs, dOutput: dy, buffer }) => {
      const y = buffer('y');
      const share = 1 / inputs.length;
      return {
        forward(from, to) {
          const count = (to - from) * rows * y.ld;
          for (const [port, { track }] of inputs.entries()) {
            kernels[port === 0 ? 'copy' : 'add'](at(y, from), at(track, from), count);
          }
          kernels.scale(at(y, from), share, count);
        },
        backward(from, to) {
          const count = (to - from) * rows * y.ld;
          for (const { gradient } of inputs) {
            if (gradient === undefined) continue;
            kernels.copy(at(gradient, from), at(dy, from), count);
            kernels.scale(at(gradient, from), share, count);
          }
        },
      };
    });
  },
};

/**
 * The mean of several entries of one size, number by number, as Keras's `Average`.
 *
 * @throws BpttError, when the model is created, for tokens, and for entries on several clocks or of several sizes.
 *
 * @example
 * [features(8, { name: 'x' }), gru({ units: 8, name: 'g' }), lstm({ units: 8, from: 'x', name: 'l' }), average({ from: ['g', 'l'] }), dense({ units: 2 })]
 */
export function average(options: EntryOptions): AverageDescription {
  return describe(averageLayer, options);
}
