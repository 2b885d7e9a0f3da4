// What beam search knows of labels beside the logits: a score of each prefix, added to its log-probability (shallow fusion).
import { readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';

/**
 * A score of prefixes, put together label by label: a language model (`modelScore`), a list of words (`wordScore`), or one's own. What is
 * known of a prefix is a value, and is not changed.
 */
export interface PrefixScore<Known = unknown> {
  /** What is known of the prefix without labels. */
  readonly start: Known;
  /** What is known when one label follows. */
  next(known: Known, label: number): Known;
  /** The score, in nats; -Infinity for what must not be. */
  total(known: Known): number;
  /** The score where the prefix is all there is. Default: `total`. */
  end?(known: Known): number;
}

/** A score of prefixes, or a function of the labels of a prefix. */
export type Score = PrefixScore | ((labels: readonly number[]) => number);

const WHERE = 'decode.score';

/** Several scores as one: their sum. */
export class ScoreSum implements PrefixScore<readonly unknown[]> {
  readonly #scores: readonly PrefixScore[];
  readonly start: readonly unknown[];

  constructor(scores: readonly Score[]) {
    this.#scores = scores.map((score) => (typeof score === 'function' ? (ofFunction(score) as PrefixScore) : score));
    this.start = this.#scores.map(({ start }) => start);
  }

  next(known: readonly unknown[], label: number): readonly unknown[] {
    return this.#scores.map((score, index) => readable(WHERE, () => score.next(known[index], label)));
  }

  total(known: readonly unknown[]): number {
    return this.#sum((score, index) => score.total(known[index]));
  }

  end(known: readonly unknown[]): number {
    return this.#sum((score, index) => score.end?.(known[index]) ?? score.total(known[index]));
  }

  #sum(value: (score: PrefixScore, index: number) => unknown): number {
    return this.#scores.reduce((sum, score, index) => {
      const one = readable(WHERE, () => value(score, index));
      if (typeof one === 'number' && !Number.isNaN(one)) return sum + one;
      throw new BpttError('invalid-argument', `${WHERE}: expected it to give a number, got ${show(one)}`);
    }, 0);
  }
}

function ofFunction(score: (labels: readonly number[]) => number): PrefixScore<readonly number[]> {
  return { start: [], next: (labels, label) => [...labels, label], total: score };
}
