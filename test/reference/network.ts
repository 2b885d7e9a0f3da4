// A whole network: input → stacked recurrent layers → dense, over windows of a stream whose activations are all kept.
//
// Input: tokens (a look-up in the first layer's weight), an embedding table, or features. Nothing is moved or overwritten:
// step t of the stream has slot t in every array, so a window is an interval [from, to) and "stored" means "still there".
// Parameters lie in one flat array, gradients in a second of the same layout. Names are PyTorch's, matrices [in, out]:
//   embedding.weight [V, E]
//   rnn.weight_ih_l0 [I, GH]   rnn.weight_hh_l0 [H, GH]   rnn.bias_ih_l0 [GH]   (… l1; G gates; PyTorch's bias_hh is the same sum: 0)
//   rnn.bias_hn_l0 [H]        of a GRU
//   dense.weight [H, O]       dense.bias [O]

import { denseBackward, denseForward, sumRows } from './dense.ts';
import { type Activation, elmanBackward, elmanForward } from './elman.ts';
import { gruBackward, gruForward } from './gru.ts';
import { type Loss, lossRows, type Targets } from './losses.ts';
import { lstmBackward, lstmForward } from './lstm.ts';
import { type DType, type Real, transpose, zeros } from './real.ts';
import { gatherRows, scatterAddRows } from './tokens.ts';

/** An Elman layer unless `cell` says otherwise; a GRU's reset stands after the product. */
export type LayerDescription =
  | { units: number; activation: Activation; cell?: 'elman' }
  | { units: number; cell: 'lstm' | 'gru' };

export interface Description {
  input:
    | { kind: 'tokens'; size: number }
    | { kind: 'embedding'; size: number; width: number }
    | { kind: 'features'; size: number };
  layers: LayerDescription[];
  outputs: number;
  loss: Loss;
}

/** What the network reads: T steps of B rows. */
export interface Stream {
  /** Tokens [T, B], or features [T, B, size]. */
  inputs: Int32Array | Real;
  targets: Targets;
  /** u8 [T, B]: 1 = this element counts in the loss; null: all do. */
  mask: Uint8Array | null;
  /** u8 [T, B]: 1 = the state of this row before this step is zero; null: never. */
  resets: Uint8Array | null;
}

interface Layer {
  inputs: number;
  units: number;
  cell: 'elman' | 'lstm' | 'gru';
  /** G·units: the columns of V and W. */
  width: number;
  activation: Activation;
  v: Real; // [inputs, width]
  w: Real; // [units, width]
  b: Real; // [width]
  bn: Real; // [units], of a GRU
  dbn: Real;
  dv: Real;
  dw: Real;
  db: Real;
  h: Real; // [T+1, B, units]; slot 0 is the carried state
  d: Real; // [T, B, units]: dL/dh, then dL/da
  dcarry: Real; // [B, units]; after backward: dL/d(slot `from`)
  previous: Real; // [B, units] scratch
  previousC: Real;
  a: Real; // [T, B, width]: the gates, of an Elman layer h itself
  da: Real; // of an Elman layer d itself
  c: Real; // [T+1, B, units], of an LSTM
  dcarryC: Real;
  q: Real; // [T, B, width], of a GRU
  dq: Real;
}

export interface Parameter {
  name: string;
  shape: number[];
  value: Real;
  gradient: Real;
}

export interface Network {
  description: Description;
  steps: number;
  batch: number;
  parameters: Real;
  gradients: Real;
  /** Views into `parameters` and `gradients`, in their order; layers and head hold the same views. */
  named: Parameter[];
  layers: Layer[];
  head: { w: Real; b: Real; dw: Real; db: Real };
  embedded: Real | null; // [T, B, E]
  dEmbedded: Real | null;
  outputs: Real; // [T, B, O]: logits, or ŷ for the mean squared error
  dOutputs: Real;
}

const gates = { elman: 1, lstm: 4, gru: 3 } as const;
const none: Real = new Float32Array(0);

/** All arrays for streams of up to `steps` steps of `batch` rows; parameters and states are zero. */
export function createNetwork(description: Description, dtype: DType, steps: number, batch: number): Network {
  const { input, outputs } = description;
  const shapes: [string, number[]][] = [];
  if (input.kind === 'embedding') shapes.push(['embedding.weight', [input.size, input.width]]);
  let inputs = input.kind === 'embedding' ? input.width : input.size;
  description.layers.forEach(({ units, cell }, l) => {
    const width = gates[cell ?? 'elman'] * units;
    shapes.push([`rnn.weight_ih_l${l}`, [inputs, width]], [`rnn.weight_hh_l${l}`, [units, width]]);
    shapes.push([`rnn.bias_ih_l${l}`, [width]]);
    if (cell === 'gru') shapes.push([`rnn.bias_hn_l${l}`, [units]]);
    inputs = units;
  });
  shapes.push(['dense.weight', [inputs, outputs]], ['dense.bias', [outputs]]);

  const size = (shape: number[]) => shape.reduce((product, n) => product * n, 1);
  const total = shapes.reduce((sum, [, shape]) => sum + size(shape), 0);
  const parameters = zeros(dtype, total);
  const gradients = zeros(dtype, total);
  let at = 0;
  const named = shapes.map(([name, shape]) => {
    const end = at + size(shape);
    const parameter = { name, shape, value: parameters.subarray(at, end), gradient: gradients.subarray(at, end) };
    at = end;
    return parameter;
  });

  const find = (name: string) => named.find((parameter) => parameter.name === name)!;
  const layers = description.layers.map((layer, l): Layer => {
    const { units, cell = 'elman' } = layer;
    const v = find(`rnn.weight_ih_l${l}`);
    const w = find(`rnn.weight_hh_l${l}`);
    const b = find(`rnn.bias_ih_l${l}`);
    const bn = cell === 'gru' ? find(`rnn.bias_hn_l${l}`) : { value: none, gradient: none };
    const width = gates[cell] * units;
    const slots = (there: boolean) => (there ? zeros(dtype, (steps + 1) * batch * units) : none);
    const gated = (there: boolean) => (there ? zeros(dtype, steps * batch * width) : none);
    const d = zeros(dtype, steps * batch * units);
    const h = slots(true);
    const elman = cell === 'elman';
    return {
      inputs: v.shape[0],
      units,
      cell,
      width,
      activation: 'activation' in layer ? layer.activation : 'tanh',
      v: v.value,
      w: w.value,
      b: b.value,
      bn: bn.value,
      dv: v.gradient,
      dw: w.gradient,
      db: b.gradient,
      dbn: bn.gradient,
      h,
      d,
      dcarry: zeros(dtype, batch * units),
      previous: zeros(dtype, batch * units),
      previousC: zeros(dtype, batch * units),
      a: elman ? h : gated(true),
      da: elman ? d : gated(true),
      c: slots(cell === 'lstm'),
      dcarryC: zeros(dtype, batch * units),
      q: gated(cell === 'gru'),
      dq: gated(cell === 'gru'),
    };
  });
  const [weight, bias] = named.slice(-2);
  const width = input.kind === 'embedding' ? input.width : 0;
  return {
    description,
    steps,
    batch,
    parameters,
    gradients,
    named,
    layers,
    head: { w: weight.value, b: bias.value, dw: weight.gradient, db: bias.gradient },
    embedded: width > 0 ? zeros(dtype, steps * batch * width) : null,
    dEmbedded: width > 0 ? zeros(dtype, steps * batch * width) : null,
    outputs: zeros(dtype, steps * batch * outputs),
    dOutputs: zeros(dtype, steps * batch * outputs),
  };
}

/** Sets parameters from PyTorch's orientation: matrices as [out, in], but an embedding as [V, E]. */
export function setParameters(network: Network, values: Iterable<{ name: string; data: Real }>): void {
  for (const { name, data } of values) {
    const parameter = network.named.find((p) => p.name === name);
    if (parameter?.value.length !== data.length) throw new Error(`${name}, ${data.length} numbers: no such parameter`);
    const [rows, columns] = parameter.shape;
    const kept = parameter.shape.length === 1 || name === 'embedding.weight';
    parameter.value.set(kept ? data : transpose(data, columns, rows));
  }
}

/** Steps [from, to): reads the states of slot `from`, writes the states after each step and the outputs. */
export function forward(network: Network, stream: Stream, from: number, to: number): void {
  const { batch, layers, head, embedded, description } = network;
  const { input } = description;
  const row = from * batch;
  const rows = (to - from) * batch;
  for (let l = 0; l < layers.length; l++) {
    const { inputs, units, cell, width, activation, v, w, b, bn, h, c, a, q, previous, previousC } = layers[l];
    // An Elman layer has p_t in the slot of h_t.
    const aAt = (cell === 'elman' ? from + 1 : from) * batch * width;
    if (l > 0) {
      denseForward(a, aAt, layers[l - 1].h, (from + 1) * batch * inputs, v, b, rows, inputs, width);
    } else if (input.kind === 'tokens') {
      gatherRows(a, aAt, v, b, stream.inputs as Int32Array, row, rows, width);
    } else if (embedded !== null) {
      const table = network.named[0].value;
      gatherRows(embedded, row * inputs, table, null, stream.inputs as Int32Array, row, rows, inputs);
      denseForward(a, aAt, embedded, row * inputs, v, b, rows, inputs, width);
    } else {
      denseForward(a, aAt, stream.inputs as Real, row * inputs, v, b, rows, inputs, width);
    }
    const { resets } = stream;
    if (cell === 'lstm') lstmForward(h, c, a, w, resets, from, to, batch, units, previous, previousC);
    else if (cell === 'gru') gruForward(h, a, q, w, bn, resets, from, to, batch, units, previous);
    else elmanForward(h, w, resets, from, to, batch, units, activation, previous);
  }
  const { h, units } = layers[layers.length - 1];
  const { outputs } = description;
  const { w, b } = head;
  denseForward(network.outputs, row * outputs, h, (row + batch) * units, w, b, rows, units, outputs);
}

/** Σ of the losses of steps [from, to); their gradient · scale goes into dOutputs (scale 0: none is written). */
export function loss(network: Network, stream: Stream, from: number, to: number, scale: number): number {
  const { batch, description, outputs, dOutputs } = network;
  const d = scale === 0 ? null : dOutputs;
  const { targets, mask } = stream;
  return lossRows(description.loss, d, outputs, targets, mask, from * batch, to * batch, description.outputs, scale);
}

/**
 * Backward over [from, to): adds to `gradients` what dOutputs of these steps gives; the state of slot `from` is a constant
 * (each layer's dcarry holds its gradient afterwards). States come from where forward left them; parameters are today's.
 */
export function backward(network: Network, stream: Stream, from: number, to: number): void {
  const { batch, layers, head, embedded, dEmbedded, dOutputs, description } = network;
  const { input, outputs } = description;
  const row = from * batch;
  const rows = (to - from) * batch;
  const top = layers[layers.length - 1];
  const topAt = row * top.units;
  const hAt = topAt + batch * top.units;
  denseBackward(top.d, topAt, head.dw, head.db, dOutputs, row * outputs, top.h, hAt, head.w, rows, top.units, outputs);
  for (let l = layers.length - 1; l >= 0; l--) {
    const layer = layers[l];
    const { inputs, units, cell, width, v, w, dv, dw, db, h, d, da, dcarry, previous } = layer;
    const { resets } = stream;
    dcarry.fill(0);
    if (cell === 'lstm') {
      const { c, a, dcarryC, previousC } = layer;
      dcarryC.fill(0);
      lstmBackward(d, da, dcarry, dcarryC, dw, h, c, a, w, resets, from, to, batch, units, previous, previousC);
    } else if (cell === 'gru') {
      const { a, q, dq, dbn } = layer;
      gruBackward(d, da, dcarry, dw, dbn, h, a, q, dq, w, resets, from, to, batch, units, previous);
    } else elmanBackward(d, dcarry, dw, h, w, resets, from, to, batch, units, layer.activation, previous);
    const dAt = row * width;
    if (l > 0) {
      const below = layers[l - 1];
      const belowAt = row * inputs;
      denseBackward(below.d, belowAt, dv, db, da, dAt, below.h, belowAt + batch * inputs, v, rows, inputs, width);
    } else if (input.kind === 'tokens') {
      scatterAddRows(dv, da, dAt, stream.inputs as Int32Array, row, rows, width);
      sumRows(db, da, dAt, rows, width);
    } else if (embedded !== null && dEmbedded !== null) {
      denseBackward(dEmbedded, row * inputs, dv, db, da, dAt, embedded, row * inputs, v, rows, inputs, width);
      const { gradient } = network.named[0];
      scatterAddRows(gradient, dEmbedded, row * inputs, stream.inputs as Int32Array, row, rows, inputs);
    } else {
      denseBackward(null, 0, dv, db, da, dAt, stream.inputs as Real, row * inputs, v, rows, inputs, width);
    }
  }
}
