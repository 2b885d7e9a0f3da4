// From logits to labels.
import { checkTokens, isCallable, readable, show } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Field, integer, number, type Options, optional, withDefault } from '../base/fields.ts';
import { greedyLabels } from './greedy.ts';
import { type Alignment, alignRow, type Span } from './lattice.ts';
import { type Logits, type Row, rowsOf } from './logits.ts';
import { searchPrefixes } from './prefix-beams.ts';
import { type PrefixScore, type Score, ScoreSum } from './prefix-score.ts';

const score: Field<Score | readonly Score[]> = {
  check(where, value) {
    for (const one of Array.isArray(value) ? value : [value]) {
      const { next, total, end = total } = Object(one) as Partial<PrefixScore>;
      if (isCallable(one) || [next, total, end].every(isCallable)) continue;
      throw new BpttError(
        'invalid-argument',
        `${where}: expected modelScore(…), wordScore(…), a function of labels, or a list of these, got ${show(one)}`,
      );
    }
    return value as Score | readonly Score[];
  },
};

const blank = withDefault(integer({ min: 0 }), 0);

/** What `decode` may be told. */
export const decodeFields = {
  /** The class that stands for no label. Default 0. */
  blank,
  /** How many prefixes a beam search follows. Default: none is made, the likeliest class of each step is taken. */
  beams: optional(integer({ min: 1 })),
  /** The most transcripts of a row, the best first. Default 1. */
  results: withDefault(integer({ min: 1 }), 1),
  /** Of beam search: classes less likely in a step than this, in nats, begin no new label in it, but for the likeliest. Default: all may. */
  tokenMin: optional(number({ max: 0 })),
  /** Of beam search: prefixes that lie further below the best than this, in nats, are not followed. Default: all may be. */
  pruneBelow: optional(number({ min: 0 })),
  /** Of beam search: what is added to the log-probability of prefixes, and of transcripts. Several are added up. Default: nothing. */
  score: optional(score),
};

/** Which class is the blank, how wide `decode` searches, and what else scores transcripts. */
export interface DecodeOptions extends Options<typeof decodeFields> {}

/** What a row may say. */
export interface Transcript {
  /** The classes in their order, blanks left out and repeats merged. */
  readonly labels: Int32Array;
  /** Of all paths that give these labels, in nats: what CTC is the negative of. */
  readonly logProbability: number;
  /** The log-probability and what `score` adds: what transcripts are ordered by. */
  readonly score: number;
  /** The steps of each label in the likeliest path that gives them; those between are blank. */
  readonly spans: readonly Span[];
}

/**
 * The labels of each row of logits, the best transcript first.
 *
 * Without `beams` the likeliest class of each step is taken, repeats are merged and blanks dropped. With `beams` it is a prefix beam search
 * (Hannun et al. 2014), which finds labels that many paths share. Its transcripts and that of the likeliest path are ordered by the
 * probability of all their paths, so that no search is worse than none; with as many beams as there are prefixes the first is the best of all.
 *
 * @example
 * const { outputs } = hearing.forward({ steps, rows: 1, inputs });
 * const [[best]] = decode({ steps, rows: 1, logits: outputs }, { beams: 16 });
 * console.log(heard.decode(best.labels), best.logProbability);
 *
 * @throws BpttError for logits whose shape is wrong or that are not finite, and for wrong or unknown options.
 */
export function decode(logits: Logits, options: DecodeOptions = {}): readonly (readonly Transcript[])[] {
  const { blank, beams, results, tokenMin, pruneBelow, score } = checkFields('decode', options, decodeFields);
  for (const [name, given] of Object.entries({ tokenMin, pruneBelow, score })) {
    if (given === undefined || beams !== undefined) continue;
    throw new BpttError('invalid-argument', `decode.${name}: expected beams with it, got none`);
  }
  const given = score === undefined ? [] : Array.isArray(score) ? (score as readonly Score[]) : [score as Score];
  const scores = new ScoreSum(given);
  return rowsOf('decode', logits, blank).map((row) => {
    const greedy = greedyLabels(row.values, row.steps, row.classes, blank);
    const found =
      beams === undefined
        ? []
        : searchPrefixes(row, {
            blank,
            beams,
            tokenMin: tokenMin ?? Number.NEGATIVE_INFINITY,
            pruneBelow: pruneBelow ?? Number.POSITIVE_INFINITY,
            scores,
          });
    const isNew = !found.some(
      (labels) => labels.length === greedy.length && labels.every((label, i) => label === greedy[i]),
    );
    const all = isNew ? [...found, greedy] : found;
    const transcripts = all.map((labels) => transcriptOf(row, labels, blank, scores));
    return transcripts.toSorted((a, b) => (a.score === b.score ? 0 : b.score - a.score)).slice(0, results);
  });
}

function transcriptOf(row: Row, labels: Int32Array, blank: number, scores: ScoreSum): Transcript {
  const { logProbability, spans } = alignRow(row, labels, blank);
  const known = labels.reduce<readonly unknown[]>((known, label) => scores.next(known, label), scores.start);
  return { labels, logProbability, score: logProbability + scores.end(known), spans };
}

/** Which class is the blank, for `align`. */
export interface AlignOptions extends Pick<DecodeOptions, 'blank'> {}

/**
 * Where given labels lie in the steps of each row: forced alignment, by the likeliest path that gives them (Viterbi 1967).
 *
 * @param labels Those of each row.
 * @throws BpttError for logits and labels that are wrong, and labels that do not fit into the steps of their row.
 *
 * @example
 * const { outputs } = hearing.forward({ steps, rows: 1, inputs });
 * const [{ spans }] = align({ steps, rows: 1, logits: outputs }, [heard.encode('ab')]);
 * for (const { from, to } of spans) console.log(from * front.frameSeconds, to * front.frameSeconds);
 */
export function align(
  logits: Logits,
  labels: readonly (Int32Array | readonly number[])[],
  options: AlignOptions = {},
): readonly Alignment[] {
  const { blank: none } = checkFields('align', options, { blank });
  const rows = rowsOf('align', logits, none);
  if (!readable('align(labels)', () => Array.isArray(labels)) || labels.length !== rows.length) {
    throw new BpttError('invalid-shape', `align(labels): expected those of ${rows.length} rows, got ${show(labels)}`);
  }
  return rows.map((row, index) => {
    const where = `align(labels)[${index}]`;
    const given = checkTokens(where, labels[index], row.classes);
    const at = Array.from(given).indexOf(none);
    if (at >= 0) throw new BpttError('invalid-argument', `${where}[${at}]: expected a label, got the blank ${none}`);
    const alignment = alignRow(row, given, none);
    if (alignment.logProbability > Number.NEGATIVE_INFINITY) return alignment;
    throw new BpttError(
      'invalid-argument',
      `${where}: expected labels that fit into the ${row.steps} steps of the row with blanks between repeats, got ${given.length}`,
    );
  });
}
