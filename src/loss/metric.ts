// What a metric is: a number that says how good outputs are, taken beside the loss. Those that there are come with `bptt/metrics`.
import { type Field, list, names, such, withDefault } from '../base/fields.ts';
import type { Reals } from '../wasm/arena.ts';
import type { OutputLoss } from './output-losses.ts';

/** Outputs and what they should have been, in the memory of the model: gone when it grows. */
export interface Observed {
  /** [rows, ld] outputs, of which `size` of a row count: logits or estimates. */
  readonly y: Reals;
  readonly ld: number;
  readonly size: number;
  /** [rows] classes, or [rows, ld] numbers. */
  readonly targets: Reals | Int32Array;
  /** [rows]: what a row counts for, 0 where it does not. */
  readonly weights: Float64Array;
}

/** Takes outputs in, part by part. */
export interface Meter {
  add(rows: Observed): void;
  /** The metric over all rows that were taken in. */
  value(): number;
}

/** A metric as plain data, which brings along what it does. */
export interface Metric {
  readonly kind: string;
  /** What results call it. */
  readonly name: string;
  /** Whether a higher value is a better one. */
  readonly higher: boolean;
}

/** @throws BpttError that begins with `where`, for outputs that the metric cannot be of. */
export type Measure = (
  where: string,
  losses: readonly OutputLoss[],
) => Meter & {
  /** Which of the outputs. */
  readonly index: number;
};

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

const some = list(
  such<Metric>('a metric of bptt/metrics', (value) => measureOf(value) !== undefined),
  'metrics',
);

/** An option that is a list of metrics. */
export const metrics = withDefault<Field<readonly Metric[]>>(
  {
    check(where, value) {
      const list = some.check(where, value);
      names().check(
        `${where}.name`,
        list.map(({ name }) => name),
      );
      return list;
    },
  },
  [],
);
