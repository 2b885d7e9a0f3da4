// Which examples make a batch in an epoch: in their order or shuffled by seed, with like lengths together where that is asked for.
import { permutation } from '../base/philox.ts';

/** Batches whose examples are sorted together. */
const POOL = 100;

export interface Grouping {
  /** B. The last batch has what is left. */
  readonly batch: number;
  /** Whether examples of like lengths share a batch. */
  readonly bucket: boolean;
  readonly shuffle: number | undefined;
}

/** The batches of an epoch as indices of their examples; `byLength` compares two. */
export function membersOf(
  count: number,
  byLength: (a: number, b: number) => number,
  { batch, bucket, shuffle }: Grouping,
  epoch: number,
): readonly (readonly number[])[] {
  const order =
    shuffle === undefined ? Array.from({ length: count }, (_, i) => i) : [...permutation(count, shuffle, 2 * epoch)];
  if (!bucket) return cut(order, batch);
  // Array.prototype.sort is stable everywhere: examples of one length keep their order.
  const pools = shuffle === undefined ? [order] : cut(order, batch * POOL);
  const batches = cut(
    pools.flatMap((pool) => pool.toSorted(byLength)),
    batch,
  );
  // The batches themselves in another order: two streams of random numbers an epoch.
  return shuffle === undefined
    ? batches
    : Array.from(permutation(batches.length, shuffle, 2 * epoch + 1), (index) => batches[index]!);
}

function cut(order: readonly number[], size: number): readonly (readonly number[])[] {
  return Array.from({ length: Math.ceil(order.length / size) }, (_, index) =>
    order.slice(index * size, (index + 1) * size),
  );
}
