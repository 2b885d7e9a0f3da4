// A file that took long to learn is not lost to a name that is taken, nor is what has the name.
import { readFile, writeFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { writeLearned } from '../../../src/cli/io/learned-file.ts';
import { at } from '../../support/cli-program.ts';

const bytes = (text: string) => new TextEncoder().encode(text);

test('a name that another file got meanwhile counts up, unless it is to be replaced', async () => {
  await writeFile(at('net.safetensors'), 'other');
  await writeFile(at('net-2.safetensors'), 'another');
  expect(await writeLearned(at('net.safetensors'), bytes('learned'), false)).toBe(at('net-3.safetensors'));
  expect(await writeLearned(at('net.safetensors'), bytes('again'), true)).toBe(at('net.safetensors'));
  const texts = ['net', 'net-2', 'net-3'].map((name) => readFile(at(`${name}.safetensors`), 'utf8'));
  expect(await Promise.all(texts)).toEqual(['again', 'another', 'learned']);
});
