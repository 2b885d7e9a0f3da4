// Whole files in Node: read with errors that say what is wrong, written so that the former file survives every failure.
import { randomUUID } from 'node:crypto';
import { open, readdir, readFile, realpath, rename, stat, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { checksum } from '../base/crc32.ts';
import { BpttError } from '../base/errors.ts';

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

/** What went wrong with a file, as this package says it. */
export function fileError(path: string, action: 'read' | 'write', cause: unknown): BpttError {
  if (cause instanceof BpttError) return cause;
  const { code = '', message } = cause as NodeJS.ErrnoException;
  const reason = reasons[code] ?? message.split('\n')[0];
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

/**
 * Writes a file so that at every moment `path` is either the former file or the new one, whole: the bytes go to a file
 * with a temporary name in the same directory, reach the disk, and take the place of the former file in one step.
 * A symbolic link stays one, and the file that it points to is replaced; permissions are kept.
 *
 * @param owner Whose temporary file it is, for `removeAbandoned`: the path itself, or that of a file beside it.
 * @throws BpttError `bad-file` with the path and the reason; the former file is then untouched and no other file is left.
 */
export async function writeFileAtomic(path: string, bytes: Uint8Array, owner = path): Promise<void> {
  try {
    const { target, mode } = await resolveTarget(path);
    await withTemporary(target, mode, bytes, owner, (temporary) => rename(temporary, target));
    await syncDirectory(dirname(target));
  } catch (cause) {
    throw fileError(path, 'write', cause);
  }
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
  for (const name of names) if (name.startsWith(temporaryPrefix(owner))) await unlink(join(directory, name));
}

/** It does not contain the owner's name, which may be as long as names can be. */
function temporaryPrefix(owner: string): string {
  return `.bptt-${checksum(new TextEncoder().encode(basename(owner)))}-`;
}

/** Where the bytes go (symbolic links followed), and the permissions of a file that is there already. */
async function resolveTarget(path: string): Promise<{ target: string; mode: number | undefined }> {
  if (path === '') throw new BpttError('bad-file', 'expected the path of a file, got an empty one');
  let target: string;
  try {
    target = await realpath(path);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code !== 'ENOENT') throw cause;
    if (/[/\\]$/.test(path)) throw new BpttError('bad-file', `${path}: expected the path of a file, got a directory's`);
    return { target: path, mode: undefined };
  }
  const info = await stat(target);
  if (!info.isFile()) {
    const got = info.isDirectory() ? 'a directory' : 'something else';
    throw new BpttError('bad-file', `${path}: cannot write the file: expected a regular file to replace, got ${got}`);
  }
  return { target, mode: info.mode & 0o777 };
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
