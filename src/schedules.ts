// Learning rates as functions of the step, computed with + - * / only, so that every engine gets the same bits.
import { checkInteger, checkNumber, checkObject, checkOneOf, checkOptions } from './check.ts';

/** A learning rate: one number, or a plan over the steps. */
export type LearningRate = number | LinearSchedule;

/** `from` at the first update, then down (or up) by `(from - to) / steps` each; `to` after `steps` updates. */
export interface LinearSchedule {
  readonly kind: 'linear';
  readonly from: number;
  readonly to: number;
  readonly steps: number;
}

/**
 * A learning rate that goes in a straight line from `from` to `to` (default 0) over `steps` updates.
 *
 * @throws BpttError for rates below 0 and steps that are not an integer ≥ 1.
 */
export function linear(options: {
  readonly from: number;
  readonly to?: number;
  readonly steps: number;
}): LinearSchedule {
  return checkLearningRate('linear', { kind: 'linear', to: 0, ...options }) as LinearSchedule;
}

/** Checks a learning rate. */
export function checkLearningRate(where: string, value: unknown): LearningRate {
  if (typeof value === 'number') return checkNumber(where, value, { min: 0 });
  const schedule = checkObject(where, value);
  checkOptions(where, schedule, ['kind', 'from', 'to', 'steps']);
  return {
    kind: checkOneOf(`${where}.kind`, schedule.kind, ['linear'] as const),
    from: checkNumber(`${where}.from`, schedule.from, { min: 0 }),
    to: checkNumber(`${where}.to`, schedule.to, { min: 0 }),
    steps: checkInteger(`${where}.steps`, schedule.steps, 1),
  };
}

/** The learning rate of update `step`, counted from 1. */
export function learningRateAt(rate: LearningRate, step: number): number {
  if (typeof rate === 'number') return rate;
  const { from, to, steps } = rate;
  if (step > steps) return to;
  return from + ((to - from) * (step - 1)) / steps;
}
