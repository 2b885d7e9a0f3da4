// The arena: blocks are zero, apart and aligned, and what is given back can be had again, in one piece.
import fc from 'fast-check';
import { beforeEach, describe, expect, it } from 'vitest';
import { createModel, dense, features } from '../../src/index.ts';
import { Arena } from '../../src/wasm/arena.ts';
import type { Kernels } from '../../src/wasm/kernels.ts';

const LINE = 64;
const PAGE = 65536;

let arena: Arena;
let start: number;

beforeEach(async () => {
  const { kernels } = (await createModel([features(1), dense({ units: 1 })])).network;
  const memory = new WebAssembly.Memory({ initial: 1 });
  arena = new Arena({
    memory,
    realBytes: () => 4,
  } satisfies Partial<Kernels> as never as typeof kernels);
  start = arena.allocate(1);
  arena.release(start, 1);
});

/** Blocks of these sizes, one after the other. */
const take = (...sizes: readonly number[]) => sizes.map((size) => ({ at: arena.allocate(size), size }));

describe('the arena', () => {
  it.each([
    ['the first, then the second', [1, 2]],
    ['the second, then the first', [2, 1]],
  ])('joins neighbours that are given back: %s', (_, order) => {
    const blocks = take(64, 128, 192, 64);
    for (const index of order) arena.release(blocks[index]!.at, blocks[index]!.size);
    expect(arena.allocate(128 + 192)).toBe(blocks[1]!.at);
  });

  it('joins a block with those on both sides', () => {
    const blocks = take(64, 64, 64, 64, 64);
    for (const index of [1, 3, 2]) arena.release(blocks[index]!.at, 64);
    expect(arena.allocate(3 * 64)).toBe(blocks[1]!.at);
  });

  it('does not join blocks with one between them that is in use', () => {
    const blocks = take(64, 64, 64, 64);
    arena.release(blocks[0]!.at, 64);
    arena.release(blocks[2]!.at, 64);
    expect(arena.allocate(128)).toBe(blocks[3]!.at + 64);
    expect(arena.allocate(64)).toBe(blocks[0]!.at);
    expect(arena.allocate(64)).toBe(blocks[2]!.at);
  });

  it('gives the rest of a larger block to the next', () => {
    const [first] = take(256, 64);
    arena.release(first!.at, 256);
    expect(take(64, 128, 64).map(({ at }) => at - first!.at)).toEqual([0, 64, 192]);
  });

  it('ends where the last block in use does, so that a larger one can begin there', () => {
    const blocks = take(64, 64, 64);
    for (const index of [1, 2]) arena.release(blocks[index]!.at, 64);
    expect(arena.allocate(1000)).toBe(blocks[1]!.at);
  });

  it('grows by whole pages, and only when it must', () => {
    const rest = PAGE - start;
    arena.allocate(rest - LINE);
    expect(arena.bytes).toBe(PAGE);
    arena.allocate(LINE);
    expect(arena.bytes).toBe(PAGE);
    arena.allocate(1);
    expect(arena.bytes).toBe(2 * PAGE);
  });

  it('gives blocks that are zero, aligned and apart, and takes everything back, whatever the order', () => {
    const actions = fc.array(fc.record({ size: fc.integer({ min: 1, max: 700 }), release: fc.nat() }), {
      maxLength: 60,
    });
    fc.assert(
      fc.property(actions, (list) => {
        const live: { at: number; size: number }[] = [];
        for (const { size, release } of list) {
          if (release % 2 === 1 && live.length > 0) {
            const [{ at, size: old }] = live.splice(release % live.length, 1) as [{ at: number; size: number }];
            arena.release(at, old);
          }
          const at = arena.allocate(size);
          expect(at % LINE).toBe(0);
          const block = arena.octets(at, size);
          expect(block.every((octet) => octet === 0)).toBe(true);
          expect(live.every((other) => at + size <= other.at || other.at + other.size <= at)).toBe(true);
          block.fill(255);
          live.push({ at, size });
        }
        for (const { at, size } of live) arena.release(at, size);
        expect(arena.allocate(1e5)).toBe(start);
        arena.release(start, 1e5);
      }),
    );
  });
});
