// The LSTM layer.
import { BpttError } from '../../base/errors.ts';
import { boolean, type Checked, number, type Options, withDefault } from '../../base/fields.ts';
import { describe, type StartOptions } from '../describe.ts';
import {
  activation,
  cellFields,
  gateActivation,
  gatedFields,
  type RecurrentDescription,
  type RecurrentOptions,
  recurrentFields,
} from './options.ts';
import { recurrentKind } from './recurrent.ts';

export const lstmFields = {
  /** φ, of the candidate and of the cell's output. Default `tanh`. */
  activation,
  /** σ, of the gates. Default `sigmoid`. */
  gateActivation,
  /**
   * Added to the initial biases of the forget gate. Default 1 (Gers et al. 2000; Jozefowicz, Zaremba and Sutskever 2015;
   * Keras), but 0 with the biasInitializer `pytorch()` or `chrono()`, which say it themselves.
   */
  forgetBias: withDefault(number(), ({ biasInitializer: { kind } }: RecurrentDescription) =>
    kind === 'pytorch' || kind === 'chrono' ? 0 : 1,
  ),
  /** Gates also see the cell (Gers and Schmidhuber 2000), through weights that start at 0. Default false. */
  peepholes: withDefault(boolean, false),
};

/** What `lstm` takes beside the options of all recurrent layers: its functions, the bias of the forget gate, and peepholes. */
export interface LstmOptions extends StartOptions, RecurrentOptions, Options<typeof lstmFields> {}

/** What `lstm` returns: the entry of a model, plain data with all defaults. */
export interface LstmDescription extends StartOptions, RecurrentDescription, Checked<typeof lstmFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'lstm';
}

/**
 * An LSTM layer (Hochreiter and Schmidhuber 1997, with forget gates of Gers, Schmidhuber and Cummins 2000):
 * `i, f, o = σ(V x_t + W h_{t-1} + b)`, `g = φ(...)`, `c_t = f∘c_{t-1} + i∘g`, `h_t = o∘φ(c_t)`; with peepholes `i` and `f` get
 * `p∘c_{t-1}` and `o` gets `p∘c_t`. Input [T,B,I] or tokens [T,B], output [T,B,H].
 * Parameters, in PyTorch's names and shapes, gates in the order i, f, g, o: `rnn.weight_ih_lN` [4H,I], `rnn.weight_hh_lN` [4H,H],
 * `rnn.bias_ih_lN` [4H] (one bias: the sum of PyTorch's two), `rnn.peephole_lN` [3,H] for i, f, o.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for wrong or unknown options.
 *
 * @example
 * const model = await createModel([
 *   tokens(65), lstm({ units: 128, recurrentDropout: 0.2 }), lstm({ units: 128 }), dense({ units: 65 }),
 * ]);
 */
export function lstm(options: LstmOptions): LstmDescription {
  return describe(lstmLayer, options);
}

export const lstmLayer = recurrentKind<LstmDescription>({
  kind: 'lstm',
  fields: { ...recurrentFields, ...gatedFields, ...cellFields, ...lstmFields },

  refuse({ peepholes, layerNorm }, where) {
    if (!peepholes || !layerNorm) return;
    throw new BpttError(
      'invalid-argument',
      `${where}: expected peepholes or layerNorm, got both, and no form of the two together is known`,
    );
  },

  cell({ activation, gateActivation, forgetBias, peepholes }) {
    const biasOffsets = [0, forgetBias, 0, 0];
    const layout = { gates: ['i', 'f', 'g', 'o'], candidate: 'g', states: ['h', 'c'] } as const;
    return { kernel: 'lstm', ...layout, activation, gateActivation, biasOffsets, peepholes };
  },

  slopesFrom: 'cell',
  pytorch: { activation: ['tanh'], gateActivation: ['sigmoid'], peepholes: [false] },
  keras: { name: 'LSTM', gates: 'ifgo', only: { peepholes: [false] } },
  onnx: { name: 'LSTM', gates: 'iofg', functions: ['gateActivation', 'activation', 'activation'] },
});
