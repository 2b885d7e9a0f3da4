// Numbers in the memory of a model, as JavaScript sees them.
import type { Reals } from '../../wasm/arena.ts';
import type { Kernels, Pointer } from '../../wasm/kernels.ts';

/** A view of so many numbers of the precision of the kernels. It is gone when the memory grows. */
export function realsOf(kernels: Kernels, pointer: Pointer, count: number): Reals {
  const Real = kernels.realBytes() === 4 ? Float32Array : Float64Array;
  return new Real(kernels.memory.buffer, pointer, count);
}
