// Atomic writing: at every moment the path holds the former file or the new one, and nothing else is left behind.
import fs, { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { BpttError } from '../../src/base/errors.ts';
import { checkWritable, readBytes, writeFileAtomic } from '../../src/node/atomic-file.ts';

/** Makes one operation of the next writing fail: names of methods of the file handle, or `open` or `rename`. */
const failing = vi.hoisted(() => ({ operation: '' }));

vi.mock('node:fs/promises', async (importOriginal) => {
  const original = await importOriginal<typeof fs>();
  const failure = (operation: string) => Object.assign(new Error(`${operation} failed`), { code: 'ENOSPC' });
  return {
    ...original,
    link: async (from: string, to: string) => {
      if (failing.operation === 'link') throw Object.assign(new Error('link failed'), { code: 'EPERM' });
      return original.link(from, to);
    },
    rename: async (from: string, to: string) => {
      if (failing.operation === 'rename') throw failure('rename');
      return original.rename(from, to);
    },
    open: async (path: string, flags: string, mode?: number) => {
      if (failing.operation === 'open') throw failure('open');
      const handle = await original.open(path, flags, mode);
      for (const operation of ['writeFile', 'sync', 'close'] as const) {
        const method = handle[operation].bind(handle) as (...values: unknown[]) => Promise<void>;
        handle[operation] = (async (...values: unknown[]) => {
          // What fails half-way leaves half behind: the bytes are written, the handle closed.
          await method(...values);
          if (failing.operation === operation) throw failure(operation);
        }) as never;
      }
      return handle;
    },
  };
});

let directory: string;
let path: string;
const bytes = (text: string) => new TextEncoder().encode(text);
const content = () => readFile(path, 'utf8');

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'bptt-test-'));
  path = join(directory, 'model.safetensors');
});

afterEach(async () => {
  failing.operation = '';
  await rm(directory, { recursive: true });
});

async function rejection(promise: Promise<unknown>): Promise<string> {
  const error = await promise.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(BpttError);
  expect((error as BpttError).code).toBe('bad-file');
  return (error as BpttError).message;
}

describe('writeFileAtomic', () => {
  test('writes a new file and replaces it', async () => {
    await writeFileAtomic(path, bytes('one'));
    expect(await content()).toBe('one');
    await writeFileAtomic(path, bytes('two, which is longer'));
    expect(await content()).toBe('two, which is longer');
    await writeFileAtomic(path, bytes(''));
    expect(await content()).toBe('');
    expect(await readdir(directory)).toEqual(['model.safetensors']);
  });

  test('writes in the current directory for a bare name', async () => {
    const before = process.cwd();
    process.chdir(directory);
    try {
      await writeFileAtomic('model.safetensors', bytes('here'));
    } finally {
      process.chdir(before);
    }
    expect(await content()).toBe('here');
  });

  test('a reader sees the former file or the new one, never a part', async () => {
    const versions = ['a', 'b'].map((letter) => letter.repeat(1_000_000));
    await writeFile(path, versions[0]!);
    let done = false;
    const seen = new Set<string>();
    const reading = (async () => {
      while (!done) seen.add(await content());
    })();
    for (let i = 1; i <= 20; i++) await writeFileAtomic(path, bytes(versions[i % 2]!));
    done = true;
    await reading;
    expect([...seen].every((text) => versions.includes(text))).toBe(true);
  });

  test.each(['open', 'writeFile', 'sync', 'close', 'rename'])(
    'when %s fails, the former file is still there and nothing else',
    async (operation) => {
      await writeFile(path, 'former');
      failing.operation = operation;
      expect(await rejection(writeFileAtomic(path, bytes('new')))).toBe(
        `${path}: cannot write the file: no space is left on the device`,
      );
      expect(await content()).toBe('former');
      expect(await readdir(directory)).toEqual(['model.safetensors']);
    },
  );

  test.each([0o640, 0o400, 0o777])(
    'keeps the permissions of the former file, those beyond the umask too: %o',
    async (mode) => {
      await writeFile(path, 'former');
      await chmod(path, mode);
      const before = process.umask(0o077);
      try {
        await writeFileAtomic(path, bytes('new'));
      } finally {
        process.umask(before);
      }
      expect((await stat(path)).mode & 0o777).toBe(mode);
      expect(await content()).toBe('new');
    },
  );

  test('replaces what a symbolic link points to, not the link', async () => {
    const link = join(directory, 'link');
    await writeFile(path, 'former');
    await symlink('model.safetensors', link);
    await writeFileAtomic(link, bytes('new'));
    expect(await content()).toBe('new');
    expect((await fs.lstat(link)).isSymbolicLink()).toBe(true);
  });

  test('writes what symbolic links will point to, and they stay', async () => {
    await mkdir(join(directory, 'there'));
    await symlink(join('there', 'next'), join(directory, 'link'));
    await symlink('../model.safetensors', join(directory, 'there', 'next'));
    await writeFileAtomic(join(directory, 'link'), bytes('new'));
    expect(await content()).toBe('new');
    for (const name of ['link', 'there/next']) {
      expect((await fs.lstat(join(directory, name))).isSymbolicLink()).toBe(true);
    }
  });
});

describe('without replacing', () => {
  const write = (text: string) => writeFileAtomic(path, bytes(text), { replace: false });

  test('a new file is written, and one that is there is kept', async () => {
    await write('one');
    expect(await rejection(write('two'))).toBe(`${path}: cannot write the file: there is another of that name`);
    expect(await content()).toBe('one');
    expect(await readdir(directory)).toEqual(['model.safetensors']);
  });

  test('of many that write at once, one does', async () => {
    const texts = Array.from({ length: 8 }, (_, index) => `text ${index}`);
    const results = await Promise.allSettled(texts.map(write));
    const written = results.findIndex(({ status }) => status === 'fulfilled');
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    expect(await content()).toBe(texts[written]);
    expect(await readdir(directory)).toEqual(['model.safetensors']);
  });

  test('also where there are no hard links', async () => {
    failing.operation = 'link';
    await write('one');
    await rejection(write('two'));
    expect(await content()).toBe('one');
    expect(await readdir(directory)).toEqual(['model.safetensors']);
  });
});

describe.each([
  ['writeFileAtomic', (target: string) => writeFileAtomic(target, bytes('new'))],
  ['checkWritable', checkWritable],
])('%s refuses', (_, write) => {
  test('a directory that is not there', async () => {
    const target = join(directory, 'missing', 'model');
    expect(await rejection(write(target))).toBe(`${target}: cannot write the file: there is no such file or directory`);
  });

  test('a file where a directory should be', async () => {
    await writeFile(path, 'former');
    expect(await rejection(write(join(path, 'model')))).toContain('a part of the path is not a directory');
  });

  test('a directory, which stays', async () => {
    await mkdir(path);
    expect(await rejection(write(path))).toContain('expected a regular file to replace, got a directory');
    expect(await readdir(directory)).toEqual(['model.safetensors']);
  });

  test('the name of a directory that is not there', async () => {
    expect(await rejection(write(`${path}/`))).toContain("expected the path of a file, got a directory's");
    expect(await readdir(directory)).toEqual([]);
  });

  test.skipIf(process.platform === 'win32')('a device', async () => {
    expect(await rejection(write('/dev/null'))).toContain('expected a regular file to replace, got something else');
    expect((await stat('/dev/null')).isCharacterDevice()).toBe(true);
  });

  test('an empty path and a name that is too long', async () => {
    expect(await rejection(write(''))).toContain('expected the path of a file, got an empty one');
    expect(await rejection(write(join(directory, 'x'.repeat(300))))).toContain('the name is too long');
  });
});

describe('checkWritable', () => {
  test('changes nothing', async () => {
    await checkWritable(path);
    expect(await readdir(directory)).toEqual([]);
    await writeFile(path, 'former');
    await checkWritable(path);
    expect(await content()).toBe('former');
    expect(await readdir(directory)).toEqual(['model.safetensors']);
  });
});

describe('readBytes', () => {
  test('gives the bytes of a file in a buffer of their own', async () => {
    await writeFile(path, 'abc');
    const read = await readBytes(path);
    expect(read).toEqual(bytes('abc'));
    expect(read.buffer.byteLength).toBe(3);
  });

  test('says what is wrong with the path', async () => {
    expect(await rejection(readBytes(path))).toBe(`${path}: cannot read the file: there is no such file or directory`);
    expect(await rejection(readBytes(directory))).toBe(`${directory}: cannot read the file: it is a directory`);
  });
});
