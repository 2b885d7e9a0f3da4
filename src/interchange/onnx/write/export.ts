// Models as ONNX graphs.

import { BpttError } from '../../../base/errors.ts';
import { boolean, type Checked, checkFields, type Options, oneOf, withDefault } from '../../../base/fields.ts';
import type { Signal } from '../../../base/signal.ts';
import type { Layer, TiedParameter } from '../../../layers/contract.ts';
import type { BidirectionalDescription } from '../../../layers/recurrent/bidirectional.ts';
import { cellKindOf, type DirectedDescription } from '../../../layers/recurrent/cells.ts';
import type { LayerDescription, ModelDescription } from '../../../layers/registry.ts';
import { checkModel } from '../../../model/check-model.ts';
import { createStack, type Stack } from '../../../model/graph.ts';
import type { Model } from '../../../model/model.ts';
import { refuseWhole } from '../../../model/network.ts';
import { missingFrom } from '../../missing.ts';
import { transpose } from '../format/gates.ts';
import { type Draft, encodeMessage } from '../format/protobuf.ts';
import { dataTypes, type GraphProto, modelFields, type ValueInfo } from '../format/schema.ts';
import { GraphBuilder, type ParameterTensor, type Value, valueInfo } from './builder.ts';
import type { Direction, GraphContext, Parameter, RecurrentResult } from './context.ts';
import { recurrentNode } from './recurrent-nodes.ts';
import { recurrentScan } from './recurrent-scan.ts';

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

export interface ExportOptions extends Options<typeof exportFields> {}

export interface CheckedOptions extends Checked<typeof exportFields> {}

/** Parameters by name. */
export type Parameters = ReadonlyMap<string, Parameter>;

/**
 * A model as the bytes of an ONNX file (operator set 17), for onnxruntime and other runtimes. It computes what `model.forward` does,
 * in f32, for any number of steps and rows; arrays are time-major, as here:
 *
 * - input `input`: tokens int32 [T,B] or features float [T,B,F]; with `lengths` also `lengths`, int32 [B];
 * - output `output`: [T,B,O], or [1,B,O] with `returns: 'last'`; with `lengths` zero where a step is padding;
 * - with `states` inputs `initial_h_lN` (and `initial_c_lN` of an LSTM), outputs `final_h_lN` and `final_c_lN`, [B,H], where N counts
 *   the recurrent layers from 0.
 *
 * Layers are the operators RNN, LSTM, GRU, Gather, MatMul and Add; with layer normalisation or zoneout, a Scan over time. What is off
 * outside training (dropout, penalties) is not in the graph. The description stands in the metadata, so that `importOnnx` gives the
 * same model back.
 *
 * @throws BpttError for unknown options, for `states` of a model with bidirectional layers, and for an f64 model with numbers that
 * f32 cannot hold.
 */
export function exportOnnx(model: Model, options: ExportOptions = {}): Uint8Array<ArrayBuffer> {
  checkModel('exportOnnx', model);
  const checked = checkFields('exportOnnx', options, exportFields);
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
  return encodeModel(model.description, byName(parameters), checked);
}

export const byName = (parameters: readonly Parameter[]): Parameters =>
  new Map(parameters.map((parameter) => [parameter.name, parameter]));

/** The bytes of a model of these parts. */
export function encodeModel(description: ModelDescription, parameters: Parameters, options: CheckedOptions) {
  const { graph, tensors } = buildGraph(createStack(description, 'exportOnnx'), parameters, options);
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
      { key: MODEL_KEY, value: JSON.stringify(description) },
      { key: OPTIONS_KEY, value: JSON.stringify(options) },
    ],
    graph: { ...graph, initializer: [...(graph.initializer ?? []), ...initializer] },
    opsetImport: [{ domain: '', version: OPSET }],
  });
}

/** The graph without what is made of parameters, and that. */
export function buildGraph(
  { description, input, layers, last }: Stack,
  parameters: Parameters,
  options: CheckedOptions,
): { readonly graph: Draft<GraphProto>; readonly tensors: readonly ParameterTensor[] } {
  const builder = new GraphBuilder();
  const context = new Context(builder, options.lengths);
  const tokens = input.kind === 'tokens';
  const inputs: Draft<ValueInfo>[] = [
    valueInfo('input', tokens ? dataTypes.int32 : dataTypes.float, tokens ? ['T', 'B'] : ['T', 'B', input.size]),
  ];
  if (options.lengths) inputs.push(valueInfo('lengths', dataTypes.int32, ['B']));
  const outputs: Draft<ValueInfo>[] = [];
  const states = options.states ? { inputs, outputs } : undefined;
  const stack = new Layers(context, parameters, states);
  let flow: Flow = { value: 'input', signal: input };
  for (const [index, layer] of layers.entries()) {
    const entry = description[index + 1] as LayerDescription;
    const next = description[index + 2];
    const taken = next?.kind === 'last' && 'returns' in entry ? { ...entry, returns: 'last' as const } : entry;
    flow = {
      value: stack.add(taken, layer, flow),
      signal: layer.output,
      last: 'returns' in taken && taken.returns === 'last',
    };
  }
  const valid = last ? undefined : context.valid();
  const shown = valid === undefined ? flow.value : builder.add('Where', [valid, flow.value, builder.reals([1], [0])]);
  const operator = { logits: 'Identity', softmax: 'Softmax', sigmoid: 'Sigmoid' }[options.output];
  builder.node(operator, [shown], ['output'], options.output === 'softmax' ? { axis: -1 } : {});
  outputs.unshift(valueInfo('output', dataTypes.float, [last ? 1 : 'T', 'B', flow.signal.size]));
  const graph = { name: 'bptt', node: builder.nodes, initializer: builder.constants, input: inputs, output: outputs };
  return { graph, tensors: builder.parameters };
}

/** What flows from layer to layer. */
interface Flow {
  readonly value: Value;
  readonly signal: Signal;
  /** Whether it is the last state of a recurrent layer. */
  readonly last?: boolean;
}

class Context implements GraphContext {
  readonly builder: GraphBuilder;
  readonly lengths: Value | undefined;
  #valid: Value | undefined;
  #batch: Value | undefined;

  constructor(builder: GraphBuilder, lengths: boolean) {
    this.builder = builder;
    this.lengths = lengths ? 'lengths' : undefined;
  }

  valid(): Value | undefined {
    if (this.lengths === undefined) return undefined;
    this.#valid ??= this.#validSteps(this.lengths);
    return this.#valid;
  }

  #validSteps(lengths: Value): Value {
    const { builder } = this;
    const number = (value: number) => builder.integers([value], { scalar: true });
    const T = builder.add('Gather', [builder.add('Shape', ['input']), number(0)]);
    const steps = builder.add('Unsqueeze', [builder.add('Range', [number(0), T, number(1)]), builder.integers([1, 2])]);
    const ends = builder.add('Unsqueeze', [
      builder.add('Cast', [lengths], { to: dataTypes.int64 }),
      builder.integers([1]),
    ]);
    return builder.add('Less', [steps, ends]);
  }

  batch(): Value {
    const { builder } = this;
    this.#batch ??= builder.add('Gather', [builder.add('Shape', ['input']), builder.integers([1])]);
    return this.#batch;
  }
}

/** What a graph declares, where it has states. */
interface Declared {
  readonly inputs: Draft<ValueInfo>[];
  readonly outputs: Draft<ValueInfo>[];
}

/** Adds layer after layer. */
class Layers {
  readonly #context: GraphContext;
  readonly #parameters: Parameters;
  readonly #states: Declared | undefined;
  #recurrent = 0;
  #oneHot: Value | undefined;

  constructor(context: GraphContext, parameters: Parameters, states: Declared | undefined) {
    this.#context = context;
    this.#parameters = parameters;
    this.#states = states;
  }

  /** The output of a layer over a flow. */
  add(description: LayerDescription, layer: Layer, flow: Flow): Value {
    const { builder } = this.#context;
    const own = layer.parameters.map(({ name }) => this.#parameters.get(name)!);
    // A tied weight is another layer's initializer; what the layer has of its own is the bias.
    const tied = layer.tied?.[0];
    const [weight, bias] = tied === undefined ? own : [undefined, own[0]];
    switch (description.kind) {
      case 'dropout':
      case 'activityRegularization':
        return flow.value;
      case 'embedding':
        return builder.add('Gather', [
          tied === undefined
            ? builder.parameter(weight!.name, weight!.shape, Float64Array.from(weight!.data))
            : this.#tied(tied),
          flow.value,
        ]);
      case 'dense': {
        const matrix = tied === undefined ? this.#transposed(weight!) : this.#tied(tied);
        const product = this.#product(flow, matrix);
        return builder.add('Add', [product, builder.parameter(bias!.name, bias!.shape, Float64Array.from(bias!.data))]);
      }
      case 'last':
        // The layer before has given its last state.
        if (flow.last) return flow.value;
        throw new BpttError(
          'invalid-argument',
          'exportOnnx: expected last() right after a recurrent layer, got it after another',
        );
      case 'residual':
        return builder.add('Add', [flow.value, this.#recurrentLayer(description.layer, layer, flow)]);
      default:
        return this.#recurrentLayer(description, layer, flow);
    }
  }

  #recurrentLayer(description: DirectedDescription | BidirectionalDescription, layer: Layer, flow: Flow): Value {
    const { builder } = this.#context;
    const number = this.#recurrent++;
    const both = description.kind === 'bidirectional';
    const inner = both ? description.layer : description;
    const H = inner.units;
    const initial = this.#states && layer.states.map(({ name }) => `initial_${name}_l${number}`);
    for (const name of initial ?? []) this.#states!.inputs.push(valueInfo(name, dataTypes.float, ['B', H]));
    const directions = (both ? [false, true] : [false]).map((reverse): Direction => {
      const parameter = (part: string) => this.#parameters.get(`rnn.${part}_l${number}${reverse ? '_reverse' : ''}`)!;
      return { reverse, parameter, initial };
    });
    const scanned = missingFrom(cellKindOf(inner)!.onnx && {}, inner) !== undefined;
    const last = description.returns === 'last';
    const concat = both && description.merge === 'concat';

    if (scanned) {
      const results = directions.map((direction) =>
        recurrentScan(this.#context, inner, (V) => this.#product(flow, V), direction),
      );
      this.#finish(layer, number, H, results[0]!.last);
      const outputs = results.map((result) => {
        return last ? builder.add('Unsqueeze', [result.last[0]!, builder.integers([0])]) : result.y;
      });
      if (!both) return outputs[0]!;
      return concat ? builder.add('Concat', outputs, { axis: -1 }) : builder.add('Add', outputs);
    }
    const result: RecurrentResult = recurrentNode(this.#context, inner, this.#features(flow), directions);
    if (!both) {
      const squeezed = result.last.map((value) => builder.add('Squeeze', [value, builder.integers([0])]));
      this.#finish(layer, number, H, this.#states ? squeezed : []);
      return last ? result.last[0]! : builder.add('Squeeze', [result.y, builder.integers([1])]);
    }
    if (!concat) {
      const [value, axis] = last ? [result.last[0]!, 0] : [result.y, 1];
      return builder.add('ReduceSum', [value, builder.integers([axis])], { keepdims: last ? 1 : 0 });
    }
    const beside = last
      ? builder.add('Transpose', [result.last[0]!], { perm: [1, 0, 2] })
      : builder.add('Transpose', [result.y], { perm: [0, 2, 1, 3] });
    return builder.add('Reshape', [beside, builder.integers(last ? [1, -1, 2 * H] : [0, 0, 2 * H])]);
  }

  /** Gives the last states their names. */
  #finish(layer: Layer, number: number, H: number, values: readonly Value[]): void {
    if (this.#states === undefined) return;
    for (const [index, state] of layer.states.entries()) {
      const name = `final_${state.name}_l${number}`;
      this.#context.builder.node('Identity', [values[index]!], [name]);
      this.#states.outputs.push(valueInfo(name, dataTypes.float, ['B', H]));
    }
  }

  /** Features; one-hot vectors of tokens. */
  #features({ value, signal }: Flow): Value {
    if (signal.kind === 'features') return value;
    const { builder } = this.#context;
    this.#oneHot ??= builder.add('OneHot', [value, builder.integer32(signal.size), builder.reals([2], [0, 1])]);
    return this.#oneHot;
  }

  /** x·V for V [I,O]: rows of V where x is tokens. */
  #product({ value, signal }: Flow, weight: Value): Value {
    const { builder } = this.#context;
    return signal.kind === 'tokens' ? builder.add('Gather', [weight, value]) : builder.add('MatMul', [value, weight]);
  }

  /** Another layer's matrix, [I,O], as it lies or turned. */
  #tied({ name: tiedName, spec: { name }, turned }: TiedParameter): Value {
    const { builder } = this.#context;
    if (builder.parameters.find((one) => one.name === name)?.dims.length !== 2) {
      throw new BpttError(
        'invalid-argument',
        `exportOnnx: expected layers tied to embedding or dense layers, got ${tiedName} tied to ${name}, which lies in a recurrent node`,
      );
    }
    return turned ? builder.add('Transpose', [name], { perm: [1, 0] }) : name;
  }

  #transposed({ name, shape, data }: Parameter): Value {
    const [rows, columns] = shape as [number, number];
    return this.#context.builder.parameter(name, [columns, rows], transpose(data, rows, columns));
  }
}
