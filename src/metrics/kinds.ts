// The metrics of `bptt/metrics` by the names of their kinds: for threads, which are sent plain data.
import type { Fields } from '../base/fields.ts';
import type { Metric } from '../loss/metric.ts';
import { accuracyKind, f1Kind, precisionKind, recallKind } from './classes.ts';
import { labelErrorRateKind, wordErrorRateKind } from './labels.ts';
import { describeMetric, type MetricKind } from './metric.ts';
import { absoluteKind, rSquaredKind } from './numbers.ts';
import { perplexityKind } from './perplexity.ts';

const kinds = [
  accuracyKind,
  precisionKind,
  recallKind,
  f1Kind,
  absoluteKind,
  rSquaredKind,
  perplexityKind,
  labelErrorRateKind,
  wordErrorRateKind,
] as unknown as readonly MetricKind<Fields>[];

/** A metric as it was sent, with what it does: on its way it has lost that. */
export function restoreMetric({ kind, higher: _, ...options }: Metric): Metric {
  return describeMetric(kinds.find((one) => one.kind === kind)!, options);
}
