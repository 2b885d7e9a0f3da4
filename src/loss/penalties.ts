// What layers add to the objective, over ranges of steps of a window: how many terms, their gradients' factors, their values.
import type { BackwardOptions, Window } from '../model/window.ts';

/** Steps whose terms are asked for: those of outputs from `from` on, those of gradients from `begin` on. */
export interface PenaltySteps {
  readonly begin: number;
  readonly from: number;
  readonly to: number;
}

/** How many terms each penalty has. After `forward`. */
export function countTerms(window: Window, steps: PenaltySteps, how?: BackwardOptions): readonly number[] {
  const { begin, from, to } = steps;
  return window.mapPenalties(
    (penalty, pass) => penalty.count(penalty.of === 'gradients' ? begin : from, to, pass),
    how,
  );
}

/** Lets backward add the gradients of the terms from step `first` on, each penalty's times its factor. */
export function weighTerms(window: Window, first: number, factors: readonly number[]): void {
  window.mapPenalties((penalty, _, index) => penalty.weigh(first, factors[index]!));
}

/** `sums` and the terms of each penalty. After `backward`. */
export function addTerms(
  window: Window,
  sums: readonly number[],
  steps: PenaltySteps,
  how?: BackwardOptions,
): readonly number[] {
  const { begin, from, to } = steps;
  return window.mapPenalties(
    ({ of, add }, pass, index) => add(sums[index] ?? 0, of === 'gradients' ? begin : from, to, pass),
    how,
  );
}

/** The value of all penalties together, from the sums of their terms and a factor for each. */
export function totalPenalty(window: Window, sums: readonly number[], factors: readonly number[]): number {
  return window
    .mapPenalties(({ weight }, _, index) => weight * sums[index]! * factors[index]!)
    .reduce((total, value) => total + value, 0);
}
