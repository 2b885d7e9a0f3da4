// Dropout between layers.
import { BpttError } from '../base/errors.ts';
import { boolean, type Checked, type Options, withDefault } from '../base/fields.ts';
import type { LayerKind } from './contract.ts';
import { describe } from './describe.ts';
import { at } from './parts/address.ts';
import { drawOnce, drawSteps } from './parts/masks.ts';
import { rate } from './recurrent/options.ts';

const fields = {
  /** Share of the features that are zero, from 0 to below 1; the others are divided by 1 - rate. */
  rate,
  /** One mask for all steps of a window (Gal and Ghahramani 2016) instead of one for each step. Default false. */
  variational: withDefault(boolean, false),
};

export interface DropoutOptions extends Options<typeof fields> {}

export interface DropoutDescription extends Checked<typeof fields> {
  readonly kind: 'dropout';
}

/**
 * Dropout (Srivastava et al. 2014; between recurrent layers: Zaremba, Sutskever and Vinyals 2014) on the features that the next
 * layer reads, [T,B,F]. Only in training, and the same for the same seed; elsewhere features pass as they are.
 *
 * @throws BpttError for a rate outside [0, 1) and for unknown options; when the model is created, for tokens as input.
 */
export function dropout(options: DropoutOptions): DropoutDescription {
  return describe(dropoutLayer, options);
}

export const dropoutLayer: LayerKind<DropoutDescription> = {
  kind: 'dropout',
  fields,

  create({ rate, variational }, input, _, where) {
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
      state: [],
      reads: 'step',
      scratch: () => 0,

      bind({ kernels, rows: B, input: x, dInput, dOutput, buffer }) {
        const y = buffer('y');
        const mask = buffer('mask');
        return {
          draw(from, to, draw) {
            if (variational) drawOnce(kernels, mask, from, to, B, columns, 1 - rate, draw);
            else drawSteps(kernels, mask, from, to, B, columns, 1 - rate, 1 / (1 - rate), draw);
          },
          forward(from, to, pass) {
            const n = (to - from) * B * y.ld;
            if (pass.training) kernels.multiply(at(y, from), at(x, from), at(mask, from), 1, n);
            else kernels.copy(at(y, from), at(x, from), n);
          },
          backward(from, to, pass) {
            if (dInput === undefined) return;
            const n = (to - from) * B * y.ld;
            if (pass.training) kernels.multiply(at(dInput, from), at(dOutput, from), at(mask, from), 1, n);
            else kernels.copy(at(dInput, from), at(dOutput, from), n);
          },
        };
      },
    };
  },
};
