// Layer normalisation of V x: a = γ_x∘N(V x_t) + b of all steps before the loop over time, and its backward after it. That of the
// product with W is the kernels', step by step.

import type { Binding, Track } from '../contract.ts';
import { at } from '../parts/address.ts';
import type { Buffers, DirectedLayer } from './buffers.ts';

export function bindInputNorm({ cell, description, names }: DirectedLayer, binding: Binding, buffers: Buffers) {
  const { xn, xInverse, a } = buffers as Required<Buffers>;
  const { kernels, rows: B } = binding;
  const H = description.units;
  const G = cell.gates.length;
  const gain = binding.parameter(names.gainX);
  const dGain = binding.gradient(names.gainX);
  const bias = binding.parameter(names.b);
  const dBias = binding.gradient(names.b);
  return {
    forward(from: number, to: number): void {
      for (let t = from; t < to; t++) {
        kernels.normalize(at(xn, t), at(a, t), at(xInverse, t), at(a, t), gain, bias, B * G, G, H);
      }
    },
    /** da becomes the gradient of V x. */
    backward(da: Track, from: number, to: number): void {
      kernels.sumRows(dBias, at(da, from), (to - from) * B, da.ld);
      for (let t = to - 1; t >= from; t--) {
        kernels.normalizeBack(at(da, t), at(da, t), at(xn, t), at(xInverse, t), gain, dGain, B * G, G, H);
      }
    },
  };
}
