// The last of a sequence: one output a row. Of a recurrent layer it is the last state h, of both directions where there are two.
import { BpttError } from '../base/errors.ts';
import { ROW } from '../base/signal.ts';
import type { Kernels } from '../wasm/kernels.ts';
import type { BoundLayer, BoundPort, Layer, LayerKind, Place, Track } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';

export interface LastDescription extends EntryOptions {
  readonly kind: 'last';
}

/**
 * The last output of a layer: [B, H] from [T, B, H]. Of a recurrent layer its last state h, of a bidirectional one those of both
 * directions, merged as its outputs are; of anything else the output of the last valid step of each row. What `returns: 'last'` does, as
 * an entry of its own.
 *
 * @example
 * [tokens(100), embedding({ units: 32 }), gru({ units: 64 }), last(), dense({ units: 5 })]
 *
 * @throws BpttError, when the model is created, for an input that has one output a row already.
 */
export function last(options: EntryOptions = {}): LastDescription {
  return describe(lastLayer, options);
}

export const lastLayer: LayerKind<LastDescription> = {
  kind: 'last',

  fields: {},

  create(_, { where, ports: [port] }: Place): Layer {
    const { signal, clock, last: h, where: source } = port!;
    if (clock.kind !== 'steps' || signal.kind !== 'features') {
      const got = clock.kind === 'row' ? 'one output a row' : `${signal.size} tokens`;
      throw new BpttError(
        'invalid-shape',
        `${where}: expected features at every step as input, got ${got} from ${source}`,
      );
    }
    const columns = h?.columns ?? signal.size;
    return {
      output: { kind: 'features', size: columns },
      parameters: [],
      buffers: [{ name: 'y', extent: 'batch', columns, type: 'real', kept: false }],
      result: 'y',
      keepsResult: false,
      states: [],
      takes: h === undefined ? 'last-step' : 'last-state',
      adds: true,
      clock: ROW,
      reads: 'step',
      scratch: () => 0,
      bind({ kernels, rows, inputs: [input], dOutput, buffer }) {
        const y = buffer('y');
        const ends = { kernels, rows, y, dy: dOutput };
        return h === undefined ? bindSteps(ends, input!) : bindState(ends, input!);
      },
    };
  },
};

interface Ends {
  readonly kernels: Kernels;
  readonly rows: number;
  readonly y: Track;
  readonly dy: Track;
}

/** The last state. */
function bindState({ kernels, rows, y, dy }: Ends, { states }: BoundPort): BoundLayer {
  const { value, gradient, add } = states.find(({ name }) => name === 'h')!;
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
function bindSteps({ kernels, rows, y, dy }: Ends, { track, gradient, add, filled, padding }: BoundPort): BoundLayer {
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
