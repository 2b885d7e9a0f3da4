// The options that all recurrent layers share, and their checks.
import { checkBoolean, checkInteger, checkNumber, checkObject, checkOneOf, checkOptions } from '../../base/check.ts';
import { checkInitializer, glorotUniform, type Initializer, orthogonal, zeros } from '../initializers.ts';

/**
 * φ of a cell: what it computes of its candidate and of what leaves it. `relu`: max(a, 0) (Le, Jaitly and Hinton 2015 in recurrent
 * layers); `softsign`: a / (1 + |a|) (Turian, Bergstra and Bengio 2009).
 */
export const activations = ['tanh', 'relu', 'identity', 'softsign'] as const;
export type Activation = (typeof activations)[number];

/** σ of the gates. `sigmoid`: 1 / (1 + e^-a); `hard-sigmoid`: a/6 + 1/2 within [0, 1], the form of PyTorch and Keras 3. */
export const gateActivations = ['sigmoid', 'hard-sigmoid'] as const;
export type GateActivation = (typeof gateActivations)[number];

/** Whether a layer gives the outputs of all steps or the last valid one. */
export const returnKinds = ['all', 'last'] as const;
export type Returns = (typeof returnKinds)[number];

/** Zoneout rates: the probability that a unit keeps its old value at a step. */
export interface Zoneout {
  /** Of h. Default 0. */
  readonly hidden?: number;
  /** Of c of an LSTM. Default 0. */
  readonly cell?: number;
}

/** Options of every recurrent layer. */
export interface RecurrentOptions {
  /** H, the number of hidden units. */
  readonly units: number;
  /**
   * What the next layers see: `all` steps (default), or the `last` valid one of each row, as for a class or a number for a whole
   * sequence. Then outputs are [1,B,...], targets [B] or [B,O], and no recurrent layer may follow.
   */
  readonly returns?: Returns;
  /** Of V [G·H, I], drawn for each gate. Default Glorot uniform. */
  readonly inputInitializer?: Initializer;
  /** Of W [G·H, H], drawn for each gate. Default orthogonal (Saxe et al. 2014). */
  readonly recurrentInitializer?: Initializer;
  /** Of the biases [G·H]. Default zeros. */
  readonly biasInitializer?: Initializer;
  /**
   * Layer normalisation (Ba, Kiros and Hinton 2016), `N(x) = (x - mean x) / sqrt(var x + 1e-5)` over the H units of each gate:
   * `a = γ_x∘N(V x_t) + γ_h∘N(W h_{t-1}) + b`, wherever a product with W stands, and in an LSTM `h_t = o∘φ(γ_c∘N(c_t) + β_c)`.
   * Parameters: `rnn.gain_ih_lN` and `rnn.gain_hh_lN` [G·H] are γ_x and γ_h, of an LSTM `rnn.gain_c_lN` and `rnn.bias_c_lN` [H]
   * γ_c and β_c; gains begin at 1, β_c at 0. Not with the peepholes of `lstm`. Default false.
   */
  readonly layerNorm?: boolean;
  /**
   * Share of the units of h_{t-1} that W does not see, from 0 to below 1: one mask for all steps of a window (Gal and
   * Ghahramani 2016), the others divided by 1 - rate. Off outside training. Default 0.
   */
  readonly recurrentDropout?: number;
  /**
   * Units that keep their old value, drawn for each step (Krueger et al. 2017): `h_t = z∘h_{t-1} + (1 - z)∘h̃_t`, z of 0 and 1 in
   * training and the rates themselves outside of it. Default none.
   */
  readonly zoneout?: Zoneout;
  /**
   * Share of the numbers of W that are zero in a window, from 0 to below 1, the others divided by 1 - rate: DropConnect on W (Wan et
   * al. 2013; Merity, Keskar and Socher 2018). With k2 > k1 old steps go back through today's mask. Off outside training. Default 0.
   */
  readonly weightDropout?: number;
}

export interface RecurrentDescription {
  readonly units: number;
  readonly returns: Returns;
  readonly inputInitializer: Initializer;
  readonly recurrentInitializer: Initializer;
  readonly biasInitializer: Initializer;
  readonly layerNorm: boolean;
  readonly recurrentDropout: number;
  readonly zoneout: Zoneout;
  readonly weightDropout: number;
}

/** A rate of dropout: 0 ≤ rate < 1. */
export function checkRate(where: string, value: unknown): number {
  return checkNumber(where, value, { min: 0, exclusiveMax: 1 });
}

export const recurrentOptions = [
  'kind',
  'units',
  'returns',
  'inputInitializer',
  'recurrentInitializer',
  'biasInitializer',
  'layerNorm',
  'recurrentDropout',
  'zoneout',
  'weightDropout',
] as const;

/** Checks what all recurrent layers share and fills in defaults; `more` are the options of the cell itself. */
export function checkRecurrent(
  description: Readonly<Record<string, unknown>>,
  where: string,
  more: readonly string[],
): RecurrentDescription {
  checkOptions(where, description, [...recurrentOptions, ...more]);
  const {
    units,
    returns = 'all',
    inputInitializer = glorotUniform(),
    recurrentInitializer = orthogonal(),
    biasInitializer = zeros(),
    layerNorm = false,
    recurrentDropout = 0,
    zoneout = {},
    weightDropout = 0,
  } = description;
  const { hidden = 0, cell = 0 } = checkObject(`${where}.zoneout`, zoneout);
  checkOptions(`${where}.zoneout`, zoneout, more.includes('peepholes') ? ['hidden', 'cell'] : ['hidden']);
  return {
    units: checkInteger(`${where}.units`, units, 1),
    returns: checkOneOf(`${where}.returns`, returns, returnKinds),
    inputInitializer: checkInitializer(`${where}.inputInitializer`, inputInitializer),
    recurrentInitializer: checkInitializer(`${where}.recurrentInitializer`, recurrentInitializer),
    biasInitializer: checkInitializer(`${where}.biasInitializer`, biasInitializer, {
      chrono: more.includes('gateActivation'),
    }),
    layerNorm: checkBoolean(`${where}.layerNorm`, layerNorm),
    recurrentDropout: checkRate(`${where}.recurrentDropout`, recurrentDropout),
    zoneout: {
      hidden: checkNumber(`${where}.zoneout.hidden`, hidden, { min: 0, max: 1 }),
      ...(more.includes('peepholes') && { cell: checkNumber(`${where}.zoneout.cell`, cell, { min: 0, max: 1 }) }),
    },
    weightDropout: checkRate(`${where}.weightDropout`, weightDropout),
  };
}
