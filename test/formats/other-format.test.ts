// Files that are given in place of a model or a text, and what is said of them.
import { expect, it } from 'vitest';
import { decodeSafetensors } from '../../src/formats/decode-safetensors.ts';
import { otherFormat } from '../../src/formats/other-format.ts';
import { importKeras } from '../../src/interchange/keras/index.ts';
import { importOnnx } from '../../src/interchange/onnx/index.ts';

const bytes = (latin1: string) => Uint8Array.from(latin1, (character) => character.charCodeAt(0));
const zip = (first: string) => bytes(`PK\x03\x04${'\0'.repeat(26)}${first}`);

const files = [
  [
    'a pointer of Git LFS',
    bytes('version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n'),
    'git lfs pull',
  ],
  ['a .pth of today', zip('archive/data.pkl'), 'loadStateDict puts its weights into a model'],
  ['a .pth of PyTorch before 1.6', bytes('\x80\x02\x8a\nl\xfc\x9cF\xf9 j\xa8P\x19.'), 'a file of torch.save'],
  ['an Excel sheet', zip('[Content_Types].xml'), 'an Office document'],
  ['a .npy', bytes('\x93NUMPY\x01\0'), 'an array of NumPy'],
  ['a .gz', bytes('\x1f\x8b\x08'), 'unpack it first'],
  ['a web page', bytes('\n<!DOCTYPE html><html>'), 'a web page'],
] as const;

it.each(files)('%s', async (_, file, message) => {
  expect(otherFormat(file)).toContain(message);
  expect(() => decodeSafetensors(file, 'x')).toThrow(message);
  await expect(importKeras(file, {}, 'x')).rejects.toThrow(`x: expected a .keras archive or HDF5, got `);
  await expect(importOnnx(file, {}, 'x')).rejects.toThrow(message);
});

it('is none of what is expected', () => {
  expect(otherFormat(zip('metadata.json'), 'zip')).toBeUndefined();
  expect(otherFormat(bytes('\x89HDF\r\n'), 'hdf5')).toBeUndefined();
  expect(otherFormat(bytes('Call me Ishmael.'))).toBeUndefined();
  expect(otherFormat(new Uint8Array())).toBeUndefined();
});
