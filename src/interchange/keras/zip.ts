// Entries of a zip archive, with their sizes and checksums checked. fflate inflates, and finds what is there; it does not check.
import { type UnzipFileInfo, unzipSync } from 'fflate';
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
  let entries: Readonly<Record<string, Uint8Array>>;
  let directory: readonly Entry[];
  try {
    directory = readDirectory(bytes);
    checkApart(directory, bad);
    let left = mostOf(bytes.length);
    const wanted = ({ name, originalSize }: UnzipFileInfo) => {
      if (!isWanted(name)) return false;
      left -= originalSize;
      if (left < 0) throw bad(`entries of at most ${mostOf(bytes.length)} bytes`, `${originalSize} of ${name}`);
      return true;
    };
    entries = unzipSync(bytes, { filter: wanted });
  } catch (cause) {
    if (cause instanceof BpttError) throw cause;
    throw bad('a whole zip archive', `${bytes.length} bytes: it is cut off or damaged`, cause);
  }
  const found = new Map(Object.entries(entries));
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
    const begin = view.getUint32(at + 42, true);
    entries.push({
      name: new (textClass('TextDecoder'))().decode(bytes.subarray(nameAt, nameAt + nameLength)),
      checksum: view
        .getUint32(at + 16, true)
        .toString(16)
        .padStart(8, '0'),
      begin,
      end: begin + ENTRY_BYTES + nameLength + view.getUint32(at + 20, true),
    });
    at = nameAt + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return entries;
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
