// Where batches come from, epoch by epoch, so that training can begin anywhere in it.

import { checkInteger, fail, isCallable, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import type { Field } from '../base/fields.ts';
import type { GraphBatch } from './batch.ts';

/** Batches that can be gone through from any of them on: what exact resuming needs of data that does not fit in memory. */
export interface Dataset<
  Item extends GraphBatch = GraphBatch,
  Batches extends Iterable<Item> | AsyncIterable<Item> = Iterable<Item> | AsyncIterable<Item>,
> {
  /**
   * The batches of an epoch, counted from 0, without the first `skip`: the same arguments, the same batches. A training that
   * is resumed asks for the rest of the epoch that it was in.
   */
  batches(epoch: number, skip: number): Batches;
}

/**
 * What training reads: batches in memory or made on the way. Of an iterable each epoch is a new iteration, so it must start anew each
 * time (an array or `textStream`, not a generator that is used up); resuming goes through the batches that were done once more.
 */
export type Data = Iterable<GraphBatch> | AsyncIterable<GraphBatch> | Dataset;

function isDataset(data: Data): data is Dataset {
  return 'batches' in data;
}

function isIterable(value: unknown): value is Iterable<GraphBatch> | AsyncIterable<GraphBatch> {
  return typeof value === 'object' && value !== null && (Symbol.iterator in value || Symbol.asyncIterator in value);
}

/** An option that is one of the three. */
export const data: Field<Data> = {
  check(where, value) {
    const given = value as Partial<Iterable<GraphBatch> & AsyncIterable<GraphBatch> & Dataset> | null | undefined;
    const known = readable(where, () => [given?.[Symbol.iterator], given?.[Symbol.asyncIterator], given?.batches]);
    const gives = typeof value === 'object' && !ArrayBuffer.isView(value) && known.some(isCallable);
    if (gives) return value as Data;
    return fail(where, 'an iterable of batches or a dataset', show(value));
  },
};

/** The arguments of `batches`. */
export function checkEpoch(epoch: number, skip: number): void {
  checkInteger('batches(epoch)', epoch, 0);
  checkInteger('batches(skip)', skip, 0);
}

/** The batches of an epoch without the first `skip`. */
export async function* batchesOf(data: Data, epoch: number, skip: number): AsyncGenerator<GraphBatch, void, undefined> {
  if (isDataset(data)) {
    const batches: unknown = data.batches(epoch, skip);
    if (!isIterable(batches)) {
      throw new BpttError(
        'invalid-argument',
        `data.batches(${epoch}, ${skip}): expected an iterable of batches, got ${show(batches)}`,
      );
    }
    yield* batches;
    return;
  }
  let left = skip;
  for await (const batch of data) {
    if (left > 0) left--;
    else yield batch;
  }
}
