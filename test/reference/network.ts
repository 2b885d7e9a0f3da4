// A whole network: input → stacked Elman layers → dense, over windows of a stream whose activations are all kept.
//
// Input: tokens (a look-up in the first layer's weight), an embedding table, or features. Nothing is moved or overwritten:
// step t of the stream has slot t in every array, so a window is an interval [from, to) and "stored" means "still there".
// Parameters lie in one flat array, gradients in a second of the same layout. Names are PyTorch's, matrices [in, out]:
//   embedding.weight [V, E]
//   rnn.weight_ih_l0 [I, H]   rnn.weight_hh_l0 [H, H]   rnn.bias_ih_l0 [H]   (… l1; PyTorch's bias_hh is the same sum: 0)
//   dense.weight [H, O]       dense.bias [O]

import { denseBackward, denseForward, sumRows } from './dense.ts';
import { type Activation, elmanBackward, elmanForward } from './elman.ts';
import { type Loss, lossRows, type Targets } from './losses.ts';
import { type DType, type Real, transpose, zeros } from './real.ts';
import { gatherRows, scatterAddRows } from './tokens.ts';

export interface Description {
  input:
    | { kind: 'tokens'; size: number }
    | { kind: 'embedding'; size: number; width: number }
    | { kind: 'features'; size: number };
  layers: { units: number; activation: Activation }[];
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
  activation: Activation;
  v: Real; // [inputs, units]
  w: Real; // [units, units]
  b: Real; // [units]
  dv: Real;
  dw: Real;
  db: Real;
  h: Real; // [T+1, B, units]; slot 0 is the carried state
  d: Real; // [T, B, units]: dL/dh, then dL/da
  dcarry: Real; // [B, units]; after backward: dL/d(slot `from`)
  previous: Real; // [B, units] scratch
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

/** All arrays for streams of up to `steps` steps of `batch` rows; parameters and states are zero. */
export function createNetwork(description: Description, dtype: DType, steps: number, batch: number): Network {
  const { input, outputs } = description;
  const shapes: [string, number[]][] = [];
  if (input.kind === 'embedding') shapes.push(['embedding.weight', [input.size, input.width]]);
  let inputs = input.kind === 'embedding' ? input.width : input.size;
  description.layers.forEach(({ units }, l) => {
    shapes.push([`rnn.weight_ih_l${l}`, [inputs, units]], [`rnn.weight_hh_l${l}`, [units, units]]);
    shapes.push([`rnn.bias_ih_l${l}`, [units]]);
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

  const first = input.kind === 'embedding' ? 1 : 0;
  const layers = description.layers.map(({ units, activation }, l) => {
    const [v, w, b] = named.slice(first + 3 * l, first + 3 * l + 3);
    return {
      inputs: v.shape[0],
      units,
      activation,
      v: v.value,
      w: w.value,
      b: b.value,
      dv: v.gradient,
      dw: w.gradient,
      db: b.gradient,
      h: zeros(dtype, (steps + 1) * batch * units),
      d: zeros(dtype, steps * batch * units),
      dcarry: zeros(dtype, batch * units),
      previous: zeros(dtype, batch * units),
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
    const { inputs, units, activation, v, w, b, h, previous } = layers[l];
    const hAt = (from + 1) * batch * units;
    if (l > 0) {
      denseForward(h, hAt, layers[l - 1].h, (from + 1) * batch * inputs, v, b, rows, inputs, units);
    } else if (input.kind === 'tokens') {
      gatherRows(h, hAt, v, b, stream.inputs as Int32Array, row, rows, units);
    } else if (embedded !== null) {
      const table = network.named[0].value;
      gatherRows(embedded, row * inputs, table, null, stream.inputs as Int32Array, row, rows, inputs);
      denseForward(h, hAt, embedded, row * inputs, v, b, rows, inputs, units);
    } else {
      denseForward(h, hAt, stream.inputs as Real, row * inputs, v, b, rows, inputs, units);
    }
    elmanForward(h, w, stream.resets, from, to, batch, units, activation, previous);
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
    const { inputs, units, activation, v, w, dv, dw, db, h, d, dcarry, previous } = layers[l];
    const dAt = row * units;
    dcarry.fill(0);
    elmanBackward(d, dcarry, dw, h, w, stream.resets, from, to, batch, units, activation, previous);
    if (l > 0) {
      const below = layers[l - 1];
      const belowAt = row * inputs;
      denseBackward(below.d, belowAt, dv, db, d, dAt, below.h, belowAt + batch * inputs, v, rows, inputs, units);
    } else if (input.kind === 'tokens') {
      scatterAddRows(dv, d, dAt, stream.inputs as Int32Array, row, rows, units);
      sumRows(db, d, dAt, rows, units);
    } else if (embedded !== null && dEmbedded !== null) {
      denseBackward(dEmbedded, row * inputs, dv, db, d, dAt, embedded, row * inputs, v, rows, inputs, units);
      const { gradient } = network.named[0];
      scatterAddRows(gradient, dEmbedded, row * inputs, stream.inputs as Int32Array, row, rows, inputs);
    } else {
      denseBackward(null, 0, dv, db, d, dAt, stream.inputs as Real, row * inputs, v, rows, inputs, units);
    }
  }
}
