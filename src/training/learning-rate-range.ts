// The learning-rate range test: which rates a model learns with.

import { checkNumber } from '../base/check.ts';
import { BpttError, NonFiniteError } from '../base/errors.ts';
import { power } from '../base/exact-math.ts';
import { checkFields, integer, number, type Options, omit, withDefault } from '../base/fields.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import type { Optimizer } from './optimizers.ts';
import { type TrainOptions, trainFields } from './options.ts';
import { exponential } from './schedules.ts';
import { train } from './train.ts';

const without = [
  'steps',
  'epochs',
  'validation',
  'validateEvery',
  'earlyStopping',
  'average',
  'checkpoint',
  'resume',
] as const;

const fields = {
  /** The rate of the first update, > 0. Default 1e-6. */
  from: withDefault(number({ exclusiveMin: 0 }), 1e-6),
  /** That of the last one, > `from`. Default 1. */
  to: withDefault(number(), 1),
  /** Updates to make at most, ≥ 2. Default 100. */
  steps: withDefault(integer({ min: 2 }), 100),
};

const ofTraining = omit(trainFields, ...without);

/** What `learningRateRange` takes: the options of `train` without its ends, and the rates to try. */
export interface LearningRateRangeOptions
  extends Omit<TrainOptions, (typeof without)[number]>,
    Options<typeof fields> {}

/** What `learningRateRange` returns: the loss at each rate, and a rate to begin with. */
export interface LearningRateRange {
  /** One point an update, in the order of the rates. */
  readonly points: readonly {
    readonly learningRate: number;
    readonly loss: number;
    /** An exponential moving average of the losses (β = 0.9, corrected for its start). */
    readonly smoothedLoss: number;
  }[];
  /** The rate at which the smoothed loss falls fastest by each constant factor of the rate; undefined where it never falls. */
  readonly suggestion: number | undefined;
}

const SMOOTHING = 0.9;
/** How many times the lowest loss ends the test, as in fastai. */
const DIVERGED = 4;

/**
 * The range test of Smith 2017 ("Cyclical learning rates for training neural networks", section 3.3): trains with a rate that grows by a
 * constant factor each update, until the smoothed loss is four times its lowest, is not finite, or all steps are made. The model's
 * parameters are as before in the end.
 *
 * @param options Those of `train`; the optimizer's own learning rate does not count.
 * @throws BpttError for wrong options and data.
 *
 * @example
 * const { points, suggestion } = await learningRateRange(model, {
 *   data, loss: 'cross-entropy', truncation: { k1: 20, k2: 20 }, optimizer: adam(), steps: 50,
 * });
 * console.log(suggestion, points.length);
 */
export async function learningRateRange(model: Model, options: LearningRateRangeOptions): Promise<LearningRateRange> {
  const where = 'learningRateRange';
  checkModel(where, model);
  const checked = checkFields(where, options, { ...ofTraining, ...fields });
  const { from, to, steps, optimizer, ...rest } = checked;
  const own = rest.groups?.findIndex((group) => group?.learningRate !== undefined) ?? -1;
  if (own >= 0) {
    throw new BpttError(
      'invalid-argument',
      `${where}.groups[${own}].learningRate: expected none, since all that learn have the rate that is tested, got one`,
    );
  }
  checkNumber(`${where}.to`, to, { exclusiveMin: from });
  const schedule = exponential({ from, factor: root(to / from, steps - 1) });
  const before = model.parameters();
  const points: LearningRateRange['points'][number][] = [];
  let average = 0;
  let lowest = Number.POSITIVE_INFINITY;
  try {
    for await (const event of train(model, {
      ...rest,
      optimizer: { ...optimizer, learningRate: schedule } as Optimizer,
      steps,
    })) {
      if (event.type !== 'step') continue;
      const { loss, learningRate } = event;
      average = SMOOTHING * average + (1 - SMOOTHING) * loss;
      const smoothedLoss = average / (1 - power(SMOOTHING, points.length + 1));
      points.push({ learningRate, loss, smoothedLoss });
      lowest = Math.min(lowest, smoothedLoss);
      if (smoothedLoss > DIVERGED * lowest) break;
    }
  } catch (error) {
    if (!(error instanceof NonFiniteError)) throw error;
  } finally {
    for (const { name, data } of before) model.setParameter(name, data);
  }
  if (points.length === 0 && !options.signal?.aborted) {
    throw new BpttError(
      'non-finite',
      `${where}: expected a finite loss at the first update, got none: the data, the loss or the regularization overflow`,
    );
  }
  return { points, suggestion: steepest(points) };
}

/** x^(1/n) for x > 1, by bisection: the greatest number whose nth power is not above x. */
function root(x: number, n: number): number {
  let low = 1;
  let high = x;
  for (;;) {
    const middle = low + (high - low) / 2;
    if (middle === low || middle === high) return low;
    if (power(middle, n) > x) high = middle;
    else low = middle;
  }
}

/** The rates grow by one factor, so the steepest fall by the logarithm of the rate is the largest fall from a point to the next. */
function steepest(points: LearningRateRange['points']): number | undefined {
  let largest = 0;
  let rate: number | undefined;
  for (let i = 1; i < points.length; i++) {
    const fall = points[i - 1]!.smoothedLoss - points[i]!.smoothedLoss;
    if (fall <= largest) continue;
    largest = fall;
    rate = points[i]!.learningRate;
  }
  return rate;
}
