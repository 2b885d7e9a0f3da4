import { mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { folderStore } from '../../src/node.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bptt-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

describe('a store in a folder', () => {
  it('writes each key once, whoever comes second', async () => {
    const store = folderStore(join(folder, 'once'));
    const both = await Promise.all([1, 2].map((byte) => store.add('a/b.json', Uint8Array.of(byte))));
    expect(both.toSorted()).toEqual([false, true]);
    const [first] = (await store.read('a/b.json'))!;
    expect(await store.add('a/b.json', Uint8Array.of(9))).toBe(false);
    expect([...(await store.read('a/b.json'))!]).toEqual([first]);
    expect(await readdir(join(folder, 'once/a'))).toEqual(['b.json']);
  });

  it('finds keys by how they begin, and removes them', async () => {
    const store = folderStore(join(folder, 'keys'));
    for (const key of ['a/1.x', 'a/12.x', 'a/b/1.x', 'c']) await store.add(key, new Uint8Array());
    await writeFile(join(folder, 'keys/a/.hidden'), '');
    expect((await store.keys('a/1')).toSorted()).toEqual(['a/1.x', 'a/12.x']);
    expect((await store.keys('')).toSorted()).toEqual(['a/1.x', 'a/12.x', 'a/b/1.x', 'c']);
    expect(await store.keys('none/')).toEqual([]);
    await store.remove('a/1.x');
    await store.remove('a/1.x');
    expect(await store.read('a/1.x')).toBeUndefined();
  });

  it.each(['', '/etc/passwd', '../up', 'a/../../up', 'a//b', '.hidden', 'a/.hidden', 'a\\b', 'a b'])(
    'refuses the key %j',
    async (key) => {
      const store = folderStore(folder);
      for (const call of [store.read(key), store.add(key, new Uint8Array()), store.remove(key)]) {
        await expect(call).rejects.toThrow(
          /^FolderStore\.\w+\(key\): expected at most ten names of at most 200 letters/,
        );
      }
      if (key !== '')
        await expect(store.keys(key)).rejects.toThrow('FolderStore.keys(prefix): expected how a key begins');
    },
  );

  it('says what is wrong with the folder', async () => {
    await writeFile(join(folder, 'file'), '');
    const store = folderStore(join(folder, 'file'));
    await expect(store.add('key', new Uint8Array())).rejects.toThrow(/file\/key: cannot write the file: /);
    await expect(store.read('key')).rejects.toThrow('a part of the path is not a directory');
    const message = `${join(folder, 'file')}: cannot read the file: a part of the path is not a directory`;
    for (const prefix of ['', 'a']) await expect(store.keys(prefix)).rejects.toThrow(message);
    await symlink('loop', join(folder, 'loop'));
    await expect(folderStore(join(folder, 'loop')).keys('a/')).rejects.toThrow('too many symbolic links');
  });
});
