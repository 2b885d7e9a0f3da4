// Hyperband (Li et al. 2018, "Hyperband: a novel bandit-based approach to hyperparameter optimization"): brackets of successive halving, which end trials early or late.
// How many trials each bracket has, and which trial is in which, is as in Optuna's HyperbandPruner for a study called by the seed.
import { checksum } from '../../base/crc32.ts';
import type { TrialResult } from '../result.ts';
import type { Prune, PrunedSweep } from './pruner.ts';
import { Halving, type HalvingRule, longestOf } from './successive-halving.ts';

export interface HyperbandRule {
  readonly minSteps: number;
  /** Undefined: one more than the steps of the first complete trial. */
  readonly maxSteps: number | undefined;
  readonly factor: number;
  readonly bootstrap: number;
}

/** How many trials of a round each bracket has, the first that ends trials earliest; none where no trial reaches the first rung. */
export function bracketsOf(maxSteps: number, minSteps: number, factor: number): readonly number[] {
  let count = 0;
  while (minSteps * factor ** count <= maxSteps) count++;
  return Array.from({ length: count }, (_, bracket) => {
    const s = count - 1 - bracket;
    return Math.ceil((count * factor ** s) / (s + 1));
  });
}

/** The bracket of a trial. */
export function bracketOf(budgets: readonly number[], seed: number, number: number): number {
  const sum = budgets.reduce((total, budget) => total + budget, 0);
  let place = Number.parseInt(checksum(new TextEncoder().encode(`${seed}_${number}`)), 16) % sum;
  let bracket = 0;
  while (place >= budgets[bracket]!) place -= budgets[bracket++]!;
  return bracket;
}

export function hyperband(sweep: PrunedSweep, { minSteps, maxSteps, factor, bootstrap }: HyperbandRule): Prune {
  const mostFor = (number: number, earlier: readonly TrialResult[]) => {
    const longest = maxSteps === undefined ? longestOf(sweep, number, earlier) : undefined;
    return maxSteps ?? (longest === undefined ? undefined : longest + 1);
  };
  const open = (most: number) => {
    const budgets = bracketsOf(most, minSteps, factor);
    const halvings = budgets.map((_, skip) => {
      const takesPart = (number: number) => bracketOf(budgets, sweep.seed, number) === skip;
      const firstStep: HalvingRule['firstStep'] = (...trial) =>
        mostFor(...trial) === undefined ? undefined : minSteps;
      return new Halving(sweep, { firstStep, takesPart, factor, skip, bootstrap });
    });
    return { budgets, halvings };
  };
  // The same for all trials for which it is known.
  let opened: ReturnType<typeof open> | undefined;
  return (number, reports, earlier) => {
    const most = mostFor(number, earlier);
    if (most === undefined) return false;
    opened ??= open(most);
    if (opened.budgets.length === 0) return false;
    return opened.halvings[bracketOf(opened.budgets, sweep.seed, number)]!.prune(number, reports, earlier);
  };
}
