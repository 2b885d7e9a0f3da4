// The loss of a model on given data, without learning.

import { fail, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Options } from '../base/fields.ts';
import { checkBatch, type GraphBatch, stepsOf } from '../data/batch.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import { type Network, refuseWhole } from '../model/network.ts';
import type { State } from '../model/state.ts';
import { LossWindow, sizeOf } from './loss-window.ts';
import { type Reduction, reduction } from './losses.ts';
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

const fields = {
  /** Of the output; of several, of each by its name. */
  loss: lossOption,
  /** Default `mean`: over everything that counts in all batches. */
  reduction,
};

export interface EvaluateOptions extends Options<typeof fields> {}

export interface Evaluation extends LossResult {
  /** Behind the last step of the last batch. */
  readonly state: State;
}

/** Steps computed at a time: bounds the memory that long texts take. */
const CHUNK = 128;

/**
 * The loss over one batch or several; a batch with `carry` goes on from the state that the one before left.
 *
 * @param state Where the first batch starts. Default zero.
 * @throws BpttError for batches and states that do not fit the model, and where there is no batch.
 */
export function evaluate(
  model: Model,
  data: GraphBatch | Iterable<GraphBatch>,
  options: EvaluateOptions,
  state?: State,
): Evaluation {
  checkModel('evaluate', model);
  const { loss, reduction } = checkFields('evaluate', options, fields);
  const evaluator = new Evaluator(model.network, loss);
  let next = state;
  try {
    for (const batch of batchesIn(data)) {
      evaluator.open(batch, next);
      next = undefined;
      for (let from = 0; from < evaluator.stepsOf(batch); ) from = evaluator.run(batch, from);
    }
    return evaluator.result('evaluate(data)', reduction);
  } finally {
    evaluator.release();
  }
}

function batchesIn(data: GraphBatch | Iterable<GraphBatch>): Iterable<GraphBatch> {
  return readable('evaluate(data)', () => {
    if (typeof data === 'object' && data !== null) return Symbol.iterator in data ? data : [data];
    return fail('evaluate(data)', 'a batch or several', show(data));
  });
}

/** Takes the loss chunk by chunk, so that a caller can do something else in between. @internal */
export class Evaluator {
  readonly #network: Network;
  readonly #losses: readonly OutputLoss[];
  readonly #slots: BatchSlots;
  #window: LossWindow | undefined;
  #sums: readonly number[] = [];
  #counts: readonly number[] = [];
  #chunk = CHUNK;

  constructor(network: Network, loss: LossOption) {
    this.#network = network;
    this.#losses = outputLosses('loss', network.graph, loss);
    this.#slots = slotsOf(network.graph, this.#losses);
  }

  /** Checks a batch and goes to its start. */
  open(batch: GraphBatch, state?: State): void {
    checkBatch('batch', batch, this.#slots, this.#network.dtype);
    if (batch.carry === true) refuseWhole(this.#network, 'batch.carry', 'each batch must hold whole sequences');
    // What is read as a whole is computed as a whole.
    const size = sizeOf(this.#network, batch, this.#network.graph.whole === undefined ? CHUNK : undefined);
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
    this.#window!.start(state ?? carried);
  }

  /** T of the steps that it takes losses of, part by part. */
  stepsOf(batch: GraphBatch): number {
    return stepsOf(batch, this.#network.graph.clocks[0]!);
  }

  /** Takes the loss of at most CHUNK steps from `from` on; returns where the next begin. */
  run(batch: GraphBatch, from: number): number {
    const window = this.#window!;
    const to = Math.min(from + this.#chunk, this.stepsOf(batch));
    const none = this.#losses.map(() => 0);
    const at = window.appendBatch(batch, from, to);
    window.forward(at, window.filled);
    const sums = window.takeLoss(at, window.filled, none);
    this.#counts = window.counted(at, window.filled).map((count, index) => count + (this.#counts[index] ?? 0));
    this.#sums = sums.map((sum, index) => sum + (this.#sums[index] ?? 0));
    return to;
  }

  /** `where`: what errors call the data. @throws BpttError when there was no batch. */
  result(where: string, reduction: Reduction): Evaluation {
    if (this.#window === undefined) {
      throw new BpttError('invalid-argument', `${where}: expected at least one batch, got none`);
    }
    const result = together(reduction, this.#losses, this.#sums, this.#counts);
    return { ...result, state: this.#window.state() };
  }

  release(): void {
    this.#window?.release();
    this.#window = undefined;
  }
}
