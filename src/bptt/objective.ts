// What a gradient is of: the loss, and which steps it goes back through.
import { show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { type Checked, integer, type Options, object, oneOf, optional, withDefault } from '../base/fields.ts';
import { reduction } from '../loss/losses.ts';
import { lossOption } from '../loss/output-losses.ts';

const truncationFields = {
  /** New steps between two gradients, ≥ 1. */
  k1: integer({ min: 1 }),
  /**
   * The most steps that a gradient goes back, ≥ 1. With k2 > k1 into the windows before; with k2 ≤ k1 windows stand side by side, also the
   * shorter one at the end of a batch. With k2 < k1 older steps of the k1 get no gradient, though their losses count in the loss.
   */
  k2: integer({ min: 1 }),
  /**
   * With k2 > k1, whose losses flow back: those of the k1 `new` steps, so that each loss counts once (default), or those of
   * the whole `window`, so that a loss counts in each window that holds it.
   */
  losses: withDefault(oneOf('new', 'window'), 'new'),
  /**
   * With k2 > k1, the activations of older steps: as `stored` when they were computed, with the parameters of that time
   * (default), or `recomputed` from h_{t-k2} with today's parameters, which makes the gradient exact and costs a longer forward.
   */
  activations: withDefault(oneOf('stored', 'recomputed'), 'stored'),
};

/** Truncated BPTT(k1, k2). */
export interface Truncation extends Options<typeof truncationFields> {}

export const objectiveFields = {
  /** Of the output; of several, of each by its name: `{ text: 'cross-entropy', tone: { loss: 'mean-squared-error', weight: 0.1 } }`. */
  loss: lossOption,
  /** Default `mean`. */
  reduction,
  /** Default: full BPTT over all steps of a batch. */
  truncation: optional(object<typeof truncationFields, Truncation>(truncationFields)),
  /**
   * The most bytes that full BPTT may take for activations, for sequences that are too long to keep all of them: states are
   * kept at some steps, and what lies between is computed again on the way back (Chen et al. 2016), which costs up to one more
   * forward pass. Losses and gradients have the same bits as without. Neither with truncation, which needs no more memory
   * for longer sequences, nor with bidirectional layers. Default: no limit.
   */
  memoryBudget: optional(integer({ min: 1 })),
  /** Fixes the random masks of dropout and zoneout: a whole number from 0 to 2^53 - 1. Default 0, which is a seed like any other. */
  seed: withDefault(integer({ min: 0 }), 0),
};

/** What a gradient is of. */
export interface Objective extends Options<typeof objectiveFields> {}

/** The same with all defaults. */
export interface CheckedObjective extends Checked<typeof objectiveFields> {}

/** @throws BpttError for a memory budget beside truncation. */
export function refuseObjective(where: string, { memoryBudget, truncation }: CheckedObjective): void {
  if (memoryBudget === undefined || truncation === undefined) return;
  throw new BpttError(
    'invalid-argument',
    `${where}.memoryBudget: expected full BPTT, got truncation ${show(truncation)}, whose windows of max(k1, k2) steps are all that is kept`,
  );
}
