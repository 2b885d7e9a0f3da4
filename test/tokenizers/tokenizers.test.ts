// Words, bytes and byte pairs as tokens: what they are cut into, and that texts come back.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  adam,
  characters,
  createModel,
  dense,
  elman,
  evaluate,
  generate,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';
import { bytePair, bytes, type Tokenizer, tokenizerFromJSON, words } from '../../src/tokenizers/index.ts';
import { codeOf } from '../support/error-code.ts';
import fixtures from '../truth/fixtures/byte-pair.json' with { type: 'json' };

const wellFormed = fc.string({ unit: 'binary', minLength: 1 });
/** Texts that look like texts: words, marks and spaces in all orders. */
const texts = fc
  .array(
    fc.constantFrom(
      'the',
      'Whale',
      'naïve',
      "don't",
      'e\u0301',
      '日本',
      '_x1',
      "'",
      '-',
      ',',
      '🐋',
      ' ',
      '  ',
      '\n',
      '\u00a0',
    ),
    {
      minLength: 1,
    },
  )
  .map((parts) => parts.join(''));
const half = 'a🐋\uD83D';

/** Through JSON and back. */
const again = (tokenizer: Tokenizer) => tokenizerFromJSON(JSON.parse(JSON.stringify(tokenizer)));

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

describe('every tokenizer', () => {
  const text = 'the whale and the sea and the ship, '.repeat(12);
  const all: readonly (readonly [string, Tokenizer])[] = [
    ['characters', characters(text)],
    ['words', words(text)],
    ['bytes', bytes()],
    ['byte pairs', bytePair(fixtures.byte_level.tokenizer)],
  ];

  test.each(all)('feeds a model with %s, which writes with them', async (_, tokenizer) => {
    const encoded = tokenizer.encode(text);
    expect(tokenizer.decode(encoded)).toBe(text);
    const { size } = again(tokenizer);
    const model = await createModel([tokens(size), elman({ units: 24 }), dense({ units: size })], { seed: 1 });
    const data = textStream(encoded, { batch: 1 });
    const loss = 'cross-entropy';
    const before = evaluate(model, data, { loss }).loss;
    const truncation = { k1: 10, k2: 20 };
    const optimizer = adam({ learningRate: 0.02 });
    for await (const event of train(model, { data, loss, optimizer, truncation, steps: 200 })) void event;
    expect(evaluate(model, data, { loss }).loss).toBeLessThan(before / 4);
    const prompt = tokenizer.encode('the whale and');
    const written = [...generate(model, { prompt, length: 3, temperature: 0 })];
    expect(text).toContain(tokenizer.decode([...prompt, ...written]));
  });

  test('is of one of the kinds', () => {
    expect(() => tokenizerFromJSON({ kind: 'sentences' })).toThrow('tokenizerFromJSON.kind: expected one of');
    expect(codeOf(() => tokenizerFromJSON(null))).toBe('invalid-argument');
  });
});
