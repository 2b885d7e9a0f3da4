// Files that a command writes: others than those that it reads, where they can be written, and what is there is kept unless --overwrite says otherwise.
import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BpttError } from '../../base/errors.ts';
import { checkWritable, targetOf } from '../../node/atomic-file.ts';

export interface Target {
  /** What errors call the path, such as its flag. */
  readonly where: string;
  readonly path: string;
  /** Files that the command reads, or writes as well. */
  readonly others?: readonly (string | undefined)[];
  /** Whether a file that is there gives way. */
  readonly overwrite: boolean;
}

/**
 * Tries whether a file can be written, before long work and before anything is lost.
 *
 * @throws BpttError for one of the others, for a place where no file can be, and for a file that is to be kept.
 */
export async function checkTarget({ where, path, others = [], overwrite }: Target): Promise<void> {
  const place = await placeOf(path);
  for (const other of others) {
    if (other === undefined || (await placeOf(other)) !== place) continue;
    throw new BpttError('invalid-argument', `${where}: expected another file than ${other}, got ${path}, which is it`);
  }
  await checkWritable(path);
  if (!overwrite) await checkNew(where, path);
}

/** @throws BpttError for a file that is there. */
export async function checkNew(where: string, path: string): Promise<void> {
  const found = await stat(path).catch(() => undefined);
  if (found === undefined) return;
  throw new BpttError(
    'bad-file',
    `${where}: expected a name that no file has yet, got ${path}: --overwrite replaces it`,
  );
}

/** With symbolic links followed; of a path that cannot be, as it is. */
async function placeOf(path: string): Promise<string> {
  return targetOf(path).catch(() => resolve(path));
}
