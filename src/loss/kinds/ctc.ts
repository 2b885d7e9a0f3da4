// Connectionist temporal classification: which labels a sequence holds, without saying where.
import { checkInteger } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { type Checked, integer, type Options, oneOf, withDefault } from '../../base/fields.ts';
import { describeLoss, type LossKind } from '../describe.ts';
import type { LossDescription } from '../losses.ts';
import { BoundCtc } from './ctc/bound-ctc.ts';
import { ctcKernels } from './ctc/kernels.ts';
import { checkLabels } from './ctc/labels.ts';

const fields = {
  /** The class that stands for no label. Default 0, as PyTorch's. */
  blank: withDefault(integer({ min: 0 }), 0),
  /**
   * What becomes of rows whose labels do not fit into their steps: an `error` that says by how many steps, or `skip`: the row has neither loss
   * nor gradient and is left out of means and of what is `counted`. Default `error`.
   */
  infeasible: withDefault(oneOf('error', 'skip'), 'error'),
};

/** The class that stands for no label in `ctc`, and what becomes of labels that do not fit into their steps. */
export interface CtcOptions extends Options<typeof fields> {}

/** What `ctc` resolves to: a loss as plain data, for the option `loss` of `fit`, `train` and `evaluate`. */
export interface CtcDescription extends LossDescription, Checked<typeof fields> {
  /** The name of the loss: what checkpoints and results know it by. */
  readonly kind: 'ctc';
}

export const ctcLoss: LossKind<typeof fields, 'ctc'> = {
  kind: 'ctc',
  fields,
  create: (options) => ({
    companion: ctcKernels,
    blank: options.blank,
    refuse: (outputs, where) => checkInteger(`${where}.blank`, options.blank, 0, outputs - 1),
    check: (outputs) => checkLabels(options, outputs),
    bind(network, window, node, reduction) {
      const skips = network.graph.inputs.find(({ clock, skip }) => clock === node.clock && skip !== undefined);
      if (skips !== undefined) {
        throw new BpttError(
          'invalid-argument',
          `loss: expected inputs without skip for ctc, whose steps stand side by side, got ${skips.where} with skip ${skips.skip}`,
        );
      }
      return new BoundCtc(options, { network, window, node, reduction });
    },
  }),
};

/**
 * Connectionist temporal classification (Graves, Fernández, Gomez and Schmidhuber 2006): -log, in nats, of the probability of all paths that
 * give a row's labels when repeats are merged and blanks dropped. Outputs are logits [T,B,C], C classes of which one is the blank; targets are
 * the labels of each row, `[Int32Array.of(3, 1, 1), …]`, as many as there are, also none. A row with U labels, of which r repeat the one
 * before, needs U + r steps; its steps are the `lengths` of the output.
 *
 * The mean is PyTorch's: each row's loss divided by its labels (by 1 where it has none), then the mean over the rows; `lossSum` is that of the
 * divided losses. The reduction `sum` divides nothing. Sums over paths are in f64 in models of either precision, and lose nothing however long
 * sequences are. Sequences must be there as a whole: no truncation, no carried state, no memory budget.
 *
 * Waits for its kernels to be loaded, once; all else is synchronous.
 *
 * @example
 * const model = await createModel([features(40), bidirectional(gru({ units: 64 })), dense({ units: 30 })]);
 * await fit(model, { data: utterances, features: 40, loss: await ctc(), epochs: 20 });
 *
 * @throws BpttError for options that are wrong or unknown, and `unsupported-engine` where the kernels cannot be compiled.
 */
export async function ctc(options: CtcOptions = {}): Promise<CtcDescription> {
  const description = describeLoss(ctcLoss, options);
  await Promise.all([ctcKernels.load('f32'), ctcKernels.load('f64')]);
  return description;
}
