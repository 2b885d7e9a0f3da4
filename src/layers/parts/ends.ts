// The ends of sequences: what `last` does in a window. Loaded for models that have such a node.
import type { Binding, BoundLayer } from '../contract.ts';

/** The last state. */
export function bindState({ kernels, rows, inputs: [input], dOutput: dy, buffer }: Binding): BoundLayer {
  const { value, gradient, add } = input!.states.find(({ name }) => name === 'h')!;
  const y = buffer('y');
  const count = rows * y.ld;
  return {
    forward: () => kernels.copy(y.pointer, value(), count),
    backward() {
      if (gradient === undefined) return;
      if (add) kernels.add(gradient, dy.pointer, count);
      else kernels.copy(gradient, dy.pointer, count);
    },
  };
}

/** The last valid step of each row. */
export function bindSteps({ kernels, rows, inputs: [input], dOutput: dy, buffer }: Binding): BoundLayer {
  const { track, gradient, add, filled, padding } = input!;
  const y = buffer('y');
  const real = kernels.realBytes();
  /** The step of each row that is its last. */
  const each = (visit: (row: number, step: number) => void) => {
    const flags = new Uint8Array(kernels.memory.buffer, padding.pointer, filled() * padding.stride);
    for (let row = 0; row < rows; row++) {
      let step = filled() - 1;
      while (step > 0 && flags[step * padding.stride + row] === 1) step--;
      visit(row, step);
    }
  };
  return {
    forward: () =>
      each((row, step) => {
        kernels.copy(y.pointer + row * y.ld * real, track.pointer + step * track.stride + row * track.ld * real, y.ld);
      }),
    backward() {
      if (gradient === undefined) return;
      if (!add) kernels.clear(gradient.pointer, (filled() * gradient.stride) / real);
      each((row, step) => {
        const place = gradient.pointer + step * gradient.stride + row * gradient.ld * real;
        kernels.add(place, dy.pointer + row * dy.ld * real, dy.ld);
      });
    },
  };
}
