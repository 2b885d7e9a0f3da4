// Scores of prefixes: models and lists of words.
import { describe, expect, it } from 'vitest';
import { score } from '../../src/generation/index.ts';
import { createModel, dense, gru, tokens } from '../../src/index.ts';
import { decode, modelScore, type PrefixScore, wordScore } from '../../src/speech/index.ts';
import { labellings, rowOf } from '../support/labellings.ts';

const [T, C] = [4, 4];

/** The score of labels, and of the same as all that there is. */
function scored<Known>({ start, next, total, end }: PrefixScore<Known>, labels: readonly number[]) {
  const known = labels.reduce(next, start);
  return [total(known), end?.(known) ?? total(known)];
}

describe('modelScore', () => {
  it('is the log-probability that score gives, times the weight, and the bonus of each label', async () => {
    const model = await createModel([tokens(5), gru({ units: 6 }), dense({ units: 5 })], { seed: 3, dtype: 'f64' });
    const labels = [1, 3, 3, 2];
    const found = scored(modelScore(model, { prompt: [4, 0], weight: 0.25, bonus: 2 }), labels);
    const [expected] = score(model, [labels], { prompt: [4, 0] });
    expect(found[0]).toBeCloseTo(0.25 * expected!.logProbability + 2 * labels.length, 10);
    // Labels that are other tokens of the model's.
    const others = scored(modelScore(model, { prompt: [0], tokens: [0, 2, 1, 4], weight: 1 }), labels);
    const [moved] = score(model, [labels.map((label) => [0, 2, 1, 4][label]!)], { prompt: [0] });
    expect(others[0]).toBeCloseTo(moved!.logProbability, 10);
  });

  it('leads the search to what the model likes', async () => {
    const model = await createModel([tokens(C), gru({ units: 6 }), dense({ units: C })], { seed: 4, dtype: 'f64' });
    const logits = rowOf(8, T, C, 1);
    const options = { prompt: [0], weight: 3 };
    const best = [...labellings(logits, T, C, 0)]
      .map(([key, p]) => {
        const labels = key === '' ? [] : key.split(',').map(Number);
        const [likely] = labels.length === 0 ? [] : score(model, [labels], { prompt: [0] });
        return [key, Math.log(p) + 3 * (likely?.logProbability ?? 0)] as const;
      })
      .toSorted((a, b) => b[1] - a[1])[0]!;
    const found = decode({ steps: T, rows: 1, logits }, { beams: 2000, score: modelScore(model, options) })[0]![0]!;
    expect(found.labels.join()).toBe(best[0]);
    expect(found.score).toBeCloseTo(best[1], 8);
  });

  it('refuses models that are none of labels, and labels that the model has no token for', async () => {
    const other = await createModel([tokens(3), gru({ units: 2 }), dense({ units: 5 })]);
    expect(() => modelScore(other, { prompt: [0] })).toThrow(
      /^modelScore: expected a model with as many outputs as tokens/,
    );
    const model = await createModel([tokens(3), gru({ units: 2 }), dense({ units: 3 })]);
    expect(() => modelScore(model, { prompt: [] })).toThrow(/^modelScore\.prompt: expected at least 1 token/);
    expect(() => modelScore(model, { prompt: [0], tokens: [0, 3] })).toThrow(/^modelScore\.tokens\[1\]: /);
    const logits = rowOf(8, T, C, 1);
    const heard = () => decode({ steps: T, rows: 1, logits }, { beams: 4, score: modelScore(model, { prompt: [0] }) });
    expect(heard).toThrow(/^modelScore: labels\[0\]: expected a token from 0 to 2, got 3$/);
  });
});

describe('wordScore', () => {
  const space = 9;
  const list = wordScore([[1, 2], [1, 2, 3, 4], Int32Array.of(5)], { separator: space, known: 4, unknown: -6 });

  it('adds for each whole word, in part for what may become one, and takes off for what cannot', () => {
    expect(scored(list, [])).toEqual([0, 0]);
    expect(scored(list, [1])).toEqual([2, -6]);
    expect(scored(list, [1, 2])).toEqual([4, 4]);
    expect(scored(list, [1, 2, 3])).toEqual([3, -6]);
    expect(scored(list, [1, 2, 3, 4])).toEqual([4, 4]);
    expect(scored(list, [1, 3])).toEqual([-6, -6]);
    expect(scored(list, [1, 3, 2, 2])).toEqual([-6, -6]);
    expect(scored(list, [1, 2, space])).toEqual([4, 4]);
    expect(scored(list, [1, 2, space, space, 5, space, 7])).toEqual([2, 2]);
    expect(scored(list, [1, space])).toEqual([-6, -6]);
  });

  it('makes the search say words', () => {
    // 1 is likelier than 2 in the middle, but 1 1 3 is no word.
    const frames = [
      [0, 6, 0, 0],
      [6, 0, 0, 0],
      [0, 3, 2.5, 0],
      [6, 0, 0, 0],
      [0, 0, 0, 6],
    ];
    const given = { steps: frames.length, rows: 1, logits: Float64Array.from(frames.flat()) };
    const say = (options: object) => [...decode(given, { beams: 16, ...options })[0]![0]!.labels];
    expect(say({})).toEqual([1, 1, 3]);
    expect(say({ score: wordScore([[1, 2, 3]]) })).toEqual([1, 2, 3]);
    expect(say({ score: wordScore([[1, 2, 3]], { known: 2, unknown: 0 }) })).toEqual([1, 2, 3]);
    expect(say({ score: wordScore([[1, 2, 3]], { known: 0.1, unknown: 0 }) })).toEqual([1, 1, 3]);
  });

  it('refuses empty words and lists, and the separator inside of one', () => {
    expect(() => wordScore([])).toThrow('wordScore(words): expected at least one word, got none');
    expect(() => wordScore([[1], []])).toThrow(
      'wordScore(words)[1]: expected at least one label and no separator, got none',
    );
    expect(() => wordScore([[1, 9]], { separator: 9 })).toThrow(/got the separator 9$/);
    expect(() => wordScore([[1.5]])).toThrow(/^wordScore\(words\)\[0\]\[0\]: /);
    expect(() => wordScore([[1]], { knwon: 3 } as never)).toThrow(/known/);
  });
});
