// Training in one call, for the usual case.

import { checkInteger, checkOptions, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Data } from '../data/dataset.ts';
import { type Sequence, sequences } from '../data/sequences.ts';
import { textStream } from '../data/text-stream.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import type { EndEvent, StepEvent, TrainEvent, ValidationEvent } from './events.ts';
import { adam, type Optimizer } from './optimizers.ts';
import { TRAIN_OPTIONS, type TrainOptions } from './options.ts';
import { train } from './train.ts';

/** What `fit` learns from: a stream of tokens, a list of sequences, or batches as `train` takes them. */
export type FitData = Int32Array | readonly Sequence[] | Data;

export interface FitOptions extends Omit<TrainOptions, 'data' | 'validation' | 'optimizer'> {
  readonly data: FitData;
  readonly validation?: FitData;
  /** B: rows of a stream of tokens (fewer where it is too short), or sequences of a batch, which are shuffled by the seed. Not for batches. Default 32. */
  readonly batch?: number;
  /** F, for sequences of features. Default 1. */
  readonly features?: number;
  /** Default `adam()`. */
  readonly optimizer?: Optimizer;
  /** What trains: `trainInWorker` of `bptt/worker`, to keep this thread free, or anything of its kind. Default `train`. */
  readonly trainer?: (model: Model, options: TrainOptions) => AsyncIterable<TrainEvent>;
  /** Is told each event of `train`. */
  readonly onEvent?: (event: TrainEvent) => void;
}

export interface FitResult {
  readonly reason: EndEvent['reason'];
  /** Updates made in all. */
  readonly step: number;
  /** The mean of the losses of the last epoch's updates in this call; undefined when none was made. */
  readonly loss: number | undefined;
  /** As in `EndEvent`. */
  readonly validationLoss: number | undefined;
  /** All steps and validations, in their order. */
  readonly history: readonly (StepEvent | ValidationEvent)[];
}

/**
 * Trains a model to the end and says how it went. The loop under it, for programs that want to do something in between, is `train`.
 *
 * @example
 * const { validationLoss } = await fit(model, { data: training, validation, loss: 'cross-entropy', truncation: { k1: 50, k2: 50 }, epochs: 10 });
 *
 * @param options Those of `train`, and what makes batches of the data. `steps` or `epochs` says when it ends; validation comes after each
 * epoch unless `validateEvery` says otherwise.
 * @throws BpttError for wrong options and data; NonFiniteError when a loss or gradient is not finite.
 */
export async function fit(model: Model, options: FitOptions): Promise<FitResult> {
  checkModel('fit', model);
  checkOptions('fit', options, [...TRAIN_OPTIONS, 'batch', 'features', 'trainer', 'onEvent']);
  const { data, validation, batch = 32, features, optimizer = adam(), trainer = train, onEvent, ...rest } = options;
  checkInteger('fit.batch', batch, 1);
  if (options.steps === undefined && options.epochs === undefined && options.signal === undefined) {
    throw new BpttError('invalid-argument', 'fit: expected steps or epochs, or a signal that ends it, got none');
  }
  const last = model.network.graph.outputs.every(({ clock }) => clock.kind === 'row');
  const batches = (where: string, given: FitData, shuffle?: number): Data => {
    if (given instanceof Int32Array)
      return textStream(given, { batch: Math.max(1, Math.min(batch, given.length - 1)) });
    if (!isSequences(given)) {
      if (options.batch === undefined) return given;
      throw new BpttError('invalid-argument', `fit.batch: expected none with ${where} in batches, got ${batch}`);
    }
    return sequences(given, {
      batch,
      returns: last ? 'last' : 'all',
      ...(features !== undefined && { features }),
      ...(shuffle !== undefined && { shuffle }),
    });
  };
  if (onEvent !== undefined && typeof onEvent !== 'function') {
    throw new BpttError('invalid-argument', `fit.onEvent: expected a function, got ${show(onEvent)}`);
  }
  const history: (StepEvent | ValidationEvent)[] = [];
  let end: EndEvent | undefined;
  if (typeof trainer !== 'function') {
    throw new BpttError('invalid-argument', `fit.trainer: expected a function such as train, got ${show(trainer)}`);
  }
  const events = trainer(model, {
    validateEvery: 'epoch',
    ...rest,
    optimizer,
    data: batches('data', data, options.seed ?? 0),
    ...(validation !== undefined && { validation: batches('validation', validation) }),
  });
  for await (const event of events) {
    if (event.type === 'step' || event.type === 'validation') history.push(event);
    else if (event.type === 'end') end = event;
    onEvent?.(event);
  }
  const { reason, step, validationLoss } = end!;
  return { reason, step, history, loss: lossOf(history), validationLoss };
}

function isSequences(data: FitData): data is readonly Sequence[] {
  const [first] = Array.isArray(data) ? data : [];
  return typeof first === 'object' && first !== null && !('steps' in first);
}

function lossOf(history: FitResult['history']): number | undefined {
  const steps = history.filter((event) => event.type === 'step');
  const ofLast = steps.filter(({ epoch }) => epoch === steps.at(-1)!.epoch);
  if (ofLast.length === 0) return undefined;
  return ofLast.reduce((sum, { loss }) => sum + loss, 0) / ofLast.length;
}
