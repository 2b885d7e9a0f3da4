// Where the trials of a sweep are kept: bytes under keys that are written once. What is written twice is compared, so it does not matter who runs a trial, and how often.
import { checkBoolean, checkBytes, checkObject, isCallable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { list, string, such } from '../base/fields.ts';
import { parseJson } from '../base/parse-json.ts';

/**
 * Bytes under keys such as `trials/3/result.json`: a folder, a table, a bucket. Nothing that was written ever changes, so that a store needs
 * no locks and no order: who comes second finds what the first wrote.
 */
export interface CheckpointStore {
  /** The bytes under a key; undefined where there are none. */
  read(key: string): Promise<Uint8Array | undefined>;
  /** Writes bytes under a key, whole or not at all, unless there are some: says whether it wrote. */
  add(key: string, bytes: Uint8Array): Promise<boolean>;
  /** Removes what is under a key, if anything. */
  remove(key: string): Promise<void>;
  /** The keys that begin so, in any order. */
  keys(prefix: string): Promise<readonly string[]>;
}

export const checkpointStore = such<CheckpointStore>(
  'a CheckpointStore such as folderStore(path) of bptt/node',
  (store) => [store?.read, store?.add, store?.remove, store?.keys].every(isCallable),
);

/** A store whose answers are looked at: whoever wrote it is told what is wrong with them. */
export function checkedStore(store: CheckpointStore): CheckpointStore {
  const where = 'sweep.store';
  return {
    async read(key) {
      const bytes: unknown = await store.read(key);
      return bytes === undefined ? undefined : checkBytes(`${where}.read(${show(key)})`, bytes);
    },
    add: async (key, bytes) => checkBoolean(`${where}.add(${show(key)})`, await store.add(key, bytes)),
    remove: async (key) => store.remove(key),
    keys: async (prefix) => list(string, 'keys').check(`${where}.keys(${show(prefix)})`, await store.keys(prefix)),
  };
}

/** What a store has under a key, as an object. @throws BpttError `bad-file` that begins with `where`, for what is none in JSON. */
export function readJson(where: string, bytes: Uint8Array): Readonly<Record<string, unknown>> {
  try {
    return checkObject(where, parseJson(new TextDecoder().decode(bytes)));
  } catch (cause) {
    throw new BpttError('bad-file', `${where}: expected an object in JSON, got ${(cause as Error).message}`, { cause });
  }
}

/**
 * A store that lasts as long as this program: for sweeps that end before it does.
 *
 * @example
 * const store = memoryStore(); // a second call of sweep with it goes on where the first was ended
 * console.log(await store.keys(''));
 */
export function memoryStore(): CheckpointStore {
  const all = new Map<string, Uint8Array>();
  return {
    read: async (key) => all.get(key),
    async add(key, bytes) {
      if (all.has(key)) return false;
      all.set(key, bytes.slice());
      return true;
    },
    async remove(key) {
      all.delete(key);
    },
    keys: async (prefix) => [...all.keys()].filter((key) => key.startsWith(prefix)),
  };
}
