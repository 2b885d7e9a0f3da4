// Successive halving in its asynchronous form (Li et al. 2020, "A system for massively parallel hyperparameter tuning", algorithm 2), but among the trials of
// earlier generations. Rules and defaults are those of Optuna's SuccessiveHalvingPruner.
import { compare, type Direction, type Report, type TrialResult } from '../result.ts';
import { lastStep, type Prune, type PrunedSweep } from './pruner.ts';

export interface HalvingRule {
  /** The step of the first rung for a trial; undefined where it is not known yet: then the trial does not end, and has no rungs. */
  readonly firstStep: (number: number, earlier: readonly TrialResult[]) => number | undefined;
  /** Whether a trial is one of those that are compared: of a bracket. Default: all are. */
  readonly takesPart?: (number: number) => boolean;
  readonly factor: number;
  /** Rungs that are left out at the beginning. */
  readonly skip: number;
  readonly bootstrap: number;
}

/** The rungs that a trial reached, by the value that it had there, and whether it ends. */
interface Climb {
  readonly rungs: readonly number[];
  readonly ends: boolean;
}

export class Halving {
  readonly #sweep: PrunedSweep;
  readonly #rule: HalvingRule;
  /** The rungs of trials that have ended. */
  readonly #known = new Map<number, readonly number[]>();

  constructor(sweep: PrunedSweep, rule: HalvingRule) {
    this.#sweep = sweep;
    this.#rule = rule;
  }

  readonly prune: Prune = (number, reports, earlier) => this.#climb(number, reports, earlier).ends;

  /** What became of a trial, report by report: where it stands is a function of its reports and the trials before. */
  #climb(number: number, reports: readonly Report[], earlier: readonly TrialResult[]): Climb {
    const { firstStep, takesPart = () => true, factor, skip, bootstrap } = this.#rule;
    const first = firstStep(number, earlier);
    const rungs: number[] = [];
    if (first === undefined) return { rungs, ends: false };
    const others = earlier.slice(0, this.#sweep.firstOf(number)).filter((trial) => takesPart(trial.number));
    let next = first * factor ** skip;
    for (const [step, value] of reports) {
      for (; step >= next; next *= factor) {
        const rung = rungs.push(value) - 1;
        const competing = others.flatMap((trial) => this.#rungsOf(trial, earlier).slice(rung, rung + 1));
        competing.push(value);
        if (competing.length <= bootstrap) return { rungs, ends: true };
        if (!isPromoted(value, competing, factor, this.#sweep.direction)) return { rungs, ends: true };
      }
    }
    return { rungs, ends: false };
  }

  #rungsOf({ number, reports }: TrialResult, earlier: readonly TrialResult[]): readonly number[] {
    const rungs = this.#known.get(number) ?? this.#climb(number, reports, earlier).rungs;
    this.#known.set(number, rungs);
    return rungs;
  }
}

/** Whether a value is among the best of each `factor`; among fewer than that, whether it is the best. */
function isPromoted(value: number, competing: readonly number[], factor: number, direction: Direction): boolean {
  const sorted = [...competing].sort((a, b) => compare(direction, a, b));
  const last = Math.max(0, Math.floor(sorted.length / factor) - 1);
  return compare(direction, value, sorted[last]!) <= 0;
}

/**
 * Successive halving of all trials.
 *
 * @param minSteps The step of the first rung; undefined: a hundredth of the steps of the first complete trial, at least 1.
 */
export function successiveHalving(
  sweep: PrunedSweep,
  { minSteps, ...rule }: Omit<HalvingRule, 'firstStep' | 'takesPart'> & { readonly minSteps: number | undefined },
): Prune {
  const firstStep: HalvingRule['firstStep'] = (number, earlier) => {
    const longest = minSteps === undefined ? longestOf(sweep, number, earlier) : undefined;
    return minSteps ?? (longest === undefined ? undefined : Math.max(1, Math.floor(longest / 100)));
  };
  return new Halving(sweep, { firstStep, ...rule }).prune;
}

/** The most steps of the complete trials of the first generation that has some, if that is before the one of trial `number`. */
export function longestOf(
  { firstOf }: PrunedSweep,
  number: number,
  earlier: readonly TrialResult[],
): number | undefined {
  const before = earlier
    .slice(0, firstOf(number))
    .filter((trial) => trial.state === 'complete' && lastStep(trial) !== undefined);
  const generation = before.filter((trial) => firstOf(trial.number) === firstOf(before[0]!.number));
  return generation.length === 0 ? undefined : Math.max(...generation.map((trial) => lastStep(trial)!));
}
