// The GRU layer, in both of its forms.
import { type Checked, type Options, oneOf, withDefault } from '../../base/fields.ts';
import { describe, type StartOptions } from '../describe.ts';
import {
  activation,
  gateActivation,
  gatedFields,
  type RecurrentDescription,
  type RecurrentOptions,
  recurrentFields,
} from './options.ts';
import { recurrentKind } from './recurrent.ts';

export const gruFields = {
  /** Where the reset gate stands: `after` the product with W, as in cuDNN, PyTorch and Keras (default), or `before` it, as in the paper. */
  reset: withDefault(oneOf('after', 'before'), 'after'),
  /** φ, of the candidate. Default `tanh`. */
  activation,
  /** σ, of the gates. Default `sigmoid`. */
  gateActivation,
};

/** What `gru` takes beside the options of all recurrent layers: where the reset gate stands, and its functions. */
export interface GruOptions extends StartOptions, RecurrentOptions, Options<typeof gruFields> {}

/** What `gru` returns: the entry of a model, plain data with all defaults. */
export interface GruDescription extends StartOptions, RecurrentDescription, Checked<typeof gruFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'gru';
}

/**
 * A layer of gated recurrent units (Cho et al. 2014): `r, z = σ(V x_t + W h_{t-1} + b)`, `h_t = (1 - z)∘n + z∘h_{t-1}`, with
 * `n = φ(V_n x_t + b_n + r∘(W_n h_{t-1} + b_hn))`, or with reset `before`
 * `n = φ(V_n x_t + b_n + W_n (r∘h_{t-1}))`. Input [T,B,I] or tokens [T,B], output [T,B,H].
 * Parameters, in PyTorch's names and shapes, gates in the order r, z, n: `rnn.weight_ih_lN` [3H,I], `rnn.weight_hh_lN` [3H,H],
 * `rnn.bias_ih_lN` [3H] (for r and z the sum of PyTorch's two) and, with reset `after`, `rnn.bias_hn_lN` [H] is b_hn, the last
 * third of PyTorch's `bias_hh`.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for wrong or unknown options.
 *
 * @example
 * const model = await createModel([features(4), gru({ units: 32, returns: 'last' }), dense({ units: 3 })]); // one answer a sequence
 */
export function gru(options: GruOptions): GruDescription {
  return describe(gruLayer, options);
}

export const gruLayer = recurrentKind<GruDescription>({
  kind: 'gru',
  fields: { ...recurrentFields, ...gatedFields, ...gruFields },

  cell({ reset, activation, gateActivation }) {
    const layout = { gates: ['r', 'z', 'n'], candidate: 'n', states: ['h'] } as const;
    return { kernel: reset === 'after' ? 'gru' : 'gru-before', ...layout, activation, gateActivation, reset };
  },

  pytorch: { activation: ['tanh'], gateActivation: ['sigmoid'], reset: ['after'] },
  keras: { name: 'GRU', gates: 'zrn', flags: { reset_after: ['reset', 'before', 'after'] } },
  onnx: {
    name: 'GRU',
    gates: 'zrn',
    flags: { linear_before_reset: ['reset', 'before', 'after'] },
    functions: ['gateActivation', 'activation'],
  },
});
