// The text to learn from: a file in UTF-8, or the embedded one.
import { readdir, stat } from 'node:fs/promises';
import { join, relative } from 'node:path';
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

/**
 * Reads several texts as one, with a line feed between them; of folders all files in them, in the order of their names.
 *
 * @throws BpttError as `readText` does, for each of them, and for a folder without files.
 */
export async function readTexts(paths: readonly string[], embedded: URL): Promise<Text> {
  const files = await filesOf(paths);
  if (files.length < 2) return readText(files[0], embedded);
  const texts: string[] = [];
  for (const file of files) texts.push(decodeText(await readBytes(file), file));
  const name = paths.length === 1 ? `${paths[0]} (${files.length} files)` : `${files.length} files`;
  return { name, text: texts.join('\n') };
}

/** The files that paths name, those in folders too. */
export async function filesOf(paths: readonly string[]): Promise<readonly string[]> {
  const all = await Promise.all(
    paths.map(async (path) => {
      const found = await stat(path).catch(() => undefined);
      if (found?.isDirectory() !== true) return [path];
      const entries = await readdir(path, { recursive: true, withFileTypes: true });
      // Of hidden files and folders nobody thinks.
      const inside = entries
        .filter((entry) => entry.isFile())
        .map((entry) => join(entry.parentPath ?? entry.path, entry.name))
        .filter((file) => !/(^|[/\\])\./.test(relative(path, file)));
      if (inside.length === 0) throw bad(path, 'a folder with files', 'one without');
      return inside.sort();
    }),
  );
  return all.flat();
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
