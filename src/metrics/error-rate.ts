// How far transcripts are from what was said: the fewest labels or words that must be changed.
import { fail, readable, show } from '../base/check.ts';

/** The most ways that are compared: of a sequence of 11,000 items with another. They take 512 MB. */
const MOST = 2 ** 27;

/** One place of an alignment of two sequences. */
export interface Edit<Item> {
  /** What is wrong here, if anything: another item, one too many, or one that is missing. */
  readonly kind: 'match' | 'substitution' | 'insertion' | 'deletion';
  /** What should be there; undefined where something was inserted. */
  readonly expected: Item | undefined;
  /** What is there; undefined where something was left out. */
  readonly got: Item | undefined;
}

/** The errors of one sequence or of several together. */
export interface ErrorCounts {
  /** Items that are others than they should be. */
  readonly substitutions: number;
  /** Items that should not be there. */
  readonly insertions: number;
  /** Items that are missing. */
  readonly deletions: number;
  /** How many items should be there. */
  readonly length: number;
}

/** The errors of one pair. */
export interface PairErrors<Item> extends ErrorCounts {
  /** Both sequences side by side, from their beginning. */
  readonly alignment: readonly Edit<Item>[];
}

/** The error rate of pairs. */
export interface ErrorRate<Item> extends ErrorCounts {
  /**
   * All errors divided by how many items should be there: 0 where all are right; above 1 where there are more errors than items; of nothing
   * that should be there 0, or Infinity where something is.
   */
  readonly rate: number;
  /** The errors of each pair, in their order. */
  readonly pairs: readonly PairErrors<Item>[];
}

/**
 * The label error rate, or of words the word error rate: over all pairs, the fewest substitutions, insertions and deletions that make what was
 * expected into what was got (Levenshtein 1966), divided by the items expected. Of equally short ways the one whose changes come last.
 *
 * @example
 * const { rate } = errorRate([['the cat sat'.split(' '), 'the cat sits'.split(' ')]]); // one word of three: 1/3
 * const { substitutions } = errorRate([[Int32Array.of(3, 1, 2), Int32Array.of(3, 2, 2)]]); // 1
 *
 * @param pairs What was expected, and what was got.
 * @throws BpttError for what is no list of pairs of sequences, and for two so long that their lengths multiplied are above 2^27.
 */
export function errorRate<Item>(
  pairs: readonly (readonly [expected: ArrayLike<Item>, got: ArrayLike<Item>])[],
): ErrorRate<Item> {
  if (!readable('errorRate(pairs)', () => Array.isArray(pairs))) {
    fail('errorRate(pairs)', 'a list of pairs', show(pairs));
  }
  const counted = Array.from(pairs, (pair, index) => {
    const where = `errorRate(pairs)[${index}]`;
    const [expected, got] = [0, 1].map((side) => sequenceIn<Item>(`${where}[${side}]`, pair, side));
    const ways = (expected!.length + 1) * (got!.length + 1);
    if (ways > MOST)
      fail(where, 'shorter sequences, such as sentences', `${expected!.length} items and ${got!.length}`);
    return compare(expected!, got!);
  });
  const sum = (count: (one: ErrorCounts) => number) => counted.reduce((total, one) => total + count(one), 0);
  const substitutions = sum((one) => one.substitutions);
  const insertions = sum((one) => one.insertions);
  const deletions = sum((one) => one.deletions);
  const length = sum((one) => one.length);
  const errors = substitutions + insertions + deletions;
  return { rate: errors === 0 ? 0 : errors / length, substitutions, insertions, deletions, length, pairs: counted };
}

function sequenceIn<Item>(where: string, pair: unknown, side: number): ArrayLike<Item> {
  const items: unknown = readable(where, () => Object(pair)[side]);
  const listed = readable(
    where,
    () => Array.isArray(items) || (ArrayBuffer.isView(items) && !(items instanceof DataView)),
  );
  return listed ? (items as ArrayLike<Item>) : fail(where, 'a sequence', show(items));
}

function compare<Item>(expected: ArrayLike<Item>, got: ArrayLike<Item>): PairErrors<Item> {
  const width = got.length + 1;
  /** The fewest changes from the first i of what was expected to the first j of what was got. */
  const fewest = new Uint32Array((expected.length + 1) * width);
  for (let i = 0; i <= expected.length; i++) {
    for (let j = 0; j <= got.length; j++) {
      const at = i * width + j;
      if (i === 0 || j === 0) fewest[at] = i + j;
      else {
        const changed = fewest[at - width - 1]! + (expected[i - 1] === got[j - 1] ? 0 : 1);
        fewest[at] = Math.min(changed, fewest[at - width]! + 1, fewest[at - 1]! + 1);
      }
    }
  }
  const alignment: Edit<Item>[] = [];
  for (let i = expected.length, j = got.length; i > 0 || j > 0; ) {
    const at = i * width + j;
    const same = i > 0 && j > 0 && expected[i - 1] === got[j - 1];
    if (i > 0 && j > 0 && fewest[at] === fewest[at - width - 1]! + (same ? 0 : 1)) {
      alignment.push({ kind: same ? 'match' : 'substitution', expected: expected[--i], got: got[--j] });
    } else if (i > 0 && fewest[at] === fewest[at - width]! + 1) {
      alignment.push({ kind: 'deletion', expected: expected[--i], got: undefined });
    } else alignment.push({ kind: 'insertion', expected: undefined, got: got[--j] });
  }
  const count = (wanted: Edit<Item>['kind']) => alignment.filter(({ kind }) => kind === wanted).length;
  return {
    substitutions: count('substitution'),
    insertions: count('insertion'),
    deletions: count('deletion'),
    length: expected.length,
    alignment: alignment.reverse(),
  };
}
