// The LSTM layer.
import { checkBoolean, checkNumber, checkOneOf } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
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

export interface LstmDescription extends RecurrentDescription {
  readonly kind: 'lstm';
  readonly activation: Activation;
  readonly gateActivation: GateActivation;
  readonly forgetBias: number;
  readonly peepholes: boolean;
}

export interface LstmOptions extends RecurrentOptions {
  /** φ, of the candidate and of the cell's output. Default `tanh`. */
  readonly activation?: Activation;
  /** σ, of the gates. Default `sigmoid`. */
  readonly gateActivation?: GateActivation;
  /**
   * Added to the initial biases of the forget gate. Default 1 (Gers et al. 2000; Jozefowicz, Zaremba and Sutskever 2015;
   * Keras), but 0 with the biasInitializer `pytorch()` or `chrono()`, which say it themselves.
   */
  readonly forgetBias?: number;
  /** Gates also see the cell (Gers and Schmidhuber 2000), through weights that start at 0. Default false. */
  readonly peepholes?: boolean;
}

/**
 * An LSTM layer (Hochreiter and Schmidhuber 1997, with forget gates of Gers, Schmidhuber and Cummins 2000):
 * `i, f, o = σ(V x_t + W h_{t-1} + b)`, `g = φ(...)`, `c_t = f∘c_{t-1} + i∘g`, `h_t = o∘φ(c_t)`; with peepholes `i` and `f` get
 * `p∘c_{t-1}` and `o` gets `p∘c_t`. Input [T,B,I] or tokens [T,B], output [T,B,H].
 * Parameters, in PyTorch's names and shapes, gates in the order i, f, g, o: `rnn.weight_ih_lN` [4H,I], `rnn.weight_hh_lN` [4H,H],
 * `rnn.bias_ih_lN` [4H] (one bias: the sum of PyTorch's two), `rnn.peephole_lN` [3,H] for i, f, o.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for wrong or unknown options.
 */
export function lstm(options: LstmOptions): LstmDescription {
  return lstmLayer.check({ kind: 'lstm', ...options }, 'lstm');
}

export const lstmLayer: RecurrentKind<LstmDescription> = {
  kind: 'lstm',

  check(description, where) {
    const own = ['activation', 'gateActivation', 'forgetBias', 'peepholes'];
    const common = checkRecurrent(description, where, own);
    // These say themselves how a forget gate begins.
    const says = ['pytorch', 'chrono'].includes(common.biasInitializer.kind);
    const {
      activation = 'tanh',
      gateActivation = 'sigmoid',
      forgetBias = says ? 0 : 1,
      peepholes = false,
    } = description;
    if (peepholes === true && common.layerNorm) {
      throw new BpttError(
        'invalid-argument',
        `${where}: expected peepholes or layerNorm, got both, and no form of the two together is known`,
      );
    }
    return {
      kind: 'lstm',
      ...common,
      activation: checkOneOf(`${where}.activation`, activation, activations),
      gateActivation: checkOneOf(`${where}.gateActivation`, gateActivation, gateActivations),
      forgetBias: checkNumber(`${where}.forgetBias`, forgetBias),
      peepholes: checkBoolean(`${where}.peepholes`, peepholes),
    };
  },

  cell({ activation, gateActivation, forgetBias, peepholes }): Cell {
    const biasOffsets = [0, forgetBias, 0, 0];
    const layout = { gates: ['i', 'f', 'g', 'o'], states: ['h', 'c'] } as const;
    return { kernel: 'lstm', ...layout, activation, gateActivation, biasOffsets, peepholes };
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
