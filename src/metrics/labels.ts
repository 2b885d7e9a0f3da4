// Metrics of labels: how far the likeliest path of each row is from what was said.
import { BpttError } from '../base/errors.ts';
import { type Fields, integer, type Options } from '../base/fields.ts';
import type { Metric } from '../loss/metric.ts';
import { errorRate } from './error-rate.ts';
import { likeliest } from './likeliest.ts';
import { describeMetric, type LabelMetricKind, type LabelRow, type metricFields } from './metric.ts';

/** The likeliest class of each step, repeats merged and blanks dropped. */
function heard({ y, first, stride, steps, size, blank }: LabelRow): number[] {
  const labels: number[] = [];
  let last = blank;
  for (let t = 0; t < steps; t++) {
    const label = likeliest(y, first + t * stride, size);
    if (label !== blank && label !== last) labels.push(label);
    last = label;
  }
  return labels;
}

/** Errors of sequences that labels are made into, divided by how many items there should be. */
function rateOf<Item>(parts: (labels: readonly number[]) => readonly Item[]) {
  let errors = 0;
  let length = 0;
  return {
    add(row: LabelRow) {
      const pair = errorRate([[parts(Array.from(row.labels)), parts(heard(row))]]);
      errors += pair.substitutions + pair.insertions + pair.deletions;
      length += pair.length;
    },
    value: () => (errors === 0 ? 0 : errors / length),
  };
}

/** What results call `labelErrorRate`. */
export interface LabelErrorRateOptions extends Options<typeof metricFields> {}

export const labelErrorRateKind: LabelMetricKind<Record<never, never>> = {
  kind: 'ler',
  fields: {},
  higher: false,
  targets: 'labels',
  count: () => rateOf((labels) => labels),
};

const wordFields = {
  /** The label that stands between words, such as that of a space. */
  separator: integer({ min: 0 }),
} satisfies Fields;

/** Where words end in `wordErrorRate`, and what results call it. */
export interface WordErrorRateOptions extends Options<typeof wordFields>, Options<typeof metricFields> {}

export const wordErrorRateKind: LabelMetricKind<typeof wordFields> = {
  kind: 'wer',
  fields: wordFields,
  higher: false,
  targets: 'labels',
  count({ separator }, size, where) {
    if (separator >= size) {
      const expected = `a label from 0 to ${size - 1}`;
      throw new BpttError('invalid-argument', `${where}.separator: expected ${expected}, got ${separator}`);
    }
    return rateOf((labels) => wordsOf(labels, separator));
  },
};

/** Each word as its labels, joined with spaces; none of no labels. */
function wordsOf(labels: readonly number[], separator: number): readonly string[] {
  const words: number[][] = [[]];
  for (const label of labels) {
    if (label === separator) words.push([]);
    else words.at(-1)!.push(label);
  }
  return words.filter(({ length }) => length > 0).map((word) => word.join(' '));
}

/**
 * The label error rate of the likeliest paths: substitutions, insertions and deletions, divided by the labels that should be there. Of rows
 * that have no labels and should have none it is 0. `decode` and `errorRate` of `bptt/speech` say more, of one row or of beams.
 *
 * @example
 * await fit(hearing, {
 *   data: utterances, validation: utterances, loss: await ctc(),
 *   metrics: [labelErrorRate()], earlyStopping: { patience: 5, monitor: 'ler' }, epochs: 3,
 * });
 *
 * @throws BpttError for options that are wrong; where it is used, for a loss of steps.
 */
export const labelErrorRate = (options: LabelErrorRateOptions = {}): Metric =>
  describeMetric(labelErrorRateKind, options);

/**
 * The same of words: of labels between two of the `separator`, in their order.
 *
 * @throws BpttError as `labelErrorRate` does, and for a separator that is no class.
 *
 * @example
 * await fit(hearing, { data: utterances, validation: utterances, loss: await ctc(), metrics: [wordErrorRate({ separator: 1 })], epochs: 1 });
 */
export const wordErrorRate = (options: WordErrorRateOptions): Metric => describeMetric(wordErrorRateKind, options);
