// Scores and perplexity against the model's outputs, token by token.
import { describe, expect, it } from 'vitest';
import { perplexity, score } from '../../src/generation/index.ts';
import {
  BpttError,
  bidirectional,
  createModel,
  type Dtype,
  dense,
  elman,
  evaluate,
  features,
  generate,
  gru,
  lstm,
  type Model,
  type State,
  tokens,
} from '../../src/index.ts';
import { logSoftmax } from '../truth/reference/sampling.ts';

const V = 6;
const create = (dtype: Dtype = 'f64') =>
  createModel([tokens(V), lstm({ units: 7 }), gru({ units: 5 }), dense({ units: V })], { seed: 3, dtype });
const text = (length: number, seed = 1) => Int32Array.from({ length }, (_, i) => (i * i * seed + (i >> 2)) % V);

/** log softmax of the outputs at each token but the first. */
function byHand(model: Model, sequence: Int32Array, state?: State): number[] {
  const steps = sequence.length - 1;
  const { outputs } = model.forward({ steps, rows: 1, inputs: sequence.subarray(0, steps) }, state);
  return Array.from({ length: steps }, (_, t) => {
    return logSoftmax([...outputs.subarray(t * V, (t + 1) * V)])[sequence[t + 1]!]!;
  });
}

function expectClose(actual: ArrayLike<number>, expected: ArrayLike<number>, digits = 12): void {
  expect(actual).toHaveLength(expected.length);
  for (let i = 0; i < expected.length; i++) expect(actual[i]).toBeCloseTo(expected[i]!, digits);
}

describe('score', () => {
  it('is the log softmax of the outputs, for sequences of all lengths at once', async () => {
    const model = await create();
    const lengths = [2, 70, 3, 33, 34, 2, 5, 64, 65, 66, ...Array.from({ length: 40 }, (_, i) => 2 + ((i * 7) % 23))];
    const sequences = lengths.map((length, index) => text(length, index + 1));
    const scores = score(model, sequences);
    for (const [index, { logProbabilities, logProbability }] of scores.entries()) {
      const expected = byHand(model, sequences[index]!);
      expectClose(logProbabilities, expected);
      expect(logProbability).toBeCloseTo(
        expected.reduce((sum, value) => sum + value, 0),
        10,
      );
    }
  });

  it('does not depend on which sequences are scored together', async () => {
    const model = await create('f32');
    const sequences = [text(9), text(40, 2), text(3, 3), text(21, 4)];
    const together = score(model, sequences);
    for (const [index, sequence] of sequences.entries()) expect(score(model, [sequence])[0]).toEqual(together[index]);
    expect(score(model, [])).toEqual([]);
  });

  it('counts every token after a prompt, and starts from a state', async () => {
    const model = await create();
    const { state } = model.forward({ steps: 4, rows: 1, inputs: text(4) });
    for (const prompt of [[5], [1, 2], [...text(40)]]) {
      for (const start of [undefined, state]) {
        const sequences = [text(1, 5), text(12), text(3)];
        const scores = score(model, sequences, { prompt, ...(start && { state: start }) });
        for (const [index, sequence] of sequences.entries()) {
          const expected = byHand(model, Int32Array.from([...prompt, ...sequence]), start).slice(prompt.length - 1);
          expectClose(scores[index]!.logProbabilities, expected);
        }
      }
    }
    expectClose(score(model, [text(8)], { state })[0]!.logProbabilities, byHand(model, text(8), state));
  });

  it('gives for what was generated the log-probabilities that came with it', async () => {
    for (const dtype of ['f32', 'f64'] as const) {
      const model = await createModel([tokens(V), gru({ units: 8 }), elman({ units: V })], { seed: 2, dtype });
      const options = { prompt: [1, 2], length: 50, topP: 0.8, logProbabilities: true } as const;
      const said = [...generate(model, options)];
      const [scored] = score(model, [said.map(({ token }) => token)], { prompt: [1, 2] });
      expect([...scored!.logProbabilities]).toEqual(said.map(({ logProbability }) => logProbability));
    }
  });

  it('takes no more memory for a long sequence than for a short one', async () => {
    const [short, long] = [await create(), await create()];
    score(short, [text(40)]);
    score(long, [text(20_000)]);
    expect(long.memoryBytes).toBe(short.memoryBytes);
  });

  it('adds up to 1 over all sequences of a length', async () => {
    const model = await create();
    const all = Array.from({ length: V ** 3 }, (_, i) => [i % V, Math.floor(i / V) % V, Math.floor(i / V / V)]);
    const total = score(model, all, { prompt: [0] }).reduce((sum, one) => sum + Math.exp(one.logProbability), 0);
    expect(total).toBeCloseTo(1, 12);
  });

  it('refuses other models, sequences with nothing to score, and wrong options', async () => {
    const model = await create();
    for (const layers of [
      [tokens(V), elman({ units: 4 }), dense({ units: 4 })],
      [features(V), elman({ units: 4 }), dense({ units: V })],
      [tokens(V), bidirectional(elman({ units: 3 })), dense({ units: V })],
      [tokens(V), elman({ units: 4, returns: 'last' }), dense({ units: V })],
    ] as const) {
      const other = await createModel(layers);
      expect(() => score(other, [[1, 2]])).toThrow(BpttError);
    }
    expect(() => score(model, [[1, 2], [1]])).toThrow(BpttError);
    expect(() => score(model, [[]], { prompt: [1] })).toThrow(BpttError);
    expect(() => score(model, [[1, V]])).toThrow(BpttError);
    expect(() => score(model, [1, 2] as never)).toThrow(BpttError);
    expect(() => score(model, 'text' as never)).toThrow(BpttError);
    expect(() => score(model, [[1, 2]], { prompt: [] })).toThrow(BpttError);
    expect(() => score(model, [[1, 2]], { state: model.zeroState(2) })).toThrow(BpttError);
    expect(() => score(model, [[1, 2]], { prompts: [1] } as never)).toThrow(BpttError);
  });
});

describe('perplexity', () => {
  it('is e to the mean loss, in bits per token and per character', async () => {
    for (const dtype of ['f32', 'f64'] as const) {
      const model = await create(dtype);
      const whole = text(300);
      const { state } = model.forward({ steps: 4, rows: 1, inputs: text(4) });
      for (const start of [undefined, state]) {
        const batch = { steps: 299, rows: 1, inputs: whole.subarray(0, 299), targets: whole.subarray(1) };
        const expected = evaluate(model, batch, { loss: 'cross-entropy' }, start);
        const found = perplexity(model, whole, start && { state: start });
        expect(found).toMatchObject({ loss: expected.loss, counted: 299, state: expected.state });
        expect(found.perplexity / Math.exp(expected.loss)).toBeCloseTo(1, dtype === 'f32' ? 6 : 14);
        expect(2 ** found.bitsPerToken).toBeCloseTo(Math.exp(expected.loss), 12);
        expect(found.bitsPerCharacter).toBe(found.bitsPerToken);
        expect(perplexity(model, whole, { characters: 598 }).bitsPerCharacter).toBe(
          perplexity(model, whole).bitsPerToken / 2,
        );
      }
    }
  });

  it('is the number of tokens where all are equally likely', async () => {
    const model = await create();
    model.setParameter('dense.weight', new Float64Array(5 * V));
    model.setParameter('dense.bias', new Float64Array(V));
    expect(perplexity(model, text(50)).perplexity).toBeCloseTo(V, 12);
  });

  it('refuses what is no text', async () => {
    const model = await create();
    expect(() => perplexity(model, [1])).toThrow(BpttError);
    expect(() => perplexity(model, [1, V])).toThrow(BpttError);
    expect(() => perplexity(model, text(9), { characters: 0 })).toThrow(BpttError);
    expect(() => perplexity(model, text(9), { loss: 'cross-entropy' } as never)).toThrow(BpttError);
    expect(() => perplexity(model, text(9), { state: model.zeroState(2) })).toThrow(BpttError);
  });
});
