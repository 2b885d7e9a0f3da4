// HDF5 files as groups, arrays of real numbers and texts. jsfive reads them; what it throws becomes an error that says where.
import { type DataObjects, Dataset, File, Group } from 'jsfive';
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { mostOf } from './growth.ts';

const SIGNATURE = [0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a, 0x1a, 0x0a];
/** Where the superblock of a version says at what byte the file ends. */
const END_AT: Readonly<Record<number, number>> = { 0: 40, 2: 28, 3: 28 };

/** An array of real numbers in a file. */
export interface RealArray {
  /** Where it stands: `layers/gru/cell/vars/0`. */
  readonly path: string;
  readonly shape: readonly number[];
  /** Row by row. */
  readonly data: Float64Array;
}

/** Whether bytes begin as an HDF5 file does. */
export function isHdf5(bytes: Uint8Array): boolean {
  return SIGNATURE.every((octet, index) => bytes[index] === octet);
}

/** A file that is open. Paths have no slash at their ends; the root is ''. */
export class Hdf5 {
  readonly #where: string;
  readonly #root: Group;
  readonly #most: number;
  /** All groups and arrays by their paths, where names in the file have backslashes for slashes: Keras 2.12 to 2.14 wrote that on Windows. */
  readonly #byPath: ReadonlyMap<string, Group | Dataset> | undefined;

  /**
   * Opens the bytes of a file.
   *
   * @param where What messages call it.
   * @throws BpttError `bad-file` for bytes of another kind and for a file that is cut off.
   */
  constructor(bytes: Uint8Array, where: string) {
    this.#where = where;
    this.#most = mostOf(bytes.length);
    if (!isHdf5(bytes)) throw this.bad('', 'the signature of HDF5 at byte 0', 'something else');
    const version = bytes[8] ?? -1;
    const endAt = END_AT[version];
    if (bytes.length > 8 && endAt === undefined) throw this.bad('', 'superblock version 0, 2 or 3', `${version}`);
    if (endAt === undefined || bytes.length < endAt + 8) {
      throw this.bad('', 'a superblock', `${bytes.length} bytes: the file is cut off`);
    }
    const end = new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(endAt, true);
    if (end > bytes.length) throw this.bad('', `${end} bytes`, `${bytes.length}: the file is cut off`);
    this.#root = this.#read('', () => new File(bytes.slice().buffer));
    const backslashes = this.#read('', () => this.#root.keys.some((name) => name.includes('\\')));
    if (backslashes) this.#byPath = new Map(this.#walk(this.#root, ''));
  }

  /** The names in a group, without order. */
  names(path: string): readonly string[] {
    if (this.#byPath !== undefined) {
      const start = path === '' ? '' : `${path}/`;
      const inside = [...this.#byPath.keys()].filter((other) => other.startsWith(start));
      return [...new Set(inside.map((other) => other.slice(start.length).split('/')[0]!))];
    }
    const group = this.#at(path);
    return group instanceof Group ? this.#read(path, () => group.keys) : [];
  }

  /** Whether there is a group or an array. */
  has(path: string): boolean {
    return this.#at(path) !== undefined || this.names(path).length > 0;
  }

  /** Whether an array stands there. */
  isArray(path: string): boolean {
    return this.#at(path) instanceof Dataset;
  }

  /** An array of floating point numbers. */
  array(path: string): RealArray {
    const dataset = this.#at(path);
    if (!(dataset instanceof Dataset)) throw this.bad(path, 'an array', dataset === undefined ? 'none' : 'a group');
    const dtype = this.#read(path, () => dataset.dtype);
    if (typeof dtype !== 'string' || !/^[<>]f[248]$/.test(dtype)) {
      throw this.bad(path, 'an array of f16, f32 or f64', `type ${typeof dtype === 'string' ? dtype : show(dtype)}`);
    }
    const shape = this.#read(path, () => [...dataset.shape]);
    const count = shape.reduce((product, size) => product * size, 1);
    // Before what it says of its size is believed: a filter makes numbers of few bytes, and a damaged shape of none.
    const size = count * Number(dtype.slice(2));
    if (!(size <= this.#most)) throw this.bad(path, `at most ${this.#most} bytes in a file of this size`, `${size}`);
    // Of a layout that it does not know jsfive has no value.
    const values = this.#read(path, () => dataset.value as ArrayLike<number> | undefined) ?? [];
    if (values.length !== count) throw this.bad(path, `${count} numbers for [${shape}]`, `${values.length}`);
    return { path, shape, data: Float64Array.from(values) };
  }

  /** A text that is an attribute of a group; undefined where there is none. */
  text(path: string, attribute: string): string | undefined {
    const value = this.#attribute(path, attribute);
    if (value === undefined) return undefined;
    if (typeof value === 'string') return unpadded(value);
    throw this.bad(path, `a text in attribute ${attribute}`, show(value));
  }

  /** Texts that are an attribute of a group; undefined where there is none. */
  texts(path: string, attribute: string): readonly string[] | undefined {
    const value = this.#attribute(path, attribute);
    if (value === undefined) return undefined;
    if (Array.isArray(value) && value.every((text) => typeof text === 'string')) return value.map(unpadded);
    throw this.bad(path, `texts in attribute ${attribute}`, show(value));
  }

  /** An error about the file. */
  bad(path: string, expected: string, got: string, cause?: unknown): BpttError {
    const where = path === '' ? this.#where : `${this.#where}, ${path}`;
    return new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`, { cause });
  }

  #attribute(path: string, name: string): unknown {
    const group = this.#at(path);
    if (group === undefined) return undefined;
    bound(group._dataobjects, this.#most);
    const attributes = this.#read(path, () => group.attrs);
    return Object.hasOwn(attributes, name) ? attributes[name] : undefined;
  }

  #at(path: string): Group | Dataset | undefined {
    if (path !== '' && this.#byPath !== undefined) return this.#byPath.get(path);
    let place: Group | Dataset = this.#root;
    for (const name of path === '' ? [] : path.split('/')) {
      const group: Group | Dataset = place;
      const next: Group | Dataset | null = this.#read(path, () =>
        group instanceof Group && group.keys.includes(name) ? group.get(name) : null,
      );
      if (next === null) return undefined;
      place = next;
    }
    return place;
  }

  /** What is in a group and the groups within, with slashes in the paths. */
  *#walk(group: Group, path: string): Generator<readonly [path: string, Group | Dataset]> {
    for (const name of this.#read(path, () => group.keys)) {
      const inner = `${path === '' ? '' : `${path}/`}${name.replaceAll('\\', '/')}`;
      const place = this.#read(inner, () => group.get(name));
      if (place === null) continue;
      yield [inner, place];
      if (place instanceof Group) yield* this.#walk(place, inner);
    }
  }

  #read<T>(path: string, read: () => T): T {
    try {
      return read();
    } catch (cause) {
      const got = cause instanceof Error ? cause.message : String(cause);
      throw this.bad(
        path,
        'HDF5 that can be read',
        `${got}: the file is damaged or has a part that is not supported`,
        cause,
      );
    }
  }
}

/**
 * Lets attributes have at most so many elements, and bytes elsewhere in the file. jsfive believes what a damaged shape says: of elements of no
 * bytes it would read 2^40, and one long text as often as it is named.
 */
function bound(objects: DataObjects, most: number): void {
  const { determine_data_shape, _vlen_size_and_data } = Object.getPrototypeOf(objects) as DataObjects;
  let bytes = 0;
  const check = (number: number, what: string) => {
    if (!(number <= most)) throw new Error(`an attribute of ${number} ${what}`);
  };
  Object.assign(objects, {
    determine_data_shape(...at: Parameters<DataObjects['determine_data_shape']>) {
      const shape = determine_data_shape.apply(objects, at);
      check(
        shape.reduce((product, size) => product * size, 1),
        'elements',
      );
      return shape;
    },
    _vlen_size_and_data(...at: Parameters<DataObjects['_vlen_size_and_data']>) {
      const element = _vlen_size_and_data.apply(objects, at);
      bytes += element[1]?.byteLength ?? 0;
      check(bytes, 'bytes');
      return element;
    },
  } satisfies DataObjects);
}

/** A text without the zeros that fill up texts of a fixed length, as h5py 2 wrote them. */
function unpadded(text: string): string {
  return text.replace(/\0+$/, '');
}
