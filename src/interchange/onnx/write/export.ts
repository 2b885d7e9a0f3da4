// Models as ONNX graphs.

import { BpttError } from '../../../base/errors.ts';
import { boolean, type Checked, checkFields, type Options, oneOf, withDefault } from '../../../base/fields.ts';
import { checkModel } from '../../../model/check-model.ts';
import type { Graph } from '../../../model/graph.ts';
import type { Model } from '../../../model/model.ts';
import { refuseWhole } from '../../../model/network.ts';
import { type Draft, encodeMessage } from '../format/protobuf.ts';
import { dataTypes, type GraphProto, modelFields, type ValueInfo } from '../format/schema.ts';
import { GraphBuilder, type ParameterTensor, type Value, valueInfo } from './builder.ts';
import { Clocks } from './clocks.ts';
import type { Parameter } from './context.ts';
import { Layers, type Parameters } from './layers.ts';

/** The operator set that graphs are written for, and the version of the format that goes with it (ONNX 1.12). */
const OPSET = 17;
const IR_VERSION = 8;

/** Metadata entries that are ours. */
export const MODEL_KEY = 'bptt.model';
export const OPTIONS_KEY = 'bptt.options';

export const exportFields = {
  /** Whether the graph has an input `lengths`, int32 [B]: how many steps of each row are valid. Default false: all are. */
  lengths: withDefault(boolean, false),
  /**
   * Whether the graph has inputs for the first state and outputs for the last, [B,H] each, so that a sequence can go on where
   * another call ended, as step by step in generation. Default false: states start at zero. Not for bidirectional layers.
   */
  states: withDefault(boolean, false),
  /** What the output is: what the last layer gives (default), or the softmax or the sigmoid of that. */
  output: withDefault(oneOf('logits', 'softmax', 'sigmoid'), 'logits'),
};

/** Which inputs and outputs the graph of `exportOnnx` has beside the model's own, and what becomes of the outputs. */
export interface ExportOptions extends Options<typeof exportFields> {}

export interface CheckedOptions extends Checked<typeof exportFields> {}

/**
 * A model as the bytes of an ONNX file (operator set 17), for onnxruntime and other runtimes. It computes what `model.forward` does,
 * in f32, for any number of steps and rows; arrays are time-major, as here:
 *
 * - input `input`: tokens int32 [T,B] or features float [T,B,F]; with `lengths` also `lengths`, int32 [B];
 * - output `output`: [T,B,O], or [B,O] where the output is one a row, as with `returns: 'last'`; with `lengths` zero where a step is padding;
 * - an input or output whose entry has a name has that name; inputs with `clock: 'row'` are [B] or [B,F]; of several time axes there are
 *   `lengths_NAME`, by the names of their inputs;
 * - with `states` inputs `initial_h_lN` (and `initial_c_lN` of an LSTM), outputs `final_h_lN` and `final_c_lN`, [B,H], where N counts
 *   the recurrent layers from 0.
 *
 * Layers are the operators RNN, LSTM, GRU, Gather, MatMul and Add; with layer normalisation or zoneout, a Scan over time. What is off
 * outside training (dropout, penalties) is not in the graph. Nor is CTC, which ONNX has no operator for: the graph of a model trained with it
 * ends at the logits, and what reads those is `decode` of `bptt/speech`, which takes the runtime's output [T,B,C] as `logits` and the
 * `lengths` that the graph was given, or any other CTC decoder that is told the blank. The description stands in the metadata, so that `importOnnx` gives the
 * same model back.
 *
 * @throws BpttError for unknown options, for layers that are not in the list, for `states` of a model that reads whole sequences, for
 * `output` of a model with several, and for an f64 model with numbers that
 * f32 cannot hold.
 *
 * @example
 * await writeFile('model.onnx', exportOnnx(model, { output: 'softmax', states: true }));
 */
export function exportOnnx(model: Model, options: ExportOptions = {}): Uint8Array<ArrayBuffer> {
  checkModel('exportOnnx', model);
  const checked = checkFields('exportOnnx', options, exportFields);
  const skipping = model.network.graph.inputs.find(({ skip }) => skip !== undefined);
  if (skipping !== undefined) {
    throw new BpttError(
      'invalid-argument',
      `exportOnnx: expected inputs without skip, which ONNX has no operator for, got ${skipping.where} with skip ${skipping.skip}`,
    );
  }
  if (checked.states) refuseWhole(model.network, 'exportOnnx.states', 'leave it out');
  const parameters = model.parameters();
  for (const { name, data } of parameters) {
    const wide = data.findIndex((value) => !Number.isFinite(Math.fround(value)));
    if (wide < 0) continue;
    throw new BpttError(
      'non-finite',
      `exportOnnx, ${name}[${wide}]: expected a number that is finite in f32, got ${data[wide]}`,
    );
  }
  return encodeModel(model.network.graph, byName(parameters), checked);
}

export const byName = (parameters: readonly Parameter[]): Parameters =>
  new Map(parameters.map((parameter) => [parameter.name, parameter]));

/** The bytes of a model of these parts. */
export function encodeModel(model: Graph, parameters: Parameters, options: CheckedOptions) {
  const { graph, tensors } = buildGraph(model, parameters, options);
  const initializer = tensors.map(({ name, dims, data }) => {
    const rawData = new Uint8Array(data.length * 4);
    const view = new DataView(rawData.buffer);
    for (const [index, value] of data.entries()) view.setFloat32(index * 4, value, true);
    return { name, dims, dataType: dataTypes.float, rawData };
  });
  return encodeMessage(modelFields, {
    irVersion: IR_VERSION,
    producerName: 'bptt',
    metadataProps: [
      { key: MODEL_KEY, value: JSON.stringify(model.description) },
      { key: OPTIONS_KEY, value: JSON.stringify(options) },
    ],
    graph: { ...graph, initializer: [...(graph.initializer ?? []), ...initializer] },
    opsetImport: [{ domain: '', version: OPSET }],
  });
}

/** The graph without what is made of parameters, and that. */
export function buildGraph(
  model: Graph,
  parameters: Parameters,
  options: CheckedOptions,
): { readonly graph: Draft<GraphProto>; readonly tensors: readonly ParameterTensor[] } {
  if (model.outputs.length > 1 && options.output !== 'logits') {
    const names = model.outputs.map(({ name }) => name).join(', ');
    throw new BpttError(
      'invalid-argument',
      `exportOnnx.output: expected 'logits' for a model with several outputs (${names}), got '${options.output}'`,
    );
  }
  const builder = new GraphBuilder();
  const clocks = new Clocks(builder, model, options.lengths);
  const inputs = clocks.inputs();
  const outputs: Draft<ValueInfo>[] = [];
  const layers = new Layers(clocks, model, parameters, options.states ? { inputs, outputs } : undefined);
  const results = model.outputs.map((node): Draft<ValueInfo> => {
    const value = layers.outputs(node.index);
    const valid = node.clock.kind === 'row' ? undefined : clocks.of(node.clock).valid();
    const shown = valid === undefined ? value : builder.add('Where', [valid, value, builder.reals([1], [0])]);
    const operator = { logits: 'Identity', softmax: 'Softmax', sigmoid: 'Sigmoid' }[options.output];
    const name = node.name ?? 'output';
    const row = node.clock.kind === 'row';
    // Inside a row is one step.
    const whole = row ? builder.add('Squeeze', [shown, builder.integers([0])]) : shown;
    builder.node(operator, [whole], [name], options.output === 'softmax' ? { axis: -1 } : {});
    return valueInfo(name, dataTypes.float, [...(row ? [] : [clocks.steps(node.clock)]), 'B', node.output.size]);
  });
  outputs.unshift(...results);
  refuseTwice([...inputs, ...outputs], builder);
  const graph = { name: 'bptt', node: builder.nodes, initializer: builder.constants, input: inputs, output: outputs };
  return { graph, tensors: builder.parameters };
}

/** Names of entries could be those that values in between have. */
function refuseTwice(shown: readonly Draft<ValueInfo>[], { nodes, constants }: GraphBuilder): void {
  const results: readonly Value[] = nodes.flatMap(({ output }) => output ?? []);
  for (const { name } of shown) {
    const uses = [...results, ...[...shown, ...constants].map((value) => value.name)].filter((one) => one === name);
    // An output is given by one node and declared once.
    if (uses.length <= (results.includes(name!) ? 2 : 1)) continue;
    throw new BpttError(
      'invalid-argument',
      `exportOnnx: expected entries with names that the graph does not have, got '${name}'`,
    );
  }
}
