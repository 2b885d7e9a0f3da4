// Reading the safetensors format, which safetensors.ts describes and writes. A file of its own, because most pages never need it.
import { checkBytes, show } from '../base/check.ts';
import { textClass } from '../base/engine.ts';
import { BpttError } from '../base/errors.ts';
import { parseJson } from '../base/parse-json.ts';
import { otherFormat } from './other-format.ts';
import { count, dtypes, METADATA, type SafetensorsFile, type Tensor, type TensorData } from './safetensors.ts';

/** Dtypes that are read only: halves of 16 bits, every one of which is a number of f32. */
const halves = { F16: bitsOfF16, BF16: (half: number) => half << 16 } as const;

/** And integers of other sizes, which files of other libraries hold: counts, masks. */
const readOnly = [
  ['I64', BigInt64Array],
  ['I16', Int16Array],
  ['I8', Int8Array],
  ['BOOL', Uint8Array],
] as const;
const readable = [...dtypes, ...readOnly];

/** The format's own limit, which keeps a damaged length from asking for gigabytes. */
const LONGEST_HEADER = 100_000_000;

/**
 * The content of a file; all tensors are copies. F16 and BF16 become Float32Array, which loses nothing,
 * I8, I16 and I64 Int32Array, and BOOL is bytes of 0 and 1.
 *
 * @param where What the messages call the file.
 * @throws BpttError `bad-file` for everything that is not exactly in the format, each kind of damage with its own message.
 */
export function decodeSafetensors(bytes: Uint8Array, where = 'safetensors'): SafetensorsFile {
  checkBytes(`${where} (bytes)`, bytes);
  const bad: Bad = (expected, got) => {
    throw new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
  };
  const other = otherFormat(bytes, 'safetensors');
  if (other !== undefined) bad('a safetensors file', other);
  const { header, dataStart } = readHeader(bytes, bad);
  const dataLength = bytes.length - dataStart;

  const metadata: Record<string, string> = Object.create(null);
  const tensors: Tensor[] = [];
  const ranges: { name: string; begin: number; end: number }[] = [];
  for (const [name, entry] of Object.entries(header)) {
    if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) {
      return bad(`an object for ${show(name)} in the header`, show(entry));
    }
    if (name === METADATA) {
      for (const [key, value] of Object.entries(entry)) {
        metadata[key] = typeof value === 'string' ? value : bad(`a string for metadata ${show(key)}`, show(value));
      }
      continue;
    }
    const { tensor, begin, end } = readTensor(name, entry, bytes, dataStart, bad);
    tensors.push(tensor);
    ranges.push({ name, begin, end });
  }

  ranges.sort((a, b) => a.begin - b.begin || a.end - b.end);
  let covered = 0;
  for (const { name, begin, end } of ranges) {
    if (begin !== covered) {
      const kind = begin < covered ? 'overlaps the tensor before it' : 'leaves a gap before it';
      bad(`${show(name)} to begin at byte ${covered} of the data`, `${begin}: it ${kind}`);
    }
    covered = end;
  }
  if (covered !== dataLength) bad(`${covered} bytes of data`, `${dataLength}: bytes that belong to no tensor follow`);
  return { tensors, metadata };
}

/** Reports damage; it always throws. */
type Bad = (expected: string, got: string) => never;

function readHeader(bytes: Uint8Array, bad: Bad): { header: object; dataStart: number } {
  if (bytes.length === 0) bad('a safetensors file', 'an empty one');
  if (bytes.length < 8) bad('at least 8 bytes', `${bytes.length}: the file is cut off or of another kind`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > LONGEST_HEADER) {
    bad(`a header of at most ${LONGEST_HEADER} bytes`, `a length of ${length}: the file is of another kind`);
  }
  const dataStart = 8 + length;
  if (dataStart > bytes.length) {
    bad(`a header of ${length} bytes`, `${bytes.length - 8}: the file is cut off or of another kind`);
  }
  if (bytes[8] !== 0x7b || length === 0)
    bad('a header that begins with {', 'something else: the file is of another kind');
  let text = '';
  let header: unknown;
  try {
    text = new (textClass('TextDecoder'))('utf-8', { fatal: true }).decode(bytes.subarray(8, dataStart));
    header = parseJson(text);
  } catch {
    bad('a header in JSON', 'bytes that are not: the file is damaged');
  }
  const twice = repeatedKey(text);
  if (twice !== undefined) bad('names that differ in the header', `${show(twice)} twice`);
  return { header: header as object, dataStart };
}

function readTensor(
  name: string,
  entry: object,
  bytes: Uint8Array,
  dataStart: number,
  bad: Bad,
): { tensor: Tensor; begin: number; end: number } {
  const strange = Object.keys(entry).find((key) => !['dtype', 'shape', 'data_offsets'].includes(key));
  if (strange !== undefined) bad(`only dtype, shape and data_offsets of ${show(name)}`, show(strange));
  const { dtype, shape, data_offsets: offsets } = entry as Record<string, unknown>;

  const half = dtype === 'F16' || dtype === 'BF16' ? halves[dtype] : undefined;
  const Data = half === undefined ? readable.find(([candidate]) => candidate === dtype)?.[1] : Uint16Array;
  if (Data === undefined) {
    const known = [...readable.map(([candidate]) => candidate), ...Object.keys(halves)];
    return bad(`dtype ${known.join(', ')} of ${show(name)}`, show(dtype));
  }
  if (!Array.isArray(shape) || !shape.every((size) => Number.isSafeInteger(size) && size >= 0)) {
    return bad(`a shape of integers >= 0 of ${show(name)}`, describe(shape));
  }
  const isRange = Array.isArray(offsets) && offsets.length === 2 && offsets.every((at) => Number.isSafeInteger(at));
  if (!isRange || offsets[0] < 0 || offsets[1] < offsets[0]) {
    return bad(`data_offsets [begin, end] of ${show(name)}`, describe(offsets));
  }
  const [begin, end] = offsets as [number, number];
  const elements = count(shape);
  if (elements * Data.BYTES_PER_ELEMENT !== end - begin) {
    bad(
      `${elements * Data.BYTES_PER_ELEMENT} bytes for ${show(name)} of dtype ${dtype} and shape [${shape}]`,
      `${end - begin}`,
    );
  }
  const available = bytes.length - dataStart;
  if (end > available) bad(`${show(name)} to end within the data`, `byte ${end} of ${available}: the file is cut off`);
  const copy = bytes.slice(dataStart + begin, dataStart + end);
  const stored = new Data(copy.buffer, copy.byteOffset, elements);
  const data =
    stored instanceof Uint16Array
      ? new Float32Array(Int32Array.from(stored, half).buffer)
      : narrowed(stored, name, bad);
  return { tensor: { name, shape, data }, begin, end };
}

/** Integers of all sizes in 32 bits. */
export function narrowed(
  data: TensorData | BigInt64Array | Int16Array | Int8Array,
  name: string,
  bad: Bad,
): TensorData {
  if (data instanceof Int16Array || data instanceof Int8Array) return Int32Array.from(data);
  if (!(data instanceof BigInt64Array)) return data;
  const wide = data.find((value) => value !== BigInt.asIntN(32, value));
  return wide === undefined
    ? Int32Array.from(data, Number)
    : bad(`integers of at most 32 bits in ${show(name)}`, `${wide}`);
}

/** The bits of the f32 that is this f16: 5 bits of exponent and 10 of fraction become 8 and 23. */
export function bitsOfF16(half: number): number {
  const sign = (half & 0x8000) << 16;
  const exponent = (half >> 10) & 0x1f;
  let fraction = (half & 0x3ff) << 13;
  if (exponent === 0x1f) return sign | 0x7f800000 | fraction; // infinite, or NaN
  if (exponent > 0) return sign | ((exponent + 112) << 23) | fraction;
  if (fraction === 0) return sign;
  // Below the normal numbers of f16 are normal ones of f32: the leading bit goes.
  let wide = 113;
  for (; (fraction & 0x800000) === 0; wide--) fraction <<= 1;
  return sign | (wide << 23) | (fraction & 0x7fffff);
}

function describe(value: unknown): string {
  return Array.isArray(value) && value.length <= 8 ? JSON.stringify(value) : show(value);
}

/** The first key that an object of this valid JSON has twice; JSON.parse keeps the last one and says nothing. */
function repeatedKey(json: string): string | undefined {
  const open: Set<string>[] = []; // the keys so far of each object or array that is open
  // By hand: a pattern that repeats over a text of millions of characters goes beyond the stack of the engine.
  for (let i = 0; i < json.length; i++) {
    const character = json[i];
    if (character === '"') {
      const start = i++;
      while (json[i] !== '"') i += json[i] === '\\' ? 2 : 1;
      let next = i + 1;
      while (' \t\n\r'.includes(json[next]!)) next++;
      if (json[next] !== ':') continue;
      const key = JSON.parse(json.slice(start, i + 1)) as string;
      const keys = open.at(-1)!;
      if (keys.has(key)) return key;
      keys.add(key);
    } else if (character === '{' || character === '[') open.push(new Set());
    else if (character === '}' || character === ']') open.pop();
  }
  return undefined;
}
