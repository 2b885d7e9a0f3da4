// What losses of classes share: weights of the classes, a class that does not count, and the softmax of one row.
import { BpttError } from '../../base/errors.ts';
import { type Checked, type Field, integer, list, number, optional } from '../../base/fields.ts';
import type { Reals } from '../../wasm/arena.ts';
import { balancedWeights } from '../balanced.ts';
import type { Loss, LossDescription } from '../losses.ts';
import { realsOf } from './reals.ts';

const numbers = list(number({ min: 0 }), 'weights', 1);

/** One for each class, or by how often each is a target of the training. */
export type ClassWeights = readonly number[] | 'balanced';

const weights: Field<ClassWeights> = {
  check(where, value) {
    if (value === 'balanced') return value;
    const checked = numbers.check(where, value);
    if (checked.some((weight) => weight > 0)) return checked;
    throw new BpttError('invalid-argument', `${where}: expected a weight above 0, got zeros alone`);
  },
};

export const classFields = {
  /**
   * What each class counts for, ≥ 0, one weight for each output; a mean is divided by the sum of the weights of the targets. `balanced`, in
   * `fit`: n / (C n_c) for n targets of its data, n_c of them of class c, and C classes, as scikit-learn's; skipped steps count there. Default: 1 each.
   */
  classWeights: optional(weights),
  /** A target that does not count, whatever the number of classes: -100 in PyTorch. Default: none. */
  ignore: optional(integer()),
};

/** One row that counts. */
export interface ClassRow {
  readonly target: number;
  /** -log p of the target, p = softmax of the logits. */
  readonly loss: number;
  /** The logits, one for each class. The same array for each row. */
  readonly logits: Reals;
  /** p_c - [c = target]; what the row leaves here is the gradient of what it returns. */
  readonly dy: Reals;
}

/** A loss of classes, of what `row` makes of the cross-entropy of each. */
export function ofClasses(
  { classWeights: given, ignore }: Checked<typeof classFields>,
  row: (row: ClassRow) => number,
  make: (classWeights: readonly number[]) => LossDescription,
): Loss {
  const balanced = given === 'balanced';
  const classWeights = balanced ? undefined : given;
  return {
    refuse(outputs, where) {
      if (classWeights === undefined || classWeights.length === outputs) return;
      throw new BpttError(
        'invalid-shape',
        `${where}.classWeights: expected ${outputs} weights, one for each class, got ${classWeights.length}`,
      );
    },
    ...(balanced && { prepare: async (node, data) => make(await balancedWeights(node, data, ignore)) }),
    targets: (outputs) => ({ kind: 'tokens', size: outputs, ...(ignore !== undefined && { ignore }) }),
    ...((given !== undefined || ignore !== undefined) && {
      weigh(target) {
        if (balanced) throw unprepared();
        return target === ignore ? 0 : (classWeights?.[target] ?? 1);
      },
    }),
    perStep: () => 1,
    run(kernels, y, targets, mask, rows, size, ld, scale, sum) {
      const classes = new Int32Array(kernels.memory.buffer, targets, rows);
      const width = ld * kernels.realBytes();
      const logits = realsOf(kernels, y, size).slice();
      for (let r = rows - 1; r >= 0; r--) {
        const dy = realsOf(kernels, y + r * width, size);
        logits.set(dy);
        const loss = kernels.softmaxCrossEntropy(y + r * width, targets + 4 * r, mask + r, 1, size, ld, 1, 0);
        // A row that does not count has been cleared.
        if (new Uint8Array(kernels.memory.buffer, mask + r, 1)[0] === 0) continue;
        sum += row({ target: classes[r]!, loss, logits, dy });
        for (let c = 0; c < size; c++) dy[c] = dy[c]! * scale;
      }
      return sum;
    },
  };
}

const unprepared = () =>
  new BpttError(
    'invalid-argument',
    "loss.classWeights: expected a weight for each class, got 'balanced', which fit alone makes of its data",
  );
