// What is known of a trial that has ended, and which of several is better.
import { fail, show } from '../base/check.ts';
import {
  type Checked,
  checkFields,
  type Field,
  integer,
  list,
  number,
  type Options,
  oneOf,
  unchecked,
  withDefault,
} from '../base/fields.ts';
import { checkParameters, type Parameters, type SearchSpace } from './space.ts';

/** What is reported of a trial while it goes on: the objective after so many steps. */
export type Report = readonly [step: number, value: number];

/** A trial that has ended. */
export interface TrialResult {
  /** Which trial, from 0. */
  readonly number: number;
  /** The values that were tried, by name. */
  readonly parameters: Parameters;
  /** `failed` where training diverged: it counts as a trial, and as no better than any other. */
  readonly state: 'complete' | 'pruned' | 'failed';
  /** In the order of the steps. */
  readonly reports: readonly Report[];
  /** One number for each objective; none unless the trial is complete. */
  readonly values: readonly number[];
}

export const objectiveFields = {
  /** Whether less or more is better. Default `minimize`. */
  direction: withDefault(oneOf('minimize', 'maximize'), 'minimize'),
};

/** Whether less or more is better. */
export type Direction = Checked<typeof objectiveFields>['direction'];

const report: Field<Report> = {
  check(where, given) {
    const pair = list(number(), 'a step and a value').check(where, given);
    if (pair.length !== 2) fail(where, '[step, value]', show(given));
    return [integer({ min: 0 }).check(`${where}[0]`, pair[0]), pair[1]!];
  },
};

/** Reports, whose steps ascend. */
export const reports: Field<readonly Report[]> = {
  check(where, given) {
    const all = list(report, 'reports [step, value]').check(where, given);
    const wrong = all.findIndex(([step], index) => index > 0 && step <= all[index - 1]![0]);
    return wrong < 0 ? all : fail(`${where}[${wrong}][0]`, `a step after ${all[wrong - 1]![0]}`, show(all[wrong]![0]));
  },
};

/** More trials than that nobody waits for. */
export const MOST_TRIALS = 1e6;

const resultFields = {
  /** Which trial, from 0. */
  number: integer({ min: 0, max: MOST_TRIALS - 1 }),
  /** The values that were tried, by name. */
  parameters: unchecked<Parameters>(),
  /** `failed` where training diverged. */
  state: oneOf('complete', 'pruned', 'failed'),
  /** The objective after so many steps, in the order of the steps. Default: none was reported. */
  reports: withDefault(reports, () => []),
  /** One number for each objective; none unless the trial is complete. Default: none. */
  values: withDefault(list(number(), 'numbers'), () => []),
};

/** A result as a caller gives it. */
export interface GivenResult extends Options<typeof resultFields> {}

/** @throws BpttError for what is no result of a trial of this space, with so many objectives. */
export function checkResult(where: string, given: unknown, space: SearchSpace, objectives: number): TrialResult {
  const result = checkFields(where, given, resultFields);
  const expected = result.state === 'complete' ? objectives : 0;
  if (result.values.length !== expected) {
    fail(`${where}.values`, `${expected} of a trial that is ${result.state}`, `${result.values.length}`);
  }
  return { ...result, parameters: checkParameters(`${where}.parameters`, result.parameters, space) };
}

/** Below 0 where `a` is better than `b`. */
export const compare = (direction: Direction, a: number, b: number): number =>
  direction === 'minimize' ? a - b : b - a;

/** The best of the complete trials by their first objective; of equal ones the first. */
export function bestOf(results: readonly TrialResult[], direction: Direction): TrialResult | undefined {
  let best: TrialResult | undefined;
  for (const result of results) {
    if (result.state !== 'complete') continue;
    if (best === undefined || compare(direction, result.values[0]!, best.values[0]!) < 0) best = result;
  }
  return best;
}

/** The complete trials to which no other is better in one objective and as good in all. */
export function frontOf(results: readonly TrialResult[], directions: readonly Direction[]): readonly TrialResult[] {
  const complete = results.filter(({ state }) => state === 'complete');
  const dominates = (a: TrialResult, b: TrialResult) => {
    const signs = directions.map((direction, i) => Math.sign(compare(direction, a.values[i]!, b.values[i]!)));
    return signs.every((sign) => sign <= 0) && signs.some((sign) => sign < 0);
  };
  return complete.filter((each) => !complete.some((other) => dominates(other, each)));
}
