// What `torch.save` writes: a zip archive with a pickle, data.pkl, and the numbers of each storage in a file of its own. The pickle is
// read, not run (pickle.ts). https://pytorch.org/docs/stable/notes/serialization.html
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { bitsOfF16, narrowed } from '../../formats/decode-safetensors.ts';
import { count, type Tensor, type TensorData } from '../../formats/safetensors.ts';
import { isZip, unzip } from '../keras/zip.ts';
import { readPickle } from './pickle.ts';

interface Storage {
  readonly bytes: number;
  read(bytes: ArrayBuffer): TensorData | BigInt64Array | Int16Array | Int8Array;
}

/** How the numbers of a storage lie, by the name of its type. */
const storages: ReadonlyMap<unknown, Storage> = new Map<unknown, Storage>([
  ['torch FloatStorage', { bytes: 4, read: (bytes) => new Float32Array(bytes) }],
  ['torch DoubleStorage', { bytes: 8, read: (bytes) => new Float64Array(bytes) }],
  ['torch HalfStorage', { bytes: 2, read: (bytes) => widened(bytes, bitsOfF16) }],
  ['torch BFloat16Storage', { bytes: 2, read: (bytes) => widened(bytes, (half) => half << 16) }],
  ['torch LongStorage', { bytes: 8, read: (bytes) => new BigInt64Array(bytes) }],
  ['torch IntStorage', { bytes: 4, read: (bytes) => new Int32Array(bytes) }],
  ['torch ShortStorage', { bytes: 2, read: (bytes) => new Int16Array(bytes) }],
  ['torch CharStorage', { bytes: 1, read: (bytes) => new Int8Array(bytes) }],
  ['torch ByteStorage', { bytes: 1, read: (bytes) => new Uint8Array(bytes) }],
  ['torch BoolStorage', { bytes: 1, read: (bytes) => new Uint8Array(bytes) }],
]);

/** What is read of an archive. */
const PARTS = /(^|\/)(data\.pkl|byteorder|data\/\w+)$/;

/** A tensor of the pickle, whose numbers have not been taken yet. */
class StoredTensor {
  readonly data: TensorData;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];

  constructor(data: TensorData, offset: number, shape: readonly number[], strides: readonly number[]) {
    this.data = data;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
  }
}

/**
 * The tensors of a state dict that `torch.save` has written, or of one inside of a dictionary, as checkpoints have it.
 *
 * @param key Which of the dictionaries in the file. Default: the only one with tensors of that depth, the file itself first.
 * @throws BpttError `bad-file` for other files, for whole modules, and for a pickle that holds more than tensors and plain data; nothing
 * in it is run.
 */
export function readTorchFile(bytes: Uint8Array, where: string, key?: string): readonly Tensor[] {
  const content = readContent(bytes, where);
  if (!(content instanceof Map)) throw bad(where, 'a dictionary of tensors', show(content));
  const dictionary = choose(content, where, key);
  return [...dictionary].flatMap(([name, value]) => {
    if (!(value instanceof StoredTensor)) return [];
    return [{ name: String(name), shape: value.shape, data: take(value) }];
  });
}

/** Whether bytes may be such a file. */
export const isTorchFile = isZip;

function readContent(bytes: Uint8Array, where: string): unknown {
  const entries = unzip(bytes, (name) => PARTS.test(name), where);
  const path = [...entries.keys()].find((name) => name.endsWith('/data.pkl') || name === 'data.pkl');
  if (path === undefined) {
    throw bad(where, 'an archive of torch.save, with data.pkl', 'another');
  }
  const folder = path.slice(0, -'data.pkl'.length);
  const order = entries.get(`${folder}byteorder`);
  if (order !== undefined && new TextDecoder().decode(order) !== 'little') {
    throw bad(where, 'numbers in little-endian order', new TextDecoder().decode(order));
  }
  const known = new Map<string, TensorData>();
  return readPickle(entries.get(path)!, `${where}, ${path}`, {
    names: new Set(storages.keys()) as Set<string>,
    callables: new Map([
      ['collections OrderedDict', ([pairs]) => new Map((pairs ?? []) as [unknown, unknown][])],
      ['torch._utils _rebuild_tensor_v2', (args) => rebuild(args, where)],
      ['torch._utils _rebuild_parameter', ([tensor]) => tensor],
      ['torch Size', ([sizes]) => sizes],
    ]),
    // ('storage', type, file, device, how many)
    persistent(id) {
      const [what, type, file, , elements] = Array.isArray(id) ? id : [];
      const storage = storages.get(type);
      if (what !== 'storage' || storage === undefined || typeof file !== 'string') {
        throw bad(where, 'storages of numbers', show(id));
      }
      const name = `${folder}data/${file}`;
      const there = known.get(name);
      if (there !== undefined) return there;
      const octets = entries.get(name);
      if (octets === undefined) throw bad(where, `an entry ${name}`, 'none');
      if (octets.length !== storage.bytes * Number(elements)) {
        throw bad(`${where}, ${name}`, `${elements} numbers of ${storage.bytes} bytes`, `${octets.length} bytes`);
      }
      const data = narrowed(storage.read(octets.slice().buffer), name, (expected, got) => {
        throw bad(where, expected, got);
      });
      known.set(name, data);
      return data;
    },
  });
}

/** `_rebuild_tensor_v2(storage, offset, size, stride, requires_grad, hooks)` */
function rebuild([storage, offset, shape, strides]: readonly unknown[], where: string): StoredTensor {
  const isData = ArrayBuffer.isView(storage);
  const sizes = (list: unknown): list is number[] =>
    Array.isArray(list) && list.every((one) => Number.isSafeInteger(one) && one >= 0);
  if (!isData || !sizes(shape) || !sizes(strides) || !sizes([offset]) || shape.length !== strides.length) {
    throw bad(where, 'tensors with storage, offset, size and stride', 'one with others');
  }
  const data = storage as TensorData;
  const empty = shape.includes(0);
  const last = shape.reduce((sum, size, axis) => sum + (size - 1) * strides[axis]!, offset as number);
  // A tensor of more numbers than its storage has is one row that was spread; no parameter is.
  if (!empty && (last >= data.length || count(shape) > data.length)) {
    throw bad(where, `a tensor [${shape}] within its ${data.length} numbers`, 'one beyond them');
  }
  return new StoredTensor(data, offset as number, shape, strides);
}

/** The numbers of a tensor row by row. */
function take({ data, offset, shape, strides }: StoredTensor): TensorData {
  const total = count(shape);
  const result = new (data.constructor as new (length: number) => TensorData)(total);
  const place = shape.map(() => 0);
  let at = offset;
  for (let i = 0; i < total; i++) {
    result[i] = data[at]!;
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      place[axis]!++;
      at += strides[axis]!;
      if (place[axis]! < shape[axis]!) break;
      at -= strides[axis]! * shape[axis]!;
      place[axis] = 0;
    }
  }
  return result;
}

/** The dictionary that is the state dict. */
function choose(content: Map<unknown, unknown>, where: string, key: string | undefined): Map<unknown, unknown> {
  const inside = [...content].filter((pair): pair is [string, Map<unknown, unknown>] => {
    const [name, value] = pair;
    return typeof name === 'string' && value instanceof Map && hasTensors(value);
  });
  const names = inside.map(([name]) => name);
  if (key !== undefined) {
    const found = inside.find(([name]) => name === key);
    if (found !== undefined) return found[1];
    const got = `${JSON.stringify(key)}; those with tensors are ${names.join(', ') || 'none'}`;
    throw new BpttError('invalid-argument', `loadStateDict.key: expected a dictionary of ${where}, got ${got}`);
  }
  if (hasTensors(content)) return content;
  if (inside.length === 1) return inside[0]![1];
  if (inside.length === 0) {
    const got = [...content.keys()].slice(0, 8).join(', ') || 'an empty one';
    throw bad(where, 'a dictionary with tensors', got);
  }
  throw bad(where, 'one dictionary of tensors', `${names.join(', ')}: say which with the option key`);
}

const hasTensors = (map: Map<unknown, unknown>) => [...map.values()].some((value) => value instanceof StoredTensor);

function widened(bytes: ArrayBuffer, bits: (half: number) => number): Float32Array {
  return new Float32Array(Int32Array.from(new Uint16Array(bytes), bits).buffer);
}

const bad = (where: string, expected: string, got: string) =>
  new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`);
