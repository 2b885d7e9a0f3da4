// Entries of a zip archive, with their sizes and checksums checked. fflate inflates them.
import { inflateSync } from 'fflate';
import { checksum } from '../../base/crc32.ts';
import { textClass } from '../../base/engine.ts';
import { BpttError } from '../../base/errors.ts';
import { mostOf } from './growth.ts';

/** "PK\3\4": the header of an entry. */
const ENTRY = 0x04034b50;
const ENTRY_BYTES = 30;
/** Of an entry in the directory at the end, which begins with "PK\1\2". */
const DIRECTORY_ENTRY = 0x02014b50;
const DIRECTORY_ENTRY_BYTES = 46;
/** Of the end of the directory: "PK\5\6". */
const END = 0x06054b50;
const END_BYTES = 22;

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === ENTRY;
}

/**
 * These entries of an archive, by name, or those of names that are wanted; others are not looked at. Format: PKWARE's APPNOTE, sections 4.3.12 and 4.3.16.
 *
 * @throws BpttError `bad-file` for an archive that lacks one, is cut off or damaged, whose entries overlap, or in which they would become
 * more than `mostOf` its bytes.
 */
export function unzip(
  bytes: Uint8Array,
  names: readonly string[] | ((name: string) => boolean),
  where: string,
): ReadonlyMap<string, Uint8Array> {
  const isWanted = typeof names === 'function' ? names : (name: string) => names.includes(name);
  const bad = (expected: string, got: string, cause?: unknown) =>
    new BpttError('bad-file', `${where}: expected ${expected}, got ${got}`, { cause });
  const found = new Map<string, Uint8Array>();
  let directory: readonly Entry[];
  try {
    directory = readDirectory(bytes);
    checkApart(directory, bad);
    let left = mostOf(bytes.length);
    for (const entry of directory) {
      if (!isWanted(entry.name)) continue;
      left -= entry.size;
      if (left < 0) throw bad(`entries of at most ${mostOf(bytes.length)} bytes`, `${entry.size} of ${entry.name}`);
      found.set(entry.name, contentOf(bytes, entry));
    }
  } catch (cause) {
    if (cause instanceof BpttError) throw cause;
    throw bad('a whole zip archive', `${bytes.length} bytes: it is cut off or damaged`, cause);
  }
  for (const name of typeof names === 'function' ? found.keys() : names) {
    const data = found.get(name);
    if (data === undefined) {
      throw bad(`an entry ${name}`, `only ${directory.map((entry) => entry.name).join(', ') || 'none'}`);
    }
    const sum = directory.find((entry) => entry.name === name)?.checksum ?? '(none)';
    if (sum === checksum(data)) continue;
    const message = `${where}, ${name}: expected checksum ${sum}, got ${checksum(data)}: it is damaged`;
    throw new BpttError('bad-file', message);
  }
  return found;
}

/** What the directory says of an entry. */
interface Entry {
  readonly name: string;
  readonly checksum: string;
  /** Where it begins, and before what byte at the soonest the next one does. */
  readonly begin: number;
  readonly end: number;
  /** 0 as it is, 8 deflated. */
  readonly method: number;
  /** Bytes in the archive, and of the content. */
  readonly packed: number;
  readonly size: number;
}

function readDirectory(bytes: Uint8Array): readonly Entry[] {
  const view = viewOf(bytes);
  let end = bytes.length - END_BYTES;
  while (end > 0 && view.getUint32(end, true) !== END) end--;
  const entries: Entry[] = [];
  let at = view.getUint32(end + 16, true);
  while (at + DIRECTORY_ENTRY_BYTES <= bytes.length && view.getUint32(at, true) === DIRECTORY_ENTRY) {
    const nameLength = view.getUint16(at + 28, true);
    const nameAt = at + DIRECTORY_ENTRY_BYTES;
    const extraLength = view.getUint16(at + 30, true);
    const [size, packed, begin] = wide(view, nameAt + nameLength, extraLength, [
      view.getUint32(at + 24, true),
      view.getUint32(at + 20, true),
      view.getUint32(at + 42, true),
    ]);
    entries.push({
      name: new (textClass('TextDecoder'))().decode(bytes.subarray(nameAt, nameAt + nameLength)),
      checksum: view
        .getUint32(at + 16, true)
        .toString(16)
        .padStart(8, '0'),
      begin,
      end: begin + ENTRY_BYTES + nameLength + packed,
      method: view.getUint16(at + 10, true),
      packed,
      size,
    });
    at = nameAt + nameLength + extraLength + view.getUint16(at + 32, true);
  }
  return entries;
}

type Sizes = readonly [size: number, packed: number, begin: number];

/** The sizes, of which those that do not fit into 32 bits stand in the extra field of ZIP64 (section 4.5.3). */
function wide(view: DataView, extra: number, length: number, sizes: Sizes): Sizes {
  for (let at = extra; at + 4 <= extra + length; at += 4 + view.getUint16(at + 2, true)) {
    if (view.getUint16(at, true) !== 1) continue;
    let next = at + 4;
    const read = (short: number) => {
      if (short !== 0xffffffff) return short;
      next += 8;
      return Number(view.getBigUint64(next - 8, true));
    };
    const [size, packed, begin] = sizes;
    return [read(size), read(packed), read(begin)];
  }
  return sizes;
}

/**
 * The content of an entry. Not by unzipSync of fflate: it believes the directory how many entries there are, and goes through four billion
 * where a damaged one says so.
 */
function contentOf(bytes: Uint8Array, { name, begin, method, packed, size }: Entry): Uint8Array {
  const view = viewOf(bytes);
  const from = begin + ENTRY_BYTES + view.getUint16(begin + 26, true) + view.getUint16(begin + 28, true);
  const content = bytes.subarray(from, from + packed);
  if (content.length !== packed) throw new RangeError(`${name} is cut off`);
  if (method === 8) return inflateSync(content, { out: new Uint8Array(size) });
  if (method !== 0 || packed !== size) throw new RangeError(`${name} is packed in another way`);
  // Not slice(): that of a Buffer of Node shares its memory.
  return new Uint8Array(content);
}

/** @throws BpttError where two entries share bytes, as in archives that are made to fill the memory (Fifield 2019, "A better zip bomb"). */
function checkApart(entries: readonly Entry[], bad: (expected: string, got: string) => BpttError): void {
  const ordered = [...entries].sort((a, b) => a.begin - b.begin);
  for (const [index, { name, begin }] of ordered.entries()) {
    const before = ordered[index - 1];
    if (before === undefined || before.end <= begin) continue;
    throw bad('entries that do not overlap', `${before.name} and ${name} in the same bytes`);
  }
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
