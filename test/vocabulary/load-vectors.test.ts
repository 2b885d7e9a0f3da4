// Vectors of words: GloVe and word2vec, whole and in parts, and what is wrong with files, with its place.
import { describe, expect, it } from 'vitest';
import { createModel, dense, embedding, fit, gru, tokens } from '../../src/index.ts';
import { words } from '../../src/tokenizers/index.ts';
import { loadVectors } from '../../src/vocabulary/index.ts';

const E = 3;
const vocabulary = words('the whale the sea naïve', { unknown: '<unk>' });
const build = () =>
  createModel([tokens(vocabulary.size), embedding({ units: E }), gru({ units: 4 }), dense({ units: 2 })], { seed: 1 });
type Model = Awaited<ReturnType<typeof build>>;
const rowOf = (model: Model, word: string) => {
  const at = vocabulary.symbols.indexOf(word) * E;
  return [
    ...model
      .parameters()
      .find(({ name }) => name === 'embedding.weight')!
      .data.subarray(at, at + E),
  ];
};
const encoder = new TextEncoder();

const vectors: Readonly<Record<string, readonly number[]>> = {
  the: [0.5, -0.25, 1],
  // Neither of the vocabulary nor one word.
  '. . .': [9, 9, 9],
  naïve: [-0.125, 2, 0.0625],
  whale: [1, 2, 4],
};
const lines = (end = '\n') =>
  Object.entries(vectors)
    .map(([word, numbers]) => `${word} ${numbers.join(' ')}${end}`)
    .join('');
function binary(newline: boolean): Uint8Array {
  const parts = Object.entries(vectors).map(([word, numbers]) => [
    ...encoder.encode(`${word.replaceAll(' ', '_')} `),
    ...new Uint8Array(Float32Array.from(numbers).buffer),
    ...(newline ? [10] : []),
  ]);
  return Uint8Array.from([...encoder.encode(`4 ${E}\n`), ...parts.flat()]);
}
const files: Readonly<Record<string, Uint8Array>> = {
  glove: encoder.encode(lines()),
  'glove, from Windows': encoder.encode(lines('\r\n')),
  'word2vec, text': encoder.encode(`4 ${E}\n${lines(' \n')}`),
  'word2vec, binary': binary(true),
  'word2vec, binary without new lines': binary(false),
};

/** The bytes in parts of so many. */
async function* inParts(bytes: Uint8Array, size: number) {
  for (let at = 0; at < bytes.length; at += size) yield bytes.slice(at, at + size);
}

describe.each(Object.entries(files))('%s', (_, bytes) => {
  it.each([1, 7, 1000])('is read in parts of %d', async (size) => {
    const [whole, parted] = [await build(), await build()];
    const before = rowOf(whole, 'sea');
    expect(await loadVectors(whole, vocabulary, bytes)).toEqual({ found: 3, missing: ['<unk>', 'sea'] });
    await loadVectors(parted, vocabulary, inParts(bytes, size));
    for (const word of ['the', 'naïve', 'whale']) expect(rowOf(whole, word)).toEqual(vectors[word]);
    expect(rowOf(whole, 'sea')).toEqual(before);
    expect(parted.parameters()).toEqual(whole.parameters());
  });
});

it('keeps them while the rest learns, where they are frozen', async () => {
  const model = await build();
  await loadVectors(model, vocabulary, files.glove!);
  const data = [{ steps: 2, rows: 1, inputs: Int32Array.of(1, 2), targets: Int32Array.of(0, 1) }];
  await fit(model, { data, loss: 'cross-entropy', steps: 2, groups: [{ match: 'embedding.weight', frozen: true }] });
  expect(rowOf(model, 'whale')).toEqual(vectors.whale);
});

describe('what is refused', () => {
  const cut = (bytes: Uint8Array, by: number) => bytes.slice(0, bytes.length - by);
  it.each<readonly [string, Uint8Array, RegExp]>([
    ['nothing', new Uint8Array(), /^v\.txt: expected word vectors, got an empty file/],
    [
      'another size',
      encoder.encode('the 1 2\n'),
      /^v\.txt, line 1: expected a word and 3 numbers, as the embedding has, got 2 numbers/,
    ],
    [
      'a larger size',
      encoder.encode('the 0.1 0.2 0.3 0.4\n'),
      /^v\.txt, line 1: expected a word and 3 numbers, as the embedding has, got 4 numbers/,
    ],
    [
      'no number',
      encoder.encode('sea 1 2 3\nthe 1 x 3\n'),
      /^v\.txt, line 2, number 2: expected a finite number, got "x"/,
    ],
    [
      'an infinity',
      encoder.encode('the 1 1e999 3\n'),
      /^v\.txt, line 1, number 2: expected a finite number, got "1e999"/,
    ],
    [
      'another size in the header',
      encoder.encode('2 5\nthe 1 2 3 4 5\n'),
      /^v\.txt, line 1: expected vectors of 3 numbers, as the embedding has, got of 5/,
    ],
    [
      'fewer words',
      encoder.encode(`5 ${E}\n${lines()}`),
      /^v\.txt: expected 5 words, as its first line says, got 4: the file is cut off or damaged/,
    ],
    [
      'a vector that is cut off',
      cut(binary(false), 2),
      /^v\.txt, byte \d+: expected 12 bytes of the vector of "whale", got 10: the file is cut off/,
    ],
    [
      'a line without an end',
      new Uint8Array(2 ** 20 + 1).fill(120),
      /^v\.txt, line 1: expected a word and its numbers, got more than 1048576 bytes/,
    ],
    [
      'a word that is cut off',
      cut(binary(false), 18),
      /^v\.txt, byte \d+: expected 4 words, as its first line says, got 3: the file is cut off/,
    ],
  ])('%s', async (_, bytes, message) => {
    const model = await build();
    const before = model.parameters();
    await expect(loadVectors(model, vocabulary, bytes, {}, 'v.txt')).rejects.toThrow(message);
    await expect(loadVectors(model, vocabulary, bytes)).rejects.toMatchObject({ code: 'bad-file' });
    expect(model.parameters()).toEqual(before);
  });

  it('a model without such a table, another vocabulary, another format', async () => {
    const model = await build();
    const none = await createModel([tokens(3), gru({ units: 2 })]);
    await expect(loadVectors(none, vocabulary, files.glove!)).rejects.toThrow(
      'loadVectors.parameter: expected the table of an embedding (the model has none), got none',
    );
    await expect(loadVectors(model, vocabulary, files.glove!, { parameter: 'dense.weight' })).rejects.toThrow(
      'loadVectors.parameter: expected the table of an embedding (embedding.weight), got dense.weight',
    );
    await expect(loadVectors(model, words('a b'), files.glove!)).rejects.toThrow(
      `loadVectors(vocabulary): expected ${vocabulary.size} symbols, one for each row of embedding.weight, got 2`,
    );
    await expect(loadVectors(model, vocabulary, files.glove!, { format: 'word2vec' })).rejects.toThrow(
      /^word vectors, line 1: expected how many words and numbers there are/,
    );
    await expect(loadVectors(model, vocabulary, 'v.txt' as never)).rejects.toThrow(
      /^loadVectors\(source\): expected bytes or parts of them/,
    );
    for (const part of [null, 'the 1 2 3\n']) {
      await expect(loadVectors(model, vocabulary, [part] as never)).rejects.toThrow(
        /^loadVectors\(source\): a part: expected a Uint8Array/,
      );
    }
    await expect(loadVectors(model, {} as never, files.glove!)).rejects.toThrow(
      /^loadVectors\(vocabulary\)\.symbols: expected an array of symbols, as words and characters have, got undefined/,
    );
  });
});
