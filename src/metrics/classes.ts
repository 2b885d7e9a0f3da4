// Metrics of classes: what share is right, and what share of a class.
import { BpttError } from '../base/errors.ts';
import { integer, type Options, optional, withDefault } from '../base/fields.ts';
import type { Metric } from '../loss/metric.ts';
import { likeliest } from './likeliest.ts';
import { describeMetric, type MetricKind, type metricFields, type Rows } from './metric.ts';

/** Calls back for each row that counts, with its largest output (the first of equal ones). */
export function eachRow(
  { y, ld, size, targets, weights }: Rows,
  visit: (target: number, best: number, row: number) => void,
) {
  for (let row = 0; row < weights.length; row++) {
    if (weights[row] === 0) continue;
    visit(targets[row]!, likeliest(y, row * ld, size), row);
  }
}

const accuracyFields = {
  /** k: a row is right where its class is among the k largest outputs; of equal ones all must be among them. Default 1. */
  top: withDefault(integer({ min: 1 }), 1),
};

/** How many guesses `accuracy` allows, and what results call it. */
export interface AccuracyOptions extends Options<typeof accuracyFields>, Options<typeof metricFields> {}

export const accuracyKind: MetricKind<typeof accuracyFields> = {
  kind: 'accuracy',
  fields: accuracyFields,
  higher: true,
  targets: 'classes',
  count({ top }, size, where) {
    if (top >= size) {
      throw new BpttError(
        'invalid-argument',
        `${where}.top: expected less than ${size}, the number of classes, got ${top}`,
      );
    }
    let right = 0;
    let all = 0;
    return {
      add(rows) {
        const { y, ld, weights } = rows;
        eachRow(rows, (target, best, row) => {
          all += weights[row]!;
          if (top === 1) right += best === target ? weights[row]! : 0;
          else {
            let above = 0;
            for (let c = 0; c < size; c++) above += +(c !== target && y[row * ld + c]! >= y[row * ld + target]!);
            right += above < top ? weights[row]! : 0;
          }
        });
      },
      value: () => right / all,
    };
  },
};

/**
 * The share of rows whose largest output is that of their class; with `top` k, whose class is among the k largest.
 *
 * @example
 * await fit(model, { data, validation, loss: 'cross-entropy', metrics: [accuracy(), accuracy({ top: 5, name: 'top 5' })], epochs: 10 });
 *
 * @throws BpttError for options that are wrong; where it is used, for a loss of numbers, and a `top` that is not below the number of classes.
 */
export const accuracy = (options: AccuracyOptions = {}): Metric => describeMetric(accuracyKind, options);

const ofClassFields = {
  /** The class that it is of. Default: the mean over all classes that are targets or were given (macro average). */
  of: optional(integer({ min: 0 })),
};

/** Which class `precision`, `recall` and `f1` are of, and what results call them. */
export interface ClassMetricOptions extends Options<typeof ofClassFields>, Options<typeof metricFields> {}

/** Of one class: how often it was given rightly, given, and there. */
type Score = (right: number, given: number, there: number) => number;

function ofClass(kind: string, score: Score): MetricKind<typeof ofClassFields> {
  return {
    kind,
    fields: ofClassFields,
    higher: true,
    targets: 'classes',
    count({ of }, size, where) {
      if (of !== undefined && of >= size) {
        throw new BpttError('invalid-argument', `${where}.of: expected a class from 0 to ${size - 1}, got ${of}`);
      }
      const [right, given, there] = [new Float64Array(size), new Float64Array(size), new Float64Array(size)];
      return {
        add(rows) {
          eachRow(rows, (target, best, row) => {
            const weight = rows.weights[row]!;
            there[target]! += weight;
            given[best]! += weight;
            if (best === target) right[target]! += weight;
          });
        },
        value() {
          const classes = of === undefined ? [...there.keys()].filter((c) => there[c]! + given[c]! > 0) : [of];
          return classes.reduce((sum, c) => sum + score(right[c]!, given[c]!, there[c]!), 0) / classes.length;
        },
      };
    },
  };
}

/** 0 of none, as scikit-learn has it. */
const share = (part: number, whole: number) => (whole === 0 ? 0 : part / whole);

export const precisionKind = ofClass('precision', (right, given) => share(right, given));
export const recallKind = ofClass('recall', (right, _, there) => share(right, there));
export const f1Kind = ofClass('f1', (right, given, there) => share(2 * right, given + there));

/**
 * Of the rows that were given a class, the share that are of it; 0 where none was.
 *
 * @throws BpttError as `accuracy` does.
 *
 * @example
 * const { metrics } = evaluate(model, data, { loss: 'cross-entropy', metrics: [precision({ of: 1 }), precision({ name: 'mean' })] });
 * console.log(metrics);
 */
export const precision = (options: ClassMetricOptions = {}): Metric => describeMetric(precisionKind, options);

/**
 * Of the rows of a class, the share that were given it; 0 where there are none.
 *
 * @throws BpttError as `accuracy` does.
 *
 * @example
 * const { metrics } = evaluate(model, data, { loss: 'cross-entropy', metrics: [recall({ of: 1 }), recall({ name: 'mean' })] });
 * console.log(metrics);
 */
export const recall = (options: ClassMetricOptions = {}): Metric => describeMetric(recallKind, options);

/**
 * The harmonic mean of precision and recall of each class.
 *
 * @throws BpttError as `accuracy` does.
 *
 * @example
 * const { metrics } = evaluate(model, data, { loss: 'cross-entropy', metrics: [f1({ of: 1 }), f1({ name: 'mean' })] });
 * console.log(metrics);
 */
export const f1 = (options: ClassMetricOptions = {}): Metric => describeMetric(f1Kind, options);
