// What holds of every tokenizer.
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
import { again } from '../support/tokenizers.ts';
import fixtures from '../truth/fixtures/byte-pair.json' with { type: 'json' };

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
