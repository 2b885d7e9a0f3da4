// The sum of several entries.
import type { Layer, LayerKind, Place } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';
import { at } from './parts/address.ts';
import { joined } from './parts/joined.ts';
import { checkSizes } from './parts/ports.ts';

/** What `add` returns: the entry of a model, plain data that names what it adds up. */
export interface AddDescription extends EntryOptions {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'add';
}

export const addLayer: LayerKind<AddDescription> = {
  kind: 'add',
  fields: {},
  ports: 'several',

  create(_, { where, ports }: Place): Layer {
    const columns = checkSizes(where, ports);
    const layer = joined(columns, ({ kernels, rows, inputs, dOutput: dy, buffer }) => {
      const y = buffer('y');
      return {
        forward(from, to) {
          const count = (to - from) * rows * y.ld;
          for (const [port, { track }] of inputs.entries()) {
            kernels[port === 0 ? 'copy' : 'add'](at(y, from), at(track, from), count);
          }
        },
        backward(from, to) {
          const count = (to - from) * rows * y.ld;
          for (const { gradient, add } of inputs) {
            if (gradient !== undefined) kernels[add ? 'add' : 'copy'](at(gradient, from), at(dy, from), count);
          }
        },
      };
    });
    return { ...layer, adds: true };
  },
};

/**
 * The sum of several entries of one size, as of a layer and what it reads (a residual connection over several layers).
 *
 * @example
 * [features(8, { name: 'x' }), gru({ units: 8 }), gru({ units: 8, name: 'deep' }), add({ from: ['x', 'deep'] }), dense({ units: 2 })]
 *
 * @throws BpttError, when the model is created, for tokens, for entries on several clocks and of several sizes.
 */
export function add(options: EntryOptions): AddDescription {
  return describe(addLayer, options);
}
