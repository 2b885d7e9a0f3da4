// Training as a loop that the caller drives: an async iterator of events.

import { BpttError, NonFiniteError } from '../base/errors.ts';
import { TimeSlice } from '../base/time-slice.ts';
import { batchesOf } from '../data/dataset.ts';
import { type Evaluation, Evaluator } from '../loss/evaluate.ts';
import { checkModel } from '../model/check-model.ts';
import type { ModelFileContent } from '../model/decode-model-file.ts';
import type { Model } from '../model/model.ts';
import { refuseTrained } from './claim.ts';
import type { EndEvent, TrainEvent } from './events.ts';
import { type CheckedTraining, checkTraining, type TrainOptions } from './options.ts';
import { Training } from './training.ts';

/**
 * Trains a model. Each iteration makes one update (one window of truncated BPTT, or one batch of full BPTT) and yields what
 * happened; now and then it gives the event loop a turn. Breaking out of the loop stops training and leaves the model as it is. A model has
 * one training at a time, from the first event that is asked for to the end; `model.clone()` makes another to train.
 *
 * @example
 * for await (const event of train(model, { data, loss: 'cross-entropy', optimizer: adam(), clip: { norm: 5 }, steps: 1000 })) {
 *   if (event.type === 'step') console.log(event.loss);
 * }
 *
 * @throws BpttError for wrong options and data, a checkpoint that is not of such a training, and `being-trained` while another training of
 * the model goes on; NonFiniteError when a loss or gradient, or what an update would make of the parameters, is not finite: the update is
 * then not made.
 */
export function train(model: Model, options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  // At the call and not at the first event: what is wrong is known before anything is said to have begun. But for groups, and what is in
  // a checkpoint of `resume`: what reads them is loaded before the first event.
  return trainWith(model, options);
}

/** What programs that train know beside the options. */
interface Within {
  /** Time between two turns of the event loop, in milliseconds. */
  readonly slice?: number;
  /** In place of `resume`: a checkpoint that was read and found whole before. */
  readonly checkpoint?: ModelFileContent | undefined;
  /** Metadata of a checkpoint that change as the training goes on, as they are when it is written. */
  readonly kept?: () => Readonly<Record<string, string>>;
}

/** The same within a program. */
export function trainWith(
  model: Model,
  options: TrainOptions,
  within: Within = {},
): AsyncGenerator<TrainEvent, void, undefined> {
  checkModel('train', model);
  refuseTrained('train', model.network);
  const checked = checkTraining(options);
  // To see what is wrong, and given back at once: a training that never begins has no memory.
  new Training(model, checked).release();
  const owned: { training?: Training } = {};
  const events = run(owned, () => new Training(model, checked), checked, within);
  model.network.dropped.watch(events, () => owned.training?.release());
  return events;
}

async function* run(
  owned: { training?: Training },
  begin: () => Training,
  options: CheckedTraining,
  within: Within,
): AsyncGenerator<TrainEvent, void, undefined> {
  const training = begin();
  owned.training = training;
  try {
    await training.begin(within.checkpoint);
    yield* new Loop(training, options, within).run();
  } finally {
    training.release();
  }
}

class Loop {
  readonly #training: Training;
  readonly #options: CheckedTraining;
  readonly #slice: TimeSlice;
  readonly #kept: Within['kept'];
  readonly #speed = new Speed();

  constructor(training: Training, options: CheckedTraining, { slice, kept }: Within) {
    this.#training = training;
    this.#options = options;
    this.#slice = new TimeSlice(slice);
    this.#kept = kept;
  }

  async *run(): AsyncGenerator<TrainEvent, void, undefined> {
    const { cursor, average, best } = this.#training;
    this.#speed.restart(cursor.tokens);
    let reason = yield* this.#epochs();
    if (reason !== 'aborted' && !(yield* this.#validate())) reason = 'aborted';
    if (this.#options.checkpoint !== undefined) yield await this.#checkpoint();
    average?.swap();
    const validationLoss = reason === 'aborted' ? best.last : best.restore();
    yield { type: 'end', step: cursor.step, reason, validationLoss, lowest: best.lowerThan(validationLoss) };
  }

  async *#epochs(): AsyncGenerator<TrainEvent, EndEvent['reason']> {
    const { data, steps, epochs = Number.POSITIVE_INFINITY, signal } = this.#options;
    const { bptt, cursor, accumulation, best } = this.#training;
    const limit = steps ?? Number.POSITIVE_INFINITY;
    // A training that was left between an update and its validation goes on with that.
    yield* this.#validateWhenDue();
    while (cursor.epoch < epochs) {
      let batches = cursor.batch;
      for await (const batch of batchesOf(data, cursor.epoch, cursor.batch)) {
        batches++;
        const windows = bptt.windows(batch, undefined, cursor.window);
        for (;;) {
          if (cursor.step >= limit) return 'steps';
          if (best.exhausted) return 'early-stopping';
          await this.#slice.rest();
          if (signal?.aborted) return 'aborted';
          const window = await windows.next();
          if (window.done) break;
          cursor.window++;
          cursor.tokens += (window.value.to - window.value.from) * batch.rows;
          if (accumulation.add(window.value)) yield* this.#step();
        }
        cursor.window = 0;
        cursor.batch++;
      }
      if (batches === 0) {
        throw new BpttError('invalid-argument', 'train.data: expected at least one batch in each iteration, got none');
      }
      // The cursor stands at the next epoch before validation begins: a training that is interrupted in it resumes there, and does not
      // read this epoch once more.
      cursor.batch = 0;
      cursor.epoch++;
      yield* this.#validateWhenDue();
    }
    if (accumulation.pending) yield* this.#step();
    return 'epochs';
  }

  /** What early stopping goes by, the better the lower. */
  #watched({ loss, metrics = {} }: Evaluation): number {
    const name = this.#options.earlyStopping?.monitor;
    if (name === undefined) return loss;
    return this.#options.metrics!.find((metric) => metric.name === name)!.higher ? -metrics[name]! : metrics[name]!;
  }

  async *#step(): AsyncGenerator<TrainEvent> {
    const { update, cursor, accumulation, average } = this.#training;
    const { checkpoint } = this.#options;
    const { loss, penalty: ofLayers } = accumulation.take();
    if (!Number.isFinite(ofLayers)) {
      throw new NonFiniteError({ quantity: 'loss', where: 'penalties', step: cursor.step + 1, norm: ofLayers });
    }
    const { gradientNorm, penalty: ofWeights, learningRate } = update.apply();
    average?.update();
    const { epoch, tokens } = cursor;
    const step = ++cursor.step;
    const penalty = ofLayers + ofWeights;
    const tokensPerSecond = this.#speed.at(tokens);
    yield { type: 'step', step, epoch, loss, penalty, gradientNorm, learningRate, tokens, tokensPerSecond };
    yield* this.#validateWhenDue();
    if (checkpoint !== undefined && step % checkpoint.every === 0) yield await this.#checkpoint();
  }

  async *#validateWhenDue(): AsyncGenerator<TrainEvent> {
    const { validateEvery, epochs = Number.POSITIVE_INFINITY } = this.#options;
    const { step, epoch, batch, window } = this.#training.cursor;
    const due =
      validateEvery === 'epoch'
        ? epoch > 0 && epoch < epochs && batch === 0 && window === 0
        : validateEvery !== undefined && step % validateEvery === 0;
    if (due) yield* this.#validate();
  }

  /** Unless this was done since the last update. Says whether it is done: not when the signal aborts. */
  async *#validate(): AsyncGenerator<TrainEvent, boolean> {
    const { validation, loss: name, signal, metrics } = this.#options;
    const { network, cursor, average, best, update } = this.#training;
    if (validation === undefined || cursor.validated === cursor.step) return true;
    const evaluator = new Evaluator('train.validation', network, name, 'mean', metrics);
    let evaluation: Evaluation;
    let lowest: boolean;
    average?.swap();
    try {
      for await (const batch of batchesOf(validation, 0, 0)) {
        evaluator.open(batch);
        for (let from = 0; from < evaluator.steps; ) {
          from = evaluator.run(from);
          await this.#slice.rest();
          if (signal?.aborted) return false;
        }
      }
      evaluation = evaluator.result();
      if (evaluation.counted === 0) {
        throw new BpttError('invalid-argument', 'train.validation: expected steps that count, got masked ones only');
      }
      lowest = best.observe(evaluation.loss, this.#watched(evaluation), cursor.step);
      update.observe(evaluation.loss);
    } finally {
      average?.swap();
      evaluator.release();
      this.#speed.restart(cursor.tokens);
    }
    cursor.validated = cursor.step;
    const { metrics: measured } = evaluation;
    yield {
      type: 'validation',
      step: cursor.step,
      loss: evaluation.loss,
      best: lowest,
      ...(measured && { metrics: measured }),
    };
    return true;
  }

  async #checkpoint(): Promise<TrainEvent> {
    return { type: 'checkpoint', step: this.#training.cursor.step, bytes: await this.#training.save(this.#kept?.()) };
  }
}

/** Milliseconds that a speed is over, and between two marks of the clock. */
const SPAN = 2000;
const MARK = 50;

/** Tokens a second over about the last two seconds. */
class Speed {
  #marks: { readonly time: number; readonly tokens: number }[] = [];

  at(tokens: number): number {
    const time = performance.now();
    const marks = this.#marks;
    if (time - marks.at(-1)!.time >= MARK) {
      marks.push({ time, tokens });
      while (marks.length > 2 && time - marks[1]!.time > SPAN) marks.shift();
    }
    const oldest = marks[0]!;
    return time > oldest.time ? ((tokens - oldest.tokens) * 1000) / (time - oldest.time) : 0;
  }

  /** The time before this does not count. */
  restart(tokens: number): void {
    this.#marks = [{ time: performance.now(), tokens }];
  }
}
