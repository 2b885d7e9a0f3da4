// A graph in the making: nodes, constants and parameters, with names that nobody has to think about.
import { textClass } from '../../../base/engine.ts';
import type { Draft } from '../format/protobuf.ts';
import {
  type AttributeProto,
  attributeTypes,
  dataTypes,
  type GraphProto,
  type NodeProto,
  type TensorProto,
  type ValueInfo,
} from '../format/schema.ts';

/** The name of a value in a graph. */
export type Value = string;

/** A size, or the name of one that is not fixed. */
export type Size = number | string;

/** Plain numbers are integers. */
export type Attribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly graph: Draft<GraphProto> };

/** Where the numbers of an initializer come from, as they will lie in the file. */
export interface ParameterTensor {
  readonly name: string;
  readonly dims: readonly number[];
  readonly data: Float64Array;
}

/** What is the same for a graph and the graphs inside it. */
interface Shared {
  readonly constants: Map<string, Draft<TensorProto>>;
  readonly parameters: ParameterTensor[];
  count: number;
}

export class GraphBuilder {
  readonly nodes: Draft<NodeProto>[] = [];
  readonly #shared: Shared;

  constructor(parent?: GraphBuilder) {
    this.#shared = parent === undefined ? { constants: new Map(), parameters: [], count: 0 } : parent.#shared;
  }

  /** Constants of this graph and those inside, which see what is around them. */
  get constants(): readonly Draft<TensorProto>[] {
    return [...this.#shared.constants.values()];
  }

  /** Initializers that hold nothing but parameters and zeros. */
  get parameters(): readonly ParameterTensor[] {
    return this.#shared.parameters;
  }

  /** A name that no value has yet. */
  name(hint: string): Value {
    return `${hint}_${this.#shared.count++}`;
  }

  /** A node with one result, or with as many as there are names in `outputs`. */
  add(opType: string, input: readonly Value[], attributes: Readonly<Record<string, Attribute>> = {}): Value {
    const output = this.name(opType);
    this.node(opType, input, [output], attributes);
    return output;
  }

  node(
    opType: string,
    input: readonly Value[],
    output: readonly Value[],
    attributes: Readonly<Record<string, Attribute>> = {},
  ): void {
    const attribute = Object.entries(attributes).map(([name, value]) => attributeOf(name, value));
    this.nodes.push({ opType, name: this.name(`node_${opType}`), input, output, attribute });
  }

  /** Integers, as a list or, with `scalar`, as one without axes. */
  integers(values: readonly number[], { scalar = false } = {}): Value {
    const dims = scalar ? [] : [values.length];
    const name = `int64_${scalar ? 'scalar_' : ''}${values.join('_')}`;
    return this.#constant(name, dims, dataTypes.int64, { int64Data: values });
  }

  /** One 32-bit integer. */
  integer32(value: number): Value {
    return this.#constant(`int32_${value}`, [1], dataTypes.int32, { int32Data: [value] });
  }

  /** Real numbers of this shape. */
  reals(dims: readonly number[], values: readonly number[]): Value {
    const key = `float_${dims.join('x')}_${values.every((value) => value === values[0]) ? values[0] : values.join('_')}`;
    return this.#constant(key, dims, dataTypes.float, { floatData: values });
  }

  /** A tensor made of parameters and zeros. */
  parameter(name: string, dims: readonly number[], data: Float64Array): Value {
    this.#shared.parameters.push({ name, dims, data });
    return name;
  }

  #constant(key: string, dims: readonly number[], dataType: number, data: Draft<TensorProto>): Value {
    this.#shared.constants.set(key, { name: key, dims, dataType, ...data });
    return key;
  }
}

/** How a graph declares an input or output. */
export function valueInfo(name: string, elemType: number, sizes: readonly Size[]): Draft<ValueInfo> {
  const dim = sizes.map((size) => (typeof size === 'number' ? { value: size } : { parameter: size }));
  return { name, type: { tensorType: { elemType, shape: { dim } } } };
}

const utf8 = (text: string) => new (textClass('TextEncoder'))().encode(text);

function attributeOf(name: string, value: Attribute): Draft<AttributeProto> {
  if (typeof value === 'number') return { name, type: attributeTypes.int, i: value };
  if (typeof value === 'string') return { name, type: attributeTypes.string, s: utf8(value) };
  if ('float' in value) return { name, type: attributeTypes.float, f: value.float };
  if ('floats' in value) return { name, type: attributeTypes.floats, floats: value.floats };
  if ('graph' in value) return { name, type: attributeTypes.graph, g: value.graph };
  const strings = value.filter((one) => typeof one === 'string');
  if (strings.length > 0) return { name, type: attributeTypes.strings, strings: strings.map(utf8) };
  return { name, type: attributeTypes.ints, ints: value as readonly number[] };
}
