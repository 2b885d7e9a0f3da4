// The text to learn from: a file in UTF-8, or the embedded one.
import { fileURLToPath } from 'node:url';
import { BpttError } from '../../base/errors.ts';
import { checkText, notUtf8 } from '../../formats/utf8.ts';
import { readBytes } from '../../node/atomic-file.ts';

export interface Text {
  /** What messages call it. */
  readonly name: string;
  readonly text: string;
}

/**
 * Reads a text. A byte order mark at its start is not part of it; line ends stay as they are.
 *
 * @param path The file; the first chapters of Moby-Dick when undefined.
 * @param embedded Where those are.
 * @throws BpttError `bad-file` for a file that cannot be read, is not text in UTF-8 or has fewer than two characters.
 */
export async function readText(path: string | undefined, embedded: URL): Promise<Text> {
  const bytes = await readBytes(path ?? fileURLToPath(embedded));
  const name = path ?? 'Moby-Dick, chapters 1 to 28';
  const text = decodeText(bytes, name);
  if (text === '') throw bad(name, 'a text', 'an empty file');
  if (text.length === String.fromCodePoint(text.codePointAt(0)!).length) {
    throw bad(name, 'at least 2 characters, one to read and one to predict', '1');
  }
  return { name, text };
}

/** @throws BpttError `bad-file` for what is not text in UTF-8. */
export function decodeText(bytes: Uint8Array, name: string): string {
  checkText(name, bytes);
  if (bytes.includes(0)) throw notUtf8(name, bytes);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw notUtf8(name, bytes);
  }
}

const bad = (name: string, expected: string, got: string) =>
  new BpttError('bad-file', `${name}: expected ${expected}, got ${got}`);
