// How far truncated gradients are from the full one.

import { checkInteger, checkOneOf, checkOptions, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { Backpropagation, checkTrainingBatch } from '../bptt/backpropagation.ts';
import type { Batch } from '../data/batch.ts';
import { type LossName, lossNames } from '../loss/losses.ts';
import { outputLosses } from '../loss/output-losses.ts';
import type { Model } from '../model/model.ts';
import type { Network } from '../model/network.ts';
import { readBlock } from '../model/parameters.ts';
import { checkState, type State } from '../model/state.ts';
import { Accumulation } from '../training/accumulation.ts';
import { copyOf } from './copy.ts';
import { norm } from './matrix.ts';

export interface TruncationErrorOptions {
  readonly loss: LossName;
  /** The lengths to try, each ≥ 1. */
  readonly k2: readonly number[];
  /** New steps of a window. Default 1: each loss goes back exactly k2 steps. */
  readonly k1?: number;
  /** Where the rows start. Default zero. */
  readonly state?: State;
}

/** A truncated gradient beside the full one. */
export interface TruncationError {
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
 * Both are gradients of the sum of the batch's losses at the same parameters; that of the windows is the sum over them.
 *
 * @throws BpttError for wrong batches and options, and for models that read both directions.
 */
export async function truncationError(
  model: Model,
  batch: Batch,
  options: TruncationErrorOptions,
): Promise<readonly TruncationError[]> {
  checkOptions('truncationError', options, ['loss', 'k1', 'k2', 'state']);
  const { loss, k1 = 1, k2: lengths, state } = options;
  checkOneOf('truncationError.loss', loss, lossNames);
  checkInteger('truncationError.k1', k1, 1);
  if (!Array.isArray(lengths) || lengths.length === 0) {
    throw new BpttError('invalid-argument', `truncationError.k2: expected a list of lengths, got ${show(lengths)}`);
  }
  for (const [index, k2] of lengths.entries()) checkInteger(`truncationError.k2[${index}]`, k2, 1);
  checkTrainingBatch(model.network, batch, outputLosses('truncationError.loss', model.network.graph, loss));
  if (state !== undefined) checkState(model.network, state, batch.rows);
  const network = await copyOf(model);
  const full = gradientOf(network, batch, loss, state);
  const length = norm(full);
  return lengths.map((k2) => {
    const truncated = gradientOf(network, batch, loss, state, { k1, k2 });
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
  truncation?: { readonly k1: number; readonly k2: number },
): Float64Array {
  const bptt = new Backpropagation(network, { loss, reduction: 'sum', ...(truncation && { truncation }) });
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
