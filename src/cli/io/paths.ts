// Files that a command writes are others than those that it reads.
import { realpath } from 'node:fs/promises';
import { resolve } from 'node:path';
import { BpttError } from '../../base/errors.ts';

/**
 * Tries whether `path`, which is to be written, is another file than each of `others`; before long work, and before anything is lost.
 *
 * @param where What errors call `path`, such as its flag.
 * @throws BpttError naming both.
 */
export async function checkOtherFile(
  where: string,
  path: string,
  ...others: readonly (string | undefined)[]
): Promise<void> {
  const place = await placeOf(path);
  for (const other of others) {
    if (other === undefined || (await placeOf(other)) !== place) continue;
    throw new BpttError('invalid-argument', `${where}: expected another file than ${other}, got ${path}, which is it`);
  }
}

/** With symbolic links followed, where there is a file. */
async function placeOf(path: string): Promise<string> {
  return realpath(path).catch(() => resolve(path));
}
