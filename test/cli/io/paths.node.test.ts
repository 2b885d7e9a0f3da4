// Nothing that is read is written over.
import { copyFile, readFile, symlink, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { at, expectFailure, run } from '../../support/cli-program.ts';
import { model } from '../../support/trained-file.ts';

test('nothing that is read is written over', async () => {
  const named = async (command: string, ...args: readonly string[]) => {
    const before = await readFile(at(args[0]!));
    expect(expectFailure(await run(command, ...args))).toContain('expected another file than ');
    expect(await readFile(at(args[0]!))).toEqual(before);
  };
  await copyFile(model(), at('own.safetensors'));
  await symlink('own.safetensors', at('link.safetensors'));
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
});
