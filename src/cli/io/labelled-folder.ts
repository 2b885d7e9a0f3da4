// A folder of recordings or of images of lines, and what is in them: a text beside each, or a table.
import { readdir } from 'node:fs/promises';
import { dirname, extname, join, relative, resolve } from 'node:path';
import { type CsvError, parse } from 'csv-parse/browser/esm/sync';
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { readBytes } from '../../node/atomic-file.ts';
import { decodeText } from './text-file.ts';

/** A file and what is said or written in it. */
export interface Labelled {
  readonly path: string;
  readonly text: string;
}

/** What files are looked for. */
export interface FileKind {
  /** What errors call them, and one of them. */
  readonly files: string;
  readonly file: string;
  is(name: string): boolean;
  /** What the text of a file may be called, the likeliest first; `stem` is its path without its ending. */
  texts(stem: string): readonly [string, ...string[]];
}

export interface FolderOptions {
  readonly kind: FileKind;
  /** A table of files and texts. */
  readonly transcripts: string | undefined;
  readonly lowercase: boolean;
  /** Takes what is wrong with a file; throws it, or remembers that it is left out. */
  readonly onBad: (error: BpttError) => void;
}

/** What columns of tables are called, in lists of recordings that are in use. */
const columns = {
  file: ['file', 'path', 'file_name', 'filename', 'audio', 'wav'],
  text: ['text', 'transcript', 'transcription', 'sentence'],
} as const;

/**
 * The files of a folder with their texts, in the order of their names.
 *
 * @throws BpttError for a folder without such files or texts, for tables that are wrong, and what `onBad` throws.
 */
export async function readFolder(folder: string, options: FolderOptions): Promise<readonly Labelled[]> {
  const names = await readdir(folder, { recursive: true }).catch((cause: NodeJS.ErrnoException) => {
    const got = cause.code === 'ENOTDIR' ? 'a file' : cause.code === 'ENOENT' ? 'nothing of that name' : cause.message;
    throw new BpttError('bad-file', `${folder}: expected a folder of ${options.kind.files}, got ${got}`, { cause });
  });
  const all = names.toSorted();
  const files = all.filter((name) => options.kind.is(name)).map((name) => join(folder, name));
  if (files.length === 0) {
    throw new BpttError('bad-file', `${folder}: expected ${options.kind.files} in it, got ${all.length} others`);
  }
  const table = options.transcripts ?? tableIn(folder, all);
  const found =
    table === undefined ? await readBeside(folder, files, all, options) : await readTable(table, files, options);
  return found.map(({ path, text }) => ({ path, text: tidy(text, options.lowercase) }));
}

/** White space is one space, letters with marks are one character each. */
const tidy = (text: string, lowercase: boolean) => {
  const plain = text.normalize('NFC').replaceAll(/\s+/g, ' ').trim();
  return lowercase ? plain.toLowerCase() : plain;
};

const isTable = (name: string) => /\.(csv|tsv)$/i.test(name);

function tableIn(folder: string, names: readonly string[]): string | undefined {
  const tables = names.filter((name) => isTable(name) && dirname(name) === '.');
  if (tables.length < 2) return tables[0] === undefined ? undefined : join(folder, tables[0]);
  const got = `${tables.length}: ${tables.join(', ')}`;
  throw new BpttError('bad-file', `${folder}: expected one table of transcripts, got ${got}; --transcripts says which`);
}

async function readBeside(
  folder: string,
  files: readonly string[],
  names: readonly string[],
  { kind, onBad }: FolderOptions,
): Promise<readonly Labelled[]> {
  const there = new Set(names.map((name) => join(folder, name)));
  const besides = (path: string) => kind.texts(path.slice(0, path.length - extname(path).length));
  const beside = (path: string) => besides(path).find((place) => there.has(place));
  if (!files.some((path) => beside(path) !== undefined)) {
    const expected = 'transcripts: a .txt beside each file, or a CSV or TSV with the columns file and text';
    throw new BpttError('bad-file', `${folder}: expected ${expected}, got ${files.length} ${kind.files} and none`);
  }
  const labelled: Labelled[] = [];
  for (const path of files) {
    const place = beside(path);
    if (place === undefined) {
      const places = besides(path).join(' or ');
      onBad(new BpttError('bad-file', `${path}: expected its transcript in ${places}, got none`));
      continue;
    }
    try {
      labelled.push({ path, text: decodeText(await readBytes(place), place) });
    } catch (cause) {
      if (!(cause instanceof BpttError)) throw cause;
      onBad(cause);
    }
  }
  return labelled;
}

async function readTable(
  table: string,
  files: readonly string[],
  { kind, onBad }: FolderOptions,
): Promise<readonly Labelled[]> {
  const content = decodeText(await readBytes(table), table);
  const delimiter = /\.tsv$/i.test(table) ? '\t' : ',';
  let records: string[][];
  try {
    // Tables with tabs have quotes as characters of their texts.
    records = parse(content, {
      bom: true,
      delimiter,
      quote: delimiter === ',' ? '"' : null,
      relaxColumnCount: true,
      skipEmptyLines: true,
    });
  } catch (cause) {
    const { lines, message } = cause as CsvError;
    throw new BpttError('bad-file', `${table}, line ${lines}: expected a table, got: ${message}`, { cause });
  }
  const [head = [], ...rows] = records;
  const [file, text] = (['file', 'text'] as const).map((kind) => {
    const at = head.findIndex((name) => (columns[kind] as readonly string[]).includes(name.trim().toLowerCase()));
    if (at >= 0) return at;
    const expected = `a column called ${columns[kind].join(', ')}`;
    throw new BpttError(
      'bad-file',
      `${table}, line 1: expected ${expected}, got ${head.map((name) => show(name)).join(', ')}`,
    );
  }) as [number, number];
  const known = new Map(files.map((path) => [resolve(path), path]));
  const labelled: Labelled[] = [];
  const named = new Set<string>();
  for (const [index, row] of rows.entries()) {
    const where = `${table}, row ${index + 2}`;
    const path = known.get(resolve(dirname(table), row[file] ?? ''));
    const again = path !== undefined && named.has(path);
    if (path !== undefined) named.add(path);
    if (path === undefined)
      onBad(new BpttError('bad-file', `${where}: expected ${kind.file} of the folder, got ${show(row[file])}`));
    else if (again) onBad(new BpttError('bad-file', `${where}: expected each file once, got ${show(row[file])} again`));
    else if (row[text] === undefined)
      onBad(new BpttError('bad-file', `${where}: expected a text beside ${show(row[file])}, got none`));
    else labelled.push({ path, text: row[text] });
  }
  for (const path of files) {
    if (named.has(path)) continue;
    onBad(new BpttError('bad-file', `${path}: expected its transcript in ${relative('.', table) || table}, got none`));
  }
  return labelled.toSorted((a, b) => (a.path < b.path ? -1 : 1));
}
