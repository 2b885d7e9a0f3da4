// Activity regularisation: penalties on large and on quickly changing outputs, as a layer that lets them pass.
import { BpttError } from '../base/errors.ts';
import { type Checked, number, type Options, withDefault } from '../base/fields.ts';
import type { LayerKind } from './contract.ts';
import { describe, type EntryOptions } from './describe.ts';

export const activityFields = {
  /** α, ≥ 0, of the squares of the outputs. Default 0. Merity, McCann and Socher 2017 use 2 to 10. */
  activation: withDefault(number({ min: 0 }), 0),
  /** β, ≥ 0, of the squares of their changes. Default 0. Merity, McCann and Socher 2017 use 1 to 5. */
  temporal: withDefault(number({ min: 0 }), 0),
};

/** How much the squares of outputs, and of their changes from step to step, add to the objective. At least one is above 0. */
export interface ActivityRegularizationOptions extends EntryOptions, Options<typeof activityFields> {}

/** What `activityRegularization` returns: the entry of a model, plain data with all defaults. */
export interface ActivityRegularizationDescription extends EntryOptions, Checked<typeof activityFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'activityRegularization';
}

/**
 * Activation regularisation (AR) and temporal activation regularisation (TAR) of the layer in front (Merity, McCann and Socher
 * 2017, "Revisiting activation regularization for language RNNs"): features y [T,B,F] pass as they are, and in training the
 * objective grows by `α·mean(‖y_t‖²/F) + β·mean(‖y_t - y_{t-1}‖²/F)`: means of squares, as in the authors' code. Theirs stands
 * after dropout for AR and before it for TAR, which is two of these layers.
 *
 * - The first mean is over the steps of all rows, the second over those that have a step before; with the reduction `sum` both
 *   are sums. Padding has no terms; a step that begins a sequence (`resets`, or the start of a batch that does not carry on)
 *   has no change. A mask says which losses count, and changes nothing here.
 * - With truncation a window has the terms of the steps whose losses flow back, each with the change that leads to it. What lies
 *   before the first step that the gradient reaches is a constant, also the output that the first change is from.
 *
 * The value is in `StepEvent.penalty` and `WindowResult.penalty`. The layer's part of a `State` is its last output [B,F], and
 * [B,1] with 1 for rows that have one.
 *
 * @throws BpttError for numbers below 0, for both 0 and for unknown options; when the model is created, for tokens as input, and
 * after a layer with `returns: 'last'`.
 *
 * @example
 * const regular = await createModel([
 *   tokens(65), lstm({ units: 64 }), activityRegularization({ activation: 2, temporal: 1 }), dense({ units: 65 }),
 * ]);
 */
export function activityRegularization(options: ActivityRegularizationOptions): ActivityRegularizationDescription {
  return describe(activityRegularizationLayer, options);
}

export const activityRegularizationLayer: LayerKind<ActivityRegularizationDescription> = {
  kind: 'activityRegularization',
  fields: activityFields,

  refuse({ activation, temporal }, where) {
    if (activation > 0 || temporal > 0) return;
    throw new BpttError('invalid-argument', `${where}: expected activation or temporal above 0, got 0 for both`);
  },

  create({ activation, temporal }, { where, ports: [port] }) {
    const input = port!.signal;
    if (input.kind !== 'features') {
      throw new BpttError('invalid-shape', `${where}: expected features as input, got ${input.size} tokens`);
    }
    const columns = input.size;
    let penalties: typeof import('./parts/activity.ts');
    return {
      output: input,
      parameters: [],
      buffers: [
        { name: 'y', extent: 'slot', columns, type: 'real', kept: true },
        // 1 where a row has an output in that slot of y.
        { name: 'begun', extent: 'slot', columns: 1, type: 'real', kept: true },
        { name: 'flags', extent: 'step', columns: 1, type: 'octet', kept: true },
        // What the change of a step adds to the output before it.
        { name: 'dNext', extent: 'batch', columns, type: 'real', kept: false },
      ],
      result: 'y',
      keepsResult: true,
      states: [
        { name: 'y', columns, value: 'y', gradient: 'dNext', carried: true },
        { name: 'begun', columns: 1, value: 'begun', carried: true },
      ],
      reads: 'past',
      scratch: () => 0,

      async load() {
        penalties = await import('./parts/activity.ts');
      },
      bind: (binding) => penalties.bindActivity(binding, columns, [activation, temporal]),
    };
  },
};
