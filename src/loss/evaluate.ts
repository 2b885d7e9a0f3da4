// The loss of a model on given data, without learning.

import { BpttError } from '../base/errors.ts';
import { checkFields, type Options } from '../base/fields.ts';
import { type Batch, checkBatch } from '../data/batch.ts';
import { checkModel } from '../model/check-model.ts';
import type { Model } from '../model/model.ts';
import { type Network, refuseBothDirections } from '../model/network.ts';
import type { State } from '../model/state.ts';
import { LossWindow } from './loss-window.ts';
import { type Loss, type LossName, losses, lossName, type Reduction, reduce, reduction } from './losses.ts';

const fields = {
  loss: lossName,
  /** Default `mean`: over everything that counts in all batches. */
  reduction,
};

export interface EvaluateOptions extends Options<typeof fields> {}

export interface Evaluation {
  readonly loss: number;
  /** How many numbers the loss is over. */
  readonly counted: number;
  /** After the last step of the last batch. */
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
  data: Batch | Iterable<Batch>,
  options: EvaluateOptions,
  state?: State,
): Evaluation {
  checkModel('evaluate', model);
  const { loss, reduction } = checkFields('evaluate', options, fields);
  const evaluator = new Evaluator(model.network, loss);
  let next = state;
  try {
    for (const batch of isIterable(data) ? data : [data]) {
      evaluator.open(batch, next);
      next = undefined;
      for (let from = 0; from < batch.steps; ) from = evaluator.run(batch, from);
    }
    return evaluator.result('evaluate(data)', reduction);
  } finally {
    evaluator.release();
  }
}

function isIterable(data: Batch | Iterable<Batch>): data is Iterable<Batch> {
  return typeof data === 'object' && data !== null && Symbol.iterator in data;
}

/** Takes the loss chunk by chunk, so that a caller can do something else in between. @internal */
export class Evaluator {
  readonly #network: Network;
  readonly #loss: Loss;
  #window: LossWindow | undefined;
  #sum = 0;
  #counted = 0;
  #chunk = CHUNK;

  constructor(network: Network, loss: LossName) {
    this.#network = network;
    this.#loss = losses[loss];
  }

  /** Checks a batch and goes to its start. */
  open(batch: Batch, state?: State): void {
    const { stack, dtype } = this.#network;
    const targets = this.#loss.targets(stack.layers.at(-1)!.output.size);
    checkBatch('batch', batch, stack, targets, dtype);
    const both = stack.layers.some(({ reads }) => reads === 'both');
    if (batch.carry === true)
      refuseBothDirections(this.#network, 'batch.carry', 'each batch must hold whole sequences');
    // Layers that read both sides need the whole sequence at once.
    this.#chunk = both ? batch.steps : CHUNK;
    const sameRows = this.#window?.rows === batch.rows && this.#window.capacity >= this.#chunk;
    if (batch.carry === true && this.#window !== undefined && this.#window.rows !== batch.rows) {
      throw new BpttError(
        'invalid-shape',
        `batch.rows: expected ${this.#window.rows}, as the batch that it carries on, got ${batch.rows}`,
      );
    }
    const carried = batch.carry === true ? this.#window?.state() : undefined;
    if (!sameRows) {
      this.release();
      this.#window = new LossWindow(this.#network, this.#loss, this.#chunk, batch.rows, { frozen: true });
    }
    this.#window!.start(state ?? carried);
  }

  /** Takes the loss of at most CHUNK steps from `from` on; returns where the next begin. */
  run(batch: Batch, from: number): number {
    const window = this.#window!;
    const to = Math.min(from + this.#chunk, batch.steps);
    const at = window.appendBatch(batch, from, to);
    window.forward(at, window.filled);
    this.#counted += window.counted(at, window.filled);
    this.#sum += window.takeLoss(at, window.filled, 0);
    return to;
  }

  /** `where`: what errors call the data. @throws BpttError when there was no batch. */
  result(where: string, reduction: Reduction): Evaluation {
    if (this.#window === undefined) {
      throw new BpttError('invalid-argument', `${where}: expected at least one batch, got none`);
    }
    const loss = reduce(reduction, this.#sum, this.#counted);
    return { loss, counted: this.#counted, state: this.#window.state() };
  }

  release(): void {
    this.#window?.release();
    this.#window = undefined;
  }
}
