// The memory above the kernels' own data: blocks that are taken and given back, and typed views of them.
// It knows nothing of layers; what lies in a block is the layout's matter.
import { BpttError } from '../base/errors.ts';
import type { Kernels, Pointer } from './kernels.ts';

/** Every block starts at a multiple of this many bytes: one cache line. */
const ALIGNMENT = 64;
const PAGE = 65536;
/** Below lies the data of the kernels and their companions: see `memoryBase` in scripts/build.js. */
const ARENA_START = 16384;

/** `size` rounded up to whole cache lines. */
export function aligned(size: number): number {
  return Math.ceil(size / ALIGNMENT) * ALIGNMENT;
}

/** Numbers in the precision of a model: Float32Array for `f32`, Float64Array for `f64`. */
export type Reals = Float32Array<ArrayBuffer> | Float64Array<ArrayBuffer>;

interface Block {
  readonly start: Pointer;
  readonly size: number;
}

/** Allocator of zero-filled, aligned blocks in one Wasm memory; grows the memory when it must. */
export class Arena {
  readonly #memory: WebAssembly.Memory;
  readonly #Real: typeof Float32Array | typeof Float64Array;
  #end: Pointer = ARENA_START;
  #free: Block[] = [];

  constructor(kernels: Kernels) {
    this.#memory = kernels.memory;
    this.#Real = kernels.realBytes() === 4 ? Float32Array : Float64Array;
  }

  /** Bytes of Wasm memory that are there now. */
  get bytes(): number {
    return this.#memory.buffer.byteLength;
  }

  /** A zero-filled block of at least `size` bytes. First fit among the blocks given back, else new memory. */
  allocate(size: number): Pointer {
    const wanted = aligned(size);
    const fit = this.#free.findIndex((block) => block.size >= wanted);
    if (fit >= 0) {
      const block = this.#free[fit]!;
      const rest = block.size - wanted;
      if (rest === 0) this.#free.splice(fit, 1);
      else this.#free[fit] = { start: block.start + wanted, size: rest };
      new Uint8Array(this.#memory.buffer, block.start, wanted).fill(0);
      return block.start;
    }
    const start = this.#end;
    const missing = start + wanted - this.#memory.buffer.byteLength;
    if (missing > 0) {
      try {
        this.#memory.grow(Math.ceil(missing / PAGE));
      } catch {
        throw new BpttError(
          'out-of-memory',
          `Wasm memory: expected to grow by ${missing} bytes to hold ${start + wanted}, the engine refused (the limit is 4 GiB)`,
        );
      }
    }
    // Only after the memory has grown: a refused allocation leaves the arena as it was.
    this.#end = start + wanted;
    return start;
  }

  /** Gives back a block that `allocate(size)` returned. */
  release(start: Pointer, size: number): void {
    const free = [...this.#free, { start, size: aligned(size) }].sort((a, b) => a.start - b.start);
    this.#free = [];
    for (const block of free) {
      const last = this.#free.at(-1);
      if (last !== undefined && last.start + last.size === block.start) {
        this.#free[this.#free.length - 1] = { start: last.start, size: last.size + block.size };
      } else {
        this.#free.push(block);
      }
    }
    const last = this.#free.at(-1);
    if (last !== undefined && last.start + last.size === this.#end) {
      this.#end = last.start;
      this.#free.pop();
      // The next allocation there must find zeros again.
      new Uint8Array(this.#memory.buffer, last.start, last.size).fill(0);
    }
  }

  /** A view of `count` reals; valid until the memory grows, so take it anew for each use. */
  reals(start: Pointer, count: number): Reals {
    return new this.#Real(this.#memory.buffer as ArrayBuffer, start, count);
  }

  /** A view of `count` 32-bit integers, as short-lived as that of `reals`. */
  integers(start: Pointer, count: number): Int32Array<ArrayBuffer> {
    return new Int32Array(this.#memory.buffer as ArrayBuffer, start, count);
  }

  /** A view of `count` bytes, as short-lived as that of `reals`. */
  octets(start: Pointer, count: number): Uint8Array<ArrayBuffer> {
    return new Uint8Array(this.#memory.buffer as ArrayBuffer, start, count);
  }
}
