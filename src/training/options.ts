// What a training takes.

import { checkOneOf, isCallable } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import {
  type Checked,
  checkFields,
  type Field,
  integer,
  number,
  type Options,
  object,
  optional,
  signal,
  such,
  withDefault,
} from '../base/fields.ts';
import type { Parallel } from '../bptt/gradient-source.ts';
import { type Objective, objectiveFields, refuseObjective } from '../bptt/objective.ts';
import { data } from '../data/dataset.ts';
import { metrics } from '../loss/metric.ts';
import { metadata } from '../model/model-file.ts';
import { type EarlyStopping, earlyStoppingFields } from './early-stopping.ts';
import { plateauIn } from './schedules.ts';
import { type UpdateOptions, updateFields } from './update.ts';

const checkpointFields = {
  /** Updates between two checkpoints, ≥ 1. One more comes when training ends or is aborted. */
  every: integer({ min: 1 }),
  /** Strings to keep in the file, as `serialize` does. */
  metadata: withDefault(metadata, () => ({})),
};

/** How often `checkpoint` events come, and what their files keep beside the training. */
export interface CheckpointOptions extends Options<typeof checkpointFields> {}

const averageFields = {
  /** γ in [0, 1): after update t, `average += (1 - γ_t)·(weights - average)` with γ_t = min(γ, (1 + t) / (10 + t)). */
  decay: number({ min: 0, exclusiveMax: 1 }),
};

/** How slowly the moving average of the weights follows them. */
export interface AverageOptions extends Options<typeof averageFields> {}

const count = integer({ min: 1 });

const validateEvery: Field<number | 'epoch'> = {
  check: (where, value) => (value === 'epoch' ? value : count.check(where, value)),
};

const fields = {
  /** Batches to learn from, gone through again and again. */
  data,
  /** Updates to make. Without it training goes on until `epochs` are done, the signal aborts or the caller stops. */
  steps: optional(count),
  /** Times to go through `data`. */
  epochs: optional(count),
  /** Windows whose gradients make one update: their mean, or with the reduction `sum` their sum. The last update may have fewer. Default 1. */
  accumulate: withDefault(count, 1),
  /** Batches to take a validation loss on. */
  validation: optional(data),
  /** Numbers to take in validations beside the loss, such as `accuracy()` of `bptt/metrics`. Default: none. */
  metrics,
  /** Updates between two validations, or `epoch`: when all batches were read. One more comes at the end. Default: only at the end. */
  validateEvery: optional(validateEvery),
  /** Default: training goes on to its end, whatever the validation loss does. */
  earlyStopping: optional(object<typeof earlyStoppingFields, EarlyStopping>(earlyStoppingFields)),
  /**
   * An exponential moving average of the weights: validation is of the average, and when training ends the model gets it. While training
   * goes on the model has the weights themselves. Default: none.
   */
  average: optional(object<typeof averageFields, AverageOptions>(averageFields)),
  /** Makes `checkpoint` events. Default: none. */
  checkpoint: optional(object<typeof checkpointFields, CheckpointOptions>(checkpointFields)),
  /**
   * The bytes of a checkpoint: training goes on where it was, to the same bits as if it had never stopped when everything else is as it
   * was. Learning rates, clipping, regularisation, `steps`, `epochs` and the data may be others.
   */
  resume: optional(such<Uint8Array>('a Uint8Array', (value) => value instanceof Uint8Array)),
  /** Reads the rows of each batch in several threads: `workers` of `bptt/worker`. Default: in this thread alone. */
  parallel: optional(
    such<Parallel>(
      'workers(...) of bptt/worker',
      (value) => isCallable(value?.open) && Number.isSafeInteger(value?.blocks),
    ),
  ),
  /** Stops before the next update when it aborts; the iterator then ends with an `end` event, it does not throw. */
  signal: optional(signal),
};

/** What `train` takes: the objective, the optimizer, the data, when it ends, and what happens on the way. */
export interface TrainOptions extends Objective, UpdateOptions, Options<typeof fields> {}

/** All options of a training. */
export const trainFields = { ...objectiveFields, ...updateFields, ...fields };

/** The options of a training with all defaults. */
export interface CheckedTraining extends Checked<typeof trainFields> {}

/** @throws BpttError for options that are wrong or unknown. */
export function checkTraining(options: TrainOptions): CheckedTraining {
  const checked: CheckedTraining = checkFields('train', options, trainFields);
  refuseObjective('train', checked);
  const { earlyStopping, optimizer } = checked;
  const monitor = earlyStopping?.monitor;
  if (monitor !== undefined) {
    checkOneOf('train.earlyStopping.monitor', monitor, checked.metrics?.map(({ name }) => name) ?? []);
  }
  if (validates(checked)) return checked;
  if (plateauIn(optimizer.learningRate) !== undefined) {
    throw new BpttError(
      'invalid-argument',
      'train.optimizer.learningRate: expected validation and validateEvery with plateau',
    );
  }
  if (earlyStopping !== undefined) {
    throw new BpttError('invalid-argument', 'train.earlyStopping: expected validation and validateEvery with it');
  }
  return checked;
}

/** Whether there are losses of validations to go by while it goes on. */
export function validates({
  validation,
  validateEvery,
}: Pick<CheckedTraining, 'validation' | 'validateEvery'>): boolean {
  return validation !== undefined && validateEvery !== undefined;
}
