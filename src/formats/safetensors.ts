// The safetensors format: named tensors and a table of strings in one file. It knows nothing of models. Here it is written, and read in
// decode-safetensors.ts.
//
//   8 bytes   length n of the header, unsigned little-endian
//   n bytes   JSON: {"__metadata__": {name: string}, name: {"dtype", "shape", "data_offsets": [begin, end]}, ...}
//   the rest  the tensors' bytes, little-endian, row-major, without gap or overlap
//
// https://huggingface.co/docs/safetensors/index#format
import { checkObject, show } from '../base/check.ts';
import { textClass } from '../base/engine.ts';
import { BpttError } from '../base/errors.ts';

export type TensorData = Float64Array | Float32Array | Int32Array | Uint8Array;

export interface Tensor {
  readonly name: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export interface SafetensorsFile {
  readonly tensors: readonly Tensor[];
  readonly metadata: Readonly<Record<string, string>>;
}

/** The dtypes that are written and read, in the order in which the format's own writer puts them: widest first. */
export const dtypes = [
  ['F64', Float64Array],
  ['F32', Float32Array],
  ['I32', Int32Array],
  ['U8', Uint8Array],
] as const;

/** The name under which a file's strings are. */
export const METADATA = '__metadata__';

/**
 * The bytes of a file. Tensors are ordered as the format's own writer does, by dtype and then by name, so that the same
 * tensors always give the same bytes; metadata keeps its order. The data starts at a multiple of 8 bytes.
 *
 * @throws BpttError for a name that comes twice or is reserved, and a shape that does not hold the data.
 */
export function encodeSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>> = {},
): Uint8Array<ArrayBuffer> {
  const parts = partsOfSafetensors(tensors, metadata);
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}

/** The same file in parts that follow each other: the header, and each tensor's data where they lie, without a copy. */
export function partsOfSafetensors(
  tensors: readonly Tensor[],
  metadata: Readonly<Record<string, string>>,
): readonly Uint8Array[] {
  const entries: [name: string, json: string][] = [];
  const names = Object.entries(checkObject('safetensors.metadata', metadata));
  for (const [key, value] of names) {
    if (typeof value === 'string') continue;
    throw new BpttError('invalid-argument', `safetensors.metadata.${key}: expected a string, got ${show(value)}`);
  }
  if (names.length > 0) entries.push([METADATA, objectOf(names.map(([key, value]) => [key, JSON.stringify(value)]))]);

  const ordered = [...tensors].sort(
    (a, b) => dtypeIndex(a) - dtypeIndex(b) || (a.name < b.name ? -1 : a.name > b.name ? 1 : 0),
  );
  let end = 0;
  const before = new Set([METADATA]);
  for (const tensor of ordered) {
    const { name, shape, data } = tensor;
    if (before.has(name)) {
      throw new BpttError(
        'invalid-argument',
        `safetensors: expected names that differ, got ${show(name)} twice or reserved`,
      );
    }
    if (count(shape) !== data.length) {
      throw new BpttError(
        'invalid-shape',
        `safetensors, ${name}: expected ${count(shape)} elements for shape [${shape}], got ${data.length}`,
      );
    }
    before.add(name);
    const begin = end;
    end += data.byteLength;
    const dtype = dtypes[dtypeIndex(tensor)]![0];
    entries.push([name, JSON.stringify({ dtype, shape, data_offsets: [begin, end] })]);
  }

  const json = new (textClass('TextEncoder'))().encode(objectOf(entries));
  const headerLength = Math.ceil(json.length / 8) * 8;
  const header = new Uint8Array(8 + headerLength);
  new DataView(header.buffer).setBigUint64(0, BigInt(headerLength), true);
  header.fill(0x20, 8); // it is padded with spaces
  header.set(json, 8);
  // Typed arrays are little-endian on every machine that has WebAssembly SIMD.
  return [header, ...ordered.map(({ data }) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength))];
}

/** An object in JSON that keeps the order of its keys, which a JavaScript object does not when they look like integers. */
function objectOf(entries: readonly (readonly [name: string, json: string])[]): string {
  return `{${entries.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;
}

/** Numbers in a tensor of a shape. */
export function count(shape: readonly number[]): number {
  return shape.reduce((product, size) => product * size, 1);
}

function dtypeIndex({ name, data }: Tensor): number {
  const index = dtypes.findIndex(([, Data]) => data instanceof Data);
  if (index >= 0) return index;
  throw new BpttError(
    'invalid-argument',
    `safetensors, ${name}: expected a Float64Array, Float32Array, Int32Array or Uint8Array, got ${show(data)}`,
  );
}
