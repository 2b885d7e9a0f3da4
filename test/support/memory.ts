// What a model holds of its memory.
import type { Model } from '../../src/index.ts';

/** Where the next block of a model's memory would lie: it moves up with whatever is not given back. */
export function nextBlock({ network: { arena } }: Model): number {
  const block = arena.allocate(1);
  arena.release(block, 1);
  return block;
}
