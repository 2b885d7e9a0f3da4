// Several quantiles of a number at once.
import { BpttError } from '../../base/errors.ts';
import { type Checked, type Field, list, number, type Options } from '../../base/fields.ts';
import { describeLoss, type LossKind } from '../describe.ts';
import type { LossDescription } from '../losses.ts';
import { realsOf } from './reals.ts';

const numbers = list(number({ exclusiveMin: 0, exclusiveMax: 1 }), 'quantiles', 1);

const ascending: Field<readonly number[]> = {
  check(where, value) {
    const quantiles = numbers.check(where, value);
    const wrong = quantiles.findIndex((quantile, index) => index > 0 && quantile <= quantiles[index - 1]!);
    if (wrong < 0) return quantiles;
    throw new BpttError(
      'invalid-argument',
      `${where}[${wrong}]: expected more than ${quantiles[wrong - 1]}, the quantile before it, got ${quantiles[wrong]}`,
    );
  },
};

const fields = {
  /** Each between 0 and 1, in ascending order: [0.1, 0.5, 0.9]. */
  quantiles: ascending,
};

/** Which quantiles the outputs are of. */
export interface QuantileOptions extends Options<typeof fields> {}

/** What `quantile` returns: a loss as plain data, for the option `loss` of `fit`, `train` and `evaluate`. */
export interface QuantileDescription extends LossDescription, Checked<typeof fields> {
  /** The name of the loss: what checkpoints and results know it by. */
  readonly kind: 'quantile';
}

export const quantileLoss: LossKind<typeof fields, 'quantile'> = {
  kind: 'quantile',
  fields,
  create({ quantiles }) {
    const Q = quantiles.length;
    return {
      refuse(outputs, where) {
        if (outputs % Q === 0) return;
        throw new BpttError(
          'invalid-shape',
          `${where}: expected outputs for ${Q} quantiles of each number, a multiple of ${Q}, got ${outputs}`,
        );
      },
      targets: (outputs) => ({ kind: 'features', size: outputs / Q }),
      perStep: (outputs) => outputs,
      run(kernels, y, targets, mask, rows, size, ld, scale, sum) {
        const ldTargets = kernels.padded(size / Q);
        const outputs = realsOf(kernels, y, rows * ld);
        const wanted = realsOf(kernels, targets, rows * ldTargets);
        const counts = new Uint8Array(kernels.memory.buffer, mask, rows);
        for (let r = rows - 1; r >= 0; r--) {
          const start = r * ld;
          if (counts[r] === 0) {
            outputs.fill(0, start, start + ld);
            continue;
          }
          let ofRow = 0;
          for (let j = 0; j < size; j++) {
            const quantile = quantiles[j % Q]!;
            const d = wanted[r * ldTargets + Math.floor(j / Q)]! - outputs[start + j]!;
            ofRow += Math.max(quantile * d, (quantile - 1) * d);
            outputs[start + j] = (d > 0 ? -quantile : d < 0 ? 1 - quantile : 0) * scale;
          }
          sum += ofRow;
        }
        return sum;
      },
    };
  },
};

/**
 * The quantile or pinball loss (Koenker and Bassett 1978): with d = target - y, q d where y is too low and (1 - q) |d| where it is too high, so
 * that y is above the target in the share q of cases. A model of F numbers has F times as many outputs as quantiles, those of one number
 * side by side; targets [T,B,F]. A mean is over all outputs. Where a target is met the derivative is 0.
 *
 * @example
 * const model = await createModel([features(1), lstm({ units: 32 }), dense({ units: 3 })]);
 * await fit(model, { data: numbers, loss: quantile({ quantiles: [0.1, 0.5, 0.9] }), epochs: 20 });
 *
 * @throws BpttError for quantiles that are not between 0 and 1 or do not ascend; where it is used, for a number of outputs that is no
 * multiple of theirs.
 */
export function quantile(options: QuantileOptions): QuantileDescription {
  return describeLoss(quantileLoss, options);
}
