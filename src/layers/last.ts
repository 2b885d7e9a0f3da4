// The last of a sequence: one output a row. Of a recurrent layer it is the last state h, of both directions where there are two.
import { BpttError } from '../base/errors.ts';
import { ROW } from '../base/signal.ts';
import type { Layer, LayerKind, Place } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';

/** What `last` returns: the entry of a model, plain data. */
export interface LastDescription extends EntryOptions {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
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
    let ends: typeof import('./parts/ends.ts');
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
      async load() {
        ends = await import('./parts/ends.ts');
      },
      bind: (binding) => (h === undefined ? ends.bindSteps(binding) : ends.bindState(binding)),
    };
  },
};
