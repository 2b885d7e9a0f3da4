// What a metric is: a number that says how good outputs are, taken beside the loss. Those that there are come with `bptt/metrics`.
import { list, optional, such } from '../base/fields.ts';
import type { Network } from '../model/network.ts';
import type { Observed } from './losses.ts';
import type { OutputLoss } from './output-losses.ts';

/** Takes outputs in, part by part. */
export interface Meter {
  /** Which of the outputs. */
  readonly index: number;
  add(network: Network, rows: Observed): void;
  /** The metric over all rows that were taken in. */
  value(): number;
}

/** A metric as plain data, which brings along what it does. */
export interface Metric {
  /** Which metric it is, such as `accuracy`. */
  readonly kind: string;
  /** What results call it. */
  readonly name: string;
  /** Whether a higher value is a better one. */
  readonly higher: boolean;
}

/** @throws BpttError for outputs that the metric cannot be of, and for another of `all` that is called alike. */
export type Measure = (losses: readonly OutputLoss[], all: readonly Metric[]) => Meter;

/** Where a metric keeps what it does; one for all copies of the package that a program may have. */
const MEASURE = Symbol.for('bptt.metric');

/** Lets a metric bring along what it does. */
export function bringMetric<T extends Metric>(metric: T, measure: Measure): T {
  return Object.defineProperty(metric, MEASURE, { value: measure });
}

/** What a metric does. */
export function measureOf(metric: Metric): Measure | undefined {
  return (Object(metric) as { readonly [MEASURE]?: Measure })[MEASURE];
}

/** An option that is a list of metrics. */
export const metrics = optional(
  list(
    such<Metric>('a metric of bptt/metrics', (value) => measureOf(value) !== undefined),
    'metrics',
  ),
);
