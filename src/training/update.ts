// From a gradient to an update: penalties, the norm, clipping, the optimizer; in this order.
import { NonFiniteError } from '../base/errors.ts';
import {
  type Checked,
  checkFields,
  type Field,
  list,
  number,
  type Options,
  object,
  optional,
  unchecked,
} from '../base/fields.ts';
import type { StateWriter } from '../formats/record.ts';
import type { StateReader } from '../formats/state-reader.ts';
import { addPenalties, type Regularization, regularizationFields } from '../loss/weight-penalties.ts';
import type { Network } from '../model/network.ts';
import type { Division, ParameterGroup } from './groups.ts';
import { OptimizerRun, optimizer } from './optimizers.ts';

/**
 * - `norm`: the whole gradient is scaled down to this Euclidean norm when it is longer (Pascanu, Mikolov and Bengio 2013).
 * - `value`: each component is kept within ± this.
 */
export type Clip =
  | {
      /** The most that the Euclidean norm of the whole gradient may be, above 0. */
      readonly norm: number;
    }
  | {
      /** The most that the magnitude of each component may be, above 0. */
      readonly value: number;
    };

const limit = number({ exclusiveMin: 0 });

const clip: Field<Clip> = {
  check: (where, value) =>
    typeof value === 'object' && value !== null && 'value' in value && !('norm' in value)
      ? checkFields(where, value, { value: limit })
      : checkFields(where, value, { norm: limit }),
};

export const updateFields = {
  /** How gradients change the parameters: `sgd`, `rmsprop`, `adagrad`, `adam` or `adamw`. */
  optimizer,
  /**
   * Groups of parameters that learn otherwise than the rest: frozen, or with a learning rate or weight decay of their own. A parameter is
   * in one group at most. They are checked before the first event. Default: all learn as the optimizer says.
   */
  groups: optional(list(unchecked<ParameterGroup>(), 'groups', 1)),
  /** Limits gradients before the update, by the norm of the whole or by components. Default: they are not limited. */
  clip: optional(clip),
  /** L1 and L2 penalties on the weights, added to the gradient before clipping. Default: none. */
  regularization: optional(object<typeof regularizationFields, Regularization>(regularizationFields)),
};

/** From a gradient to an update: the optimizer, groups of parameters, clipping, weight penalties. */
export interface UpdateOptions extends Options<typeof updateFields> {}

/** What an update saw. */
export interface UpdateResult {
  /** Euclidean norm of the gradient, penalties included, before clipping. */
  readonly gradientNorm: number;
  /** `l1 Σ|w| + l2/2 Σw²` before the update. */
  readonly penalty: number;
  readonly learningRate: number;
}

/** Applies gradients to the parameters of one network. */
export class GradientStep {
  readonly #network: Network;
  readonly #options: Checked<typeof updateFields>;
  readonly #optimizer: OptimizerRun;
  #step = 0;

  constructor(network: Network, options: Checked<typeof updateFields>) {
    this.#network = network;
    this.#options = options;
    this.#optimizer = new OptimizerRun(network, options.optimizer);
  }

  /** Lets groups of parameters learn in their own ways, before the first update. */
  divide(division: Division): void {
    this.#optimizer.divide(division);
  }

  /**
   * Updates the parameters by what is in the gradient block.
   *
   * @throws NonFiniteError when the gradient is not finite, or what it would make of the parameters; they are then as before.
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
    const learningRate = this.#optimizer.update(scale, gradientNorm);
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
    const found = layout.entries.find(({ spec, offset, bytes }) => {
      if (this.#network.isFrozen(spec.name)) return false;
      return !Number.isFinite(kernels.sumSquares(gradients + offset, bytes / kernels.realBytes()));
    });
    return found?.spec.name ?? 'all parameters together';
  }
}
