// What a gradient is of: the loss, and which steps it goes back through.
import { checkInteger, checkOneOf, checkOptions, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { type Reduction, reductions } from '../loss/losses.ts';
import { checkLoss, type LossOption } from '../loss/output-losses.ts';

/** Truncated BPTT(k1, k2). */
export interface Truncation {
  /** New steps between two gradients, ≥ 1. */
  readonly k1: number;
  /** The most steps that a gradient goes back, ≥ 1. With k2 < k1 older steps of the k1 get no gradient, though their losses count in the loss. */
  readonly k2: number;
  /**
   * With k2 > k1, whose losses flow back: those of the k1 `new` steps, so that each loss counts once (default), or those of
   * the whole `window`, so that a loss counts in each window that holds it.
   */
  readonly losses?: 'new' | 'window';
  /**
   * With k2 > k1, the activations of older steps: as `stored` when they were computed, with the parameters of that time
   * (default), or `recomputed` from h_{t-k2} with today's parameters, which makes the gradient exact and costs a longer forward.
   */
  readonly activations?: 'stored' | 'recomputed';
}

/** What a gradient is of. */
export interface Objective {
  /** Of the output; of several, of each by its name: `{ text: 'cross-entropy', tone: { loss: 'mean-squared-error', weight: 0.1 } }`. */
  readonly loss: LossOption;
  /** Default `mean`. */
  readonly reduction?: Reduction;
  /** Default: full BPTT over all steps of a batch. */
  readonly truncation?: Truncation;
  /**
   * The most bytes that full BPTT may take for activations, for sequences that are too long to keep all of them: states are
   * kept at some steps, and what lies between is computed again on the way back (Chen et al. 2016), which costs up to one more
   * forward pass. Losses and gradients have the same bits as without. Neither with truncation, which needs no more memory
   * for longer sequences, nor with bidirectional layers. Default: no limit.
   */
  readonly memoryBudget?: number;
  /** Fixes the random masks of dropout and zoneout: a whole number from 0 to 2^53 - 1. Default 0, which is a seed like any other. */
  readonly seed?: number;
}

/** Checks an objective. @throws BpttError naming the option. */
export function checkObjective(where: string, objective: Objective): void {
  checkLoss(`${where}.loss`, objective.loss);
  checkOneOf(`${where}.reduction`, objective.reduction ?? 'mean', reductions);
  if (objective.seed !== undefined) checkInteger(`${where}.seed`, objective.seed, 0);
  if (objective.memoryBudget !== undefined) {
    checkInteger(`${where}.memoryBudget`, objective.memoryBudget, 1);
    if (objective.truncation !== undefined) {
      throw new BpttError(
        'invalid-argument',
        `${where}.memoryBudget: expected full BPTT, got truncation ${show(objective.truncation)}, whose windows of max(k1, k2) steps are all that is kept`,
      );
    }
  }
  if (objective.truncation === undefined) return;
  const { truncation } = objective;
  checkOptions(`${where}.truncation`, truncation, ['k1', 'k2', 'losses', 'activations']);
  checkInteger(`${where}.truncation.k1`, truncation.k1, 1);
  checkInteger(`${where}.truncation.k2`, truncation.k2, 1);
  checkOneOf(`${where}.truncation.losses`, truncation.losses ?? 'new', ['new', 'window'] as const);
  checkOneOf(`${where}.truncation.activations`, truncation.activations ?? 'stored', ['stored', 'recomputed'] as const);
}
