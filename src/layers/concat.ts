// Features of several entries side by side.
import type { Layer, LayerKind, Place } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';
import { at } from './parts/address.ts';
import { joined } from './parts/joined.ts';
import { checkPorts } from './parts/ports.ts';

/** What `concat` returns: the entry of a model, plain data that names what stands side by side. */
export interface ConcatDescription extends EntryOptions {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'concat';
}

export const concatLayer: LayerKind<ConcatDescription> = {
  kind: 'concat',
  fields: {},
  ports: 'several',

  create(_, { where, ports }: Place): Layer {
    checkPorts(where, ports);
    const sizes = ports.map(({ signal }) => signal.size);
    const columns = sizes.reduce((sum, size) => sum + size, 0);
    return joined(columns, ({ kernels, rows, inputs, dOutput: dy, buffer }) => {
      const y = buffer('y');
      const real = kernels.realBytes();
      // The columns of each port begin where those of the one before end.
      const starts = sizes.map((_, port) => sizes.slice(0, port).reduce((sum, size) => sum + size * real, 0));
      return {
        forward(from, to) {
          for (const [port, { track: x }] of inputs.entries()) {
            const count = (to - from) * rows;
            kernels.copyColumns(at(y, from) + starts[port]!, at(x, from), count, sizes[port]!, y.ld, x.ld);
          }
        },
        backward(from, to) {
          for (const [port, { gradient: dx }] of inputs.entries()) {
            if (dx === undefined) continue;
            const count = (to - from) * rows;
            kernels.copyColumns(at(dx, from), at(dy, from) + starts[port]!, count, sizes[port]!, dx.ld, dy.ld);
          }
        },
      };
    });
  },
};

/**
 * The features of several entries side by side, in the order of `from`: [T,B,F1+F2] from [T,B,F1] and [T,B,F2], or of entries with one
 * output a row [B,F1+F2].
 *
 * @example
 * [
 *   tokens(80, { name: 'text' }), embedding({ units: 16, name: 'letters' }),
 *   features(3, { name: 'pen', clock: 'text' }),
 *   concat({ from: ['letters', 'pen'] }), lstm({ units: 64 }), dense({ units: 80 }),
 * ]
 *
 * @throws BpttError, when the model is created, for tokens, and for entries on several clocks.
 */
export function concat(options: EntryOptions): ConcatDescription {
  return describe(concatLayer, options);
}
