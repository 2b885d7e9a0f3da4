// The messages of the ONNX format that models of this package need, and the numbers of their fields.
//
// Numbers and types are those of the ONNX specification (onnx.proto3 of IR version 8 and later, https://onnx.ai/onnx/repo-docs/IR.html).

/** Types of elements: TensorProto.DataType. */
export const dataTypes = {
  float: 1,
  uint8: 2,
  int8: 3,
  int32: 6,
  int64: 7,
  bool: 9,
  double: 11,
} as const;

/** AttributeProto.AttributeType. */
export const attributeTypes = {
  float: 1,
  int: 2,
  string: 3,
  tensor: 4,
  graph: 5,
  floats: 6,
  ints: 7,
  strings: 8,
} as const;

export interface TensorProto {
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly number[];
  readonly name: string;
  /** Little-endian. */
  readonly rawData: Uint8Array;
  readonly doubleData: readonly number[];
  readonly externalData: readonly StringEntry[];
  /** 1: the numbers are in another file. */
  readonly dataLocation: number;
}

export interface AttributeProto {
  readonly name: string;
  readonly f: number;
  readonly i: number;
  readonly s: Uint8Array;
  readonly t: TensorProto | undefined;
  readonly g: GraphProto | undefined;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly Uint8Array[];
  readonly type: number;
}

export interface NodeProto {
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly name: string;
  readonly opType: string;
  readonly attribute: readonly AttributeProto[];
  readonly domain: string;
}

/** A size, or the name of one that is not fixed. */
export interface Dimension {
  readonly value: number | undefined;
  readonly parameter: string | undefined;
}

export interface TensorShape {
  readonly dim: readonly Dimension[];
}

export interface TensorType {
  readonly elemType: number;
  readonly shape: TensorShape | undefined;
}

export interface TypeProto {
  readonly tensorType: TensorType | undefined;
}

export interface ValueInfo {
  readonly name: string;
  readonly type: TypeProto | undefined;
}

/** Only that there is one. */
export interface SparseTensor {
  readonly dims: readonly number[];
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly name: string;
  readonly initializer: readonly TensorProto[];
  readonly input: readonly ValueInfo[];
  readonly output: readonly ValueInfo[];
  readonly sparseInitializer: readonly SparseTensor[];
}

export interface OperatorSet {
  readonly domain: string;
  readonly version: number;
}

export interface StringEntry {
  readonly key: string;
  readonly value: string;
}

/** A function of operators that nodes may call by its name. */
export interface FunctionProto {
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly string[];
  readonly node: readonly NodeProto[];
  readonly domain: string;
}

export interface ModelProto {
  readonly irVersion: number;
  readonly producerName: string;
  readonly producerVersion: string;
  readonly metadataProps: readonly StringEntry[];
  readonly graph: GraphProto | undefined;
  readonly opsetImport: readonly OperatorSet[];
  readonly functions: readonly FunctionProto[];
}

/** How a field is kept: one of protobuf's types, or the message that it is. */
export type FieldType = 'int' | 'float' | 'double' | 'string' | 'bytes' | (() => Fields);

/** Field number, type, and how often it occurs; optional fields are undefined where they do not. */
export type Field = readonly [number: number, type: FieldType, occurs?: 'many' | 'optional'];

/** A message: its fields by name, in the order in which they are written. */
export type Fields<T = object> = { readonly [Name in keyof T]: Field };

const stringEntry: Fields<StringEntry> = { key: [1, 'string'], value: [2, 'string'] };

const tensor: Fields<TensorProto> = {
  dims: [1, 'int', 'many'],
  dataType: [2, 'int'],
  floatData: [4, 'float', 'many'],
  int32Data: [5, 'int', 'many'],
  int64Data: [7, 'int', 'many'],
  name: [8, 'string'],
  rawData: [9, 'bytes'],
  doubleData: [10, 'double', 'many'],
  externalData: [13, () => stringEntry, 'many'],
  dataLocation: [14, 'int'],
};

const attribute: Fields<AttributeProto> = {
  name: [1, 'string'],
  f: [2, 'float'],
  i: [3, 'int'],
  s: [4, 'bytes'],
  t: [5, () => tensor, 'optional'],
  g: [6, () => graph, 'optional'],
  floats: [7, 'float', 'many'],
  ints: [8, 'int', 'many'],
  strings: [9, 'bytes', 'many'],
  type: [20, 'int'],
};

const node: Fields<NodeProto> = {
  input: [1, 'string', 'many'],
  output: [2, 'string', 'many'],
  name: [3, 'string'],
  opType: [4, 'string'],
  attribute: [5, () => attribute, 'many'],
  domain: [7, 'string'],
};

const dimension: Fields<Dimension> = { value: [1, 'int', 'optional'], parameter: [2, 'string', 'optional'] };
const shape: Fields<TensorShape> = { dim: [1, () => dimension, 'many'] };
const tensorType: Fields<TensorType> = { elemType: [1, 'int'], shape: [2, () => shape, 'optional'] };
const type: Fields<TypeProto> = { tensorType: [1, () => tensorType, 'optional'] };
const valueInfo: Fields<ValueInfo> = { name: [1, 'string'], type: [2, () => type, 'optional'] };
const sparseTensor: Fields<SparseTensor> = { dims: [3, 'int', 'many'] };

const graph: Fields<GraphProto> = {
  node: [1, () => node, 'many'],
  name: [2, 'string'],
  initializer: [5, () => tensor, 'many'],
  input: [11, () => valueInfo, 'many'],
  output: [12, () => valueInfo, 'many'],
  sparseInitializer: [15, () => sparseTensor, 'many'],
};

const operatorSet: Fields<OperatorSet> = { domain: [1, 'string'], version: [2, 'int'] };

const functionProto: Fields<FunctionProto> = {
  name: [1, 'string'],
  input: [4, 'string', 'many'],
  output: [5, 'string', 'many'],
  attribute: [6, 'string', 'many'],
  node: [7, () => node, 'many'],
  domain: [10, 'string'],
};

/** Written with the operator set last: a file that is cut off lacks it. */
export const modelFields: Fields<ModelProto> = {
  irVersion: [1, 'int'],
  producerName: [2, 'string'],
  producerVersion: [3, 'string'],
  metadataProps: [14, () => stringEntry, 'many'],
  functions: [25, () => functionProto, 'many'],
  graph: [7, () => graph, 'optional'],
  opsetImport: [8, () => operatorSet, 'many'],
};
