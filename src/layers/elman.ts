// The Elman layer: h_t = f(V x_t + W h_{t-1} + b).
import { checkOneOf } from '../check.ts';
import { type RecurrentKind, recurrentLayer } from './recurrent.ts';
import {
  type Activation,
  activations,
  checkRecurrent,
  type RecurrentDescription,
  type RecurrentOptions,
} from './recurrent-options.ts';
import { type Cell, recurrentName } from './recurrent-parameters.ts';

export interface ElmanDescription extends RecurrentDescription {
  readonly kind: 'elman';
  readonly activation: Activation;
}

/** `identity()` as recurrentInitializer with ReLU is the IRNN of Le, Jaitly and Hinton 2015. */
export interface ElmanOptions extends RecurrentOptions {
  /** f. Default `tanh`. */
  readonly activation?: Activation;
}

/**
 * An Elman layer (Elman 1990): `h_t = f(V x_t + W h_{t-1} + b)`, input [T,B,I] or tokens [T,B], output [T,B,H].
 * Parameters, in PyTorch's names and shapes: `rnn.weight_ih_lN` [H,I] is V, `rnn.weight_hh_lN` [H,H] is W, `rnn.bias_ih_lN`
 * [H] is b, where N counts the recurrent layers of the model from 0.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for unknown options.
 */
export function elman(options: ElmanOptions): ElmanDescription {
  return elmanLayer.check({ kind: 'elman', ...options }, 'elman');
}

export const elmanLayer: RecurrentKind<ElmanDescription> = {
  kind: 'elman',

  check(description, where) {
    const common = checkRecurrent(description, where, ['activation']);
    const activation = checkOneOf(`${where}.activation`, description.activation ?? 'tanh', activations);
    return { kind: 'elman', ...common, activation };
  },

  cell({ activation }): Cell {
    return { kind: 'elman', gates: [], activation, gateActivation: 'sigmoid' };
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
