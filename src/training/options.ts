// What a training takes.

import { checkInteger, checkOptions, checkSignal, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Parallel } from '../bptt/gradient-source.ts';
import { checkObjective, type Objective } from '../bptt/objective.ts';
import { checkData, type Data } from '../data/dataset.ts';
import { checkMetadata } from '../model/model-file.ts';
import { checkEarlyStopping, type EarlyStopping } from './early-stopping.ts';
import { plateauIn } from './schedules.ts';
import { checkUpdate, type UpdateOptions } from './update.ts';
import { type AverageOptions, checkAverage } from './weight-average.ts';

export interface CheckpointOptions {
  /** Updates between two checkpoints, ≥ 1. One more comes when training ends or is aborted. */
  readonly every: number;
  /** Strings to keep in the file, as `serialize` does. */
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface TrainOptions extends Objective, UpdateOptions {
  /** Batches to learn from, gone through again and again. */
  readonly data: Data;
  /** Updates to make. Without it training goes on until `epochs` are done, the signal aborts or the caller stops. */
  readonly steps?: number;
  /** Times to go through `data`. */
  readonly epochs?: number;
  /** Windows whose gradients make one update: their mean, or with the reduction `sum` their sum. The last update may have fewer. Default 1. */
  readonly accumulate?: number;
  /** Batches to take a validation loss on. */
  readonly validation?: Data;
  /** Updates between two validations, or `epoch`: when all batches were read. One more comes at the end. Default: only at the end. */
  readonly validateEvery?: number | 'epoch';
  /** Default: training goes on to its end, whatever the validation loss does. */
  readonly earlyStopping?: EarlyStopping;
  /**
   * An exponential moving average of the weights: validation is of the average, and when training ends the model gets it. While training
   * goes on the model has the weights themselves. Default: none.
   */
  readonly average?: AverageOptions;
  /** Makes `checkpoint` events. Default: none. */
  readonly checkpoint?: CheckpointOptions;
  /**
   * The bytes of a checkpoint: training goes on where it was, to the same bits as if it had never stopped when everything else is as it
   * was. Learning rate, clipping, regularisation, `steps`, `epochs` and the data may be others.
   */
  readonly resume?: Uint8Array;
  /** Reads the rows of each batch in several threads: `workers` of `bptt/worker`. Default: in this thread alone. */
  readonly parallel?: Parallel;
  /** Stops before the next update when it aborts; the iterator then ends with an `end` event, it does not throw. */
  readonly signal?: AbortSignal;
}

/** The names of all options. */
export const TRAIN_OPTIONS: readonly (keyof TrainOptions)[] = [
  'data',
  'loss',
  'reduction',
  'truncation',
  'memoryBudget',
  'seed',
  'optimizer',
  'clip',
  'regularization',
  'steps',
  'epochs',
  'accumulate',
  'validation',
  'validateEvery',
  'earlyStopping',
  'average',
  'checkpoint',
  'resume',
  'parallel',
  'signal',
];

/** Checks the options and fills in the defaults of the optimizer. @throws BpttError for options that are wrong or unknown. */
export function checkTrainOptions(options: TrainOptions): TrainOptions {
  checkOptions('train', options, TRAIN_OPTIONS);
  checkObjective('train', options);
  const checked = checkUpdate('train', options);
  for (const name of ['steps', 'epochs', 'validateEvery', 'accumulate'] as const) {
    const value = options[name];
    if (value === undefined || (name === 'validateEvery' && value === 'epoch')) continue;
    checkInteger(`train.${name}`, value, 1);
  }
  checkData('train.data', options.data);
  const { validation, validateEvery, earlyStopping, average, checkpoint, resume, parallel, optimizer } = options;
  if (plateauIn(optimizer.learningRate) !== undefined && (validation === undefined || validateEvery === undefined)) {
    throw new BpttError(
      'invalid-argument',
      'train.optimizer.learningRate: expected validation and validateEvery with plateau',
    );
  }
  if (validation !== undefined) checkData('train.validation', validation);
  if (average !== undefined) checkAverage('train.average', average);
  if (earlyStopping !== undefined) {
    checkEarlyStopping('train.earlyStopping', earlyStopping);
    if (validation === undefined || validateEvery === undefined) {
      throw new BpttError('invalid-argument', 'train.earlyStopping: expected validation and validateEvery with it');
    }
  }
  if (checkpoint !== undefined) {
    checkOptions('train.checkpoint', checkpoint, ['every', 'metadata']);
    checkInteger('train.checkpoint.every', checkpoint.every, 1);
    checkMetadata('train.checkpoint.metadata', checkpoint.metadata ?? {});
  }
  if (parallel !== undefined && typeof parallel?.open !== 'function') {
    throw new BpttError(
      'invalid-argument',
      `train.parallel: expected workers(...) of bptt/worker, got ${show(parallel)}`,
    );
  }
  checkSignal('train.signal', options.signal);
  if (resume !== undefined && !(resume instanceof Uint8Array)) {
    throw new BpttError('invalid-argument', `train.resume: expected a Uint8Array, got ${show(resume)}`);
  }
  return checked;
}
