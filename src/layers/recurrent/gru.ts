// The GRU layer, in both of its forms.
import { checkOneOf } from '../../base/check.ts';
import type { Cell, RecurrentKind } from './cell.ts';
import {
  type Activation,
  activations,
  checkRecurrent,
  type GateActivation,
  gateActivations,
  type RecurrentDescription,
  type RecurrentOptions,
} from './options.ts';
import { recurrentName } from './parameters.ts';
import { recurrentLayer } from './recurrent.ts';

export interface GruDescription extends RecurrentDescription {
  readonly kind: 'gru';
  readonly reset: 'after' | 'before';
  readonly activation: Activation;
  readonly gateActivation: GateActivation;
}

export interface GruOptions extends RecurrentOptions {
  /** Where the reset gate stands: `after` the product with W, as in cuDNN, PyTorch and Keras (default), or `before` it, as in the paper. */
  readonly reset?: 'after' | 'before';
  /** φ, of the candidate. Default `tanh`. */
  readonly activation?: Activation;
  /** σ, of the gates. Default `sigmoid`. */
  readonly gateActivation?: GateActivation;
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
 */
export function gru(options: GruOptions): GruDescription {
  return gruLayer.check({ kind: 'gru', ...options }, 'gru');
}

export const gruLayer: RecurrentKind<GruDescription> = {
  kind: 'gru',

  check(description, where) {
    const common = checkRecurrent(description, where, ['reset', 'activation', 'gateActivation']);
    const { reset = 'after', activation = 'tanh', gateActivation = 'sigmoid' } = description;
    return {
      kind: 'gru',
      ...common,
      reset: checkOneOf(`${where}.reset`, reset, ['after', 'before'] as const),
      activation: checkOneOf(`${where}.activation`, activation, activations),
      gateActivation: checkOneOf(`${where}.gateActivation`, gateActivation, gateActivations),
    };
  },

  cell({ reset, activation, gateActivation }): Cell {
    const kernel = reset === 'after' ? 'gru' : 'gru-before';
    return { kernel, gates: ['r', 'z', 'n'], states: ['h'], activation, gateActivation, reset };
  },

  create(description, input, ordinal) {
    return recurrentLayer(
      this.cell(description),
      description,
      input,
      recurrentName(ordinal('recurrent'), false),
      false,
    );
  },
};
