// A whole network: input → stacked recurrent layers → dense, over windows of a stream whose activations are all kept.
//
// Input: tokens (a look-up in the first layer's weight), an embedding table, or features. Nothing is moved or overwritten:
// step t of the stream has slot t in every array, so a window is an interval [from, to) and "stored" means "still there".
// Parameters lie in one flat array, gradients in a second of the same layout. Names are PyTorch's, matrices [in, out]:
//   embedding.weight [V, E]
//   rnn.weight_ih_l0 [I, GH]   rnn.weight_hh_l0 [H, GH]   rnn.bias_ih_l0 [GH]   (… l1; G gates; PyTorch's bias_hh is the same sum: 0)
//   rnn.bias_hn_l0 [H] of a GRU with the reset after   rnn.peephole_l0 [3, H] of an LSTM   …_reverse: the backward direction
//   dense.weight [H, O]       dense.bias [O]

import { denseBackward, denseForward } from './dense.ts';
import { type Loss, lossRows, type Targets } from './losses.ts';
import { type DType, type Real, transpose, zeros } from './real.ts';
import {
  createLayer,
  type Layer,
  type LayerDescription,
  layerBackward,
  layerForward,
  layerOutput,
  layerOutputGradient,
  layerShapes,
  outputsOf,
  type Signal,
} from './recurrent.ts';
import type { Rows } from './state.ts';
import { gatherRows, scatterAddRows } from './tokens.ts';

export type { LayerDescription } from './recurrent.ts';

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
  /** i32 [B]: steps from here on are padding: they pass the state on, and neither loss nor gradient comes of them. */
  lengths?: Int32Array | null;
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
  description.layers.forEach((layer, l) => {
    shapes.push(...layerShapes(layer, l, inputs));
    inputs = outputsOf(layer);
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

  const find = (name: string) => named.find((parameter) => parameter.name === name);
  let below = input.kind === 'embedding' ? input.width : input.size;
  const layers = description.layers.map((layer, l) => {
    const readsTokens = l === 0 && input.kind === 'tokens';
    const created = createLayer(layer, l, below, readsTokens, find, dtype, steps, batch);
    below = created.outputs;
    return created;
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
    const kept = parameter.shape.length === 1 || name === 'embedding.weight' || name.startsWith('rnn.peephole');
    parameter.value.set(kept ? data : transpose(data, columns, rows));
  }
}

/** What layer `l` reads. */
function signal({ layers, embedded }: Network, { inputs }: Stream, l: number): Signal {
  return l > 0 ? layerOutput(layers[l - 1]) : { x: embedded ?? inputs, at: 0 };
}

/** Resets and lengths; padding passes the state on whatever the resets say. */
function rowsOf({ resets, lengths = null }: Stream, batch: number): Rows {
  if (resets === null || lengths === null) return { resets, lengths };
  const valid = (_: number, i: number) => (Math.floor(i / batch) < lengths[i % batch] ? resets[i] : 0);
  return { resets: resets.map(valid), lengths };
}

/** Steps [from, to): reads the states of slot `from`, writes the states after each step and the outputs. */
export function forward(network: Network, stream: Stream, from: number, to: number): void {
  const { batch, layers, head, embedded, description } = network;
  const { input } = description;
  const row = from * batch;
  const count = (to - from) * batch;
  if (embedded !== null && input.kind === 'embedding') {
    const table = network.named[0].value;
    gatherRows(embedded, row * input.width, table, null, stream.inputs as Int32Array, row, count, input.width);
  }
  const rows = rowsOf(stream, batch);
  for (let l = 0; l < layers.length; l++) layerForward(layers[l], signal(network, stream, l), rows, from, to);
  const top = layers[layers.length - 1];
  const { x, at } = layerOutput(top);
  const { outputs } = description;
  const xAt = at + row * top.outputs;
  denseForward(network.outputs, row * outputs, x, xAt, head.w, head.b, count, top.outputs, outputs);
}

/** u8 [T, B]: what counts in the loss: what the mask says, without the padding; null: all does. */
export function counted({ mask, lengths = null }: Stream, batch: number, steps: number): Uint8Array | null {
  if (lengths === null) return mask;
  return (mask ?? new Uint8Array(steps * batch).fill(1)).map((flag, i) =>
    Math.floor(i / batch) < lengths[i % batch] ? flag : 0,
  );
}

/** Σ of the losses of steps [from, to); their gradient · scale goes into dOutputs (scale 0: none is written). */
export function loss(network: Network, stream: Stream, from: number, to: number, scale: number): number {
  const { batch, description, outputs, dOutputs } = network;
  const d = scale === 0 ? null : dOutputs;
  const mask = counted(stream, batch, network.steps);
  return lossRows(
    description.loss,
    d,
    outputs,
    stream.targets,
    mask,
    from * batch,
    to * batch,
    description.outputs,
    scale,
  );
}

/**
 * Backward over [from, to): adds to `gradients` what dOutputs of these steps gives; the state of slot `from` is a constant
 * (each layer's dcarry holds its gradient afterwards). States come from where forward left them; parameters are today's.
 */
export function backward(network: Network, stream: Stream, from: number, to: number): void {
  const { batch, layers, head, embedded, dEmbedded, dOutputs, description } = network;
  const { input, outputs } = description;
  const row = from * batch;
  const count = (to - from) * batch;
  const top = layers[layers.length - 1];
  const { x, at } = layerOutput(top);
  const dx = layerOutputGradient(top);
  const width = top.outputs;
  const first = row * width;
  denseBackward(dx, first, head.dw, head.db, dOutputs, row * outputs, x, at + first, head.w, count, width, outputs);
  const rows = rowsOf(stream, batch);
  for (let l = layers.length - 1; l >= 0; l--) {
    const below = l > 0 ? layerOutputGradient(layers[l - 1]) : dEmbedded;
    layerBackward(layers[l], below, signal(network, stream, l), rows, from, to);
  }
  if (embedded !== null && dEmbedded !== null && input.kind === 'embedding') {
    const { gradient } = network.named[0];
    scatterAddRows(gradient, dEmbedded, row * input.width, stream.inputs as Int32Array, row, count, input.width);
  }
}
