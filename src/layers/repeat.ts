// One output a row, again at every step of a time axis.
import { BpttError } from '../base/errors.ts';
import { type Checked, type Options, string } from '../base/fields.ts';
import type { Layer, LayerKind } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';
import { at } from './parts/address.ts';

const fields = {
  /** The input whose steps it has. */
  clock: string,
};

/** Where `repeat` stands, and the input whose steps it has. */
export interface RepeatOptions extends EntryOptions, Options<typeof fields> {}

/** What `repeat` returns: the entry of a model, with the clock whose steps it has. */
export interface RepeatDescription extends EntryOptions, Checked<typeof fields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'repeat';
}

export const repeatLayer: LayerKind<RepeatDescription> = {
  kind: 'repeat',
  fields,

  create({ clock: name }, { where, ports: [port], clock: clockOf }): Layer {
    const { signal, clock: from, where: source } = port!;
    if (from.kind !== 'row' || signal.kind !== 'features') {
      const got = signal.kind === 'tokens' ? `${signal.size} tokens` : `the steps of '${from.name}'`;
      throw new BpttError(
        'invalid-shape',
        `${where}: expected features with one output a row as input, got ${got} from ${source}; last() makes one output a row of steps`,
      );
    }
    const clock = clockOf(name);
    if (clock.kind !== 'steps') {
      throw new BpttError(
        'invalid-shape',
        `${where}.clock: expected the name of an input with steps, got '${name}', which has one value a row`,
      );
    }
    const columns = signal.size;
    return {
      output: signal,
      parameters: [],
      buffers: [
        { name: 'y', extent: 'step', columns, type: 'real', kept: true },
        { name: 'dx', extent: 'batch', columns, type: 'real', kept: false },
      ],
      result: 'y',
      keepsResult: false,
      states: [],
      adds: true,
      clock,
      // Its gradient is a sum over the steps, also of those whose own output does not count.
      reads: 'past',
      scratch: () => 0,
      bind({ kernels, rows, inputs: [input], dOutput: dy, buffer }) {
        const { track: x, gradient, add } = input!;
        const y = buffer('y');
        const sum = buffer('dx').pointer;
        const count = rows * y.ld;
        return {
          forward(first, end) {
            for (let step = first; step < end; step++) kernels.copy(at(y, step), x.pointer, count);
          },
          backward(first, end, { continuesFromLater, continuesToEarlier }) {
            if (gradient === undefined) return;
            if (!continuesFromLater) kernels.clear(sum, count);
            for (let step = end - 1; step >= first; step--) kernels.add(sum, at(dy, step), count);
            // Whole only with the first of all steps.
            if (!continuesToEarlier) kernels[add ? 'add' : 'copy'](gradient.pointer, sum, count);
          },
        };
      },
    };
  },
};

/**
 * One output a row at every step of a time axis: [T,B,F] from [B,F]. It brings what is known of a whole sequence, or of a row, to steps:
 * the decoder of an autoencoder reads it, and a recurrent layer that knows of static features.
 *
 * @example
 * [features(4, { name: 'signal' }), lstm({ units: 16 }), last(), repeat({ clock: 'signal' }), lstm({ units: 16 }), dense({ units: 4 })]
 *
 * @throws BpttError, when the model is created, for an input that has steps, and where no entry of that name has some.
 */
export function repeat(options: RepeatOptions): RepeatDescription {
  return describe(repeatLayer, options);
}
