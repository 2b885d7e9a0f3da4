// The Elman layer: h_t = f(V x_t + W h_{t-1} + b).
import { BpttError } from '../../base/errors.ts';
import { type Checked, number, type Options, withDefault } from '../../base/fields.ts';
import { describe, type StartOptions } from '../describe.ts';
import { activation, type RecurrentDescription, type RecurrentOptions, recurrentFields } from './options.ts';
import { recurrentKind } from './recurrent.ts';

export const elmanFields = {
  /** f. Default `tanh`. */
  activation,
  /**
   * λ, ≥ 0, of the regulariser against vanishing gradients (Pascanu, Mikolov and Bengio 2013, section 3.3), which keeps gradients
   * as long on their way back as they are: with d_t = ∂E/∂a_t, a the argument of f, λ times the mean (with the reduction `sum`, the
   * sum) over the steps that a gradient leaves for the one before of `Ω_t = (‖f'(a_{t-1})∘(Wᵀ d_t)‖ / ‖d_t‖ - 1)²`. As in the paper,
   * the gradient is that of W in this formula, a and d held constant. Where ‖d_t‖ < 1e-30 a step adds nothing, but counts for the
   * mean. Off outside training; not with layerNorm or zoneout, nor in both directions. The paper takes 0.5 to 4. Default 0.
   */
  vanishingRegularization: withDefault(number({ min: 0 }), 0),
};

/** `identity()` as recurrentInitializer with ReLU is the IRNN of Le, Jaitly and Hinton 2015. */
export interface ElmanOptions extends StartOptions, RecurrentOptions, Options<typeof elmanFields> {}

/** What `elman` returns: the entry of a model, plain data with all defaults. */
export interface ElmanDescription extends StartOptions, RecurrentDescription, Checked<typeof elmanFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'elman';
}

/**
 * An Elman layer (Elman 1990): `h_t = f(V x_t + W h_{t-1} + b)`, input [T,B,I] or tokens [T,B], output [T,B,H].
 * Parameters, in PyTorch's names and shapes: `rnn.weight_ih_lN` [H,I] is V, `rnn.weight_hh_lN` [H,H] is W, `rnn.bias_ih_lN`
 * [H] is b, where N counts the recurrent layers of the model from 0.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for unknown options.
 *
 * @example
 * const model = await createModel([tokens(65), elman({ units: 128 }), dense({ units: 65 })]);
 * console.log(model.parameters().map(({ name, shape }) => `${name} ${shape}`)); // rnn.weight_ih_l0 128,65 …
 */
export function elman(options: ElmanOptions): ElmanDescription {
  return describe(elmanLayer, options);
}

export const elmanLayer = recurrentKind<ElmanDescription>({
  kind: 'elman',
  fields: { ...recurrentFields, ...elmanFields },

  refuse({ vanishingRegularization, layerNorm, zoneout }, where) {
    const other = layerNorm ? 'layerNorm' : zoneout.hidden > 0 ? 'zoneout' : undefined;
    if (vanishingRegularization === 0 || other === undefined) return;
    throw new BpttError(
      'invalid-argument',
      `${where}.vanishingRegularization: expected no ${other} beside it, with which gradients take other ways than through W and f, got both`,
    );
  },

  cell({ activation, vanishingRegularization: vanishing }) {
    const layout = { gates: ['h'], candidate: 'h', states: ['h'] } as const;
    return { kernel: 'elman', ...layout, activation, gateActivation: 'sigmoid', vanishing };
  },

  slopesFrom: 'hidden',
  pytorch: { activation: ['tanh', 'relu'] },
  keras: { name: 'SimpleRNN', gates: 'h' },
  onnx: { name: 'RNN', gates: 'h', functions: ['activation'] },
});
