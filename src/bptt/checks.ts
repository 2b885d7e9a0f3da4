// What a network can learn from, and how far back gradients may go in it.
import { BpttError } from '../base/errors.ts';
import { checkBatch, type GraphBatch } from '../data/batch.ts';
import type { BatchSlots, OutputLoss } from '../loss/output-losses.ts';
import { type Network, refuseWhole } from '../model/network.ts';
import type { Objective } from './objective.ts';

/** @throws BpttError where gradients are to end at steps, and the network or a loss reads later ones; and for what a layer refuses. */
export function checkReach(
  network: Network,
  reach: Pick<Objective, 'truncation' | 'memoryBudget'> & { readonly blocks?: boolean },
  { whole }: BatchSlots,
): void {
  const { truncation, memoryBudget } = reach;
  for (const { layer } of network.graph.layers) layer.refuse?.(reach);
  if (truncation !== undefined) refuseWhole(network, 'truncation', 'leave it out for full BPTT', whole);
  if (memoryBudget !== undefined) refuseWhole(network, 'memoryBudget', 'leave it out', whole);
}

/**
 * Output gradients of older steps, kept as they were, are divided by what the losses of a window are a mean over: by one number for all.
 *
 * @throws BpttError where several outputs would have to be divided by several.
 */
export function checkInjection(losses: readonly OutputLoss[], { truncation }: Objective): void {
  if (losses.length === 1 || truncation?.losses !== 'window' || truncation.activations === 'recomputed') return;
  throw new BpttError(
    'invalid-argument',
    `truncation.losses: expected 'new' with several outputs, or activations: 'recomputed' with it, got 'window'`,
  );
}

/** A batch as `checkBatch` gives it. @throws BpttError for one that the network cannot learn from. */
export function checkTrainingBatch<Batch extends GraphBatch>(network: Network, batch: Batch, slots: BatchSlots): Batch {
  const checked = checkBatch('batch', batch, slots, network.dtype);
  if (batch.carry === true) refuseWhole(network, 'batch.carry', 'each batch must hold whole sequences', slots.whole);
  return checked;
}
