// Bytes as tokens.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytes, tokenizerFromJSON } from '../../src/tokenizers/index.ts';
import { codeOf } from '../support/error-code.ts';
import { again, half, wellFormed } from '../support/tokenizers.ts';

describe('bytes', () => {
  test('are those of UTF-8', () => {
    expect(bytes().size).toBe(256);
    expect(bytes().encode('aé🐋')).toEqual(new Int32Array([0x61, 0xc3, 0xa9, 0xf0, 0x9f, 0x90, 0x8b]));
  });

  test('give back every text, a byte order mark too', () => {
    expect(bytes().decode(bytes().encode('\uFEFFa\0'))).toBe('\uFEFFa\0');
    fc.assert(
      fc.property(wellFormed, (text) => {
        expect(bytes().decode(again(bytes()).encode(text))).toBe(text);
      }),
    );
  });

  test('decode has U+FFFD where tokens are not UTF-8', () => {
    expect(bytes().decode([0x61, 0xc3, 0x62, 0xff])).toBe('a\uFFFDb\uFFFD');
    expect(bytes().decode([])).toBe('');
  });

  test('refuse half a surrogate pair, tokens out of range and what is no text', () => {
    expect(() => bytes().encode(half)).toThrow('got half a surrogate pair (U+D83D) at position 2');
    expect(() => bytes().decode([256])).toThrow('expected a token from 0 to 255, got 256');
    expect(codeOf(() => bytes().encode(7 as never))).toBe('invalid-argument');
    expect(codeOf(() => tokenizerFromJSON({ kind: 'bytes', size: 256 }))).toBe('unknown-option');
  });
});
