// The loss of a model on given data, without learning.

import { checkReadable, fail, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Options } from '../base/fields.ts';
import { checkBatch, type GraphBatch, stepsOf } from '../data/batch.ts';
import type { Dataset } from '../data/dataset.ts';
import type { Sequence } from '../data/sequences.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import { type Network, refuseWhole } from '../model/network.ts';
import { nonFinite } from '../model/non-finite.ts';
import type { State } from '../model/state.ts';
import { batchesFrom, type GivenData, type GivenOptions, givenFields } from './given-data.ts';
import { LossWindow, sizeOf } from './loss-window.ts';
import { type Reduction, reduction } from './losses.ts';
import { type Meter, type Metric, measureOf, metrics } from './metric.ts';
import {
  type BatchSlots,
  type LossOption,
  type LossResult,
  lossOption,
  type OutputLoss,
  outputLosses,
  slotsOf,
  together,
} from './output-losses.ts';

export const evaluateFields = {
  /** Of the output; of several, of each by its name. */
  loss: lossOption,
  /** Default `mean`: over everything that counts in all batches. */
  reduction,
  /** Numbers to take beside the loss, such as `accuracy()` of `bptt/metrics`. Default: none. */
  metrics,
  ...givenFields,
};

/** The loss and metrics of `evaluate`, and how data that are no batches become some. */
export interface EvaluateOptions extends Options<typeof givenFields>, Options<typeof evaluateFields> {}

/** What `evaluate` returns: the loss over all data, metrics, and the state at the end. */
export interface Evaluation extends LossResult {
  /** The metrics by their names, where some were asked for. */
  readonly metrics?: Readonly<Record<string, number>>;
  /** Behind the last step of the last batch. */
  readonly state: State;
}

/** Batches that are there, or are made as they are asked for; a list of sequences; a stream of tokens. */
export type DataNow =
  | GraphBatch
  | Int32Array
  | readonly number[]
  | readonly Sequence[]
  | Iterable<GraphBatch>
  | Dataset<GraphBatch, Iterable<GraphBatch>>;

/** Batches that are waited for. */
export type DataLater = AsyncIterable<GraphBatch> | Dataset<GraphBatch, AsyncIterable<GraphBatch>>;

/** A batch, or what `fit` takes: several, a dataset such as `sequences` gives, of which the first epoch is taken, a list of sequences, tokens. */
export type EvaluateData = GraphBatch | GivenData;

/** Steps computed at a time: bounds the memory that long texts take. */
const CHUNK = 128;

/**
 * The loss over one batch or several; a batch with `carry` goes on from the state that the one before left.
 *
 * @param data A batch, or whatever `fit` takes. Of batches that come later, as those of `textFile`, the result is a promise.
 * @param state Where the first batch starts. Default zero.
 * @throws BpttError for batches and states that do not fit the model, where there is no batch, and `non-finite` for a loss that is not finite.
 *
 * @example
 * const { loss, counted } = evaluate(model, data, { loss: 'cross-entropy' });
 * console.log(`${loss.toFixed(3)} nats a character over ${counted}`);
 */
export function evaluate(model: Model, data: DataNow, options: EvaluateOptions, state?: State): Evaluation;
export function evaluate(model: Model, data: DataLater, options: EvaluateOptions, state?: State): Promise<Evaluation>;
export function evaluate(
  model: Model,
  data: EvaluateData,
  options: EvaluateOptions,
  state?: State,
): Evaluation | Promise<Evaluation>;
export function evaluate(
  model: Model,
  data: EvaluateData,
  options: EvaluateOptions,
  state?: State,
): Evaluation | Promise<Evaluation> {
  checkModel('evaluate', model);
  const { loss, reduction, metrics, ...given } = checkFields('evaluate', options, evaluateFields);
  const evaluator = new Evaluator('evaluate(data)', model.network, loss, reduction, metrics);
  const batches = readable('evaluate(data)', () => evaluator.batchesOf(data, given));
  if (Symbol.asyncIterator in batches) {
    return import('./evaluate-later.ts').then(({ evaluateLater }) => evaluateLater(evaluator, batches, state));
  }
  let next = state;
  try {
    for (const batch of batches) {
      evaluator.open(batch, next);
      next = undefined;
      for (let from = 0; from < evaluator.steps; ) from = evaluator.run(from);
    }
    return evaluator.result();
  } finally {
    evaluator.release();
  }
}

/** Takes the loss chunk by chunk, so that a caller can do something else in between. @internal */
export class Evaluator {
  readonly #where: string;
  readonly #network: Network;
  readonly #losses: readonly OutputLoss[];
  readonly #reduction: Reduction;
  readonly #slots: BatchSlots;
  #window: LossWindow | undefined;
  #sums: readonly number[] = [];
  #counts: readonly number[] = [];
  #chunk = CHUNK;
  #batch: GraphBatch | undefined;
  readonly #meters: readonly (readonly [name: string, Meter])[];

  /** `where`: what errors call the data. */
  constructor(
    where: string,
    network: Network,
    loss: LossOption,
    reduction: Reduction,
    metrics: readonly Metric[] = [],
  ) {
    this.#where = where;
    this.#network = network;
    this.#losses = outputLosses('loss', network.graph, loss, reduction);
    this.#reduction = reduction;
    this.#slots = slotsOf(network.graph, this.#losses);
    this.#meters = metrics.map((metric) => [metric.name, measureOf(metric)!(this.#losses, metrics)]);
  }

  /** The batches of what was given to `evaluate`. */
  batchesOf(data: EvaluateData, options: GivenOptions): Iterable<GraphBatch> | AsyncIterable<GraphBatch> {
    checkReadable(this.#where, data);
    if (typeof data === 'object' && data !== null) {
      if ('steps' in data && 'inputs' in data) return [data];
      const all = batchesFrom('evaluate', 'data', data as GivenData, this.#network.graph, this.#losses, options);
      const batches: object = 'batches' in all ? all.batches(0, 0) : all;
      const given: object = Object(batches);
      if (Symbol.iterator in given || Symbol.asyncIterator in given) return given as Iterable<GraphBatch>;
    }
    return fail(this.#where, 'a batch or several', show(data));
  }

  /** Checks a batch and goes to its start. */
  open(given: GraphBatch, state?: State): void {
    const batch = checkBatch('batch', given, this.#slots, this.#network.dtype);
    this.#batch = batch;
    const { whole } = this.#slots;
    if (batch.carry === true) refuseWhole(this.#network, 'batch.carry', 'each batch must hold whole sequences', whole);
    // What is read as a whole is computed as a whole.
    const size = sizeOf(this.#network, batch, whole === undefined ? CHUNK : undefined);
    [this.#chunk] = size.steps as [number];
    if (batch.carry === true && this.#window !== undefined && this.#window.rows !== batch.rows) {
      throw new BpttError(
        'invalid-shape',
        `batch.rows: expected ${this.#window.rows}, as the batch that it carries on, got ${batch.rows}`,
      );
    }
    const carried = batch.carry === true ? this.#window?.state() : undefined;
    if (this.#window?.fits(size, true) !== true) {
      this.release();
      this.#window = new LossWindow(this.#network, this.#losses, size, { fixed: true });
    }
    this.#window!.start(state === undefined ? carried : state);
  }

  /** T of the batch that was opened, whose losses are taken part by part. */
  get steps(): number {
    return stepsOf(this.#batch!, this.#network.graph.clocks[0]!);
  }

  /** Takes the loss of at most CHUNK steps from `from` on; returns where the next begin. */
  run(from: number): number {
    const window = this.#window!;
    const to = Math.min(from + this.#chunk, this.steps);
    const none = this.#losses.map(() => 0);
    const at = window.appendBatch(this.#batch!, from, to);
    window.forward(at, window.filled);
    for (const [, meter] of this.#meters) {
      const rows = window.observed(meter.index, at, window.filled);
      if (rows !== undefined) meter.add(this.#network, rows);
    }
    const sums = window.takeLoss(at, window.filled, none);
    const total = sums.reduce((all, sum) => all + sum, 0);
    if (!Number.isFinite(total)) throw nonFinite(window, at, this.#where, 'a finite loss', total);
    this.#counts = window.counted(at, window.filled).map((count, index) => count + (this.#counts[index] ?? 0));
    this.#sums = sums.map((sum, index) => sum + (this.#sums[index] ?? 0));
    return to;
  }

  /** @throws BpttError when there was no batch. */
  result(): Evaluation {
    if (this.#window === undefined) {
      throw new BpttError('invalid-argument', `${this.#where}: expected at least one batch, got none`);
    }
    const result = together(this.#reduction, this.#losses, this.#sums, this.#counts);
    const metrics = Object.fromEntries(this.#meters.map(([name, meter]) => [name, meter.value()]));
    return { ...result, ...(this.#meters.length > 0 && { metrics }), state: this.#window.state() };
  }

  release(): void {
    this.#window?.release();
    this.#window = undefined;
  }
}
