// Bytes that should be text in UTF-8, and what they are when they are not.
import { BpttError } from '../base/errors.ts';
import { otherFormat } from './other-format.ts';

/** What every text is checked for. @throws BpttError `bad-file` for bytes that begin as another known format does. */
export function checkText(name: string, bytes: Uint8Array): void {
  const other = otherFormat(bytes, 'page');
  if (other !== undefined) throw bad(name, 'text', other);
}

/**
 * What is wrong with bytes that a decoder refused, or in which there is a NUL.
 *
 * @param place Where `bytes` begin in the file: at a character, or in one that began before.
 */
export function notUtf8(name: string, bytes: Uint8Array, place = 0): BpttError {
  const convert = (from: string) => `; \`iconv -f ${from} -t UTF-8\` makes it UTF-8`;
  const [first, second] = bytes;
  if (place === 0 && ((first === 0xff && second === 0xfe) || (first === 0xfe && second === 0xff))) {
    return bad(name, 'text in UTF-8', `UTF-16, by the mark at its start${convert('UTF-16')}`);
  }
  const at = invalidAt(bytes);
  const nul = bytes.indexOf(0);
  if (nul >= 0 && nul <= at) {
    const every = bytes.subarray(nul % 2, 1000).every((byte, index) => index % 2 === 1 || byte === 0);
    const what = every && bytes.length > 3 ? `UTF-16${convert(`UTF-16${nul % 2 === 1 ? 'LE' : 'BE'}`)}` : 'binary';
    return bad(name, 'text', `a NUL byte at offset ${place + nul}: the file is ${what}`);
  }
  const byte = `0x${bytes[at]!.toString(16).toUpperCase()}`;
  const got = `byte ${byte} at offset ${place + at}, which is none: perhaps the file is in Latin-1 (Windows-1252)`;
  return bad(name, 'text in UTF-8', `${got}${convert('WINDOWS-1252')}`);
}

/** Where the first sequence begins that is not UTF-8; the length where all are. */
export function invalidAt(bytes: Uint8Array): number {
  const isValid = (length: number, stream: boolean) => {
    try {
      new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, length), { stream });
      return true;
    } catch {
      return false;
    }
  };
  if (isValid(bytes.length, false)) return bytes.length;
  // The longest beginning that is UTF-8, or could become it.
  let [valid, invalid] = [0, bytes.length + 1];
  while (invalid - valid > 1) {
    const middle = (valid + invalid) >> 1;
    if (isValid(middle, true)) valid = middle;
    else invalid = middle;
  }
  // Its last character may have begun, and what comes does not go on with it.
  let begin = valid;
  while (!isValid(begin, false)) begin--;
  return begin;
}

const bad = (name: string, expected: string, got: string) =>
  new BpttError('bad-file', `${name}: expected ${expected}, got ${got}`);
