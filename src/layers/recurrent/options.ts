// The options that all recurrent layers share, and their checks.
import {
  boolean,
  type Checked,
  integer,
  number,
  type ObjectField,
  type Options,
  object,
  oneOf,
  optional,
  withDefault,
} from '../../base/fields.ts';
import { gateInitializer, glorotUniform, initializer, orthogonal, zeros } from '../initializers.ts';

/**
 * φ of a cell: what it computes of its candidate and of what leaves it. `relu`: max(a, 0) (Le, Jaitly and Hinton 2015 in recurrent
 * layers); `softsign`: a / (1 + |a|) (Turian, Bergstra and Bengio 2009).
 */
export type Activation = 'tanh' | 'relu' | 'identity' | 'softsign';
export const activation = withDefault(oneOf<Activation>('tanh', 'relu', 'identity', 'softsign'), 'tanh');

/**
 * σ of the gates. `sigmoid`: 1 / (1 + e^-a); `hard-sigmoid`: a/6 + 1/2 within [0, 1], the form of PyTorch and Keras 3; `hard-sigmoid-fifth`:
 * a/5 + 1/2 within [0, 1], the form of Keras 1 and 2, TensorFlow.js and, by default, ONNX.
 */
export type GateActivation = 'sigmoid' | 'hard-sigmoid' | 'hard-sigmoid-fifth';

/** How both directions become one. */
export const merges = ['concat', 'sum', 'average', 'multiply'] as const;

export type Merge = (typeof merges)[number];

/** Whether a layer gives the outputs of all steps or the last valid one. */
export type Returns = 'all' | 'last';
export const returns = withDefault(oneOf<Returns>('all', 'last'), 'all');

/** A rate of dropout: 0 ≤ rate < 1. */
export const rate = number({ min: 0, exclusiveMax: 1 });

const probability = number({ min: 0, max: 1 });

const hidden = {
  /** Of h. Default 0. */
  hidden: withDefault(probability, 0),
};

const cell = {
  /** Of c of an LSTM. Default 0. */
  cell: optional(probability),
};

/** Zoneout rates: the probability that a unit keeps its old value at a step. */
export interface Zoneout extends Options<typeof hidden>, Options<typeof cell> {}

/** The options of every recurrent layer. */
export const recurrentFields = {
  /** H, the number of hidden units. */
  units: integer({ min: 1 }),
  /**
   * What the next layers see: `all` steps (default), or the `last` valid one of each row, as for a class or a number for a whole
   * sequence. Then outputs are [1,B,...], targets [B] or [B,O], and no recurrent layer may follow.
   */
  returns,
  /** Of V [G·H, I], drawn for each gate. Default Glorot uniform. */
  inputInitializer: withDefault(initializer, () => glorotUniform()),
  /** Of W [G·H, H], drawn for each gate. Default orthogonal (Saxe et al. 2014). */
  recurrentInitializer: withDefault(initializer, () => orthogonal()),
  /** Of the biases [G·H]. Default zeros. */
  biasInitializer: withDefault(initializer, () => zeros()),
  /**
   * Layer normalisation (Ba, Kiros and Hinton 2016), `N(x) = (x - mean x) / sqrt(var x + 1e-5)` over the H units of each gate:
   * `a = γ_x∘N(V x_t) + γ_h∘N(W h_{t-1}) + b`, wherever a product with W stands, and in an LSTM `h_t = o∘φ(γ_c∘N(c_t) + β_c)`.
   * Parameters: `rnn.gain_ih_lN` and `rnn.gain_hh_lN` [G·H] are γ_x and γ_h, of an LSTM `rnn.gain_c_lN` and `rnn.bias_c_lN` [H]
   * γ_c and β_c; gains begin at 1, β_c at 0. Not with the peepholes of `lstm`. Default false.
   */
  layerNorm: withDefault(boolean, false),
  /**
   * Share of the units of h_{t-1} that W does not see, from 0 to below 1: one mask for all steps of a window (Gal and
   * Ghahramani 2016), the others divided by 1 - rate. Off outside training. Default 0.
   */
  recurrentDropout: withDefault(rate, 0),
  /**
   * Units that keep their old value, drawn for each step (Krueger et al. 2017): `h_t = z∘h_{t-1} + (1 - z)∘h̃_t`, z of 0 and 1 in
   * training and the rates themselves outside of it. Default none.
   */
  zoneout: withDefault(object(hidden) as ObjectField<typeof hidden & typeof cell, Zoneout>, () => ({ hidden: 0 })),
  /**
   * Share of the numbers of W that are zero in a window, from 0 to below 1, the others divided by 1 - rate: DropConnect on W (Wan et
   * al. 2013; Merity, Keskar and Socher 2018). With k2 > k1 old steps go back through today's mask. Off outside training. Default 0.
   */
  weightDropout: withDefault(rate, 0),
};

/** What stands in their places where a cell has gates, */
export const gatedFields = { biasInitializer: withDefault(gateInitializer, () => zeros()) };

/** and where it has a c beside h. */
export const cellFields = {
  zoneout: withDefault(object({ ...hidden, cell: withDefault(probability, 0) }), () => ({ hidden: 0, cell: 0 })),
};

/** σ, of the gates. Default `sigmoid`. */
export const gateActivation = withDefault(
  oneOf<GateActivation>('sigmoid', 'hard-sigmoid', 'hard-sigmoid-fifth'),
  'sigmoid',
);

/** Options of every recurrent layer. */
export interface RecurrentOptions extends Options<typeof recurrentFields> {}

/** What the entries of all recurrent layers have: units, initialisers, dropout, zoneout, what they return; all defaults filled in. */
export interface RecurrentDescription extends Checked<typeof recurrentFields> {}
