// The gradients of tied matrices: those of each use come together on their own, and join that of the owner when a pass is over. Added to it
// at once, the sums of the uses would interleave where a long sequence is gone back through in segments, and have other bits.
import type { BufferSpec, Layer } from '../layers/contract.ts';
import type { Pointer } from '../wasm/kernels.ts';
import type { Network } from './network.ts';

/** What a layer finds for a parameter of another, and where that lies. */
export interface TiedGradient {
  readonly name: string;
  readonly found: Pointer;
}

/** The buffer in which the gradient of a tied matrix comes together. */
export function tiedName(parameter: string): string {
  return `gradient ${parameter}`;
}

/** Room for the gradients of tied matrices. */
export function tiedBuffers({ tied = [] }: Layer): readonly BufferSpec[] {
  return tied.map(({ spec: { name, rows, columns } }) => {
    return { name: tiedName(name), extent: 'fixed', rows, columns, type: 'real', kept: false };
  });
}

/** Adds what a layer has found for parameters of others, and leaves zeros for the next pass. */
export function addTied(network: Network, tied: readonly TiedGradient[]): void {
  const { kernels, gradients, gradientParts } = network;
  const real = kernels.realBytes();
  for (const { name, found } of tied) {
    const start = network.offset(name);
    for (const { offset, count } of gradientParts.within(network.part(name))) {
      const part = found + offset * real - start;
      kernels.add(gradients + offset * real, part, count);
      kernels.clear(part, count);
    }
  }
}
