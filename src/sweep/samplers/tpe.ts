// The tree-structured Parzen estimator (Bergstra, Bardenet, Bengio and Kégl 2011): of some values drawn where good trials are dense, the one
// where the others are rarest.

import { draw } from '../draw.ts';
import { compare, type TrialResult } from '../result.ts';
import { fill, type Parameter, type Parameters, type ParameterValue } from '../space.ts';
import { parzen } from './parzen.ts';
import { random } from './random.ts';
import type { Known, Setting, Suggest } from './sampler.ts';

/** Trials that count as good: a tenth, rounded up, and at most 25. */
const goodOf = (n: number) => Math.min(Math.ceil(0.1 * n), 25);

/** What a trial is sorted by: complete trials by their value, then pruned ones by how far they came and their last value, then failed ones. */
function rankOf({ state, values, reports }: TrialResult): readonly [behind: number, value: number] {
  const last = reports.at(-1);
  if (state === 'complete') return [Number.NEGATIVE_INFINITY, values[0]!];
  return state === 'pruned' && last !== undefined ? [-last[0], last[1]] : [1, 0];
}

/**
 * The parameters of the good trials, and those of the others, the oldest first. Trials of the same generation, of which nothing is known, are
 * with the others: the next one keeps away from them ("constant liar").
 */
export function split(
  known: Known,
  direction: Setting['direction'],
): readonly [good: readonly Parameters[], others: readonly Parameters[]] {
  const ranks = known.results.map(rankOf);
  const order = ranks.map((_, i) => i);
  order.sort((a, b) => {
    const [behindA, valueA] = ranks[a]!;
    const [behindB, valueB] = ranks[b]!;
    if (behindA !== behindB) return behindA < behindB ? -1 : 1;
    return compare(direction, valueA, valueB) || a - b;
  });
  const good = new Set(order.slice(0, goodOf(order.length)));
  const parametersOf = (is: boolean) =>
    known.results.filter((_, i) => good.has(i) === is).map(({ parameters }) => parameters);
  return [parametersOf(true), [...parametersOf(false), ...known.beside]];
}

/** The values that trials had of a parameter. */
const valuesIn = (trials: readonly Parameters[], name: string) =>
  trials.filter((parameters) => Object.hasOwn(parameters, name)).map((parameters) => parameters[name]!);

/**
 * @param startup Trials before it begins; they are random.
 * @param candidates Values that are drawn for each parameter.
 */
export function tpe(
  setting: Setting,
  { startup, candidates }: { readonly startup: number; readonly candidates: number },
): Suggest {
  const { space, seed, direction } = setting;
  const first = random(setting);
  return (number, known) => {
    if (known.results.length < startup) return first(number, known);
    const [good, others] = split(known, direction);
    return fill(space, (name, parameter, index) =>
      suggest(parameter, valuesIn(good, name), valuesIn(others, name), candidates, (i) => draw(seed, number, index, i)),
    );
  };
}

function suggest(
  parameter: Parameter,
  good: readonly ParameterValue[],
  others: readonly ParameterValue[],
  candidates: number,
  drawn: (i: number) => readonly [number, number],
): ParameterValue {
  const likely = parzen(parameter, good);
  const unlikely = parzen(parameter, others);
  let best: ParameterValue | undefined;
  let highest = Number.NEGATIVE_INFINITY;
  for (let i = 0; i < candidates; i++) {
    const value = likely.sample(...drawn(i));
    const ratio = likely.at(value) / unlikely.at(value);
    if (ratio > highest) [best, highest] = [value, ratio];
  }
  return best!;
}
