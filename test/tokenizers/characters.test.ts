// Vocabularies of characters.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { characters, Vocabulary } from '../../src/tokenizers/characters.ts';
import { codeOf } from '../support/error-code.ts';

const wellFormed = fc.string({ unit: 'binary', minLength: 1 });

describe('characters', () => {
  test('sorts by code point, each once', () => {
    const vocabulary = characters('hello, Ahab 🐋');
    expect(vocabulary.symbols).toEqual([' ', ',', 'A', 'a', 'b', 'e', 'h', 'l', 'o', '🐋']);
    expect(vocabulary.size).toBe(10);
  });

  test('sorts astral characters behind U+FFFD, where UTF-16 order would put them before', () => {
    expect(characters('\u{1F40B}\uFFFD').symbols).toEqual(['\uFFFD', '\u{1F40B}']);
  });

  test('an emoji is one token, a combining accent one of its own', () => {
    const vocabulary = characters('e\u0301🐋');
    expect(vocabulary.encode('🐋e\u0301')).toEqual(new Int32Array([2, 0, 1]));
  });

  test('decode is the inverse of encode for every text', () => {
    fc.assert(
      fc.property(wellFormed, (text) => {
        const vocabulary = characters(text);
        const tokens = vocabulary.encode(text);
        expect(tokens.length).toBe([...text].length);
        expect(vocabulary.decode(tokens)).toBe(text);
        expect(vocabulary.decode([...tokens])).toBe(text);
      }),
    );
  });

  test('encodes and decodes nothing as nothing', () => {
    expect(characters('a').encode('')).toEqual(new Int32Array(0));
    expect(characters('a').decode([])).toBe('');
  });

  test('refuses an empty text', () => {
    expect(() => characters('')).toThrow('characters(text): expected at least one character, got an empty text');
  });

  test('refuses what is not a string and unknown options', () => {
    expect(codeOf(() => characters(5 as never))).toBe('invalid-argument');
    expect(codeOf(() => characters('a', { unkown: '?' } as never))).toBe('unknown-option');
  });

  test('refuses half a surrogate pair, which no file could hold', () => {
    expect(() => characters('a🐋\uD83D')).toThrow('got half a surrogate pair (U+D83D) at position 2');
    expect(() => characters('\uDC0Ba')).toThrow('at position 0');
  });
});

describe('unknown characters', () => {
  test('are an error that names the character, its code point and its position in characters', () => {
    expect(() => characters('abc🐋').encode('a🐋é')).toThrow(
      'encode(text): expected one of the 4 characters of the vocabulary, got "é" (U+00E9) at position 2',
    );
    expect(codeOf(() => characters('abc').encode('d'))).toBe('token-out-of-range');
  });

  test('become the declared replacement, which is a symbol of its own', () => {
    const vocabulary = characters('abc', { unknown: '?' });
    expect(vocabulary.symbols).toEqual(['?', 'a', 'b', 'c']);
    expect(vocabulary.decode(vocabulary.encode('a🐋c!'))).toBe('a?c?');
  });

  test('the replacement may be a character of the text', () => {
    expect(characters('abc', { unknown: 'b' }).encode('z')).toEqual(new Int32Array([1]));
  });

  test.each(['', 'ab', '\uD83D', 7])('refuses the replacement %j', (unknown) => {
    expect(codeOf(() => characters('abc', { unknown } as never))).toBe('invalid-argument');
  });
});

describe('decode', () => {
  test.each([[3], [-1], [0.5], [NaN]])('refuses the token %s of 3', (token) => {
    expect(() => characters('abc').decode([0, token])).toThrow(
      `decode(tokens)[1]: expected a token from 0 to 2, got ${token}`,
    );
  });
});

describe('a vocabulary as JSON', () => {
  test('comes back the same', () => {
    fc.assert(
      fc.property(wellFormed, fc.option(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 })), (text, unknown) => {
        const vocabulary = characters(text, unknown === null ? {} : { unknown });
        const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(vocabulary)));
        expect(again.symbols).toEqual(vocabulary.symbols);
        expect(again.encode(text)).toEqual(vocabulary.encode(text));
        expect(again.toJSON()).toEqual(vocabulary.toJSON());
      }),
    );
  });

  test('keeps the replacement', () => {
    const again = Vocabulary.fromJSON(JSON.parse(JSON.stringify(characters('abc', { unknown: '_' }))));
    expect(again.decode(again.encode('x'))).toBe('_');
  });

  test.each([
    [null, 'expected an object'],
    [{ symbols: 'ab' }, 'expected kind "characters"'],
    [{ kind: 'words', symbols: 'ab' }, 'expected kind "characters"'],
    [{ kind: 'characters' }, 'expected a string'],
    [{ kind: 'characters', symbols: '' }, 'expected at least one symbol'],
    [{ kind: 'characters', symbols: 'ba' }, 'expected ascending code points, got U+0061 after U+0062 at position 1'],
    [{ kind: 'characters', symbols: 'aa' }, 'expected ascending code points'],
    [{ kind: 'characters', symbols: 'a\uD83D' }, 'half a surrogate pair'],
    [{ kind: 'characters', symbols: 'ab', unknown: 'c' }, 'expected one of the symbols, got "c"'],
    [{ kind: 'characters', symbols: 'ab', unknown: 'ab' }, 'expected one character, got 2'],
    [{ kind: 'characters', symbols: 'ab', size: 2 }, 'expected only kind, symbols, unknown, got "size"'],
  ])('refuses %j', (value, message) => {
    expect(() => Vocabulary.fromJSON(value)).toThrow(message);
    expect(codeOf(() => Vocabulary.fromJSON(value))).not.toBe('nothing thrown');
  });
});
