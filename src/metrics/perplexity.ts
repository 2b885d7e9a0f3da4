// Perplexity: how many classes a model is torn between.
import { exp, log } from '../base/exact-log.ts';
import type { Options } from '../base/fields.ts';
import type { Metric } from '../loss/metric.ts';
import { describeMetric, type MetricKind, type metricFields } from './metric.ts';

/** What results call `perplexity`. */
export interface PerplexityMetricOptions extends Options<typeof metricFields> {}

export const perplexityKind: MetricKind<Record<never, never>> = {
  kind: 'perplexity',
  fields: {},
  higher: false,
  targets: 'classes',
  count(_, size) {
    let sum = 0;
    let all = 0;
    return {
      add({ y, ld, targets, weights }) {
        for (let row = 0; row < weights.length; row++) {
          if (weights[row] === 0) continue;
          const logits = y.subarray(row * ld, row * ld + size);
          let most = Number.NEGATIVE_INFINITY;
          for (const logit of logits) most = Math.max(most, logit);
          let total = 0;
          for (const logit of logits) total += exp(logit - most);
          sum += weights[row]! * (most + log(total) - logits[targets[row]!]!);
          all += weights[row]!;
        }
      },
      value: () => exp(sum / all),
    };
  },
};

/**
 * e to the mean of -log p of the classes, p = softmax of the outputs: as if so many were equally likely. Without class weights, smoothing and
 * such it is e^loss of cross-entropy; where the loss has some, it is what it would be of the rows that count.
 *
 * @example
 * await fit(model, {
 *   data, validation, loss: 'cross-entropy', metrics: [perplexity()], earlyStopping: { patience: 3, monitor: 'perplexity' }, epochs: 5,
 * });
 *
 * @throws BpttError, where it is used, for a loss of numbers.
 */
export const perplexity = (options: PerplexityMetricOptions = {}): Metric => describeMetric(perplexityKind, options);
