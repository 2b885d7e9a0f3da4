// Layers as operators, node after node of a graph.
import { BpttError } from '../../../base/errors.ts';
import type { BatchNormalizationDescription } from '../../../layers/batch-normalization.ts';
import type { GroupNormalizationDescription } from '../../../layers/later/group-normalization.ts';
import type { BidirectionalDescription } from '../../../layers/recurrent/bidirectional.ts';
import { cellKindOf, type DirectedDescription } from '../../../layers/recurrent/cells.ts';
import type { Merge } from '../../../layers/recurrent/options.ts';
import type { Graph, LayerNode } from '../../../model/graph.ts';
import { missingFrom } from '../../missing.ts';
import { type ParameterParts, partsOf } from '../../parameter-parts.ts';
import { transpose } from '../format/gates.ts';
import type { Draft } from '../format/protobuf.ts';
import { dataTypes, type ValueInfo } from '../format/schema.ts';
import { activationNodes } from './activation-nodes.ts';
import { type GraphBuilder, type Value, valueInfo } from './builder.ts';
import { type Clocks, inputName } from './clocks.ts';
import type { Direction, Parameter } from './context.ts';
import { recurrentNode } from './recurrent-nodes.ts';
import { recurrentScan } from './recurrent-scan.ts';
import { groupNormNodes, type Read, slidingKinds, slidingNodes, slidLengths } from './sliding-nodes.ts';

/** Parameters by name. */
export type Parameters = ReadonlyMap<string, Parameter>;

/** What a graph declares, where it has states. */
interface Declared {
  readonly inputs: Draft<ValueInfo>[];
  readonly outputs: Draft<ValueInfo>[];
}

/** What a node gives; each part is added to the graph when it is first asked for. */
interface Result {
  /** The outputs of all steps, [T,B,O], or [1,B,O] of one output a row. */
  outputs(): Value;
  /** The last h, [1,B,O], of a recurrent layer; of both directions merged as its outputs are. */
  last?(): Value;
  /** The last states, [B,H] each, of a recurrent layer of one direction. */
  states?(): readonly Value[];
}

type Recurrent = DirectedDescription | BidirectionalDescription;

/** The same, each part added no more than once. */
function once(result: Result): Result {
  const parts = Object.entries(result).map(([name, add]) => {
    let value: unknown;
    return [name, () => (value ??= add())];
  });
  return Object.fromEntries(parts);
}

/** Both directions, which are an axis, as one; of the reductions that of a sum alone has its axes as an input in these operator sets. */
function reduced(builder: GraphBuilder, value: Value, merge: Merge, axis: number, keepdims: number): Value {
  if (merge === 'sum') return builder.add('ReduceSum', [value, builder.integers([axis])], { keepdims });
  return builder.add(merge === 'multiply' ? 'ReduceProd' : 'ReduceMean', [value], { axes: [axis], keepdims });
}

/** The values of all nodes. */
export class Layers {
  readonly #clocks: Clocks;
  readonly #builder: GraphBuilder;
  readonly #graph: Graph;
  readonly #parameters: Parameters;
  readonly #declared: Declared | undefined;
  readonly #results: Result[] = [];
  readonly #oneHot = new Map<number, Value>();
  /** Which parameters are in the graph already, and whether turned. */
  readonly #turned = new Map<string, boolean>();
  #recurrent = 0;

  constructor(clocks: Clocks, graph: Graph, parameters: Parameters, declared: Declared | undefined) {
    this.#clocks = clocks;
    this.#builder = clocks.builder;
    this.#graph = graph;
    this.#parameters = parameters;
    this.#declared = declared;
    for (const node of graph.nodes) this.#results.push(node.layer === undefined ? this.#given(node) : this.#add(node));
  }

  /** The outputs of a node. */
  outputs(index: number): Value {
    return this.#results[index]!.outputs();
  }

  /** An input; one value a row is one step. */
  #given(node: Graph['inputs'][number]): Result {
    const name = inputName(node);
    if (node.clock.kind === 'steps') return { outputs: () => name };
    return once({ outputs: () => this.#builder.add('Unsqueeze', [name, this.#builder.integers([0])]) });
  }

  #add(node: LayerNode): Result {
    const builder = this.#builder;
    const { kind, layer, inputs, where } = node;
    const [source] = inputs as readonly [number];
    const own = partsOf(layer, this.#parameters);
    const tensor = (part: string, turned: boolean) => {
      const parameter = own.get(part)!;
      const { name } = parameter;
      if (!this.#turned.has(name) && builder.parameters.some((one) => one.name === name)) {
        throw new BpttError(
          'invalid-argument',
          `exportOnnx: expected layers tied to embedding or dense layers, got ${where} tied to ${name}, which lies in a recurrent node`,
        );
      }
      return this.#tensor(parameter, turned);
    };
    const is = (value: Value): Result => ({ outputs: () => value });
    const ofImage = this.#ofImage(node, own);
    if (ofImage !== undefined) return is(ofImage);
    switch (kind) {
      case 'dropout':
      case 'activityRegularization':
        return is(this.outputs(source));
      case 'embedding':
        return is(builder.add('Gather', [tensor('weight', false), this.outputs(source)]));
      case 'dense':
        return is(builder.add('Add', [this.#product(source, tensor('weight', true)), tensor('bias', false)]));
      case 'concat':
        return is(
          builder.add(
            'Concat',
            inputs.map((input) => this.outputs(input)),
            { axis: -1 },
          ),
        );
      case 'add':
        return is(inputs.map((input) => this.outputs(input)).reduce((sum, value) => builder.add('Add', [sum, value])));
      case 'multiply':
        return is(inputs.map((input) => this.outputs(input)).reduce((all, value) => builder.add('Mul', [all, value])));
      case 'average': {
        const sum = inputs.map((input) => this.outputs(input)).reduce((all, value) => builder.add('Add', [all, value]));
        return is(builder.add('Mul', [sum, builder.reals([], [1 / inputs.length])]));
      }
      case 'batchNormalization':
        return is(this.#normalized(node, own));
      case 'flatten':
        return is(this.#flattened(node));
      case 'repeat':
        return is(builder.add('Expand', [this.outputs(source), this.#clocks.of(node.clock).everyStep()]));
      case 'activation':
        return is(activationNodes(builder, this.outputs(source), this.#graph.description[node.entry]!));
      case 'last':
        return is(this.#last(source));
      default:
        return this.#recurrentLayer(node, source, own);
    }
  }

  /** What reads images, or slides over time, which may leave a time axis that follows that of what it reads; undefined of all else. */
  #ofImage(node: LayerNode, own: ParameterParts<Parameter>): Value | undefined {
    const builder = this.#builder;
    const isNorm = node.kind === 'groupNormalization';
    if (!isNorm && !slidingKinds.includes(node.kind)) return undefined;
    const { clock, output: signal } = this.#graph.nodes[node.inputs[0]!]!;
    const read: Read = { value: this.outputs(node.inputs[0]!), context: this.#clocks.of(clock), signal };
    const description = this.#graph.description[node.entry]!;
    if (isNorm) {
      return groupNormNodes(builder, description as GroupNormalizationDescription, read, (part) => own.get(part)!);
    }
    const value = slidingNodes(builder, node, description, read, (part, dims) => {
      const { name, data } = own.get(part)!;
      return builder.parameter(name, dims, Float64Array.from(data));
    });
    if (node.clock !== clock) {
      const { lengths } = read.context;
      const left = lengths && slidLengths(builder, node, description, signal, lengths);
      this.#clocks.follow(node.clock, value, left);
    }
    return value;
  }

  /** By its running statistics, (x - mean) times a factor, plus the bias: the operator has features in the second axis alone. */
  #normalized({ inputs: [source], entry }: LayerNode, own: ParameterParts<Parameter>): Value {
    const builder = this.#builder;
    const { epsilon = 1e-5 } = this.#graph.description[entry] as BatchNormalizationDescription;
    const [weight, bias, mean, variance] = ['weight', 'bias', 'running_mean', 'running_var'].map((part) =>
      this.#tensor(own.get(part)!, false),
    ) as [Value, Value, Value, Value];
    const deviation = builder.add('Sqrt', [builder.add('Add', [variance, builder.reals([], [epsilon])])]);
    const centered = builder.add('Sub', [this.outputs(source!), mean]);
    return builder.add('Add', [builder.add('Mul', [builder.add('Div', [centered, deviation]), weight]), bias]);
  }

  /** [1, B, T·F] from [T, B, F]; zero where a step is padding. */
  #flattened({ inputs: [source], output }: LayerNode): Value {
    const builder = this.#builder;
    const x = this.outputs(source!);
    const valid = this.#clocks.of(this.#graph.nodes[source!]!.clock).valid();
    const shown = valid === undefined ? x : builder.add('Where', [valid, x, builder.reals([1], [0])]);
    const rows = builder.add('Transpose', [shown], { perm: [1, 0, 2] });
    return builder.add('Reshape', [rows, builder.integers([1, -1, output.size])]);
  }

  #last(source: number): Value {
    const { last, outputs } = this.#results[source]!;
    if (last !== undefined) return last();
    const { lengths } = this.#clocks.of(this.#graph.nodes[source]!.clock);
    const builder = this.#builder;
    if (lengths === undefined) return builder.add('Gather', [outputs(), builder.integers([-1])]);
    const ends = builder.add('Cast', [lengths], { to: dataTypes.int64 });
    const reversed = builder.add('ReverseSequence', [outputs(), ends], { time_axis: 0, batch_axis: 1 });
    return builder.add('Gather', [reversed, builder.integers([0])]);
  }

  #recurrentLayer(node: LayerNode, source: number, own: ParameterParts<Parameter>): Result {
    const entry = this.#graph.description[node.entry] as unknown as {
      readonly kind: string;
      readonly layer: Recurrent;
    };
    const description = entry.kind === 'residual' ? entry.layer : (entry as unknown as Recurrent);
    const inner = description.kind === 'bidirectional' ? description.layer : description;
    const cell = cellKindOf(inner);
    if (cell === undefined) {
      throw new BpttError(
        'invalid-argument',
        `exportOnnx: expected layers that ONNX has, got ${node.where} (${entry.kind})`,
      );
    }
    const initial = this.#initial(node, inner.units);
    const both = description.kind === 'bidirectional';
    const directions = (both ? [false, true] : [false]).map((reverse): Direction => {
      return { reverse, initial, parameter: (part) => own.get(`${part}${reverse ? '_reverse' : ''}`)! };
    });
    const scanned = missingFrom(cell.onnx && {}, inner) !== undefined;
    const result = scanned
      ? this.#scans(node, source, description, directions)
      : this.#operator(node, source, description, directions);
    if (entry.kind !== 'residual') return result;
    const sum = this.#builder.add('Add', [this.outputs(source), result.outputs()]);
    // Its last output is no state.
    return { outputs: () => sum, ...(result.states && { states: result.states }) };
  }

  /** The states that a layer starts from, [B,H] each; undefined where they are zero. */
  #initial({ layer, start, where }: LayerNode, H: number): readonly Value[] | undefined {
    const number = this.#recurrent++;
    if (start !== undefined) {
      const { states, outputs } = this.#results[start]!;
      if (this.#graph.nodes[start]!.clock.kind === 'row') {
        return [this.#builder.add('Squeeze', [outputs(), this.#builder.integers([0])])];
      }
      if (states !== undefined) return states();
      const other = this.#graph.nodes[start]!;
      throw new BpttError(
        'invalid-argument',
        `exportOnnx: expected ${where} to start from a layer of one direction, got ${other.where} (${other.kind})`,
      );
    }
    if (this.#declared === undefined) return undefined;
    const names = layer.states.map(({ name }) => `initial_${name}_l${number}`);
    for (const name of names) this.#declared.inputs.push(valueInfo(name, dataTypes.float, ['B', H]));
    return names;
  }

  #scans(node: LayerNode, source: number, description: Recurrent, directions: readonly Direction[]): Result {
    const builder = this.#builder;
    const context = this.#clocks.of(node.clock);
    const both = description.kind === 'bidirectional';
    const inner = both ? description.layer : description;
    const results = directions.map((direction) =>
      recurrentScan(context, inner, (weight) => this.#product(source, weight), direction),
    );
    this.#finish(node, inner.units, results[0]!.last);
    const merged = (values: readonly Value[]) => {
      if (!both) return values[0]!;
      if (description.merge === 'concat') return builder.add('Concat', values, { axis: -1 });
      const one = builder.add(description.merge === 'multiply' ? 'Mul' : 'Add', values);
      return description.merge === 'average' ? builder.add('Mul', [one, builder.reals([], [0.5])]) : one;
    };
    return once({
      outputs: () => merged(results.map(({ y }) => y)),
      last: () => merged(results.map(({ last }) => builder.add('Unsqueeze', [last[0]!, builder.integers([0])]))),
      ...(!both && { states: () => results[0]!.last }),
    });
  }

  #operator(node: LayerNode, source: number, description: Recurrent, directions: readonly Direction[]): Result {
    const builder = this.#builder;
    const both = description.kind === 'bidirectional';
    const inner = both ? description.layer : description;
    const result = recurrentNode(this.#clocks.of(node.clock), inner, this.#features(source), directions);
    if (!both) {
      const squeezed = result.last.map((value) => builder.add('Squeeze', [value, builder.integers([0])]));
      this.#finish(node, inner.units, squeezed);
      return once({
        outputs: () => builder.add('Squeeze', [result.y, builder.integers([1])]),
        last: () => result.last[0]!,
        states: () => squeezed,
      });
    }
    const H = inner.units;
    if (description.merge !== 'concat') {
      const merged = (value: Value, axis: number, keepdims: number) =>
        reduced(builder, value, description.merge, axis, keepdims);
      return once({ outputs: () => merged(result.y, 1, 0), last: () => merged(result.last[0]!, 0, 1) });
    }
    const beside = (value: Value, perm: readonly number[], shape: readonly number[]) =>
      builder.add('Reshape', [builder.add('Transpose', [value], { perm }), builder.integers(shape)]);
    return once({
      outputs: () => beside(result.y, [0, 2, 1, 3], [0, 0, 2 * H]),
      last: () => beside(result.last[0]!, [1, 0, 2], [1, -1, 2 * H]),
    });
  }

  /** Gives the last states their names. */
  #finish({ layer }: LayerNode, H: number, values: readonly Value[]): void {
    if (this.#declared === undefined) return;
    for (const [index, state] of layer.states.entries()) {
      const name = `final_${state.name}_l${this.#recurrent - 1}`;
      this.#builder.node('Identity', [values[index]!], [name]);
      this.#declared.outputs.push(valueInfo(name, dataTypes.float, ['B', H]));
    }
  }

  /** Features; one-hot vectors of tokens. */
  #features(source: number): Value {
    const { output } = this.#graph.nodes[source]!;
    if (output.kind === 'features') return this.outputs(source);
    const builder = this.#builder;
    const known = this.#oneHot.get(source);
    if (known !== undefined) return known;
    const value = builder.add('OneHot', [
      this.outputs(source),
      builder.integer32(output.size),
      builder.reals([2], [0, 1]),
    ]);
    this.#oneHot.set(source, value);
    return value;
  }

  /** x·V for V [I,O]: rows of V where x is tokens. */
  #product(source: number, weight: Value): Value {
    const x = this.outputs(source);
    const { kind } = this.#graph.nodes[source]!.output;
    return kind === 'tokens' ? this.#builder.add('Gather', [weight, x]) : this.#builder.add('MatMul', [x, weight]);
  }

  /** A parameter as it is or turned, in the graph once however many layers use it. */
  #tensor({ name, shape, data }: Parameter, turned: boolean): Value {
    const builder = this.#builder;
    const before = this.#turned.get(name);
    if (before !== undefined) return before === turned ? name : builder.add('Transpose', [name], { perm: [1, 0] });
    this.#turned.set(name, turned);
    const [rows, columns] = shape as [number, number];
    if (!turned) return builder.parameter(name, shape, Float64Array.from(data));
    return builder.parameter(name, [columns, rows], transpose(data, rows, columns));
  }
}
