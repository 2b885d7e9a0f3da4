// Training as a loop that the caller drives: an async iterator of events.
import type { Batch } from './batch.ts';
import { Backpropagation, checkObjective, type Objective } from './bptt.ts';
import { checkInteger, checkOptions } from './check.ts';
import { BpttError } from './errors.ts';
import { Evaluator } from './evaluate.ts';
import { checkUpdate, GradientStep, type UpdateOptions } from './gradient-step.ts';
import type { Model } from './model.ts';
import { TimeSlice } from './yield.ts';

export interface TrainOptions extends Objective, UpdateOptions {
  /** Batches to learn from; gone through again and again, so each iteration must start anew (an array or `textStream`). */
  readonly data: Iterable<Batch>;
  /** Updates to make. Without it training goes on until `epochs` are done, the signal aborts or the caller stops. */
  readonly steps?: number;
  /** Times to go through `data`. */
  readonly epochs?: number;
  /** Batches to take a validation loss on. */
  readonly validation?: Iterable<Batch>;
  /** Updates between two validations; one more comes at the end. Default: only at the end. */
  readonly validateEvery?: number;
  /** Stops before the next update when it aborts; the iterator then ends with an `end` event, it does not throw. */
  readonly signal?: AbortSignal;
}

/** After each update. */
export interface StepEvent {
  readonly type: 'step';
  /** Updates made, from 1. */
  readonly step: number;
  /** Times that `data` has been gone through before this one. */
  readonly epoch: number;
  /** The reduced loss of the window's new steps, before the update, without penalties; in nats for cross-entropy. */
  readonly loss: number;
  /** Value of the L1 and L2 penalties and of what layers add to the objective (`WindowResult.penalty`). */
  readonly penalty: number;
  /** Euclidean norm of the gradient before clipping. */
  readonly gradientNorm: number;
  readonly learningRate: number;
  /** Steps times rows read since the start. */
  readonly tokens: number;
  /** Steps times rows a second, over the last seconds, validation not counted. */
  readonly tokensPerSecond: number;
}

export interface ValidationEvent {
  readonly type: 'validation';
  readonly step: number;
  /** The mean loss over the validation data. */
  readonly loss: number;
}

export interface EndEvent {
  readonly type: 'end';
  readonly step: number;
  readonly reason: 'steps' | 'epochs' | 'aborted';
}

export type TrainEvent = StepEvent | ValidationEvent | EndEvent;

/**
 * Trains a model. Each iteration makes one update (one window of truncated BPTT, or one batch of full BPTT) and yields what
 * happened; now and then it gives the event loop a turn. Breaking out of the loop stops training and leaves the model as it is.
 *
 * @example
 * for await (const event of train(model, { data, loss: 'cross-entropy', optimizer: adam(), clip: { norm: 5 }, steps: 1000 })) {
 *   if (event.type === 'step') console.log(event.loss);
 * }
 *
 * @throws BpttError for wrong options and data; NonFiniteError when a loss or gradient is not finite, before the update.
 */
export async function* train(model: Model, options: TrainOptions): AsyncGenerator<TrainEvent, void, undefined> {
  checkTrainOptions(options);
  const { data, steps = Number.POSITIVE_INFINITY, epochs = Number.POSITIVE_INFINITY, validation, signal } = options;
  const validateEvery = options.validateEvery ?? Number.POSITIVE_INFINITY;
  const { network } = model;
  const bptt = new Backpropagation(network, options);
  const update = new GradientStep(network, options);
  const slice = new TimeSlice();
  const speed = new Speed();
  let step = 0;
  let tokens = 0;
  let validated = 0;

  async function* validate(): AsyncGenerator<ValidationEvent> {
    if (validation === undefined || validated === step) return;
    validated = step;
    const evaluator = new Evaluator(network, options.loss);
    try {
      for (const batch of validation) {
        evaluator.open(batch);
        for (let from = 0; from < batch.steps; ) {
          from = evaluator.run(batch, from);
          await slice.rest();
          if (signal?.aborted) return;
        }
      }
      yield { type: 'validation', step, loss: evaluator.result('mean').loss };
    } finally {
      evaluator.release();
      speed.restart();
    }
  }

  async function* run(): AsyncGenerator<TrainEvent, EndEvent['reason']> {
    for (let epoch = 0; epoch < epochs; epoch++) {
      let batches = 0;
      for (const batch of data) {
        batches++;
        const windows = bptt.windows(batch);
        for (;;) {
          if (step >= steps) return 'steps';
          await slice.rest();
          if (signal?.aborted) return 'aborted';
          const window = windows.next();
          if (window.done) break;
          const { loss, from, to } = window.value;
          const { gradientNorm, penalty: ofWeights, learningRate } = update.apply();
          const penalty = window.value.penalty + ofWeights;
          step++;
          tokens += (to - from) * batch.rows;
          const tokensPerSecond = speed.at(tokens);
          yield { type: 'step', step, epoch, loss, penalty, gradientNorm, learningRate, tokens, tokensPerSecond };
          if (step % validateEvery === 0) yield* validate();
        }
      }
      if (batches === 0) {
        throw new BpttError('invalid-argument', 'train.data: expected at least one batch in each iteration, got none');
      }
    }
    return 'epochs';
  }

  try {
    const reason = yield* run();
    if (reason !== 'aborted') yield* validate();
    yield { type: 'end', step, reason };
  } finally {
    // In this order, so that each is the last block of memory when it goes.
    update.release();
    bptt.release();
  }
}

function checkTrainOptions(options: TrainOptions): void {
  const known = [
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
  ];
  checkOptions('train', options, [...known, 'validation', 'validateEvery', 'signal']);
  checkObjective('train', options);
  checkUpdate('train', options);
  for (const name of ['steps', 'epochs', 'validateEvery'] as const) {
    if (options[name] !== undefined) checkInteger(`train.${name}`, options[name], 1);
  }
  for (const name of ['data', 'validation'] as const) {
    const value: unknown = options[name];
    if (name === 'validation' && value === undefined) continue;
    if (typeof (value as Iterable<Batch> | undefined)?.[Symbol.iterator] !== 'function') {
      throw new BpttError('invalid-argument', `train.${name}: expected an iterable of batches, got ${typeof value}`);
    }
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
    const newest = marks.at(-1);
    if (newest === undefined || time - newest.time >= MARK) {
      marks.push({ time, tokens });
      while (marks.length > 2 && time - marks[1]!.time > SPAN) marks.shift();
    }
    const oldest = marks[0]!;
    return time > oldest.time ? ((tokens - oldest.tokens) * 1000) / (time - oldest.time) : 0;
  }

  /** What happened since the last mark does not count. */
  restart(): void {
    this.#marks = [];
  }
}
