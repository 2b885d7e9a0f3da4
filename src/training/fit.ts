// Training in one call, for the usual case.

import { BpttError } from '../base/errors.ts';
import {
  callable,
  checkFields,
  integer,
  type Options,
  omit,
  optional,
  unchecked,
  withDefault,
} from '../base/fields.ts';
import type { Data } from '../data/dataset.ts';
import { type Sequence, sequences } from '../data/sequences.ts';
import { textStream } from '../data/text-stream.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import type { EndEvent, StepEvent, TrainEvent, ValidationEvent } from './events.ts';
import { adam, optimizer } from './optimizers.ts';
import { type TrainOptions, trainFields } from './options.ts';
import { train } from './train.ts';

/** Rows of a batch, where nothing says how many. */
const ROWS = 32;

/** What `fit` learns from: a stream of tokens, a list of sequences, or batches as `train` takes them. */
export type FitData = Int32Array | readonly number[] | readonly Sequence[] | Data;

const fields = {
  data: unchecked<FitData>(),
  validation: optional(unchecked<FitData>()),
  /** B: rows of a stream of tokens (fewer where it is too short), or sequences of a batch, which are shuffled by the seed. Not for batches. Default 32. */
  batch: optional(integer({ min: 1 })),
  /** F, for sequences of features. Default 1. */
  features: optional(integer({ min: 1 })),
  /** Default `adam()`. */
  optimizer: withDefault(optimizer, () => adam()),
  /** What trains: `trainInWorker` of `bptt/worker`, to keep this thread free, or anything of its kind. Default `train`. */
  trainer: optional(
    callable<(model: Model, options: TrainOptions) => AsyncIterable<TrainEvent>>('a function such as train'),
  ),
  /** Is told each event of `train`. */
  onEvent: optional(callable<(event: TrainEvent) => void>()),
};

const ofTraining = omit(trainFields, 'data', 'validation', 'optimizer');

export interface FitOptions extends Omit<TrainOptions, 'data' | 'validation' | 'optimizer'>, Options<typeof fields> {}

export interface FitResult {
  readonly reason: EndEvent['reason'];
  /** Updates made in all. */
  readonly step: number;
  /** The mean of the losses of the last epoch's updates in this call; undefined when none was made. */
  readonly loss: number | undefined;
  /** As in `EndEvent`. */
  readonly validationLoss: number | undefined;
  /** As in `EndEvent`: where another validation had a lower loss than the weights that the model ends with. */
  readonly lowest?: EndEvent['lowest'];
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
  const checked = checkFields('fit', options, { ...ofTraining, ...fields });
  const { data, validation, batch, features, trainer = train, onEvent, ...rest } = checked;
  if (rest.steps === undefined && rest.epochs === undefined && rest.signal === undefined) {
    throw new BpttError('invalid-argument', 'fit: expected steps or epochs, or a signal that ends it, got none');
  }
  const last = model.network.graph.outputs.every(({ clock }) => clock.kind === 'row');
  const batches = (where: string, given: FitData, shuffle?: number): Data => {
    if (isTokens(given)) return textStream(given, { batch: Math.max(1, Math.min(batch ?? ROWS, given.length - 1)) });
    if (!isSequences(given)) {
      if (batch === undefined) return given;
      throw new BpttError('invalid-argument', `fit.batch: expected none with ${where} in batches, got ${batch}`);
    }
    return sequences(given, {
      batch: batch ?? ROWS,
      returns: last ? 'last' : 'all',
      ...(features !== undefined && { features }),
      ...(shuffle !== undefined && { shuffle }),
    });
  };
  const history: (StepEvent | ValidationEvent)[] = [];
  let end: EndEvent | undefined;
  const events = trainer(model, {
    validateEvery: 'epoch',
    ...rest,
    data: batches('data', data, rest.seed),
    ...(validation !== undefined && { validation: batches('validation', validation) }),
  });
  for await (const event of events) {
    if (event.type === 'step' || event.type === 'validation') history.push(event);
    else if (event.type === 'end') end = event;
    onEvent?.(event);
  }
  const { reason, step, validationLoss, lowest } = end!;
  return { reason, step, history, loss: lossOf(history), validationLoss, lowest };
}

function isTokens(data: FitData): data is Int32Array | readonly number[] {
  return data instanceof Int32Array || (Array.isArray(data) && typeof data[0] === 'number');
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
