// Whole files in Node: read with errors that say what is wrong, written so that the former file survives every failure.
import { randomUUID } from 'node:crypto';
import { link, lstat, open, readdir, readFile, readlink, realpath, rename, rm, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { checkString, fail, show } from '../base/check.ts';
import { checksum } from '../base/crc32.ts';
import { BpttError } from '../base/errors.ts';

/** A path. @throws BpttError for what is none. */
export function checkPath(where: string, value: unknown): string {
  return checkString(where, value) === '' ? fail(where, 'a path', show(value)) : (value as string);
}

/** What the system's codes mean to somebody who gave a path. */
const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file or directory',
  ENOTDIR: 'a part of the path is not a directory',
  EISDIR: 'it is a directory',
  EEXIST: 'there is another of that name',
  EACCES: 'permission denied',
  EPERM: 'the system does not permit it',
  EROFS: 'the file system is read-only',
  ENOSPC: 'no space is left on the device',
  EDQUOT: 'the disk quota is used up',
  ENAMETOOLONG: 'the name is too long',
  ELOOP: 'too many symbolic links',
};

const codeOf = (cause: unknown): string => (cause as NodeJS.ErrnoException).code ?? '';

/** What went wrong with a file, as this package says it. */
export function fileError(path: string, action: 'read' | 'write', cause: unknown): BpttError {
  if (cause instanceof BpttError) return cause;
  const reason = reasons[codeOf(cause)] ?? (cause as Error).message.split('\n')[0];
  return new BpttError('bad-file', `${path}: cannot ${action} the file: ${reason}`, { cause });
}

/**
 * All bytes of a file.
 *
 * @throws BpttError `bad-file` with the path and the reason.
 */
export async function readBytes(path: string): Promise<Uint8Array<ArrayBuffer>> {
  try {
    return new Uint8Array(await readFile(path));
  } catch (cause) {
    throw fileError(path, 'read', cause);
  }
}

/** How a file is written. */
export interface WriteOptions {
  /** Whose temporary file it is, for `removeAbandoned`: the path itself, or that of a file beside it. Default the path. */
  readonly owner?: string;
  /** Whether a file that is there gives way. Default true. */
  readonly replace?: boolean;
}

/**
 * Writes a file so that at every moment `path` is either the former file or the new one, whole: the bytes go to a file
 * with a temporary name in the same directory, reach the disk, and take the place of the former file in one step.
 * A symbolic link stays one, and the file that it points to is written; permissions are kept.
 *
 * @throws BpttError `bad-file` with the path and the reason, one of which is a file that is there when `replace` is false; the former file
 * is then untouched and no other file is left.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array, options: WriteOptions = {}): Promise<void> {
  const { owner = path, replace = true } = options;
  try {
    const { target, mode } = await resolveTarget(path);
    await withTemporary(target, mode, bytes, owner, (from) => (replace ? rename(from, target) : putNew(from, target)));
    await syncDirectory(dirname(target));
  } catch (cause) {
    throw fileError(path, 'write', cause);
  }
}

/** Whether writing failed because of a file that is there. */
export function isThere(error: unknown): boolean {
  return error instanceof BpttError && (error.cause as NodeJS.ErrnoException | undefined)?.code === 'EEXIST';
}

/**
 * Tries whether `writeFileAtomic(path)` could begin: the directory is there and lets us create a file, and `path` is not
 * something else than a file. For use before long work; it changes nothing.
 *
 * @throws BpttError `bad-file` with the path and the reason.
 */
export async function checkWritable(path: string): Promise<void> {
  try {
    const { target, mode } = await resolveTarget(path);
    await withTemporary(target, mode, new Uint8Array(0), path, unlink);
  } catch (cause) {
    throw fileError(path, 'write', cause);
  }
}

/**
 * Removes the temporary files that a process left when it was killed while it wrote `owner`, or a file of that owner. Only for
 * whoever knows that nobody is writing them.
 */
export async function removeAbandoned(owner: string): Promise<void> {
  const directory = dirname(owner);
  const names = await readdir(directory).catch((): string[] => []);
  const abandoned = names.filter((name) => name.startsWith(temporaryPrefix(owner)));
  for (const name of abandoned) await rm(join(directory, name), { force: true });
}

const temporaryPrefix = (owner: string) => `${hiddenName(owner)}-`;

/** How names of files begin that are beside `owner` for its sake. It does not contain the owner's name, which may be as long as names can be. */
export function hiddenName(owner: string): string {
  return `.bptt-${checksum(new TextEncoder().encode(basename(owner)))}`;
}

/**
 * The absolute path of the file that `path` stands for, there or not yet: symbolic links are followed, also one that points to nothing.
 *
 * @throws an error of the system, for a directory that is not there.
 */
export async function targetOf(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (cause) {
    if (codeOf(cause) !== 'ENOENT') throw cause;
  }
  const directory = await realpath(dirname(path));
  const pointed = await readlink(path).catch(() => undefined);
  return pointed === undefined ? join(directory, basename(path)) : targetOf(resolve(directory, pointed));
}

/** Where the bytes go, and the permissions of a file that is there already. */
async function resolveTarget(path: string): Promise<{ target: string; mode: number | undefined }> {
  if (path === '') throw new BpttError('bad-file', 'expected the path of a file, got an empty one');
  const target = await targetOf(path);
  const info = await stat(target).catch(() => undefined);
  if (info === undefined) {
    if (/[/\\]$/.test(path)) throw new BpttError('bad-file', `${path}: expected the path of a file, got a directory's`);
    return { target, mode: undefined };
  }
  if (!info.isFile()) {
    const got = info.isDirectory() ? 'a directory' : 'something else';
    throw new BpttError('bad-file', `${path}: cannot write the file: expected a regular file to replace, got ${got}`);
  }
  return { target, mode: info.mode & 0o777 };
}

/** Gives a file its name unless another file has it, in one step where the file system has hard links. */
async function putNew(temporary: string, target: string): Promise<void> {
  try {
    await link(temporary, target);
    await unlink(temporary);
  } catch (cause) {
    if (!['EPERM', 'ENOSYS', 'ENOTSUP', 'EOPNOTSUPP'].includes(codeOf(cause))) throw cause;
    const there = await lstat(target).catch(() => undefined);
    if (there !== undefined) throw Object.assign(new Error(`${target} is there`), { code: 'EEXIST' });
    await rename(temporary, target);
  }
}

/** Writes the bytes to a new file beside `target`, hands its path to `finish`, and removes it when anything fails. */
async function withTemporary(
  target: string,
  mode: number | undefined,
  bytes: Uint8Array,
  owner: string,
  finish: (temporary: string) => Promise<void>,
): Promise<void> {
  const temporary = join(dirname(target), `${temporaryPrefix(owner)}${randomUUID()}.tmp`);
  const file = await open(temporary, 'wx', mode ?? 0o666);
  try {
    try {
      if (mode !== undefined) await file.chmod(mode); // `open` applies the umask
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await finish(temporary);
  } catch (cause) {
    await unlink(temporary).catch(() => {}); // what matters is the first failure
    throw cause;
  }
}

/** Makes the rename itself durable. Not every system can open a directory; the file is whole in any case. */
async function syncDirectory(path: string): Promise<void> {
  try {
    const directory = await open(path, 'r');
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  } catch {}
}
