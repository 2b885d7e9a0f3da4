// Flattening: the steps of each row side by side.
import { BpttError } from '../../base/errors.ts';
import { ROW } from '../../base/signal.ts';
import type { Binding, BoundLayer, LayerKind } from '../contract.ts';
import { type FlattenDescription, flattenFields } from '../flatten.ts';

export const flattenLayer: LayerKind<FlattenDescription> = {
  kind: 'flatten',
  fields: flattenFields,

  create({ steps }, { where, ports: [port] }) {
    const { signal, clock, where: source } = port!;
    if (clock.kind !== 'steps' || signal.kind !== 'features') {
      const got = clock.kind === 'row' ? 'one output a row' : `${signal.size} tokens`;
      throw new BpttError(
        'invalid-shape',
        `${where}: expected features at every step as input, got ${got} from ${source}`,
      );
    }
    const columns = steps * signal.size;
    return {
      output: { kind: 'features', size: columns },
      parameters: [],
      buffers: [{ name: 'y', extent: 'batch', columns, type: 'real', kept: false }],
      result: 'y',
      keepsResult: false,
      states: [],
      takes: 'all-steps',
      adds: true,
      clock: ROW,
      reads: 'step',
      scratch: () => 0,
      bind: (binding) => bindFlatten(binding, steps, signal.size, `${where} (flatten)`),
    };
  },
};

function bindFlatten(binding: Binding, steps: number, size: number, where: string): BoundLayer {
  const {
    kernels,
    rows,
    inputs: [input],
    dOutput: dy,
    buffer,
  } = binding;
  const { track: x, gradient: dx, add, filled, padding } = input!;
  const y = buffer('y');
  const real = kernels.realBytes();
  /** The steps of each row, in their order, that are no padding. */
  const each = (visit: (step: number, row: number) => void) => {
    const flags = new Uint8Array(kernels.memory.buffer, padding.pointer, steps * padding.stride);
    for (let step = 0; step < steps; step++) {
      for (let row = 0; row < rows; row++) if (flags[step * padding.stride + row] === 0) visit(step, row);
    }
  };
  const flat = ({ pointer, ld }: { readonly pointer: number; readonly ld: number }, step: number, row: number) =>
    new Reals(kernels.memory.buffer, pointer + (row * ld + step * size) * real, size);
  const Reals = real === 4 ? Float32Array : Float64Array;
  const own = ({ pointer, stride, ld }: typeof x, step: number, row: number) =>
    new Reals(kernels.memory.buffer, pointer + step * stride + row * ld * real, size);
  return {
    forward() {
      if (filled() !== steps) {
        throw new BpttError('invalid-shape', `${where}: expected ${steps} steps in every batch, got ${filled()}`);
      }
      kernels.clear(y.pointer, rows * y.ld);
      each((step, row) => flat(y, step, row).set(own(x, step, row)));
    },
    backward() {
      if (dx === undefined) return;
      if (!add) kernels.clear(dx.pointer, (steps * dx.stride) / real);
      each((step, row) => {
        const [to, from] = [own(dx, step, row), flat(dy, step, row)];
        for (let i = 0; i < size; i++) to[i]! += from[i]!;
      });
    },
  };
}
