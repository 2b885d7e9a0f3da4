// How far truncated gradients are from the full one.

import { checkFields, integer, list, type Options, optional, unchecked, withDefault } from '../base/fields.ts';
import { Backpropagation } from '../bptt/backpropagation.ts';
import { checkTrainingBatch } from '../bptt/checks.ts';
import type { CheckedObjective } from '../bptt/objective.ts';
import type { Batch } from '../data/batch.ts';
import { type LossName, lossName } from '../loss/losses.ts';
import { outputLosses, slotsOf } from '../loss/output-losses.ts';
import { checkModel } from '../model/check-model.ts';
import { stackIn } from '../model/graph.ts';
import type { Model } from '../model/model.ts';
import type { Network } from '../model/network.ts';
import { readBlock } from '../model/parameters.ts';
import { checkState, type State } from '../model/state.ts';
import { Accumulation } from '../training/accumulation.ts';
import { copyOf } from './copy.ts';
import { norm } from './matrix.ts';

const length = integer({ min: 1 });

const fields = {
  /** The loss whose gradients are compared, by its name. */
  loss: lossName,
  /** The lengths to try, each ≥ 1. */
  k2: list(length, 'lengths', 1),
  /** New steps of a window. Default 1: each loss goes back exactly k2 steps. */
  k1: withDefault(length, 1),
  /** Where the rows start. Default zero. */
  state: optional(unchecked<State>()),
};

/** The loss, and the lengths k2 that `truncationError` compares. */
export interface TruncationErrorOptions extends Options<typeof fields> {}

/** A truncated gradient beside the full one. */
export interface TruncationError {
  /** How many steps the truncated gradient went back. */
  readonly k2: number;
  /** Of the angle between the two; 0 where one of them is zero. */
  readonly cosine: number;
  /** The angle, from 0 to 180. */
  readonly degrees: number;
  /** The norm of the truncated gradient over that of the full one. */
  readonly normRatio: number;
}

/**
 * How far the gradient of truncated BPTT(k1, k2) is from that of full BPTT, for each k2: the angle and the ratio of norms, so that k2 can be
 * chosen (Aicher, Foti and Fox 2020, "Adaptively truncating backpropagation through time to control gradient bias", measure the bias in this way).
 * Both are gradients of the sum of the batch's losses at the same parameters, without dropout; that of the windows is the sum over them.
 *
 * @throws BpttError for wrong batches and options, and for models that read both directions.
 *
 * @example
 * const errors = await truncationError(model, batch, { loss: 'cross-entropy', k2: [2, 5, 10] });
 * for (const { k2, degrees } of errors) console.log(`k2 = ${k2}: ${degrees.toFixed(1)}° off`);
 */
export async function truncationError(
  model: Model,
  reading: Batch,
  options: TruncationErrorOptions,
): Promise<readonly TruncationError[]> {
  checkModel('truncationError', model);
  const { loss, k1, k2: lengths, state: start } = checkFields('truncationError', options, fields);
  const { graph } = model.network;
  stackIn(graph, 'truncationError');
  const slots = slotsOf(graph, outputLosses('truncationError.loss', graph, loss));
  const batch = checkTrainingBatch(model.network, reading, slots);
  const state = checkState(model.network, start, batch.rows);
  const network = await copyOf(model);
  const full = gradientOf(network, batch, loss, state);
  const length = norm(full);
  return lengths.map((k2) => {
    const truncated = gradientOf(network, batch, loss, state, { k1, k2, losses: 'new', activations: 'stored' });
    const other = norm(truncated);
    let product = 0;
    for (let i = 0; i < full.length; i++) product += full[i]! * truncated[i]!;
    const cosine = length === 0 || other === 0 ? 0 : Math.max(-1, Math.min(1, product / (length * other)));
    return { k2, cosine, degrees: (Math.acos(cosine) * 180) / Math.PI, normRatio: other / length };
  });
}

/** The gradient of the sum of all losses, all parameters one after the other. */
function gradientOf(
  network: Network,
  batch: Batch,
  loss: LossName,
  state: State | undefined,
  truncation?: CheckedObjective['truncation'],
): Float64Array {
  const objective = { loss, reduction: 'sum', seed: 0, ...(truncation && { truncation }) } as const;
  // Without dropout: windows of other lengths have other masks, and gradients would differ by these.
  const bptt = new Backpropagation(network, objective, undefined, false);
  // All windows of the batch as one gradient.
  const sum = new Accumulation(network, Number.POSITIVE_INFINITY, 'sum');
  try {
    for (const window of bptt.windows(batch, state)) sum.add(window);
    sum.take();
    return Float64Array.from(readBlock(network, network.gradients).flatMap(({ data }) => [...data]));
  } finally {
    sum.release();
    bptt.release();
  }
}
