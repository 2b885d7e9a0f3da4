// Words as tokens: what a text is cut into, and that it comes back.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { tokenizerFromJSON, words } from '../../src/tokenizers/index.ts';
import { codeOf } from '../support/error-code.ts';
import { again, half, texts, wellFormed } from '../support/tokenizers.ts';

describe('words', () => {
  test.each([
    ['Call me Ishmael.', ['Call', 'me', 'Ishmael', '.']],
    ['a, b,c', ['a', ', ', 'b', ',', 'c']],
    ["It's the well-known 'whale' -- 1851", ["It's", 'the', 'well-known', ' ', "'", 'whale', "' ", '-', '- ', '1851']],
    ['two  spaces\n\tand lines', ['two', ' ', ' ', 'spaces', '\n', '\t', 'and', 'lines']],
    [' edges ', [' ', 'edges', ' ']],
    ['naïve e\u0301tat 日本語 🐋x', ['naïve', 'e\u0301tat', '日本語', ' ', '🐋', 'x']],
  ])('cuts %j', (text, pieces) => {
    const vocabulary = words(text);
    const tokens = vocabulary.encode(text);
    expect(Array.from(tokens, (token) => vocabulary.symbols[token])).toEqual(pieces);
    expect(vocabulary.decode(tokens)).toBe(text);
  });

  test('orders tokens by how often they occur, equals by code units', () => {
    expect(words('b a c b').symbols).toEqual(['b', 'a', 'c']);
    expect(words('b a c b', { unknown: '<unk>' }).symbols).toEqual(['<unk>', 'b', 'a', 'c']);
    expect(words('b a c b', { unknown: 'c' }).symbols).toEqual(['c', 'b', 'a']);
  });

  test('decode is the inverse of encode, also through JSON', () => {
    fc.assert(
      fc.property(fc.oneof(texts, wellFormed), (text) => {
        const vocabulary = words(text);
        const tokens = vocabulary.encode(text);
        expect(vocabulary.decode(tokens)).toBe(text);
        expect(again(vocabulary).encode(text)).toEqual(tokens);
        expect(again(vocabulary).toJSON()).toEqual(vocabulary.toJSON());
      }),
    );
  });

  test('takes lower case', () => {
    const vocabulary = words('The whale the WHALE', { lowercase: true });
    expect(vocabulary.symbols).toEqual(['the', 'whale']);
    expect(vocabulary.decode(vocabulary.encode('THE Whale'))).toBe('the whale');
    expect(again(vocabulary).encode('WHALE')).toEqual(new Int32Array([1]));
  });

  test('leaves out rare pieces, for which the unknown stands', () => {
    const text = 'the sea, the whale, the sea';
    expect(words(text, { minimum: 2, unknown: '<unk>' }).symbols).toEqual(['<unk>', 'the', ', ', 'sea']);
    const small = words(text, { size: 3, unknown: '<unk>' });
    expect(small.symbols).toEqual(['<unk>', 'the', ', ']);
    expect(small.decode(small.encode('the blue whale, the sea'))).toBe('the <unk> <unk>, the <unk>');
  });

  test('a piece without a token is an error that names it', () => {
    expect(() => words('the sea').encode('the ship')).toThrow(
      'encode(text): expected one of the 2 words and marks of the vocabulary, got "ship" as piece 1',
    );
    expect(codeOf(() => words('the sea').encode('the-sea'))).toBe('token-out-of-range');
  });

  test.each<[string, () => unknown, string]>([
    ['an empty text', () => words(''), 'words(text): expected at least one word, got an empty text'],
    [
      'half a surrogate pair',
      () => words(half),
      'words(text): expected well-formed Unicode, got half a surrogate pair (U+D83D) at position 2',
    ],
    ['half a surrogate pair to encode', () => words('a').encode(half), 'at position 2'],
    [
      'a size without unknown',
      () => words('a', { size: 5 }),
      'words.unknown: expected a symbol for the rest with size, got none',
    ],
    [
      'a minimum without unknown',
      () => words('a', { minimum: 2 }),
      'words.unknown: expected a symbol for the rest with minimum, got none',
    ],
    ['a size of 1', () => words('a', { size: 1, unknown: '?' }), 'words.size'],
    ['an empty unknown', () => words('a', { unknown: '' }), 'words.unknown: expected at least one character'],
    ['an unknown option', () => words('a', { lower: true } as never), 'words: expected only'],
    ['a token out of range', () => words('a').decode([1]), 'decode(tokens)[0]: expected a token from 0 to 0, got 1'],
  ])('refuse %s', (_, run, message) => {
    expect(run).toThrow(message);
  });

  const description = { kind: 'words', symbols: ['a', ' '], lowercase: false };
  test.each([
    [{ ...description, symbols: [] }, 'expected an array of symbols'],
    [{ ...description, symbols: ['a', 'a'] }, 'symbols[1]'],
    [{ ...description, symbols: ['a b'] }, 'symbols[0]: expected one word, mark or space'],
    [{ ...description, symbols: [''] }, 'symbols[0]'],
    [{ ...description, symbols: [7] }, 'symbols[0]: expected a string'],
    [{ ...description, lowercase: 1 }, 'lowercase'],
    [{ ...description, unknown: 'b' }, 'unknown: expected one of the symbols, got "b"'],
    [{ ...description, more: 1 }, 'got "more"'],
  ])('does not take %j for a vocabulary', (value, message) => {
    expect(() => tokenizerFromJSON(value)).toThrow(message);
  });
});
