// What is said of bytes that are no text.
import { expect, test } from 'vitest';
import { checkText, invalidAt, notUtf8 } from '../../src/formats/utf8.ts';

const utf16 = (text: string, mark: boolean, swap = false) => {
  const bytes = Buffer.from((mark ? '\uFEFF' : '') + text, 'utf16le');
  return swap ? bytes.swap16() : bytes;
};

test.each([
  ['plain', 5],
  ['é', 2],
  ['🐋', 4],
])('%s is valid to its end', (text, length) => {
  expect(invalidAt(new TextEncoder().encode(text))).toBe(length);
});

test.each([
  ['a byte that is never one', [0x61, 0xff, 0x61], 1],
  ['a continuation without a beginning', [0x61, 0x80], 1],
  ['a sequence that another character ends', [0xc3, 0xa9, 0xe2, 0x82, 0x61], 2],
  ['a sequence that the file ends', [0x61, 0x62, 0xf0, 0x9f, 0x90], 2],
  ['an overlong form', [0x61, 0xc0, 0xaf], 1],
  ['a surrogate', [0xed, 0xa0, 0x80], 0],
])('%s', (_, bytes, place) => {
  expect(invalidAt(Uint8Array.from(bytes))).toBe(place);
});

test.each([
  [utf16('abc', true), 'UTF-16, by the mark at its start; `iconv -f UTF-16 -t UTF-8` makes it UTF-8'],
  [utf16('abc', true, true), 'UTF-16, by the mark at its start'],
  [utf16('abc', false), 'the file is UTF-16; `iconv -f UTF-16LE -t UTF-8` makes it UTF-8'],
  [utf16('abc', false, true), 'the file is UTF-16; `iconv -f UTF-16BE -t UTF-8` makes it UTF-8'],
  [Buffer.from('ab\0\0\x01'), 'a NUL byte at offset 2: the file is binary'],
  [
    Buffer.from('caf\xe9', 'latin1'),
    'byte 0xE9 at offset 3, which is none: perhaps the file is in Latin-1 (Windows-1252)',
  ],
])('%s', (bytes, message) => {
  expect(notUtf8('x.txt', bytes).message).toContain(message);
});

test('places are those of the file', () => {
  expect(notUtf8('x.txt', Buffer.from('a\xe9a', 'latin1'), 1000).message).toContain('at offset 1001');
});

test('a web page is a text, a Word file is none', () => {
  checkText('x.html', Buffer.from('<!doctype html>'));
  expect(() => checkText('x.docx', Buffer.from(`PK\x03\x04${' '.repeat(26)}[Content_Types].xml`))).toThrow(
    'x.docx: expected text, got an Office document',
  );
});
