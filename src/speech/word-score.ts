// A list of words as the score of prefixes.
import { checkTokens, fail, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, integer, number, type Options, optional, withDefault } from '../base/fields.ts';
import type { PrefixScore } from './prefix-score.ts';

const fields = {
  /** The label between words. Default: none, all labels together are one word. */
  separator: optional(integer({ min: 0 })),
  /** Added for each word of the list: above 0 it makes them hot words. Default 0. */
  known: withDefault(number(), 0),
  /** Added for each word that is not in the list. Default -10, in nats. */
  unknown: withDefault(number(), -10),
};

/** Where words end, and what words of the list and others are worth. */
export interface WordScoreOptions extends Options<typeof fields> {}

/** Words that begin alike. */
interface Beginning {
  readonly next: Map<number, Beginning>;
  isWord: boolean;
  /** Labels of the shortest word that begins so. */
  shortest: number;
}

const beginning = (): Beginning => ({ next: new Map(), isWord: false, shortest: Number.POSITIVE_INFINITY });

/** What is known of a prefix: the score of its whole words, and how its last one begins, undefined where no word of the list does. */
interface Spelled {
  readonly done: number;
  readonly length: number;
  readonly at: Beginning | undefined;
}

/**
 * Words as the score of prefixes, each as its labels. `known` is added for a word of the list, and in part while one is being spelled;
 * `unknown` for any other, as soon as no word of the list begins so. A list of all words is one with `unknown` far below 0, hot words are one
 * with `known` above 0 and `unknown: 0`.
 *
 * @example
 * const spell = (word) => Int32Array.from(word, (letter) => letter.charCodeAt(0) - 96); // a is 1
 * const names = wordScore(['anna', 'otto'].map(spell), { separator: 27, known: 4, unknown: 0 });
 *
 * @throws BpttError for words that are empty or hold the separator, and for wrong options.
 */
export function wordScore(
  words: Iterable<Int32Array | readonly number[]>,
  options: WordScoreOptions = {},
): PrefixScore<Spelled> {
  const { separator, known, unknown } = checkFields('wordScore', options, fields);
  const root = beginning();
  let index = 0;
  const list = readable('wordScore(words)', () => (typeof words === 'string' ? undefined : Array.from(words)));
  if (list === undefined) return fail('wordScore(words)', 'words, each as its labels', show(words));
  for (const word of list) add(root, word, separator, `wordScore(words)[${index++}]`);
  if (index === 0) throw new BpttError('invalid-argument', 'wordScore(words): expected at least one word, got none');

  const finished = ({ done, length, at }: Spelled) => done + (length === 0 ? 0 : at?.isWord ? known : unknown);
  return {
    start: { done: 0, length: 0, at: root },
    next(spelled, label) {
      if (label === separator) return { done: finished(spelled), length: 0, at: root };
      return { done: spelled.done, length: spelled.length + 1, at: spelled.at?.next.get(label) };
    },
    total: ({ done, length, at }) =>
      done + (at === undefined ? unknown : (known * length) / Math.max(length, at.shortest)),
    end: finished,
  };
}

function add(
  root: Beginning,
  word: Int32Array | readonly number[],
  separator: number | undefined,
  where: string,
): void {
  const labels = Array.from(checkTokens(where, word, Number.MAX_SAFE_INTEGER));
  if (labels.length === 0 || labels.includes(separator!)) {
    const got = labels.length === 0 ? 'none' : `the separator ${show(separator)}`;
    throw new BpttError('invalid-argument', `${where}: expected at least one label and no separator, got ${got}`);
  }
  let at = root;
  for (const label of labels) {
    let next = at.next.get(label);
    if (next === undefined) {
      next = beginning();
      at.next.set(label, next);
    }
    next.shortest = Math.min(next.shortest, labels.length);
    at = next;
  }
  at.isWord = true;
}
