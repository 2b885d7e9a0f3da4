// The arrays of a recurrent layer in one direction, and what rows of different sequences in one batch need.

import type { Activation, GateActivation } from './activations.ts';
import type { Real } from './real.ts';

export type Cell = 'elman' | 'lstm' | 'gru' | 'gru-before' | 'indrnn';

/** Parameters, activations and gradients; G = 1, 4 or 3 gates, their parts side by side. Arrays that a cell lacks are empty. */
export interface State {
  cell: Cell;
  batch: number;
  inputs: number;
  units: number;
  /** G·units: the columns of V and W. */
  width: number;
  activation: Activation;
  gateActivation: GateActivation;
  v: Real; // [inputs, width]
  w: Real; // [units, width]; u [units] of an IndRNN
  b: Real; // [width]
  bn: Real; // [units], of a GRU with the reset after
  peepholes: Real; // [3, units], of i, f, o, of an LSTM with them
  dv: Real;
  dw: Real;
  db: Real;
  dbn: Real;
  dpeepholes: Real;
  h: Real; // [T+1, B, units]; slot 0 is the carried state
  c: Real; // [T+1, B, units], of an LSTM
  a: Real; // [T, B, width]: the input's part, then the gates; of an Elman layer and of an IndRNN h itself
  y: Real; // [T, B, units]: φ(c) of an LSTM, W_n's input r∘s of a GRU with the reset before
  q: Real; // [T, B, width]: s·W of a GRU
  d: Real; // [T, B, units]: dL/dh; of these dL/da on return
  da: Real; // [T, B, width]; of these d itself
  dq: Real; // [T, B, width]: dL/d(s·W) of a GRU
  dcarry: Real; // [B, units]; after backward dL/dh of slot `from`
  dcarryC: Real; // the same of c
  previous: Real; // [B, units] scratch: states as the step saw them
  previousC: Real;
}

/** How the rows of a batch begin and end. */
export interface Rows {
  /** u8 [T, B]: 1 = the state of this row before this step is zero; null: never. Not where the step is padding. */
  resets: Uint8Array | null;
  /** i32 [B]: steps from here on are padding, which passes the state on; null: none is. */
  lengths: Int32Array | null;
}

/** y[r] = resets[r] ? 0 : x[r]; y may be x. */
export function copyUnlessReset(
  y: Real,
  yAt: number,
  x: Real,
  xAt: number,
  resets: Uint8Array,
  resetsAt: number,
  rows: number,
  width: number,
): void {
  for (let r = 0; r < rows; r++) {
    const reset = resets[resetsAt + r] !== 0;
    for (let i = r * width; i < (r + 1) * width; i++) y[yAt + i] = reset ? 0 : x[xAt + i];
  }
}

/** Slot t + 1 = slot t in the rows whose step t is padding. x: [T+1, B, width]. */
export function copyPadding(x: Real, t: number, lengths: Int32Array, width: number): void {
  const slot = lengths.length * width;
  for (let r = 0; r < lengths.length; r++) {
    const from = t * slot + r * width;
    if (t >= lengths[r]) x.copyWithin(from + slot, from, from + width);
  }
}
