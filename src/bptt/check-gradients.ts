// The gradient check: what backward computes against finite differences of the loss.

import { BpttError } from '../base/errors.ts';
import { checkFields, number, type Options, object, withDefault } from '../base/fields.ts';
import { seedWords } from '../base/philox.ts';
import { type GraphBatch, stepsOf } from '../data/batch.ts';
import { LossWindow, sizeOf } from '../loss/loss-window.ts';
import { type OutputLoss, outputLosses } from '../loss/output-losses.ts';
import { addTerms, countTerms, totalPenalty } from '../loss/penalties.ts';
import { addPenalties, penaltyOf, type Regularization, regularizationFields } from '../loss/weight-penalties.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import type { State } from '../model/state.ts';
import { Backpropagation } from './backpropagation.ts';
import { type CheckedObjective, type Objective, objectiveFields, refuseObjective } from './objective.ts';

const fields = {
  /** L1 and L2 penalties on the weights, whose gradients are checked too. Default: none. */
  regularization: withDefault(object<typeof regularizationFields, Regularization>(regularizationFields), {
    l1: 0,
    l2: 0,
    biases: false,
  }),
  /** Half the distance of the outer points of the difference, relative to max(1, |w|). Default 2e-5. */
  epsilon: withDefault(number({ exclusiveMin: 0 }), 2e-5),
};

/** The objective whose gradient `checkGradients` compares, weight penalties, and how far apart its finite differences look. */
export interface CheckGradientsOptions extends Objective, Options<typeof fields> {}

/** How far the gradient of one parameter is from the finite difference, over all windows. */
export interface GradientError {
  /** Of the parameter, such as `rnn.weight_hh_l0`. */
  readonly name: string;
  /** `‖analytic - numeric‖ / max(‖analytic‖, ‖numeric‖)`, 0 where both are zero; the largest of all windows. */
  readonly relativeError: number;
  /** The largest `|analytic - numeric|` of a component. */
  readonly absoluteError: number;
}

/** Norms below this are differences of rounding, not gradients. */
const TINY = 1e-11;

/**
 * Compares each gradient of a model with finite differences of fourth order. A truncated gradient is compared with the
 * differences of its surrogate, in which the state `h_{t-k2}` is a constant; that of `vanishingRegularization` with those of Ω,
 * in which W alone is none. The parameters are as before at the end.
 *
 * With stored activations the parameters do not change between windows here, so stored and recomputed ones are the same, but
 * with `weightDropout` where windows overlap: there stored activations have the masks of then, and no surrogate.
 *
 * @param model A model of dtype `f64`.
 * @throws BpttError for a model of another dtype and for wrong options.
 *
 * @example
 * const exact = await createModel([features(2), lstm({ units: 4 }), dense({ units: 1 })], { dtype: 'f64' });
 * const inputs = Float64Array.of(0.1, -0.4, 0.7, 0.2, -0.3, 0.5);
 * const errors = checkGradients(
 *   exact,
 *   { steps: 3, rows: 1, inputs, targets: Float64Array.of(0, 1, 0) },
 *   { loss: 'mean-squared-error' },
 * );
 * console.log(Math.max(...errors.map(({ relativeError }) => relativeError))); // below 1e-8
 */
export function checkGradients(
  model: Model,
  batch: GraphBatch,
  options: CheckGradientsOptions,
  state?: State,
): readonly GradientError[] {
  checkModel('checkGradients', model);
  const checked = checkFields('checkGradients', options, { ...objectiveFields, ...fields });
  const { regularization, epsilon, ...objective } = checked;
  refuseObjective('checkGradients', objective);
  if (model.dtype !== 'f64') {
    throw new BpttError('invalid-argument', `checkGradients: expected a model of dtype 'f64', got '${model.dtype}'`);
  }
  const worst = new Map<string, GradientError>();
  const isStatistic = ({ name }: Pick<GradientError, 'name'>) => model.network.isFrozen(name);
  const statistics = model.parameters().filter(isStatistic);
  const bptt = new Backpropagation(model.network, objective);
  try {
    for (const window of bptt.windows(batch, state)) {
      addPenalties(model.network, regularization);
      const surrogate = new Surrogate(model, batch, objective, window, state);
      const value = () => surrogate.value() + bptt.renewedPenalty() + penaltyOf(model.network, regularization);
      try {
        for (const analytic of model.gradients()) {
          if (isStatistic(analytic)) continue;
          const numeric = differences(model, analytic.name, value, epsilon);
          const error = compare(analytic.name, analytic.data, numeric);
          const before = worst.get(analytic.name);
          worst.set(analytic.name, {
            name: analytic.name,
            relativeError: Math.max(before?.relativeError ?? 0, error.relativeError),
            absoluteError: Math.max(before?.absoluteError ?? 0, error.absoluteError),
          });
        }
      } finally {
        surrogate.release();
      }
    }
  } finally {
    bptt.release();
    for (const { name, data } of statistics) model.setParameter(name, data);
  }
  return [...worst.values()];
}

/** The objective whose gradient a window computes, as a function of the model's parameters of the moment. */
class Surrogate {
  readonly #window: LossWindow;
  readonly #begin: number;
  readonly #first: number;
  readonly #losses: readonly OutputLoss[];
  readonly #divisors: readonly number[];
  /** The first step whose terms count in the means of penalties, and the factor of so many terms. */
  readonly #from: number;
  readonly #scale: (count: number) => number;

  constructor(
    model: Model,
    batch: GraphBatch,
    objective: CheckedObjective,
    { from, to, backTo: begin }: { readonly from: number; readonly to: number; readonly backTo: number },
    state: State | undefined,
  ) {
    const { reduction, truncation, seed } = objective;
    const whole = truncation?.losses === 'window';
    const T = stepsOf(batch, model.network.graph.clocks[0]!);
    const losses = outputLosses('loss', model.network.graph, objective.loss, reduction);
    const window = new LossWindow(model.network, losses, sizeOf(model.network, batch, to), { training: true });
    window.start(state);
    // The same windows, so that random masks are those of the gradient, and those before it computed as they were then: the state
    // before the steps that the gradient goes through is a constant.
    const recomputed = truncation?.activations === 'recomputed' ? truncation.k2 : 0;
    for (const [index, [first, last]] of newSteps(T, truncation?.k1 ?? T).entries()) {
      if (first >= to) break;
      const at = window.appendBatch(batch, first, last);
      window.draw(at, { seed: seedWords(seed), batch: 0, window: index, step: first });
      window.forward(Math.max(0, Math.min(at, last - recomputed)), last < to ? last : begin);
    }
    this.#window = window;
    this.#begin = begin;
    this.#first = whole ? begin : Math.max(begin, from);
    this.#from = whole ? Math.min(begin, from) : from;
    this.#losses = losses;
    this.#divisors = window.counted(this.#from, to).map((count) => (reduction === 'sum' ? 1 : count));
    this.#scale = (count) => (reduction === 'sum' ? 1 : count === 0 ? 0 : 1 / count);
  }

  value(): number {
    const window = this.#window;
    const to = window.filled;
    window.forward(this.#begin, to);
    // First: the loss takes the place of the outputs. Nothing goes back here, so no penalty on gradients has terms.
    const sums = addTerms(window, [], { begin: to, from: this.#first, to });
    const factors = countTerms(window, { begin: to, from: this.#from, to }).map(this.#scale);
    const penalty = totalPenalty(window, sums, factors);
    const losses = window.takeLoss(
      this.#first,
      to,
      this.#losses.map(() => 0),
    );
    return losses.reduce((total, sum, index) => {
      const divisor = this.#divisors[index]!;
      return total + (divisor === 0 ? 0 : (this.#losses[index]!.weight * sum) / divisor);
    }, penalty);
  }

  release(): void {
    this.#window.release();
  }
}

/** (8 (f(w+h) - f(w-h)) - (f(w+2h) - f(w-2h))) / 12h: the error falls with h⁴. */
function differences(model: Model, name: string, value: () => number, epsilon: number): Float64Array {
  const { data } = model.parameters().find((parameter) => parameter.name === name)!;
  const shifted = Float64Array.from(data);
  const gradient = new Float64Array(data.length);
  const at = (index: number, w: number) => {
    shifted[index] = w;
    model.setParameter(name, shifted);
    return value();
  };
  for (const [index, w] of data.entries()) {
    const h = (epsilon / 2) * Math.max(1, Math.abs(w));
    const narrow = at(index, w + h) - at(index, w - h);
    const wide = at(index, w + 2 * h) - at(index, w - 2 * h);
    gradient[index] = (8 * narrow - wide) / (12 * h);
    at(index, w);
  }
  return gradient;
}

function compare(name: string, analytic: ArrayLike<number>, numeric: Float64Array): GradientError {
  let difference = 0;
  let analyticSquares = 0;
  let numericSquares = 0;
  let absoluteError = 0;
  for (const [index, b] of numeric.entries()) {
    const a = analytic[index]!;
    difference += (a - b) * (a - b);
    analyticSquares += a * a;
    numericSquares += b * b;
    absoluteError = Math.max(absoluteError, Math.abs(a - b));
  }
  const norm = Math.sqrt(Math.max(analyticSquares, numericSquares));
  const relativeError = norm < TINY ? 0 : Math.sqrt(difference) / norm;
  return { name, relativeError, absoluteError };
}

/** The new steps of each window over T steps: k1 at a time, then the rest. */
function newSteps(T: number, k1: number): readonly (readonly [from: number, to: number])[] {
  return Array.from({ length: Math.ceil(T / k1) }, (_, index) => [index * k1, Math.min((index + 1) * k1, T)] as const);
}
