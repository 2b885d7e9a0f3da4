// A layer with its input added to its output, in a window. Loaded for models that have one.
import type { Binding, BoundLayer, Layer } from '../contract.ts';
import { at } from './address.ts';

export function bindSum(binding: Binding, inner: Layer): BoundLayer {
  const { kernels, rows: B, dOutput } = binding;
  const { track: x, gradient: dx } = binding.inputs[0]!;
  const sum = binding.buffer('sum');
  const result = binding.buffer(inner.result);
  const slots = inner.buffers.find(({ name }) => name === inner.result)!.extent === 'slot';
  const output = { ...result, pointer: result.pointer + (slots ? result.stride : 0) };
  const bound = inner.bind(binding);
  return {
    ...bound,
    forward(from, to, pass) {
      bound.forward(from, to, pass);
      const n = (to - from) * B * sum.ld;
      kernels.copy(at(sum, from), at(output, from), n);
      kernels.add(at(sum, from), at(x, from), n);
    },
    backward(from, to, pass) {
      bound.backward(from, to, pass);
      if (dx !== undefined) kernels.add(at(dx, from), at(dOutput, from), (to - from) * B * sum.ld);
    },
  };
}
