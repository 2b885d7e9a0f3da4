// The median stopping rule (Golovin et al. 2017, "Google Vizier", section 3.2.2): a trial ends that is worse than half of the others were. Rules and defaults
// are those of Optuna's MedianPruner and PercentilePruner.
import { compare, type Report } from '../result.ts';
import type { Prune, PrunedSweep } from './pruner.ts';

export interface PercentileRule {
  readonly percentile: number;
  readonly startup: number;
  readonly warmup: number;
  readonly interval: number;
  readonly atLeast: number;
}

/** Ends a trial whose best report so far is behind the best `percentile` of 100 complete trials at the same step. */
export const percentile =
  ({ direction }: PrunedSweep, rule: PercentileRule): Prune =>
  (_, reports, earlier) => {
    const complete = earlier.filter(({ state }) => state === 'complete');
    const step = reports.at(-1)![0];
    if (complete.length === 0 || complete.length < rule.startup) return false;
    if (step < rule.warmup || !firstInInterval(reports, rule)) return false;
    const there = complete.flatMap((trial) =>
      trial.reports.filter((report) => report[0] === step).map(([, value]) => value),
    );
    if (there.length === 0 || there.length < rule.atLeast) return false;
    const best = reports.map(([, value]) => value).reduce((a, b) => (compare(direction, b, a) < 0 ? b : a));
    const rank = direction === 'minimize' ? rule.percentile : 100 - rule.percentile;
    return compare(direction, best, quantileOf(there, rank)) > 0;
  };

/** Whether no other report came since the last step at which a trial may end. */
function firstInInterval(reports: readonly Report[], { warmup, interval }: PercentileRule): boolean {
  const step = reports.at(-1)![0];
  const due = Math.floor((step - warmup) / interval) * interval + warmup;
  return (reports.at(-2)?.[0] ?? -1) < due;
}

/** The value below which so many of 100 lie, between neighbours in proportion, rounded as numpy does it. */
function quantileOf(values: readonly number[], rank: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  const place = ((sorted.length - 1) * rank) / 100;
  const below = Math.floor(place);
  const a = sorted[below]!;
  const b = sorted[Math.min(below + 1, sorted.length - 1)]!;
  const t = place - below;
  return t < 0.5 ? a + (b - a) * t : b - (b - a) * (1 - t);
}
