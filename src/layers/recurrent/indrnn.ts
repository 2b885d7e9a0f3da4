// The IndRNN layer: h_t = f(V x_t + u∘h_{t-1} + b).
import { BpttError } from '../../base/errors.ts';
import { type Checked, type Options, withDefault } from '../../base/fields.ts';
import { describe, type StartOptions } from '../describe.ts';
import { initializer, uniform } from '../initializers.ts';
import { activation, type RecurrentDescription, type RecurrentOptions, recurrentFields } from './options.ts';
import { recurrentKind } from './recurrent.ts';

export const indrnnFields = {
  /** f. Default `relu`, as in the paper. */
  activation: withDefault(activation, 'relu'),
  /** Of u [H], in W's place: one of `uniform`, `normal`, `constant`, `zeros` and `pytorch`. Default uniform in [0, 1), as in the paper. */
  recurrentInitializer: withDefault(initializer, () => uniform({ low: 0, high: 1 })),
};

/** What `indrnn` takes beside the options of all recurrent layers: its function, and how u begins. */
export interface IndrnnOptions
  extends StartOptions,
    Omit<RecurrentOptions, keyof typeof indrnnFields>,
    Options<typeof indrnnFields> {}

/** What `indrnn` returns: the entry of a model, plain data with all defaults. */
export interface IndrnnDescription extends StartOptions, RecurrentDescription, Checked<typeof indrnnFields> {
  /** The kind of the entry: what model files, messages to workers and error messages know it by. */
  readonly kind: 'indrnn';
}

/**
 * An independently recurrent layer (Li et al. 2018, "Independently recurrent neural network", arXiv:1803.04831):
 * `h_t = f(V x_t + u∘h_{t-1} + b)`. Each unit sees its own state alone, and the layer after it all of them: so there are usually two
 * or more. Input [T,B,I] or tokens [T,B], output [T,B,H]. With ReLU a unit's gradient goes back k steps as u^k: the paper keeps
 * |u| ≤ γ^(1/T) for sequences of T steps, γ the most that a gradient may grow to; here `recurrentInitializer` says how u begins,
 * `uniform({ low: 0, high: 2 ** (1 / T) })` as in the paper for γ = 2, and nothing holds it there but clipping and weight decay.
 * Parameters: `rnn.weight_ih_lN` [H,I] is V, `rnn.weight_hh_lN` [H] is u, the diagonal of what is W in `elman`, and
 * `rnn.bias_ih_lN` [H] is b. PyTorch, Keras and ONNX have no such cell; ONNX exports write its formula. No layerNorm.
 *
 * @throws BpttError for units that are not an integer ≥ 1 and for wrong or unknown options.
 *
 * @example
 * [features(2), indrnn({ units: 64, recurrentInitializer: uniform({ low: 0, high: 2 ** (1 / 400) }) }), indrnn({ units: 64 }), dense({ units: 1 })]
 */
export function indrnn(options: IndrnnOptions): IndrnnDescription {
  return describe(indrnnLayer, options);
}

const ofVectors: readonly string[] = ['uniform', 'normal', 'constant', 'zeros', 'pytorch'];

export const indrnnLayer = recurrentKind<IndrnnDescription>({
  kind: 'indrnn',
  fields: { ...recurrentFields, ...indrnnFields },

  refuse({ layerNorm, recurrentInitializer: { kind } }, where) {
    if (layerNorm) {
      throw new BpttError(
        'invalid-argument',
        `${where}.layerNorm: expected false, since norms make units depend on each other, got true`,
      );
    }
    if (ofVectors.includes(kind)) return;
    throw new BpttError(
      'invalid-argument',
      `${where}.recurrentInitializer.kind: expected one of ${ofVectors.join(', ')}, since u is a vector, got '${kind}'`,
    );
  },

  cell({ activation }) {
    const layout = { gates: ['h'], candidate: 'h', states: ['h'], diagonal: true } as const;
    return { kernel: 'indrnn', ...layout, activation, gateActivation: 'sigmoid' };
  },

  slopesFrom: 'hidden',
});
