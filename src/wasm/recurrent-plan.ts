// What a recurrent layer hands to the kernels: the numbers of cells and nonlinearities, and the words of its plan, one for each size,
// flag and address. The kernels' side, build/abi.ts, is written from these lists when they are built (scripts/abi.js).
//
// G gates (Elman 1, GRU 3, LSTM 4), ld = padded(H); a row of G gates has G·ld reals.
import type { Kernels, Pointer } from './kernels.ts';

/** Cells in the order of their numbers: a GRU resets after the product with W, or before it. */
export const numberedCells = ['elman', 'lstm', 'gru', 'gru-before', 'indrnn'] as const;

/** Nonlinearities in the order of their numbers; assembly/activations.ts gives their formulas. */
export const numberedFunctions = [
  'tanh',
  'relu',
  'identity',
  'softsign',
  'sigmoid',
  'hard-sigmoid',
  'hard-sigmoid-fifth',
] as const;

/** The words of a plan that are sizes, numbers of the lists above, and flags of 0 or 1. */
export const planNumbers = [
  'cell',
  // Of the candidate and of what leaves the cell.
  'activation',
  'gateActivation',
  'T',
  'B',
  'H',
  // G.
  'gates',
  // Reals between the inverse deviations of two steps, of q and of the cell.
  'inverses',
  'cInverses',
  // 1: from the last step to the first.
  'reverse',
  // 1: backward also computes the gradient of the state before the first step, for the steps before this window.
  'stateGradient',
] as const;

/** The words of a plan that are addresses: 0 where a layer has no such thing. */
export const planAddresses = [
  // [T+1, B, ld]: states with the first one set; c of LSTM.
  'h',
  'c',
  // [T, B, G·ld]: the input projection on entry of forward, the values of the gates after it (Elman: pre-activations).
  'a',
  // GRU, [T, B, ld]: W_n h + b_hn where the reset is after the product, r∘h where it is before.
  'p',
  // [H, G·ld] (IndRNN: u [ld]), and the same as `packB` leaves it, or 0: then it is packed anew.
  'w',
  'packed',
  // GRU, reset after: b_hn [ld].
  'candidateBias',
  // LSTM: [3, ld] for i, f, o.
  'peepholes',
  // Layer normalisation, or 0: gains of the recurrent product [G, ld], and gain and bias of the cell of LSTM, [ld].
  'gain',
  'cellGain',
  'cellBias',
  // [T, B, G·ld] the normalised recurrent product, and [T, B·G] one over its deviations; rows of both as those of a.
  'q',
  'qInverse',
  // [T, B, ld] the normalised cell of LSTM, and [T, B] one over its deviations.
  'cn',
  'cInverse',
  // [T, B] octets, 1 where the step begins a sequence.
  'resets',
  // [T, B] octets, 1 where the step is padding: the state passes as it is.
  'padding',
  // [T, B, ld]: factors on the state that W sees (Gal and Ghahramani 2016: the same at every step).
  'dropout',
  // [T, B, ld]: shares of the old h, and of the old c, in the new one (Krueger et al. 2017).
  'zoneoutH',
  'zoneoutC',
  // [B, ld]: on entry of backward the gradient that reaches the last state, on return, with `stateGradient`, that of the first.
  'dh',
  'dc',
  // [T, B, ld]: the gradient of the outputs.
  'dy',
  // [T, B, G·ld]: the gradient of a; may be where a is.
  'da',
  // GRU, [T, B, ld]: the gradient of p.
  'dp',
  // [3, ld], added to.
  'dPeepholes',
  // Layer normalisation: [T, B, G·ld] the gradient of the recurrent product; the others are added to.
  'dq',
  'dGain',
  'dCellGain',
  'dCellBias',
  // recurrentScratch(B, H, G) bytes.
  'scratch',
] as const;

export const recurrentWords = [...planNumbers, ...planAddresses] as const;

export type RecurrentPlan = { readonly [Word in (typeof recurrentWords)[number]]: number };

/** Writes a plan where recurrentForward and recurrentBackward read it. */
export function writePlan(kernels: Kernels, at: Pointer, plan: RecurrentPlan): void {
  const words = new Int32Array(kernels.memory.buffer, at, recurrentWords.length);
  for (let i = 0; i < recurrentWords.length; i++) words[i] = plan[recurrentWords[i]!];
}
