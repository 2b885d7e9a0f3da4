// Pairs to learn from, and the tokens of both sides, which a model file keeps.
import { BpttError } from '../../base/errors.ts';
import { readEntry } from '../../base/metadata-entry.ts';
import { readBytes } from '../../node/atomic-file.ts';
import { type Tokenizer, tokenizerFromJSON } from '../../tokenizers/index.ts';
import { datePairs, type Pair, readPairs } from '../../translation/index.ts';
import { renamedError } from './renamed-error.ts';
import { decodeText } from './text-file.ts';

/** What is learned from without a file: dates in twenty forms to ISO 8601. */
const EMBEDDED = { name: 'dates in 20 forms, English and Russian', count: 30_000 };

/** The tokens of both sides. */
export interface Sides {
  readonly source: Tokenizer;
  readonly target: Tokenizer;
}

/**
 * Reads files of lines, each a source, a tab and its target; without files, dates.
 *
 * @throws BpttError `bad-file` that names file and line.
 */
export async function readPairFiles(paths: readonly string[]): Promise<{ name: string; list: readonly Pair[] }> {
  if (paths.length === 0) return { name: EMBEDDED.name, list: datePairs({ count: EMBEDDED.count }) };
  const lists: (readonly Pair[])[] = [];
  for (const path of paths) {
    const text = decodeText(await readBytes(path), path);
    try {
      lists.push(readPairs(text));
    } catch (cause) {
      if (!(cause instanceof BpttError)) throw cause;
      const message = cause.message.replace(/^readPairs\(text\)(: |, )/, '');
      throw new BpttError('bad-file', `${path}${message.startsWith('line') ? ', ' : ': '}${message}`, { cause });
    }
  }
  return { name: paths.length === 1 ? paths[0]! : `${paths.length} files`, list: lists.flat() };
}

/** Their name in a model file's metadata. */
const NAME = 'translation';

export function sidesMetadata({ source, target }: Sides): Readonly<Record<string, string>> {
  return { [NAME]: JSON.stringify({ source: source.toJSON(), target: target.toJSON() }) };
}

/** @throws BpttError `bad-file` for the metadata of a model that `bptt train --task translate` did not make. */
export function readSides(path: string, metadata: Readonly<Record<string, string>>): Sides {
  try {
    return readEntry('metadata', metadata, { name: NAME, of: 'translates' }, (value) => {
      const { source, target } = (value ?? {}) as { readonly source?: unknown; readonly target?: unknown };
      return { source: tokenizerFromJSON(source), target: tokenizerFromJSON(target) };
    });
  } catch (cause) {
    throw renamedError(cause, { metadata: `${path}, metadata` });
  }
}
