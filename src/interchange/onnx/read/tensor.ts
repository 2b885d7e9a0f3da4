// Tensors that a file holds, and what operators make of them without any input: reshaping, cutting and joining.
import { BpttError } from '../../../base/errors.ts';
import { dataTypes, type TensorProto } from '../format/schema.ts';

export interface Tensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
  readonly integers: boolean;
}

const product = (sizes: readonly number[]) => sizes.reduce((all, size) => all * size, 1);

/** A tensor of these numbers. */
export function tensorOf(dims: readonly number[], data: Tensor['data'], integers = false): Tensor {
  return { dims, data, integers };
}

/** One integer for each of the values. */
export const integersOf = (values: readonly number[], dims: readonly number[] = [values.length]): Tensor =>
  tensorOf(dims, Float64Array.from(values), true);

type Reader = readonly [bytes: number, read: (view: DataView, at: number) => number];

const readers: Readonly<Record<number, Reader>> = {
  [dataTypes.float]: [4, (view, at) => view.getFloat32(at, true)],
  [dataTypes.double]: [8, (view, at) => view.getFloat64(at, true)],
  [dataTypes.int32]: [4, (view, at) => view.getInt32(at, true)],
  [dataTypes.int64]: [8, (view, at) => Number(view.getBigInt64(at, true))],
  [dataTypes.int8]: [1, (view, at) => view.getInt8(at)],
  [dataTypes.uint8]: [1, (view, at) => view.getUint8(at)],
  [dataTypes.bool]: [1, (view, at) => view.getUint8(at)],
};

/**
 * The tensor of a file.
 *
 * @throws BpttError `bad-file` for other types than float, double and integers, for numbers in another file, and for more or fewer
 * numbers than the shape wants.
 */
export function readTensor(proto: TensorProto, where: string): Tensor {
  const bad = (expected: string, got: string) =>
    new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
  const { dims, dataType, rawData } = proto;
  if (proto.dataLocation !== 0 || proto.externalData.length > 0)
    throw bad('numbers in the file itself', 'external data');
  const reader = readers[dataType];
  if (reader === undefined) {
    const known = Object.entries(dataTypes).map(([name, number]) => `${number} (${name})`);
    throw bad(`data type ${known.join(', ')}`, String(dataType));
  }
  if (!dims.every((size) => Number.isSafeInteger(size) && size >= 0)) throw bad('sizes >= 0', `[${dims.join(', ')}]`);
  const [width, read] = reader;
  const listed =
    {
      [dataTypes.float]: proto.floatData,
      [dataTypes.double]: proto.doubleData,
      [dataTypes.int64]: proto.int64Data,
    }[dataType] ?? proto.int32Data;
  const count = product(dims);
  const got = rawData.length > 0 ? rawData.length / width : listed.length;
  if (got !== count) throw bad(`${count} numbers for shape [${dims.join(', ')}]`, String(got));
  const real = dataType === dataTypes.float;
  const data = real ? new Float32Array(count) : new Float64Array(count);
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.length);
  for (let i = 0; i < count; i++) data[i] = rawData.length > 0 ? read(view, i * width) : listed[i]!;
  return tensorOf(dims, data, !real && dataType !== dataTypes.double);
}

/** The same numbers in another shape. */
export const reshaped = ({ data, integers }: Tensor, dims: readonly number[]): Tensor => tensorOf(dims, data, integers);

/** Element `index` of the result is element `source(index)` of the tensor, where both are places along the axes. */
function remap(
  { dims, data, integers }: Tensor,
  to: readonly number[],
  source: (index: readonly number[]) => readonly number[],
) {
  const count = product(to);
  const result = data instanceof Float32Array ? new Float32Array(count) : new Float64Array(count);
  const index = to.map(() => 0);
  for (let i = 0; i < count; i++) {
    const from = source(index);
    let at = 0;
    for (let axis = 0; axis < dims.length; axis++) at = at * dims[axis]! + from[axis]!;
    result[i] = data[at]!;
    for (let axis = to.length - 1; axis >= 0 && ++index[axis]! === to[axis]; axis--) index[axis] = 0;
  }
  return tensorOf(to, result, integers);
}

/** Axis k of the result is axis `order[k]`. */
export function transposed(tensor: Tensor, order: readonly number[]): Tensor {
  const to = order.map((axis) => tensor.dims[axis]!);
  const from = order.map(() => 0);
  return remap(tensor, to, (index) => {
    for (const [k, axis] of order.entries()) from[axis] = index[k]!;
    return from;
  });
}

/** The elements at these places of one axis. */
export function picked(tensor: Tensor, axis: number, places: readonly number[]): Tensor {
  const to = tensor.dims.map((size, k) => (k === axis ? places.length : size));
  return remap(tensor, to, (index) => index.map((i, k) => (k === axis ? places[i]! : i)));
}

/** Tensors one after the other along an axis; undefined where they do not fit. */
export function concatenated(tensors: readonly Tensor[], axis: number): Tensor | undefined {
  const [first] = tensors as [Tensor];
  const fits = tensors.every(
    ({ dims }) => dims.length === first.dims.length && dims.every((size, k) => k === axis || size === first.dims[k]),
  );
  if (!fits) return undefined;
  const outer = product(first.dims.slice(0, axis));
  const dims = first.dims.map((size, k) =>
    k === axis ? tensors.reduce((sum, { dims: own }) => sum + own[axis]!, 0) : size,
  );
  const allReal = tensors.every(({ data }) => data instanceof Float32Array);
  const result = allReal ? new Float32Array(product(dims)) : new Float64Array(product(dims));
  let at = 0;
  for (let block = 0; block < outer; block++) {
    for (const { data } of tensors) {
      const width = data.length / outer;
      result.set(data.subarray(block * width, (block + 1) * width), at);
      at += width;
    }
  }
  return tensorOf(dims, result, first.integers);
}

/** The places that a slice takes of an axis of `size`, as in the operator Slice; `start` and `end` may count from the end. */
export function slicePlaces(size: number, start: number, end: number, step: number): readonly number[] {
  const clamp = (value: number, low: number, high: number) =>
    Math.min(Math.max(value < 0 ? value + size : value, low), high);
  const places: number[] = [];
  if (step > 0) for (let i = clamp(start, 0, size); i < clamp(end, 0, size); i += step) places.push(i);
  else if (step < 0) for (let i = clamp(start, 0, size - 1); i > clamp(end, -1, size - 1); i += step) places.push(i);
  return places;
}
