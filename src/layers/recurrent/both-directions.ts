// A recurrent layer in both directions, in a window. Loaded for models that have one.
import type { Kernels, Pointer } from '../../wasm/kernels.ts';
import type { Binding, BoundLayer, BoundPort, Layer, Track } from '../contract.ts';
import { at } from '../parts/address.ts';
import type { Cell } from './cell.ts';
import type { Merge } from './options.ts';

/** Both directions of a layer, and what becomes of their outputs and states. */
interface Directions {
  /** Forward first. */
  readonly directions: readonly Layer[];
  /** What stands before the names of their buffers. */
  readonly prefixes: readonly string[];
  readonly states: Cell['states'];
  readonly merge: Merge;
  /** H. */
  readonly units: number;
}

export function bindDirections(
  binding: Binding,
  { directions, prefixes, states, merge, units: H }: Directions,
): BoundLayer {
  const { kernels, rows: B, dOutput } = binding;
  const [input] = binding.inputs as [BoundPort];
  const dys = prefixes.map((prefix) => (merge === 'sum' ? dOutput : binding.buffer(`${prefix}dy`)));
  const bound = directions.map((direction, index) =>
    direction.bind({
      ...binding,
      inputs: [{ ...input, add: index === 1 || input.add }],
      dOutput: dys[index]!,
      buffer: (name) => binding.buffer(`${prefixes[index]}${name}`),
    }),
  );
  const y = binding.buffer('y');
  const forwardState = binding.buffer('forward.h');
  // Slot t + 1 is the output of step t forwards, slot t in reverse.
  const outputs: readonly Track[] = [
    { ...forwardState, pointer: forwardState.pointer + forwardState.stride },
    binding.buffer('reverse.h'),
  ];
  const { join, cut } = merger(kernels, merge, H);
  return {
    draw(from, to, draw) {
      for (const direction of bound) direction.draw?.(from, to, draw);
    },
    forward(from, to, pass) {
      for (const [index, direction] of bound.entries()) {
        direction.forward(from, to, pass);
        join(index, at(y, from), y.ld, at(outputs[index]!, from), outputs[index]!.ld, (to - from) * B);
        for (const name of states) {
          const state = binding.buffer(name);
          const own = binding.buffer(`${prefixes[index]}${name}`);
          join(index, state.pointer, state.ld, at(own, index === 0 ? to : from), own.ld, B);
        }
      }
    },
    backward(from, to, pass) {
      // Of both before either goes back: a product needs what the other direction has given.
      for (const index of bound.keys()) {
        const [dy, other] = [dys[index]!, outputs[1 - index]!];
        if (merge !== 'sum') {
          cut(index, at(dy, from), dy.ld, at(dOutput, from), dOutput.ld, (to - from) * B, at(other, from));
        }
        for (const name of states) {
          const state = binding.buffer(`d${name}`);
          const own = binding.buffer(`${prefixes[index]}d${name}`);
          const beside = binding.buffer(`${prefixes[1 - index]}${name}`);
          cut(index, own.pointer, own.ld, state.pointer, state.ld, B, at(beside, index === 0 ? from : to));
        }
      }
      for (const direction of bound) direction.backward(from, to, pass);
    },
  };
}

/** How rows of both directions become one, and the gradient of that becomes theirs. */
function merger(kernels: Kernels, merge: Merge, H: number) {
  const real = kernels.realBytes();
  return {
    join(index: number, both: Pointer, ldBoth: number, own: Pointer, ld: number, rows: number): void {
      const count = rows * ld;
      if (merge === 'concat') kernels.copyColumns(both + index * H * real, own, rows, H, ldBoth, ld);
      else if (index === 0) kernels.copy(both, own, count);
      else if (merge === 'multiply') kernels.multiply(both, both, own, count);
      else kernels.add(both, own, count);
      if (merge === 'average' && index === 1) kernels.scale(both, 0.5, count);
    },
    /** `other`: what the other direction gave. */
    cut(index: number, own: Pointer, ld: number, both: Pointer, ldBoth: number, rows: number, other: Pointer): void {
      const count = rows * ld;
      if (merge === 'concat') kernels.copyColumns(own, both + index * H * real, rows, H, ld, ldBoth);
      else kernels.copy(own, both, count);
      if (merge === 'average') kernels.scale(own, 0.5, count);
      if (merge === 'multiply') kernels.multiply(own, own, other, count);
    },
  };
}
