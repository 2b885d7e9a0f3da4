// What a model holds of its memory.
import type { Model } from '../../src/index.ts';

/** More than any hole between blocks that a small model may have. */
const LARGE = 2 ** 22;

/** Where the next large block of a model's memory would lie: it moves up with whatever is not given back. */
export function nextBlock({ network: { arena } }: Model): number {
  const block = arena.allocate(LARGE);
  arena.release(block, LARGE);
  return block;
}
