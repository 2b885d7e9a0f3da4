// Byte pairs as tokens, against the library that made them.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytePair } from '../../src/tokenizers/index.ts';
import { codeOf } from '../support/error-code.ts';
import { again, half, texts, wellFormed } from '../support/tokenizers.ts';
import fixtures from '../truth/fixtures/byte-pair.json' with { type: 'json' };

describe.each(Object.entries(fixtures))('bytePair of a tokenizer with %s', (name, { tokenizer, cases }) => {
  const vocabulary = bytePair(tokenizer);

  test('has the tokens and texts of the library that made it', () => {
    expect(vocabulary.size).toBe(Object.keys(tokenizer.model.vocab).length);
    for (const { text, tokens, decoded } of cases) {
      expect([...vocabulary.encode(text)], text).toEqual(tokens);
      expect(vocabulary.decode(tokens), text).toBe(decoded);
    }
  });

  test('comes back from JSON, and from the text of the file', () => {
    for (const { text, tokens } of cases) {
      expect([...again(vocabulary).encode(text)]).toEqual(tokens);
      expect([...bytePair(JSON.stringify(tokenizer)).encode(text)]).toEqual(tokens);
    }
  });

  test('gives back every text, if it takes text as bytes', () => {
    // Metaspace writes spaces as U+2581, so that character comes back as a space.
    const lossless = (text: string) => name === 'byte_level' || (name === 'byte_fallback' && !text.includes('\u2581'));
    fc.assert(
      fc.property(fc.oneof(texts, wellFormed), (text) => {
        const tokens = vocabulary.encode(text);
        expect(tokens.every((token) => token >= 0 && token < vocabulary.size)).toBe(true);
        if (lossless(text)) expect(vocabulary.decode(tokens)).toBe(text);
      }),
    );
  });
});

describe('bytePair', () => {
  const { tokenizer } = fixtures.byte_level;
  const { model } = tokenizer;
  const { Ġ: _, ...holes } = model.vocab as Record<string, number>;

  test('takes an empty text, and decodes bytes that are not UTF-8 as U+FFFD', () => {
    const vocabulary = bytePair(tokenizer);
    expect(vocabulary.encode('')).toEqual(new Int32Array(0));
    expect(vocabulary.decode([])).toBe('');
    const [first] = vocabulary.encode('é');
    expect(vocabulary.decode([first!])).toBe('\uFFFD');
  });

  test.each<[string, unknown, string]>([
    ['text that is not JSON', 'vocabulary', 'expected the JSON of a tokenizer.json, got "vocabulary"'],
    ['null', null, 'expected an object'],
    ['no model', {}, 'bytePair(tokenizer).model: expected an object, got undefined'],
    [
      'another model',
      { ...tokenizer, model: { ...model, type: 'WordPiece' } },
      'expected a model of type "BPE", got "WordPiece"',
    ],
    [
      'a part that nobody knows',
      { ...tokenizer, decoder: { type: 'Rot13' } },
      'expected a tokenizer.json whose parts are known',
    ],
    [
      'no merges',
      { ...tokenizer, model: { ...model, merges: undefined } },
      'expected a tokenizer.json whose parts are known',
    ],
    ['a hole in the tokens', { ...tokenizer, model: { ...model, vocab: holes } }, 'expected tokens from 0 to'],
    ['dropped characters', { ...tokenizer, pre_tokenizer: null }, 'so that no character is dropped'],
  ])('refuses %s', (_, value, message) => {
    expect(() => bytePair(value as never)).toThrow(message);
    expect(codeOf(() => bytePair(value as never))).toMatch(/^(bad-file|invalid-argument)$/);
  });

  test('refuses tokens out of range and half a surrogate pair', () => {
    expect(() => bytePair(tokenizer).decode([320])).toThrow('expected a token from 0 to 319, got 320');
    expect(() => bytePair(tokenizer).encode(half)).toThrow('half a surrogate pair');
  });
});
