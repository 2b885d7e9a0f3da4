// BLEU against NLTK, chrF against a twin that counts in another way.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { bleu, chrf } from '../../src/translation/index.ts';
import corpora from '../truth/fixtures/bleu.json' with { type: 'json' };

describe('bleu', () => {
  it('is that of NLTK for random corpora', () => {
    for (const { hypotheses, references, score } of corpora) {
      expect(bleu(hypotheses, references).score).toBeCloseTo(score, 9);
    }
  });

  it('is 100 for what is right, 0 for what has nothing right', () => {
    const right = ['He said: "wait, wait" - twice, in 1.5 seconds.'];
    expect(bleu(right, right)).toMatchObject({ brevityPenalty: 1, score: expect.closeTo(100, 9) });
    expect(bleu(['a b c d e'], ['f g h i j']).score).toBe(0);
  });

  it('takes marks from words, but not from within numbers, as mteval-v13a does', () => {
    expect(bleu(['1,000.5 cats, 10-fold'], ['x']).length).toBe(6); // 1,000.5 | cats | , | 10 | - | fold
    expect(bleu(['&quot;a&quot; &amp; b'], ['x']).length).toBe(5);
  });

  it('punishes what is too short', () => {
    const { brevityPenalty, length, referenceLength } = bleu(['a b c d'], ['a b c d e f']);
    expect([length, referenceLength]).toEqual([4, 6]);
    expect(brevityPenalty).toBeCloseTo(Math.exp(1 - 6 / 4), 12);
  });
});

/** Finds matches one by one, crossing them out. */
function twin(pairs: readonly (readonly [string, string])[], order: number, beta: number): number {
  const precisions: number[] = [];
  const recalls: number[] = [];
  for (let n = 1; n <= order; n++) {
    let [found, ours, theirs] = [0, 0, 0];
    for (const pair of pairs) {
      const [mine, left] = pair.map((text) => {
        const characters = [...text.replaceAll(/\s/g, '')];
        return characters.slice(n - 1).map((_, i) => characters.slice(i, i + n).join('|'));
      }) as [string[], string[]];
      theirs += left.length;
      if (left.length === 0) continue;
      ours += mine.length;
      for (const gram of mine) {
        const at = left.indexOf(gram);
        if (at < 0) continue;
        left.splice(at, 1);
        found++;
      }
    }
    if (ours > 0 && theirs > 0) {
      precisions.push(found / ours);
      recalls.push(found / theirs);
    }
  }
  const mean = (all: readonly number[]) => (all.length === 0 ? 0 : all.reduce((a, b) => a + b, 0) / all.length);
  const [P, R] = [mean(precisions), mean(recalls)];
  return P + R === 0 ? 0 : (100 * (1 + beta ** 2) * P * R) / (beta ** 2 * P + R);
}

describe('chrf', () => {
  it('is that of a twin, for any texts', () => {
    const text = fc.string({ unit: fc.constantFrom('a', 'b', 'я', ' ', '😀'), maxLength: 12 });
    const pairs = fc.array(fc.tuple(text, text), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(pairs, fc.integer({ min: 1, max: 6 }), fc.constantFrom(1, 2, 3), (all, order, beta) => {
        const [hypotheses, references] = [all.map(([mine]) => mine), all.map(([, theirs]) => theirs)];
        expect(chrf(hypotheses, references, { order, beta }).score).toBeCloseTo(twin(all, order, beta), 9);
      }),
    );
  });

  it('is 100 for what is right, 0 for what has nothing right', () => {
    expect(chrf(['вчера шёл снег'], ['вчера  шёл снег']).score).toBeCloseTo(100, 9);
    expect(chrf(['abc'], ['def'])).toEqual({ score: 0, precision: 0, recall: 0 });
  });
});

it.each<[string, unknown, unknown]>([
  ['lists of different lengths', ['a'], ['a', 'b']],
  ['empty lists', [], []],
  ['texts in place of lists', 'a', 'a'],
  ['numbers', [1], ['a']],
])('refuses %s', (_, hypotheses, references) => {
  expect(() => bleu(hypotheses as never, references as never)).toThrow(/^bleu.*: expected /);
  expect(() => chrf(hypotheses as never, references as never)).toThrow(/^chrf.*: expected /);
});
