// The file of what took long to learn.
import { join, parse } from 'node:path';
import { isThere, writeFileAtomic } from '../../node/atomic-file.ts';

/** Writes it, and says where: a name that another file got meanwhile counts up, so that neither that file is lost nor what was learned. */
export async function writeLearned(out: string, bytes: Uint8Array, replace: boolean): Promise<string> {
  const { dir, name, ext } = parse(out);
  for (let count = 1; ; count++) {
    const path = count === 1 ? out : join(dir, `${name}-${count}${ext}`);
    try {
      await writeFileAtomic(path, bytes, { replace });
      return path;
    } catch (error) {
      if (!isThere(error)) throw error;
    }
  }
}
