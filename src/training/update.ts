// From a gradient to an update: penalties, the norm, clipping, the optimizer; in this order.
import { checkNumber, checkObject, checkOptions } from '../base/check.ts';
import { NonFiniteError } from '../base/errors.ts';
import type { StateReader, StateWriter } from '../formats/record.ts';
import { addPenalties, checkRegularization, type Regularization } from '../loss/weight-penalties.ts';
import type { Network } from '../model/network.ts';
import { checkOptimizer, type Optimizer, OptimizerRun } from './optimizers.ts';

/**
 * - `norm`: the whole gradient is scaled down to this Euclidean norm when it is longer (Pascanu, Mikolov and Bengio 2013).
 * - `value`: each component is kept within ± this.
 */
export type Clip = { readonly norm: number } | { readonly value: number };

export interface UpdateOptions {
  readonly optimizer: Optimizer;
  readonly clip?: Clip;
  readonly regularization?: Regularization;
}

/** What an update saw. */
export interface UpdateResult {
  /** Euclidean norm of the gradient, penalties included, before clipping. */
  readonly gradientNorm: number;
  /** `l1 Σ|w| + l2/2 Σw²` before the update. */
  readonly penalty: number;
  readonly learningRate: number;
}

/** Checks the options of an update and fills in the defaults of the optimizer. */
export function checkUpdate<Options extends UpdateOptions>(where: string, options: Options): Options {
  const optimizer = checkOptimizer(`${where}.optimizer`, options.optimizer);
  if (options.clip !== undefined) {
    checkOptions(
      `${where}.clip`,
      options.clip,
      'norm' in checkObject(`${where}.clip`, options.clip) ? ['norm'] : ['value'],
    );
    if ('norm' in options.clip) checkNumber(`${where}.clip.norm`, options.clip.norm, { exclusiveMin: 0 });
    else checkNumber(`${where}.clip.value`, options.clip.value, { exclusiveMin: 0 });
  }
  if (options.regularization !== undefined) checkRegularization(`${where}.regularization`, options.regularization);
  return { ...options, optimizer };
}

/** Applies gradients to the parameters of one network. */
export class GradientStep {
  readonly #network: Network;
  readonly #options: UpdateOptions;
  readonly #optimizer: OptimizerRun;
  #step = 0;

  /** `options`: as `checkUpdate` gives them. */
  constructor(network: Network, options: UpdateOptions) {
    this.#network = network;
    this.#options = options;
    this.#optimizer = new OptimizerRun(network, options.optimizer);
  }

  /**
   * Updates the parameters by what is in the gradient block.
   *
   * @throws NonFiniteError when the gradient is not finite; the parameters are then as before.
   */
  apply(): UpdateResult {
    const { kernels, gradients, gradientParts } = this.#network;
    const { clip, regularization = {} } = this.#options;
    this.#step++;
    const penalty = addPenalties(this.#network, regularization);
    const real = kernels.realBytes();
    let squares = 0;
    for (const { offset, count } of gradientParts.list) squares += kernels.sumSquares(gradients + offset * real, count);
    const gradientNorm = Math.sqrt(squares);
    if (!Number.isFinite(gradientNorm)) {
      throw new NonFiniteError({
        quantity: 'gradient',
        where: this.#firstNonFinite(),
        step: this.#step,
        norm: gradientNorm,
      });
    }
    let scale = 1;
    if (clip !== undefined) {
      if ('value' in clip) {
        const { value } = clip;
        for (const { offset, count } of gradientParts.list)
          kernels.clampValues(gradients + offset * real, value, count);
      }
      if ('norm' in clip && gradientNorm > clip.norm) scale = clip.norm / gradientNorm;
    }
    const learningRate = this.#optimizer.update(scale);
    return { gradientNorm, penalty, learningRate };
  }

  /** Tells the schedule of the learning rate a validation loss. */
  observe(loss: number): void {
    this.#optimizer.observe(loss);
  }

  /** Writes what the next update goes on from. */
  save(out: StateWriter): void {
    out.value('step', this.#step);
    this.#optimizer.save(out.part('optimizer'));
  }

  /** The inverse of `save`. */
  load(saved: StateReader): void {
    this.#step = saved.count('step');
    this.#optimizer.load(saved.part('optimizer'));
  }

  /** Gives the optimizer's memory back. */
  release(): void {
    this.#optimizer.release();
  }

  #firstNonFinite(): string {
    const { kernels, gradients, layout } = this.#network;
    const found = layout.entries.find(({ offset, bytes }) => {
      return !Number.isFinite(kernels.sumSquares(gradients + offset, bytes / kernels.realBytes()));
    });
    return found?.spec.name ?? 'all parameters together';
  }
}
