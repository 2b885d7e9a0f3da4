// The entries of a zip archive, with their checksums checked. fflate inflates, and finds what is there; it does not check.
import { unzipSync } from 'fflate';
import { checksum } from '../../base/crc32.ts';
import { BpttError } from '../../base/errors.ts';

/** "PK\3\4": the header of an entry. */
const ENTRY = 0x04034b50;
/** Of an entry in the directory at the end, which begins with "PK\1\2". */
const DIRECTORY_ENTRY = 0x02014b50;
/** Of the end of the directory: "PK\5\6". */
const END = 0x06054b50;
const END_BYTES = 22;

/** Whether bytes begin as a zip archive does. */
export function isZip(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && viewOf(bytes).getUint32(0, true) === ENTRY;
}

/**
 * The entries of an archive, by name. Format: PKWARE's APPNOTE, sections 4.3.12 and 4.3.16.
 *
 * @throws BpttError `bad-file` for an archive that is cut off or damaged, with the entry.
 */
export function unzip(bytes: Uint8Array, where: string): ReadonlyMap<string, Uint8Array> {
  let entries: Readonly<Record<string, Uint8Array>>;
  try {
    entries = unzipSync(bytes);
  } catch (cause) {
    const message = `${where}: expected a whole zip archive, got ${bytes.length} bytes: it is cut off or damaged`;
    throw new BpttError('bad-file', message, { cause });
  }
  const sums = checksums(bytes);
  const found = new Map(Object.entries(entries));
  for (const [name, data] of found) {
    if (sums.get(name) === checksum(data)) continue;
    const expected = `checksum ${sums.get(name) ?? '(none)'}`;
    throw new BpttError('bad-file', `${where}, ${name}: expected ${expected}, got ${checksum(data)}: it is damaged`);
  }
  return found;
}

/** The CRC-32 of each entry, as the directory has them; fflate has been through it. */
function checksums(bytes: Uint8Array): ReadonlyMap<string, string> {
  const view = viewOf(bytes);
  let end = bytes.length - END_BYTES;
  while (end > 0 && view.getUint32(end, true) !== END) end--;
  const sums = new Map<string, string>();
  let at = view.getUint32(end + 16, true);
  while (at + 46 <= bytes.length && view.getUint32(at, true) === DIRECTORY_ENTRY) {
    const nameLength = view.getUint16(at + 28, true);
    const name = new TextDecoder().decode(bytes.subarray(at + 46, at + 46 + nameLength));
    sums.set(
      name,
      view
        .getUint32(at + 16, true)
        .toString(16)
        .padStart(8, '0'),
    );
    at += 46 + nameLength + view.getUint16(at + 30, true) + view.getUint16(at + 32, true);
  }
  return sums;
}

function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
