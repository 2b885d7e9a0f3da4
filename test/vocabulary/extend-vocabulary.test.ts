// More characters and words: what a model knew stays to the bit, wherever tokens have a row or a column.
import { describe, expect, it } from 'vitest';
import {
  bidirectional,
  characters,
  createModel,
  dense,
  embedding,
  features,
  fit,
  gru,
  lstm,
  type Model,
  type ModelDescription,
  tokens,
} from '../../src/index.ts';
import { bytes, words } from '../../src/tokenizers/index.ts';
import { extendVocabulary } from '../../src/vocabulary/index.ts';

const valuesOf = (model: Model, name: string) => model.parameters().find((one) => one.name === name)!;

/** Logits of a text, by symbol. */
function said(
  model: Model,
  vocabulary: { readonly symbols: readonly string[]; encode(text: string): Int32Array },
  text: string,
) {
  const inputs = vocabulary.encode(text);
  const { outputs } = model.forward({ steps: inputs.length, rows: 1, inputs });
  const size = outputs.length / inputs.length;
  return Array.from({ length: inputs.length }, (_, t) =>
    Object.fromEntries(Array.from({ length: size }, (_, c) => [vocabulary.symbols[c] ?? c, outputs[t * size + c]!])),
  );
}

const old = 'bdfh bdhf fdbh';
const vocabulary = characters(old);
const V = vocabulary.size;
const stacks: Readonly<Record<string, readonly object[]>> = {
  'an embedding and a head': [embedding({ units: 3 }), gru({ units: 5 }), dense({ units: V })],
  'a layer that reads tokens': [lstm({ units: 4 }), dense({ units: V })],
  'both directions': [bidirectional(gru({ units: 4 })), dense({ units: V })],
  'tied weights': [embedding({ units: 4 }), gru({ units: 4 }), dense({ units: V, tied: 'embedding.weight' })],
  // Its hidden units are as many as its tokens.
  'sizes that are the same': [embedding({ units: V }), gru({ units: V }), dense({ units: V })],
};

describe.each(Object.entries(stacks))('%s', (name, layers) => {
  it.each(['f32', 'f64'] as const)('says of old text what it said, in %s', async (dtype) => {
    const model = await createModel([tokens(V), ...layers] as unknown as ModelDescription, { seed: 3, dtype });
    await fit(model, {
      data: vocabulary.encode(old),
      loss: 'cross-entropy',
      steps: 3,
      ...(name.includes('both') ? { batch: 2 } : {}),
    });
    const before = model.parameters();
    const { model: larger, vocabulary: all, added } = await extendVocabulary(model, vocabulary, 'ace b', { seed: 8 });
    expect(added).toEqual(['a', 'c', 'e']);
    expect(all.symbols).toEqual([...'abcdefh '].sort());
    expect(larger.dtype).toBe(dtype);
    const [now, then] = [said(larger, all, old), said(model, vocabulary, old)];
    for (const [t, logits] of then.entries()) expect(now[t]).toMatchObject(logits);
    expect(Object.keys(now[0]!)).toHaveLength(V + 3);
    // The model itself is as it was, and the new one learns on.
    expect(model.parameters()).toEqual(before);
    const { loss } = await fit(larger, { data: all.encode('abcdefh'.repeat(9)), loss: 'cross-entropy', steps: 3 });
    expect(loss).toBeGreaterThan(0);
    // Another seed, other new rows, the same old ones.
    const other = (await extendVocabulary(model, vocabulary, 'ace b', { seed: 9 })).model;
    expect(said(other, all, old)[0]!.b).toBe(then[0]!.b);
    expect(other.parameters()).not.toEqual(
      (await extendVocabulary(model, vocabulary, 'ace b', { seed: 8 })).model.parameters(),
    );
  });
});

it('adds words at the end, the most frequent first, and keeps what stands for the rest', async () => {
  const known = words('the whale the sea', { lowercase: true, unknown: '<unk>' });
  const model = await createModel([
    tokens(known.size),
    embedding({ units: 3 }),
    gru({ units: 4 }),
    dense({ units: known.size }),
  ]);
  const {
    model: larger,
    vocabulary: all,
    added,
  } = await extendVocabulary(model, known, 'A ship, a ship and a Sea', { minimum: 2 });
  expect(added).toEqual(['a', 'ship']);
  expect(all.symbols).toEqual([...known.symbols, 'a', 'ship']);
  expect(all.toJSON()).toMatchObject({ lowercase: true, unknown: '<unk>' });
  expect(said(larger, all, 'the whale')[0]).toMatchObject(said(model, known, 'the whale')[0]!);
  const table = valuesOf(larger, 'embedding.weight');
  expect(table.shape).toEqual([known.size + 2, 3]);
  expect([...table.data.subarray(0, known.size * 3)]).toEqual([...valuesOf(model, 'embedding.weight').data]);
  const same = await extendVocabulary(model, known, '');
  expect(same.added).toEqual([]);
  expect(same.model.parameters()).toEqual(model.parameters());
});

it('leaves heads alone that speak of something else, and those that are not named', async () => {
  const classifier = await createModel([
    tokens(V),
    embedding({ units: 3 }),
    gru({ units: 4, returns: 'last' }),
    dense({ units: 2 }),
  ]);
  const { model } = await extendVocabulary(classifier, vocabulary, 'xyz');
  expect(valuesOf(model, 'dense.weight')).toEqual(valuesOf(classifier, 'dense.weight'));
  const both = await createModel([
    tokens(V, { name: 'text' }),
    gru({ units: 4, name: 'g' }),
    dense({ units: V, name: 'next' }),
    dense({ units: V, from: 'g', name: 'kind' }),
  ]);
  const { model: grown } = await extendVocabulary(both, vocabulary, 'xyz', { outputs: ['next'] });
  expect(grown.description.slice(2)).toMatchObject([{ units: V + 3 }, { units: V }]);
  expect(valuesOf(grown, 'kind.weight')).toEqual(valuesOf(both, 'kind.weight'));
});

it('refuses what does not fit', async () => {
  const model = await createModel([tokens(V + 1), gru({ units: 4 }), dense({ units: V })]);
  await expect(extendVocabulary(model, vocabulary, 'x')).rejects.toThrow(
    `extendVocabulary: expected a model that reads the ${V} tokens of the vocabulary, got one of ${V + 1} tokens`,
  );
  const numbers = await createModel([features(V), gru({ units: 4 })]);
  await expect(extendVocabulary(numbers, vocabulary, 'x')).rejects.toThrow(`got one of ${V} features`);
  const right = await createModel([tokens(V), gru({ units: 4 }), dense({ units: V })]);
  await expect(extendVocabulary(right, bytes() as never, 'x')).rejects.toThrow(
    /^extendVocabulary\(vocabulary\): expected one of characters or words/,
  );
  await expect(extendVocabulary(right, vocabulary, 'x', { minimum: 2 })).rejects.toThrow(
    'extendVocabulary.minimum: expected 1 for characters, got 2',
  );
  await expect(extendVocabulary(right, vocabulary, 'x', { outputs: ['head'] })).rejects.toThrow(
    `extendVocabulary.outputs: expected a dense output of ${V} units, as the vocabulary has tokens, got 'head', which is not there`,
  );
  await expect(extendVocabulary(right, vocabulary, 3 as never)).rejects.toThrow(/^extendVocabulary\(text\): expected/);
});
