// Training in one call, for the usual case.

import { fail, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { callable, checkFields, type Field, type Options, omit, optional, withDefault } from '../base/fields.ts';
import { type Data, data } from '../data/dataset.ts';
import { batchesFrom, type GivenData, givenFields } from '../loss/given-data.ts';
import { isLossValue } from '../loss/losses.ts';
import { outputLosses } from '../loss/output-losses.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import type { EndEvent, StepEvent, TrainEvent, ValidationEvent } from './events.ts';
import { adam, optimizer } from './optimizers.ts';
import { type TrainOptions, trainFields } from './options.ts';
import { train } from './train.ts';

/** What `fit` learns from: a stream of tokens, a list of sequences, or batches as `train` takes them. */
export type FitData = GivenData;

/** @internal */
export const fitData: Field<FitData> = {
  check: (where, value) => (value instanceof Int32Array ? value : data.check(where, value)),
};

const fields = {
  /** A stream of tokens, a list of sequences, or batches, to learn from. */
  data: fitData,
  /** The same, to take a validation loss on. Default: none is taken. */
  validation: optional(fitData),
  ...givenFields,
  /** Default `adam()`. */
  optimizer: withDefault(optimizer, () => adam()),
  /** What trains: `trainInWorker` of `bptt/worker`, to keep this thread free, or anything of its kind. Default `train`. */
  trainer: optional(
    callable<(model: Model, options: TrainOptions) => AsyncIterable<TrainEvent>>('a function such as train'),
  ),
  /**
   * Is told each event of `train`. Where it is asynchronous, the training waits for it; an error of it ends the training and is that of
   * `fit`. What it returns is not looked at: a `signal` stops a training.
   */
  onEvent: optional(callable<(event: TrainEvent) => unknown>()),
};

const ofTraining = omit(trainFields, 'data', 'validation', 'optimizer');

/** What `fit` takes: all options of `train`, data that need not be batches, and who is told of events. */
export interface FitOptions
  extends Omit<TrainOptions, 'data' | 'validation' | 'optimizer'>,
    Options<typeof givenFields>,
    Options<typeof fields> {}

/** What `fit` returns: why and when it ended, the losses at the end, and all of them on the way. */
export interface FitResult {
  /** Why it ended: all `steps` or `epochs` done, early stopping, or the signal. */
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
  const { data: given, validation, batch, features, trainer = train, onEvent, ...rest } = checked;
  if (rest.steps === undefined && rest.epochs === undefined && rest.signal === undefined) {
    throw new BpttError('invalid-argument', 'fit: expected steps or epochs, or a signal that ends it, got none');
  }
  const { graph } = model.network;
  const outputs = outputLosses('fit.loss', graph, rest.loss);
  const batches = (name: string, given: FitData, shuffle?: number): Data =>
    batchesFrom('fit', name, given, graph, outputs, { batch, features, shuffle });
  const history: (StepEvent | ValidationEvent)[] = [];
  let end: EndEvent | undefined;
  const data = batches('data', given, rest.seed);
  let { loss } = rest;
  for (const { node, loss: given, weight } of outputs) {
    const own = await given.prepare?.(node, data);
    if (own) loss = isLossValue(loss) ? own : { ...(loss as object), [node.name!]: { loss: own, weight } };
  }
  const events = trainer(model, {
    validateEvery: 'epoch',
    ...rest,
    loss,
    data,
    ...(validation !== undefined && { validation: batches('validation', validation) }),
  });
  if (!(Symbol.asyncIterator in Object(events))) refuseTrainer(show(events));
  for await (const event of events) {
    if (event.type === 'step' || event.type === 'validation') history.push(event);
    else if (event.type === 'end') end = event;
    await onEvent?.(event);
  }
  const { reason, step, validationLoss, lowest } = end ?? refuseTrainer('none that ends');
  return { reason, step, history, loss: lossOf(history), validationLoss, lowest };
}

function refuseTrainer(got: string): never {
  return fail('fit.trainer', 'a function that gives events as train does', got);
}

function lossOf(history: FitResult['history']): number | undefined {
  const steps = history.filter((event) => event.type === 'step');
  const ofLast = steps.filter(({ epoch }) => epoch === steps.at(-1)!.epoch);
  if (ofLast.length === 0) return undefined;
  return ofLast.reduce((sum, { loss }) => sum + loss, 0) / ofLast.length;
}
