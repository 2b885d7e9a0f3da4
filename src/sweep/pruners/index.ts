// Which trials end early: plain data, and what each kind does.
import { fail } from '../../base/check.ts';
import {
  checkFields,
  checkKind,
  type Field,
  integer,
  number,
  type OneOfKinds,
  type Options,
  optional,
  withDefault,
} from '../../base/fields.ts';
import { hyperband as byHyperband } from './hyperband.ts';
import { percentile as byPercentile } from './median.ts';
import type { Prune, PrunedSweep } from './pruner.ts';
import { successiveHalving as byHalving } from './successive-halving.ts';

const count = integer({ min: 1 });
const countFromZero = integer({ min: 0 });

const startFields = {
  /** Complete trials before any is ended. Default 5. */
  startup: withDefault(countFromZero, 5),
  /** Steps before which no trial is ended. Default 0. */
  warmup: withDefault(countFromZero, 0),
  /** Steps from one decision to the next, counted from `warmup`. Default 1: at each report. */
  interval: withDefault(count, 1),
  /** Other trials that must have a report at the same step. Default 1. */
  atLeast: withDefault(count, 1),
};

const bootstrap = withDefault(countFromZero, 0);

export const prunerFields = {
  median: startFields,
  percentile: {
    /** How many of 100 trials go on, the best ones. */
    percentile: number({ min: 0, max: 100 }),
    ...startFields,
  },
  'successive-halving': {
    /** The step of the first rung. Default: a hundredth of the steps of the first complete trial. */
    minSteps: optional(count),
    /** Of so many trials one goes on from rung to rung, and the next rung is at so many times the steps. Default 4. */
    factor: withDefault(integer({ min: 2 }), 4),
    /** Rungs that are left out at the beginning. Default 0. */
    skip: withDefault(countFromZero, 0),
    /** Trials that end at a rung before any goes on. Default 0. */
    bootstrap,
  },
  hyperband: {
    /** The step of the first rung of the first bracket. Default 1. */
    minSteps: withDefault(count, 1),
    /** The steps of a whole trial. Default: one more than the first complete trial had. */
    maxSteps: optional(count),
    /** As in successive halving. Default 3. */
    factor: withDefault(integer({ min: 2 }), 3),
    /** As in successive halving. Default 0. */
    bootstrap,
  },
};

/** A pruner as plain data, all defaults filled in. */
export type Pruner = OneOfKinds<typeof prunerFields>;

type Of<Kind extends Pruner['kind']> = Extract<Pruner, { readonly kind: Kind }>;

/** When `median` begins to end trials, and how often it looks. */
export interface MedianOptions extends Options<typeof prunerFields.median> {}
/** How many trials go on in `percentile`, when it begins to end trials, and how often it looks. */
export interface PercentileOptions extends Options<typeof prunerFields.percentile> {}
/** Where the rungs of `successiveHalving` are, and how many trials go on from each. */
export interface SuccessiveHalvingOptions extends Options<(typeof prunerFields)['successive-halving']> {}
/** Where the brackets of `hyperband` begin and end, and how many trials go on from rung to rung. */
export interface HyperbandOptions extends Options<typeof prunerFields.hyperband> {}

/**
 * Ends a trial whose best value so far is worse than the median of the complete trials of earlier generations at the same step (Golovin et
 * al. 2017). It decides as Optuna's MedianPruner.
 *
 * @example median({ startup: 4, warmup: 200 })
 */
export function median(options: MedianOptions = {}): Of<'median'> {
  return { kind: 'median', ...checkFields('median', options, prunerFields.median) };
}

/**
 * The same with another share of trials than half: `percentile` of 100 go on.
 *
 * @example percentile({ percentile: 25 }) // the best quarter
 */
export function percentile(options: PercentileOptions): Of<'percentile'> {
  return { kind: 'percentile', ...checkFields('percentile', options, prunerFields.percentile) };
}

/**
 * Ends a trial at a rung, at `minSteps`, `factor` times as many and so on, unless it is among the best of each `factor` that reached the
 * rung in earlier generations (Li et al. 2020). It decides as Optuna's SuccessiveHalvingPruner.
 *
 * @example successiveHalving({ minSteps: 100, factor: 3 })
 */
export function successiveHalving(options: SuccessiveHalvingOptions = {}): Of<'successive-halving'> {
  return {
    kind: 'successive-halving',
    ...checkFields('successiveHalving', options, prunerFields['successive-halving']),
  };
}

/**
 * Successive halving in brackets, of which each begins to end trials later (Li et al. 2018): for when it is not known how early a trial tells
 * what it comes to. It decides as Optuna's HyperbandPruner of a study with the seed as its name; the number of brackets is computed
 * in whole numbers, where Optuna's logarithm has one too few at some powers, such as 3^5.
 *
 * @example hyperband({ minSteps: 50, maxSteps: 2000 })
 */
export function hyperband(options: HyperbandOptions = {}): Of<'hyperband'> {
  return checkHyperband('hyperband', {
    kind: 'hyperband',
    ...checkFields('hyperband', options, prunerFields.hyperband),
  });
}

function checkHyperband(where: string, pruner: Of<'hyperband'>): Of<'hyperband'> {
  const { minSteps, maxSteps, bootstrap } = pruner;
  if (maxSteps !== undefined && maxSteps < minSteps)
    fail(`${where}.maxSteps`, `minSteps, ${minSteps}, or more`, `${maxSteps}`);
  if (bootstrap > 0 && maxSteps === undefined) fail(`${where}.maxSteps`, 'a number with bootstrap', 'none');
  return pruner;
}

export const pruner: Field<Pruner> = {
  check(where, value) {
    const checked = checkKind(where, value, prunerFields);
    return checked.kind === 'hyperband' ? checkHyperband(where, checked) : checked;
  },
};

/** What a pruner decides in a sweep. */
export function pruneWith(pruner: Pruner, sweep: PrunedSweep): Prune {
  switch (pruner.kind) {
    case 'median':
      return byPercentile(sweep, { ...pruner, percentile: 50 });
    case 'percentile':
      return byPercentile(sweep, pruner);
    case 'successive-halving':
      return byHalving(sweep, { ...pruner, minSteps: pruner.minSteps });
    default:
      return byHyperband(sweep, { ...pruner, maxSteps: pruner.maxSteps });
  }
}
