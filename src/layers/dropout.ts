// Dropout between layers.
import { BpttError } from '../base/errors.ts';
import { boolean, type Checked, type Options, withDefault } from '../base/fields.ts';
import type { LayerKind } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';
import { at } from './parts/address.ts';
import { drawOnce, drawSteps } from './parts/masks.ts';
import { rate } from './recurrent/options.ts';

export const dropoutFields = {
  /** Share of the features that are zero, from 0 to below 1; the others are divided by 1 - rate. */
  rate,
  /** One mask for all steps of a window (Gal and Ghahramani 2016) instead of one for each step. Default false. */
  variational: withDefault(boolean, false),
};

/** How much `dropout` drops, and whether it is the same in all steps. */
export interface DropoutOptions extends EntryOptions, Options<typeof dropoutFields> {}

/** What `dropout` returns: the entry of a model, plain data with all defaults. */
export interface DropoutDescription extends EntryOptions, Checked<typeof dropoutFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'dropout';
}

/**
 * Dropout (Srivastava et al. 2014; between recurrent layers: Zaremba, Sutskever and Vinyals 2014) on the features that the next
 * layer reads, [T,B,F]. Only in training, and the same for the same seed; elsewhere features pass as they are.
 *
 * @throws BpttError for a rate outside [0, 1) and for unknown options; when the model is created, for tokens as input.
 *
 * @example
 * [tokens(65), lstm({ units: 128 }), dropout({ rate: 0.3 }), lstm({ units: 128 }), dropout({ rate: 0.3 }), dense({ units: 65 })]
 */
export function dropout(options: DropoutOptions): DropoutDescription {
  return describe(dropoutLayer, options);
}

export const dropoutLayer: LayerKind<DropoutDescription> = {
  kind: 'dropout',
  fields: dropoutFields,

  create({ rate, variational }, { where, ports: [port] }) {
    const input = port!.signal;
    if (input.kind !== 'features') {
      throw new BpttError('invalid-shape', `${where}: expected features as input, got ${input.size} tokens`);
    }
    const columns = input.size;
    return {
      output: input,
      parameters: [],
      buffers: [
        { name: 'y', extent: 'step', columns, type: 'real', kept: true },
        { name: 'mask', extent: 'step', columns, type: 'real', kept: true },
      ],
      result: 'y',
      keepsResult: false,
      states: [],
      reads: 'step',
      scratch: () => 0,

      bind({ kernels, rows: B, inputs: [input], dOutput, buffer }) {
        const { track: x, gradient: dx } = input!;
        const y = buffer('y');
        const mask = buffer('mask');
        return {
          draw(from, to, draw) {
            if (variational) drawOnce(kernels, mask, from, to, B, columns, 1 - rate, draw);
            else drawSteps(kernels, mask, from, to, B, columns, 1 - rate, 1 / (1 - rate), draw);
          },
          forward(from, to, pass) {
            const n = (to - from) * B * y.ld;
            if (pass.training) kernels.multiply(at(y, from), at(x, from), at(mask, from), n);
            else kernels.copy(at(y, from), at(x, from), n);
          },
          backward(from, to, pass) {
            if (dx === undefined) return;
            const n = (to - from) * B * y.ld;
            if (pass.training) kernels.multiply(at(dx, from), at(dOutput, from), at(mask, from), n);
            else kernels.copy(at(dx, from), at(dOutput, from), n);
          },
        };
      },
    };
  },
};
