// How metrics are made: plain data of one kind, checked, which brings along what it does.
import { BpttError } from '../base/errors.ts';
import { type Checked, checkFields, type Fields, optional, string } from '../base/fields.ts';
import { bringMetric, type Measure, type Metric, type Observed } from '../loss/metric.ts';

/** What every metric may be told. */
export const metricFields = {
  /** The entry whose output it is of, for a model with several. Default: the only one. */
  output: optional(string),
  /** What results call it. Default: its kind. */
  name: optional(string),
};

/** Takes rows that count in, and makes a number of them. */
export interface Count {
  add(rows: Observed): void;
  value(): number;
}

/** A kind of metric: how plain data becomes what it does. */
export interface MetricKind<F extends Fields> {
  readonly kind: string;
  /** Its options beside those of all. */
  readonly fields: F;
  readonly higher: boolean;
  /** What the loss of the output has to compare it with. */
  readonly targets: 'classes' | 'reals';
  /** @throws BpttError that begins with `where`, for outputs of which there can be none. */
  count(options: Checked<F>, size: number, where: string): Count;
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
  return bringMetric(metric as unknown as Metric & Checked<F>, measureBy(of, options as never));
}

function measureBy<F extends Fields>(of: MetricKind<F>, options: Checked<F> & { readonly output?: string }): Measure {
  return (where, losses) => {
    const { output } = options;
    const index =
      output === undefined && losses.length === 1 ? 0 : losses.findIndex(({ node }) => node.name === output);
    const found = losses[index];
    if (found === undefined) {
      const names = losses.map(({ node }) => node.name ?? 'the only one, which has no name').join(', ');
      throw new BpttError('invalid-argument', `${where}.output: expected one of the outputs (${names}), got ${output}`);
    }
    const { node, loss } = found;
    if (loss.bind !== undefined) {
      const got = 'one of labels of whole sequences';
      throw new BpttError('invalid-argument', `${where}: expected a loss whose targets are ${of.targets}, got ${got}`);
    }
    const { size } = node.output;
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
    return { index, ...of.count(options, size, where) };
  };
}
