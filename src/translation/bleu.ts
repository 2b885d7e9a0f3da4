// BLEU of a whole corpus.
import { checkTexts, countNgrams, matches } from './texts.ts';

/** Orders of n-grams. */
const ORDERS = [1, 2, 3, 4] as const;

/** What `bleu` returns: the score, and what it is made of. */
export interface Bleu {
  /** 0 to 100. */
  readonly score: number;
  /** Of n-grams of 1 to 4 words, 0 to 100; smoothed where none matches. */
  readonly precisions: readonly number[];
  /** What the score is multiplied by where the translations are shorter than the references: exp(1 - references / translations). */
  readonly brevityPenalty: number;
  /** Words of all translations, and of all references. */
  readonly length: number;
  /** Words of all references. */
  readonly referenceLength: number;
}

/**
 * BLEU (Papineni et al. 2002) of a corpus with one reference each: the geometric mean of the clipped precisions of n-grams of one to four
 * words, of all sentences together, times a penalty for brevity. As sacreBLEU has it by default (Post 2018): words by the rules of
 * mteval-v13a, an order of which nothing matches counts 1/(2^k total) for the k-th such order (`exp`), 0 where nothing matches at all.
 *
 * @throws BpttError for lists of different lengths, empty ones, and what is no text.
 *
 * @example
 * bleu(['the cat sat on the mat'], ['the cat is on the mat']).score;
 */
export function bleu(hypotheses: readonly string[], references: readonly string[]): Bleu {
  const texts = checkTexts('bleu', hypotheses, references).map((pair) => pair.map(words));
  const total = (side: number) => texts.reduce((sum, pair) => sum + pair[side]!.length, 0);
  const [length, referenceLength] = [total(0), total(1)];
  const counts = ORDERS.map((n) => {
    let [found, all] = [0, 0];
    for (const [ours, theirs] of texts) {
      found += matches(countNgrams(ours!, n), countNgrams(theirs!, n));
      all += Math.max(0, ours!.length - n + 1);
    }
    return { found, all };
  });
  let smooth = 1;
  const precisions = counts.map(({ found, all }) => {
    if (all === 0) return 0;
    if (found > 0) return (100 * found) / all;
    smooth *= 2;
    return 100 / (smooth * all);
  });
  const brevityPenalty = length >= referenceLength ? 1 : length === 0 ? 0 : Math.exp(1 - referenceLength / length);
  const none = counts.every(({ found }) => found === 0) || precisions.includes(0);
  const mean = none ? 0 : Math.exp(precisions.reduce((sum, p) => sum + Math.log(p), 0) / ORDERS.length);
  return { score: brevityPenalty * mean, precisions, brevityPenalty, length, referenceLength };
}

/** The words of mteval-v13a, of sacreBLEU's tokenizer `13a`. */
function words(text: string): readonly string[] {
  const spaced = ` ${withoutEntities(text.replaceAll('<skipped>', '').replaceAll('-\n', '').replaceAll('\n', ' '))} `
    .replace(/([{-~[-` -&(-+:-@/])/g, ' $1 ')
    .replace(/([^0-9])([.,])/g, '$1 $2 ')
    .replace(/([.,])([^0-9])/g, ' $1 $2')
    .replace(/([0-9])(-)/g, '$1 $2 ');
  return spaced.split(/\s+/).filter((word) => word !== '');
}

function withoutEntities(text: string): string {
  return text.replaceAll('&quot;', '"').replaceAll('&amp;', '&').replaceAll('&lt;', '<').replaceAll('&gt;', '>');
}
