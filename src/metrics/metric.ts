// How metrics are made: plain data of one kind, checked, which brings along what it does.
import { BpttError } from '../base/errors.ts';
import { type Checked, checkFields, type Fields, optional, string } from '../base/fields.ts';
import type { ObservedSequences, ObservedSteps } from '../loss/losses.ts';
import { bringMetric, type Measure, type Metric } from '../loss/metric.ts';
import type { Network } from '../model/network.ts';
import type { Reals } from '../wasm/arena.ts';

/** What every metric may be told. */
export const metricFields = {
  /** The entry whose output it is of, for a model with several. Default: the only one. */
  output: optional(string),
  /** What results call it. Default: its kind. */
  name: optional(string),
};

/** Rows of outputs and what they should have been: views that are gone when the memory of the model grows. */
export interface Rows {
  /** [rows, ld] outputs, of which `size` of a row count. */
  readonly y: Reals;
  readonly ld: number;
  readonly size: number;
  /** [rows] classes, or [rows, ld] numbers. */
  readonly targets: Reals | Int32Array;
  /** [rows]: what a row counts for, 0 where it does not. */
  readonly weights: Float64Array;
}

/** A row of outputs and the labels that it should have had. */
export interface LabelRow {
  /** Logits: those of step t lie from `first + t·stride` on. */
  readonly y: Reals;
  readonly first: number;
  readonly stride: number;
  readonly steps: number;
  readonly size: number;
  readonly blank: number;
  readonly labels: Int32Array;
}

function rowsOf(
  { arena }: Network,
  { first, y, targets, weights }: ObservedSteps,
  size: number,
  classes: boolean,
): Rows {
  const count = weights.length;
  const from = targets.pointer + first * targets.stride;
  return {
    y: arena.reals(y.pointer + first * y.stride, count * y.ld),
    ld: y.ld,
    size,
    targets: classes ? arena.integers(from, count) : arena.reals(from, count * targets.ld),
    weights,
  };
}

/** The rows that count, the first first. */
function* labelRowsOf(
  { arena, kernels }: Network,
  { y, rows }: ObservedSequences,
  size: number,
  blank: number,
): Iterable<LabelRow> {
  const stride = y.stride / kernels.realBytes();
  const T = rows.reduce((most, { steps }) => Math.max(most, steps), 0);
  const values = arena.reals(y.pointer, T * stride);
  for (const [row, { labels, steps, weight }] of rows.entries()) {
    if (weight > 0) yield { y: values, first: row * y.ld, stride, steps, size, blank, labels };
  }
}

/** Takes rows in, and makes a number of them. */
export interface Count<Taken = Rows> {
  add(rows: Taken): void;
  value(): number;
}

/** A kind of metric: how plain data becomes what it does. */
export type MetricKind<F extends Fields> = StepMetricKind<F> | LabelMetricKind<F>;

interface AnyMetricKind<F extends Fields> {
  readonly kind: string;
  /** Its options beside those of all. */
  readonly fields: F;
  readonly higher: boolean;
}

/** One of steps. */
export interface StepMetricKind<F extends Fields> extends AnyMetricKind<F> {
  /** What the loss of the output has to compare it with. */
  readonly targets: 'classes' | 'reals';
  /** @throws BpttError that begins with `where`, for outputs of which there can be none. */
  count(options: Checked<F>, size: number, where: string): Count;
}

/** One of the labels of whole sequences. */
export interface LabelMetricKind<F extends Fields> extends AnyMetricKind<F> {
  readonly targets: 'labels';
  /** @throws BpttError that begins with `where`, for outputs of which there can be none. */
  count(options: Checked<F>, size: number, where: string): Count<LabelRow>;
}

/** The metric of the kind with these options. @throws BpttError that begins with the kind, for options that are wrong. */
export function describeMetric<const F extends Fields>(of: MetricKind<F>, given: unknown): Metric & Checked<F> {
  const { name = of.kind, ...options } = checkFields(of.kind, given, {
    ...of.fields,
    ...metricFields,
  }) as Checked<F> & {
    readonly name?: string;
    readonly output?: string;
  };
  const metric = { kind: of.kind, ...options, name, higher: of.higher };
  return bringMetric(metric as unknown as Metric & Checked<F>, measureBy(of, name, options as never));
}

function measureBy<F extends Fields>(
  of: MetricKind<F>,
  name: string,
  options: Checked<F> & { readonly output?: string },
): Measure {
  return (losses, all) => {
    const { output } = options;
    const where = `metrics.${name}`;
    if (all.filter((other) => other.name === name).length > 1) {
      throw new BpttError('invalid-argument', `${where}: expected each name once, got several; name: tells them apart`);
    }
    const index =
      output === undefined && losses.length === 1 ? 0 : losses.findIndex(({ node }) => node.name === output);
    const found = losses[index];
    if (found === undefined) {
      const names = losses.map(({ node }) => node.name ?? 'the only one, which has no name').join(', ');
      throw new BpttError('invalid-argument', `${where}.output: expected one of the outputs (${names}), got ${output}`);
    }
    const { node, loss } = found;
    const { size } = node.output;
    if (of.targets === 'labels') {
      const { blank } = loss.bind === undefined ? {} : loss;
      if (blank === undefined) {
        throw new BpttError('invalid-argument', `${where}: expected a loss of labels such as ctc, got one of steps`);
      }
      const { add, value } = of.count(options, size, where);
      return {
        index,
        value,
        add(network, observed) {
          for (const row of labelRowsOf(network, observed as ObservedSequences, size, blank)) add(row);
        },
      };
    }
    if (loss.bind !== undefined) {
      throw new BpttError('invalid-argument', `${where}: expected a loss of steps, got one of whole sequences`);
    }
    const { kind, size: wanted } = loss.targets(size);
    if ((kind === 'tokens' ? 'classes' : 'reals') !== of.targets) {
      throw new BpttError(
        'invalid-argument',
        `${where}: expected a loss whose targets are ${of.targets}, got one of ${kind === 'tokens' ? 'classes' : 'reals'}`,
      );
    }
    if (kind === 'features' && wanted !== size) {
      throw new BpttError(
        'invalid-argument',
        `${where}: expected a loss with a target for each of the ${size} outputs, got one with ${wanted}`,
      );
    }
    const { add, value } = of.count(options, size, where);
    return {
      index,
      value,
      add: (network, rows) => add(rowsOf(network, rows as ObservedSteps, size, kind === 'tokens')),
    };
  };
}
