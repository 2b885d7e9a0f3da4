// A recurrent layer over time, in one direction or both: the input's part for all steps at once, then the recurrence.

import type { Activation, GateActivation } from './activations.ts';
import { denseBackward, denseForward, sumRows } from './dense.ts';
import { elmanBackward, elmanForward } from './elman.ts';
import { gruBackward, gruForward } from './gru.ts';
import { gruBeforeBackward, gruBeforeForward } from './gru-before.ts';
import { indrnnBackward, indrnnForward } from './indrnn.ts';
import { lstmBackward, lstmForward } from './lstm.ts';
import { type DType, type Real, zeros } from './real.ts';
import type { Cell, Rows, State } from './state.ts';
import { gatherRows, scatterAddRows } from './tokens.ts';

export interface LayerDescription {
  units: number;
  /** elman when it is not said. */
  cell?: Cell;
  /** tanh when it is not said. */
  activation?: Activation;
  /** sigmoid when it is not said. */
  gateActivation?: GateActivation;
  /** Of an LSTM. */
  peepholes?: boolean;
  /** Both directions, and how their outputs become one. */
  merge?: 'concat' | 'sum';
}

/** What runs backwards in time: the same layer over the rows in reverse, and the outputs of both. */
interface Both {
  merge: 'concat' | 'sum';
  reverse: State;
  x: Int32Array | Real; // [T, B, inputs], in reverse
  dx: Real;
  y: Real; // [T, B, outputs] of both
  dy: Real;
}

/** A layer is the state of its forward direction. */
export interface Layer extends State {
  both: Both | null;
  outputs: number;
}

/** Rows of features [T, B, size] or, with size 1, tokens [T, B], whose first step lies at `at`. */
export interface Signal {
  x: Int32Array | Real;
  at: number;
}

const gates: Readonly<Record<Cell, number>> = { elman: 1, lstm: 4, gru: 3, 'gru-before': 3, indrnn: 1 };

/** Names and shapes of the parameters of layer `l`. */
export function layerShapes(description: LayerDescription, l: number, inputs: number): [string, number[]][] {
  const { units, cell = 'elman', peepholes, merge } = description;
  const width = gates[cell] * units;
  return (merge === undefined ? [''] : ['', '_reverse']).flatMap((end) => {
    const shapes: [string, number[]][] = [
      [`rnn.weight_ih_l${l}${end}`, [inputs, width]],
      [`rnn.weight_hh_l${l}${end}`, cell === 'indrnn' ? [units] : [units, width]],
      [`rnn.bias_ih_l${l}${end}`, [width]],
    ];
    if (cell === 'gru') shapes.push([`rnn.bias_hn_l${l}${end}`, [units]]);
    if (peepholes) shapes.push([`rnn.peephole_l${l}${end}`, [3, units]]);
    return shapes;
  });
}

export function outputsOf({ units, merge }: LayerDescription): number {
  return merge === 'concat' ? 2 * units : units;
}

type Find = (name: string) => { value: Real; gradient: Real } | undefined;

export function createLayer(
  description: LayerDescription,
  l: number,
  inputs: number,
  readsTokens: boolean,
  find: Find,
  dtype: DType,
  steps: number,
  batch: number,
): Layer {
  const { merge } = description;
  const rows = steps * batch;
  const outputs = outputsOf(description);
  const state = createState(description, `_l${l}`, inputs, find, dtype, steps, batch);
  if (merge === undefined) return { ...state, both: null, outputs };
  const both = {
    merge,
    reverse: createState(description, `_l${l}_reverse`, inputs, find, dtype, steps, batch),
    x: readsTokens ? new Int32Array(rows) : zeros(dtype, rows * inputs),
    dx: zeros(dtype, readsTokens ? 0 : rows * inputs),
    y: zeros(dtype, rows * outputs),
    dy: zeros(dtype, rows * outputs),
  };
  return { ...state, both, outputs };
}

function createState(
  { units, cell = 'elman', activation = 'tanh', gateActivation = 'sigmoid' }: LayerDescription,
  end: string,
  inputs: number,
  find: Find,
  dtype: DType,
  steps: number,
  batch: number,
): State {
  const none = { value: zeros(dtype, 0), gradient: zeros(dtype, 0) };
  const part = (name: string) => find(`rnn.${name}${end}`) ?? none;
  const [v, w, b] = [part('weight_ih'), part('weight_hh'), part('bias_ih')];
  const [bn, peepholes] = [part('bias_hn'), part('peephole')];
  const width = gates[cell] * units;
  const array = (there: boolean, length: number) => (there ? zeros(dtype, length) : none.value);
  const one = batch * units;
  const inPlace = gates[cell] === 1;
  const lstm = cell === 'lstm';
  const h = array(true, (steps + 1) * one);
  const d = array(true, steps * one);
  return {
    cell,
    batch,
    inputs,
    units,
    width,
    activation,
    gateActivation,
    v: v.value,
    w: w.value,
    b: b.value,
    bn: bn.value,
    peepholes: peepholes.value,
    dv: v.gradient,
    dw: w.gradient,
    db: b.gradient,
    dbn: bn.gradient,
    dpeepholes: peepholes.gradient,
    h,
    c: array(lstm, (steps + 1) * one),
    a: inPlace ? h : array(true, steps * batch * width),
    y: array(lstm || cell === 'gru-before', steps * one),
    q: array(cell === 'gru', steps * batch * width),
    d,
    da: inPlace ? d : array(true, steps * batch * width),
    dq: array(cell === 'gru', steps * batch * width),
    dcarry: array(true, one),
    dcarryC: array(lstm, one),
    previous: array(true, one),
    previousC: array(lstm, one),
  };
}

/** Steps [from, to): what the layer above reads is then in `layerOutput`. */
export function layerForward(layer: Layer, input: Signal, rows: Rows, from: number, to: number): void {
  directionForward(layer, input, rows, from, to);
  const { both, batch, units, inputs, outputs, h } = layer;
  if (both === null) return;
  if (from > 0) throw new Error('a layer in both directions reads whole sequences');
  const { reverse, merge } = both;
  const width = both.x instanceof Int32Array ? 1 : inputs;
  reverseRows(both.x, 0, width, 0, input.x, input.at, width, 0, width, rows, to, batch, false);
  directionForward(reverse, { x: both.x, at: 0 }, reversed(rows, to, batch), 0, to);
  both.y.fill(0);
  const first = batch * units;
  for (let row = 0; row < to * batch; row++) {
    for (let i = 0; i < units; i++) both.y[row * outputs + i] = h[first + row * units + i];
  }
  const at = merge === 'concat' ? units : 0;
  reverseRows(both.y, 0, outputs, at, reverse.h, first, units, 0, units, rows, to, batch, true);
}

/** What the layer gives, [T, B, outputs]. */
export function layerOutput({ both, h, batch, units }: Layer): { x: Real; at: number } {
  return both === null ? { x: h, at: batch * units } : { x: both.y, at: 0 };
}

/** Where dL/d(output) goes, [T, B, outputs] from 0 on. */
export function layerOutputGradient({ both, d }: Layer): Real {
  return both === null ? d : both.dy;
}

/** Backward over [from, to); dx [T, B, inputs] is replaced, or null where nobody wants it. */
export function layerBackward(
  layer: Layer,
  dx: Real | null,
  input: Signal,
  rows: Rows,
  from: number,
  to: number,
): void {
  const { both, batch, units, inputs, outputs, d } = layer;
  if (both !== null) {
    for (let row = 0; row < to * batch; row++) {
      for (let i = 0; i < units; i++) d[row * units + i] = both.dy[row * outputs + i];
    }
  }
  directionBackward(layer, dx, input, rows, from, to);
  if (both === null) return;
  const { reverse, merge } = both;
  const at = merge === 'concat' ? units : 0;
  reverseRows(reverse.d, 0, units, 0, both.dy, 0, outputs, at, units, rows, to, batch, false);
  const dxReverse = dx === null ? null : both.dx;
  directionBackward(reverse, dxReverse, { x: both.x, at: 0 }, reversed(rows, to, batch), 0, to);
  if (dx !== null) reverseRows(dx, 0, inputs, 0, both.dx, 0, inputs, 0, inputs, rows, to, batch, true);
}

function directionForward(state: State, { x, at }: Signal, rows: Rows, from: number, to: number): void {
  const { cell, batch, inputs, width, a, v, b } = state;
  const count = (to - from) * batch;
  // A layer without gates has p_t in the slot of h_t.
  const aAt = (gates[cell] === 1 ? from + 1 : from) * batch * width;
  if (x instanceof Int32Array) gatherRows(a, aAt, v, b, x, at + from * batch, count, width);
  else denseForward(a, aAt, x, at + from * batch * inputs, v, b, count, inputs, width);
  if (cell === 'lstm') lstmForward(state, rows, from, to);
  else if (cell === 'gru') gruForward(state, rows, from, to);
  else if (cell === 'gru-before') gruBeforeForward(state, rows, from, to);
  else if (cell === 'indrnn') indrnnForward(state, rows, from, to);
  else elmanForward(state, rows, from, to);
}

function directionBackward(
  state: State,
  dx: Real | null,
  { x, at }: Signal,
  rows: Rows,
  from: number,
  to: number,
): void {
  const { cell, batch, inputs, width, v, dv, db, da, dcarry, dcarryC } = state;
  dcarry.fill(0);
  dcarryC.fill(0);
  if (cell === 'lstm') lstmBackward(state, rows, from, to);
  else if (cell === 'gru') gruBackward(state, rows, from, to);
  else if (cell === 'gru-before') gruBeforeBackward(state, rows, from, to);
  else if (cell === 'indrnn') indrnnBackward(state, rows, from, to);
  else elmanBackward(state, rows, from, to);
  const count = (to - from) * batch;
  const first = from * batch;
  if (x instanceof Int32Array) {
    scatterAddRows(dv, da, first * width, x, at + first, count, width);
    sumRows(db, da, first * width, count, width);
  } else {
    const xAt = at + first * inputs;
    denseBackward(dx, first * inputs, dv, db, da, first * width, x, xAt, v, count, inputs, width);
  }
}

/**
 * Columns [yColumn, yColumn + count) of y = or += those of x from xColumn on, the valid steps of each row in reverse; padding
 * stays in its place. y: [T, B, yWidth] at yAt, x: [T, B, xWidth] at xAt.
 */
function reverseRows(
  y: Int32Array | Real,
  yAt: number,
  yWidth: number,
  yColumn: number,
  x: Int32Array | Real,
  xAt: number,
  xWidth: number,
  xColumn: number,
  count: number,
  { lengths }: Rows,
  steps: number,
  batch: number,
  add: boolean,
): void {
  for (let b = 0; b < batch; b++) {
    const length = Math.min(lengths === null ? steps : lengths[b], steps);
    for (let t = 0; t < steps; t++) {
      const source = t < length ? length - 1 - t : t;
      const from = xAt + (source * batch + b) * xWidth + xColumn;
      const to = yAt + (t * batch + b) * yWidth + yColumn;
      for (let i = 0; i < count; i++) y[to + i] = add ? y[to + i] + x[from + i] : x[from + i];
    }
  }
}

/** A sequence that begins at step t ends there in reverse: the step after it, t - 1, begins the one before. */
function reversed({ resets, lengths }: Rows, steps: number, batch: number): Rows {
  if (resets === null) return { resets, lengths };
  const flags = new Uint8Array(steps * batch);
  for (let b = 0; b < batch; b++) {
    const length = Math.min(lengths === null ? steps : lengths[b], steps);
    for (let t = 1; t < length; t++) flags[(length - t) * batch + b] = resets[t * batch + b];
  }
  return { resets: flags, lengths };
}
