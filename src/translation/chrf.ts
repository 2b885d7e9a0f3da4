// chrF of a whole corpus.
import { checkFields, integer, number, type Options, withDefault } from '../base/fields.ts';
import { checkTexts, countNgrams, matches } from './texts.ts';

const fields = {
  /** The longest n-grams of characters. Default 6. */
  order: withDefault(integer({ min: 1, max: 20 }), 6),
  /** How much more recall counts than precision. Default 2: chrF2. */
  beta: withDefault(number({ min: 0 }), 2),
};

/** How long the n-grams of `chrf` are, and how much recall counts. */
export interface ChrfOptions extends Options<typeof fields> {}

/** What `chrf` returns: the score, and what it is made of. */
export interface Chrf {
  /** 0 to 100. */
  readonly score: number;
  /** Means over the orders, 0 to 100. */
  readonly precision: number;
  /** The share of the references' n-grams that the translations have: the mean over the orders, 0 to 100. */
  readonly recall: number;
}

/**
 * chrF (Popović 2015) of a corpus with one reference each: precision and recall of n-grams of characters, without spaces, of all sentences
 * together; their means over the orders that occur on both sides, and then one F. As sacreBLEU has it by default (chrF2: order 6, β 2).
 *
 * @throws BpttError for lists of different lengths, empty ones, what is no text, and wrong options.
 *
 * @example
 * chrf(['вчера шёл снег'], ['вчера был снег']).score;
 */
export function chrf(hypotheses: readonly string[], references: readonly string[], options: ChrfOptions = {}): Chrf {
  const { order, beta } = checkFields('chrf', options, fields);
  const texts = checkTexts('chrf', hypotheses, references).map((pair) =>
    pair.map((text) => [...text.replace(/\s+/gu, '')]),
  );
  let [precision, recall, orders] = [0, 0, 0];
  for (let n = 1; n <= order; n++) {
    let [found, ours, theirs] = [0, 0, 0];
    for (const [mine, other] of texts) {
      const count = Math.max(0, other!.length - n + 1);
      theirs += count;
      // Where the reference has none of this order, what is written counts neither way.
      if (count > 0) ours += Math.max(0, mine!.length - n + 1);
      found += matches(countNgrams(mine!, n), countNgrams(other!, n));
    }
    if (ours === 0 || theirs === 0) continue;
    precision += found / ours;
    recall += found / theirs;
    orders++;
  }
  if (orders > 0) [precision, recall] = [precision / orders, recall / orders];
  const weight = beta * beta;
  const score = precision + recall === 0 ? 0 : ((1 + weight) * precision * recall) / (weight * precision + recall);
  return { score: 100 * score, precision: 100 * precision, recall: 100 * recall };
}
