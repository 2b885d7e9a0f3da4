// Nothing that is read is written over, and nothing that is there without --overwrite.
import { once } from 'node:events';
import { copyFile, lstat, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { beforeAll, describe, expect, test } from 'vitest';
import { at, events, expectFailure, finish, run, small, start } from '../../support/cli-program.ts';
import { model } from '../../support/trained-file.ts';

test('nothing that is read is written over', async () => {
  const named = async (command: string, ...args: readonly string[]) => {
    const before = await readFile(at(args[0]!));
    expect(expectFailure(await run(command, ...args, '--overwrite'))).toContain('expected another file than ');
    expect(await readFile(at(args[0]!))).toEqual(before);
  };
  await copyFile(model(), at('own.safetensors'));
  await symlink('own.safetensors', at('link.safetensors'));
  await symlink('later.safetensors', at('dangling.safetensors'));
  await writeFile(at('own.onnx'), 'a graph');
  await writeFile(at('own.csv'), 'sold\n1\n2\n');
  await named('export', 'own.safetensors', 'own.safetensors');
  await named('export', 'own.safetensors', 'link.safetensors');
  await named('export', 'own.safetensors', at('own.safetensors'));
  await named('import', 'own.onnx', './own.onnx');
  await named('forecast', 'own.csv', '--out', 'own.csv');
  await named('train', 'verse.txt', '--out', 'verse.txt');
  await named('train', 'verse.txt', '--report', 'verse.txt', '--out', 'new.safetensors');
  await named('train', 'verse.txt', '--report', 'new.html', '--out', 'new.html');
  await named('train', 'verse.txt', '--report', 'dangling.safetensors', '--out', 'later.safetensors');
});

describe('what is there is kept without --overwrite', () => {
  const series = ['series.csv', '--column', 'sold', '--context', '3', '--epochs', '1', '--hidden', '2'];
  beforeAll(async () => {
    const rows = Array.from({ length: 60 }, (_, i) => (i % 7) + (i % 3));
    await writeFile(at('series.csv'), ['sold', ...rows, ''].join('\n'));
    await run('export', model(), at('given.onnx'));
  });

  test.each([
    ['train', ['verse.txt', ...small, '--steps', '2', '--out'], 'there.safetensors', '--out'],
    ['train', ['verse.txt', ...small, '--steps', '2', '--out', 'other.st', '--report'], 'there.html', '--report'],
    ['export', ['made.safetensors'], 'there.onnx', 'FILE'],
    ['import', ['given.onnx'], 'there.st', 'MODEL'],
    ['forecast', [...series, '--out'], 'there.series', '--out'],
    ['inspect', ['made.safetensors', '--text', 'The whale, the whale!', '--output'], 'there', '--output'],
  ])('by %s %j %s', async (command, args, name, where) => {
    // The folder of `inspect` is there when a page of it is.
    const file = command === 'inspect' ? 'there/inspect.html' : name;
    expect((await run(command, ...args, name)).code).toBe(0);
    await writeFile(at(file), 'former');
    const before = await readdir(at('.'));
    const message = `${where}: expected a name that no file has yet, got ${file}: --overwrite replaces it`;
    const again = command === 'train' && where === '--report' ? args.with(-2, 'fresh.st') : args;
    expect(expectFailure(await run(command, ...again, name))).toBe(message);
    expect(await readFile(at(file), 'utf8')).toBe('former');
    expect(await readdir(at('.'))).toEqual(before);
    expect((await run(command, ...again, name, '--overwrite')).code).toBe(0);
    expect(await readFile(at(file), 'utf8')).not.toBe('former');
  });

  test('also under the name that is the default', async () => {
    await writeFile(at('model.safetensors'), 'former');
    expect(expectFailure(await run('train', 'verse.txt', ...small, '--steps', '2'))).toContain('got model.safetensors');
    expect(await readFile(at('model.safetensors'), 'utf8')).toBe('former');
  });

  test('a file that comes while a training goes on: the model gets another name', async () => {
    const out = at('meanwhile.safetensors');
    const child = start([
      'train',
      'verse.txt',
      ...small,
      '--steps',
      '100000000',
      '--json',
      '--log-every',
      '1',
      '--out',
      out,
    ]);
    const outcome = finish(child);
    const lines = createInterface({ input: child.stdout! });
    await once(lines, 'line');
    await writeFile(out, 'of somebody else');
    child.kill('SIGINT');
    expect((await outcome).stdout).toContain('meanwhile-2.safetensors');
    expect(await readFile(out, 'utf8')).toBe('of somebody else');
    expect(events(await run('info', at('meanwhile-2.safetensors'), '--json'))[0]).toMatchObject({ kind: 'model' });
  });

  test('a symbolic link to a file that is not there yet stays a link', async () => {
    await symlink('pointed.safetensors', at('pointing.safetensors'));
    expect((await run('train', 'verse.txt', ...small, '--steps', '2', '--out', 'pointing.safetensors')).code).toBe(0);
    expect((await lstat(at('pointing.safetensors'))).isSymbolicLink()).toBe(true);
    expect((await lstat(at('pointed.safetensors'))).isFile()).toBe(true);
  });
});
