// Prefix beam search (Hannun, Maas, Jurafsky and Ng 2014, "First-pass large vocabulary continuous speech recognition using bi-directional
// recurrent DNNs"): the labels so far, each with the probability of all paths to it that the search has followed.
import { logAdd } from '../base/exact-log.ts';
import { likeliest } from '../metrics/likeliest.ts';
import type { Row } from './logits.ts';
import type { ScoreSum } from './prefix-score.ts';

/** Labels that begin a row. They form a tree, so that each is there once, from whatever beam it comes. */
class Prefix {
  readonly before: Prefix | undefined;
  readonly label: number;
  readonly known: readonly unknown[];
  readonly score: number;
  readonly next = new Map<number, Prefix>();
  /** Log-probabilities of the paths to it that end in a blank, and in its last label. */
  blank = Number.NEGATIVE_INFINITY;
  last = Number.NEGATIVE_INFINITY;
  /** The same after the next step. */
  nextBlank = Number.NEGATIVE_INFINITY;
  nextLast = Number.NEGATIVE_INFINITY;
  /** What beams are ordered by: the log-probability after the next step, and the score. */
  key = Number.NEGATIVE_INFINITY;
  reached = false;

  constructor(before: Prefix | undefined, label: number, scores: ScoreSum) {
    this.before = before;
    this.label = label;
    this.known = before === undefined ? scores.start : scores.next(before.known, label);
    this.score = scores.total(this.known);
  }

  /** The same with one more label. */
  with(label: number, scores: ScoreSum): Prefix {
    let longer = this.next.get(label);
    if (longer === undefined) {
      longer = new Prefix(this, label, scores);
      this.next.set(label, longer);
    }
    return longer;
  }

  get labels(): Int32Array {
    const labels: number[] = [];
    for (let at: Prefix = this; at.before !== undefined; at = at.before) labels.push(at.label);
    return Int32Array.from(labels.reverse());
  }
}

export interface Search {
  readonly blank: number;
  /** Beams that are followed at once. */
  readonly beams: number;
  readonly tokenMin: number;
  readonly pruneBelow: number;
  readonly scores: ScoreSum;
}

/** The labels of the beams at the end of a row, the best first. */
export function searchPrefixes(row: Row, search: Search): readonly Int32Array[] {
  const start = new Prefix(undefined, search.blank, search.scores);
  start.blank = 0;
  let beams: readonly Prefix[] = [start];
  for (let t = 0; t < row.steps; t++) {
    const reached = extend(row, t, beams, search);
    for (const prefix of reached) prefix.key = logAdd(prefix.nextBlank, prefix.nextLast) + prefix.score;
    reached.sort((a, b) => (a.key === b.key ? 0 : b.key - a.key));
    const least = reached[0]!.key - search.pruneBelow;
    beams = reached.slice(0, search.beams).filter(({ key }, index) => index === 0 || key >= least);
    settle(reached, beams);
  }
  return beams.map(({ labels }) => labels);
}

/** All prefixes that the beams come to in a step, in the order in which they are found. */
function extend({ classes, values }: Row, t: number, beams: readonly Prefix[], search: Search): Prefix[] {
  const { blank, tokenMin, scores } = search;
  const start = t * classes;
  const best = likeliest(values, start, classes);
  const reached: Prefix[] = [];
  const reach = (prefix: Prefix) => {
    if (!prefix.reached) reached.push(prefix);
    prefix.reached = true;
    return prefix;
  };
  for (const beam of beams) {
    const all = logAdd(beam.blank, beam.last);
    reach(beam).nextBlank = logAdd(beam.nextBlank, all + values[start + blank]!);
    if (beam.before !== undefined) beam.nextLast = logAdd(beam.nextLast, beam.last + values[start + beam.label]!);
    for (let label = 0; label < classes; label++) {
      const y = values[start + label]!;
      if (label === blank || (y < tokenMin && label !== best)) continue;
      // The same label once more is another one only behind a blank.
      const from = beam.before !== undefined && label === beam.label ? beam.blank : all;
      if (from === Number.NEGATIVE_INFINITY) continue;
      const longer = reach(beam.with(label, scores));
      longer.nextLast = logAdd(longer.nextLast, from + y);
    }
  }
  return reached;
}

/** Ends a step; forgets prefixes that are no beam and begin none. */
function settle(reached: readonly Prefix[], beams: readonly Prefix[]): void {
  const kept = new Set(beams);
  for (const prefix of reached) {
    const is = kept.has(prefix);
    prefix.blank = is ? prefix.nextBlank : Number.NEGATIVE_INFINITY;
    prefix.last = is ? prefix.nextLast : Number.NEGATIVE_INFINITY;
    prefix.nextBlank = Number.NEGATIVE_INFINITY;
    prefix.nextLast = Number.NEGATIVE_INFINITY;
    prefix.reached = false;
    if (!is && prefix.next.size === 0) prefix.before?.next.delete(prefix.label);
  }
}
