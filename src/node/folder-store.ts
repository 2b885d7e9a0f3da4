// A folder with files that are written once: what a sweep keeps, and finds again after it was killed.
import { mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join, relative, sep } from 'node:path';
import { checkBytes, checkString, fail, show } from '../base/check.ts';
import { checkPath, fileError, isThere, removeAbandoned, writeFileAtomic } from './atomic-file.ts';

/** A folder as a `CheckpointStore` of `bptt/sweep`. */
export interface FolderStore {
  /** The bytes under a key; undefined where there are none. */
  read(key: string): Promise<Uint8Array<ArrayBuffer> | undefined>;
  /** Writes bytes under a key, whole or not at all, unless there are some: resolves to whether it wrote. */
  add(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Removes what is under a key, if anything. */
  remove(key: string): Promise<void>;
  /** The keys that begin so, in any order. */
  keys(prefix: string): Promise<readonly string[]>;
}

/** Of keys: what is a file's name everywhere, and none that goes up or is hidden. */
const KEY = /^[\w-][\w.-]{0,199}(\/[\w-][\w.-]{0,199}){0,9}$/;

/** How a key begins: whole names and a part of the next. */
const PREFIX = /^([\w-][\w.-]{0,199}\/){0,9}([\w-][\w.-]{0,199})?$/;

/**
 * A folder as a store of checkpoints; the folder is made where there is none. Several programs and machines may use the same one.
 *
 * @example
 * const store = folderStore('my-sweep'); // sweep({ …, store }) goes on from what is there
 * console.log(await store.keys('trials/'));
 *
 * @throws BpttError `bad-file` with the path and the reason, when a file cannot be read or written.
 */
export function folderStore(path: string): FolderStore {
  checkPath('folderStore(path)', path);
  const fileOf = (where: string, key: string) => {
    if (!KEY.test(checkString(where, key)))
      fail(where, 'at most ten names of at most 200 letters, digits and _ . - between /', show(key));
    return join(path, ...key.split('/'));
  };
  return {
    async read(key) {
      const file = fileOf('FolderStore.read(key)', key);
      try {
        return new Uint8Array(await readFile(file));
      } catch (cause) {
        if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
        throw fileError(file, 'read', cause);
      }
    },
    async add(key, bytes) {
      const file = fileOf('FolderStore.add(key)', key);
      checkBytes('FolderStore.add(bytes)', bytes);
      const wrote = await addFile(file, bytes);
      // Of programs that were killed while they wrote it. Who is writing it now finds it there, and its own gone: `addFile` tries again.
      await removeAbandoned(file);
      return wrote;
    },
    async remove(key) {
      const file = fileOf('FolderStore.remove(key)', key);
      await rm(file, { force: true }).catch((cause) => {
        throw fileError(file, 'write', cause);
      });
    },
    async keys(prefix) {
      // Never out of the folder.
      if (!PREFIX.test(checkString('FolderStore.keys(prefix)', prefix))) {
        fail('FolderStore.keys(prefix)', 'how a key begins', show(prefix));
      }
      // Only the folder in which they can be: a sweep has many.
      const folder = join(path, ...prefix.split('/').slice(0, -1));
      const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch((cause) => {
        // Nothing was added yet.
        if (cause.code === 'ENOENT') return [];
        throw fileError(folder, 'read', cause);
      });
      return entries
        .filter((entry) => entry.isFile())
        .map((entry) => relative(path, join(entry.parentPath, entry.name)).split(sep).join('/'))
        .filter((key) => KEY.test(key) && key.startsWith(prefix));
    },
  };
}

/** Writes a file unless there is one: says whether it did. */
async function addFile(file: string, bytes: Uint8Array, tries = 5): Promise<boolean> {
  try {
    await mkdir(dirname(file), { recursive: true });
    await writeFileAtomic(file, bytes, { replace: false });
    return true;
  } catch (cause) {
    if (isThere(cause)) return false;
    const gone = ((cause as Error).cause as NodeJS.ErrnoException | undefined)?.code === 'ENOENT';
    if (gone && tries > 1) return addFile(file, bytes, tries - 1);
    throw fileError(file, 'write', cause);
  }
}
