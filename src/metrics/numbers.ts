// Metrics of numbers.
import type { Options } from '../base/fields.ts';
import type { Metric } from '../loss/metric.ts';
import { type Count, describeMetric, type MetricKind, type metricFields, type Rows } from './metric.ts';

/** What results call `meanAbsoluteError` and `rSquared`. */
export interface NumberMetricOptions extends Options<typeof metricFields> {}

/** A metric of outputs that stand for the targets themselves. */
function ofNumbers(kind: string, higher: boolean, count: () => NumbersCount): MetricKind<Record<never, never>> {
  return {
    kind,
    fields: {},
    higher,
    targets: 'reals',
    count(): Count {
      const { add, value } = count();
      return {
        add({ y, ld, size, targets, weights }: Rows) {
          for (let row = 0; row < weights.length; row++) {
            if (weights[row] === 0) continue;
            for (let j = row * ld; j < row * ld + size; j++) add(y[j]!, targets[j]!, weights[row]!, j - row * ld);
          }
        },
        value,
      };
    },
  };
}

interface NumbersCount {
  add(y: number, target: number, weight: number, column: number): void;
  value(): number;
}

export const absoluteKind = ofNumbers('mae', false, () => {
  let sum = 0;
  let all = 0;
  return {
    add(y, target, weight) {
      sum += weight * Math.abs(y - target);
      all += weight;
    },
    value: () => sum / all,
  };
});

export const rSquaredKind = ofNumbers('r2', true, () => {
  /** Of each output: Σ w, the mean of the targets, Σ w (target - mean)² and Σ w (y - target)² (West 1979). */
  const columns: { weight: number; mean: number; spread: number; error: number }[] = [];
  return {
    add(y, target, weight, column) {
      columns[column] ??= { weight: 0, mean: 0, spread: 0, error: 0 };
      const seen = columns[column];
      seen.weight += weight;
      const d = target - seen.mean;
      seen.mean += (d * weight) / seen.weight;
      seen.spread += weight * d * (target - seen.mean);
      seen.error += weight * (y - target) * (y - target);
    },
    value: () => columns.reduce((sum, { error, spread }) => sum + 1 - error / spread, 0) / columns.length,
  };
});

/**
 * The mean absolute error, in the unit of the targets.
 *
 * @throws BpttError, where it is used, for a loss of classes.
 *
 * @example
 * const { metrics } = evaluate(forecaster, numbers, { loss: 'mean-squared-error', metrics: [meanAbsoluteError()] });
 * console.log(metrics);
 */
export const meanAbsoluteError = (options: NumberMetricOptions = {}): Metric => describeMetric(absoluteKind, options);

/**
 * R², the share of the targets' variance that the outputs explain: 1 - Σ (y - target)² / Σ (target - mean)²; of several outputs the mean of
 * theirs. 0 is what the mean of the targets would have; without variance it is -Infinity or NaN.
 *
 * @throws BpttError, where it is used, for a loss of classes.
 *
 * @example
 * const { metrics } = evaluate(forecaster, numbers, { loss: 'mean-squared-error', metrics: [rSquared()] });
 * console.log(metrics);
 */
export const rSquared = (options: NumberMetricOptions = {}): Metric => describeMetric(rSquaredKind, options);
