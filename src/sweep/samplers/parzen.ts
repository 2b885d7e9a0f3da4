// The density of the values that a group of trials had of one parameter: a mixture of normal distributions cut off at the ends of the range, one
// around each value and one over all of it. The formulas are those of Optuna 3.1 (optuna/samplers/_tpe/parzen_estimator.py), after Bergstra, Bardenet,
// Bengio and Kégl 2011, "Algorithms for hyper-parameter optimization", section 4.
import { log } from '../../base/exact-log.ts';
import {
  boundsOf,
  type ChoiceParameter,
  type FloatParameter,
  type IntParameter,
  type Parameter,
  type ParameterValue,
  valueAt,
} from '../space.ts';
import { density, mass, quantile } from './normal.ts';

/** A density over the values of a parameter. */
export interface Density {
  /** The density of a number, or the probability of a whole number or a choice. */
  at(value: ParameterValue): number;
  /** A value that has that density, made of two uniform numbers. */
  sample(u: number, v: number): ParameterValue;
}

/** Trials that count in full: older ones count the less, the older they are. */
const RECENT = 25;

/** What each of n trials counts for, the oldest first: from 1/n evenly up to 1, and 1 for the newest 25. The prior, which is last, counts for one. */
function weightsOf(n: number): Float64Array {
  const weights = new Float64Array(n + 1).fill(1);
  const ramp = n - RECENT;
  for (let i = 0; i < ramp; i++) weights[i] = ramp === 1 ? 1 / n : 1 / n + ((1 - 1 / n) * i) / (ramp - 1);
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** The index of the part of a distribution in which the fraction u of it lies. */
function pick(weights: ArrayLike<number>, u: number): number {
  let sum = 0;
  for (let i = 0; i < weights.length; i++) {
    sum += weights[i]!;
    if (u < sum) return i;
  }
  return weights.length - 1;
}

/** @param values Those of the trials, the oldest first. */
export const parzen = (parameter: Parameter, values: readonly ParameterValue[]): Density =>
  parameter.kind === 'choice' ? choices(parameter, values) : numbers(parameter, values as readonly number[]);

function choices({ values: all }: ChoiceParameter, values: readonly ParameterValue[]): Density {
  const weights = weightsOf(values.length);
  const little = 1 / weights.length;
  const whole = 1 + all.length * little;
  const probabilities = all.map((each) =>
    weights.reduce((sum, weight, i) => {
      // The prior has no value: all choices are alike to it.
      if (i === values.length) return sum + weight / all.length;
      return sum + (weight * (little + (values[i] === each ? 1 : 0))) / whole;
    }, 0),
  );
  return {
    at: (value) => probabilities[all.indexOf(value)]!,
    sample: (u) => all[pick(probabilities, u)]!,
  };
}

function numbers(parameter: FloatParameter | IntParameter, values: readonly number[]): Density {
  const [low, high] = boundsOf(parameter);
  const placeOf = (value: number) => (parameter.scale === 'log' ? log(value) : value);
  const centres = [...values.map(placeOf), (low + high) / 2];
  const widths = widthsOf(centres, low, high);
  const weights = weightsOf(values.length);
  const inside = centres.map((centre, i) => mass((low - centre) / widths[i]!, (high - centre) / widths[i]!));
  // Whole numbers on a line are intervals; on a logarithmic scale, as in Optuna, points.
  const half = parameter.kind === 'int' && parameter.scale === 'linear' ? parameter.step / 2 : 0;
  const part = (x: number, i: number) => {
    const z = (edge: number) => (edge - centres[i]!) / widths[i]!;
    return half > 0 ? mass(z(Math.max(low, x - half)), z(Math.min(high, x + half))) : density(z(x)) / widths[i]!;
  };
  return {
    at: (value) => {
      const x = placeOf(value as number);
      return weights.reduce((sum, weight, i) => sum + (weight * part(x, i)) / inside[i]!, 0);
    },
    sample: (u, v) => {
      const i = pick(weights, u);
      const centre = centres[i]!;
      const width = widths[i]!;
      return valueAt(parameter, centre + width * quantile(v, (low - centre) / width, (high - centre) / width));
    },
  };
}

/** The standard deviations: the larger distance to a neighbour, within limits; that of the prior, which is last, is the range. */
function widthsOf(centres: readonly number[], low: number, high: number): readonly number[] {
  const range = high - low;
  const least = range / Math.min(100, 1 + centres.length);
  const order = centres.map((_, i) => i).sort((a, b) => centres[a]! - centres[b]! || a - b);
  const widths = new Array<number>(centres.length);
  for (const [rank, i] of order.entries()) {
    const before = rank > 0 ? centres[i]! - centres[order[rank - 1]!]! : undefined;
    const after = rank < order.length - 1 ? centres[order[rank + 1]!]! - centres[i]! : undefined;
    // The ends of the range are no neighbours, but where there is no other.
    const widest = order.length === 1 ? range / 2 : Math.max(before ?? 0, after ?? 0);
    widths[i] = Math.min(range, Math.max(least, widest));
  }
  widths[centres.length - 1] = range;
  return widths;
}
