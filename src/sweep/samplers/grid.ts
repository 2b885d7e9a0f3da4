// All combinations, once each.
import { fail } from '../../base/check.ts';
import {
  boundsOf,
  counts,
  type Parameter,
  type Parameters,
  type ParameterValue,
  type SearchSpace,
  sizeOf,
  valueAt,
} from '../space.ts';
import type { Setting, Suggest } from './sampler.ts';

/** More combinations than that nobody waits for. */
const MOST = 1e5;

/** The values of a parameter on a grid: all of them, or so many from one end to the other, evenly on its scale. */
function valuesOf(parameter: Parameter, points: number | undefined): readonly ParameterValue[] {
  if (parameter.kind === 'choice') return parameter.values;
  const count = Math.min(points ?? Number.POSITIVE_INFINITY, sizeOf(parameter));
  const whole = count === sizeOf(parameter);
  const { kind, min, scale } = parameter;
  if (kind === 'int' && whole && scale === 'linear')
    return Array.from({ length: count }, (_, i) => min + i * parameter.step);
  if (whole) return Array.from({ length: count }, (_, i) => min + i);
  // From the first value to the last, without the half steps that whole numbers reach beyond.
  const [low, high] = boundsOf({ ...parameter, kind: 'float' } as Parameter & { kind: 'float' });
  const placeOf = (i: number) => (count === 1 ? (low + high) / 2 : low + ((high - low) * i) / (count - 1));
  const places = Array.from({ length: count }, (_, i) => valueAt(parameter, placeOf(i)));
  // Powers may come out a last digit off.
  if (count > 1) places[0] = min;
  if (count > 1 && kind === 'float') places[count - 1] = parameter.max;
  return [...new Set(places)];
}

function* combinations(
  parameters: readonly (readonly [name: string, Parameter, readonly ParameterValue[]])[],
  before: Parameters,
): Generator<Parameters> {
  const [first, ...rest] = parameters;
  if (first === undefined) yield before;
  else if (!counts(first[1], before)) yield* combinations(rest, before);
  else for (const value of first[2]) yield* combinations(rest, { ...before, [first[0]]: value });
}

/**
 * @param points How many values of each number are tried; of whole numbers all where it says nothing.
 * @throws BpttError for numbers of which it is not said how many are tried, names that are not there, and more than 100,000 combinations.
 */
export function grid(where: string, { space }: Setting, points: Readonly<Record<string, number>>): Suggest {
  checkPoints(where, space, points);
  const axes = Object.entries(space).map(
    ([name, parameter]) => [name, parameter, valuesOf(parameter, points[name])] as const,
  );
  const all: Parameters[] = [];
  for (const each of combinations(axes, {})) {
    if (all.push(each) > MOST) fail(where, `a grid of at most ${MOST} combinations`, 'more');
  }
  return (number) => all[number];
}

function checkPoints(where: string, space: SearchSpace, points: Readonly<Record<string, number>>): void {
  for (const name of Object.keys(points)) {
    if (space[name] === undefined || space[name].kind === 'choice')
      fail(`${where}.points`, 'names of numbers of the space', JSON.stringify(name));
    if (points[name]! > MOST) fail(`${where}.points.${name}`, `at most ${MOST}`, `${points[name]}`);
  }
  for (const [name, parameter] of Object.entries(space)) {
    const few = sizeOf(parameter) <= MOST || points[name] !== undefined;
    if (!few) fail(`${where}.points`, `how many values of ${name} are tried, such as { ${name}: 5 }`, 'nothing');
  }
}
