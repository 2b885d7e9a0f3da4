// The plan that a recurrent layer hands to the kernels: one word for each size, flag and address.
import type { Kernels, Pointer } from './kernels.ts';

/** The words of a plan of a recurrent layer, in the order of `Recurrent` in assembly/layer.ts, where each is explained. */
export const recurrentWords = [
  'cell',
  'reverse',
  'T',
  'B',
  'H',
  'activation',
  'gateActivation',
  'h',
  'c',
  'a',
  'p',
  'w',
  'candidateBias',
  'peepholes',
  'gain',
  'cellGain',
  'cellBias',
  'q',
  'qInverse',
  'inverses',
  'cInverses',
  'cn',
  'cInverse',
  'resets',
  'padding',
  'dropout',
  'zoneoutH',
  'zoneoutC',
  'dh',
  'dc',
  'earlier',
  'dy',
  'da',
  'dp',
  'dPeepholes',
  'dq',
  'dGain',
  'dCellGain',
  'dCellBias',
  'packed',
  'scratch',
] as const;

export type RecurrentPlan = { readonly [Word in (typeof recurrentWords)[number]]: number };

/** Writes a plan where recurrentForward and recurrentBackward read it. */
export function writePlan(kernels: Kernels, at: Pointer, plan: RecurrentPlan): void {
  const words = new Int32Array(kernels.memory.buffer, at, recurrentWords.length);
  for (let i = 0; i < recurrentWords.length; i++) words[i] = plan[recurrentWords[i]!];
}
