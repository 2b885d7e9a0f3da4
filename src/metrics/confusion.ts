// Which classes are taken for which.
import { checkFields, type Options, omit, optional, string, withDefault } from '../base/fields.ts';
import {
  type DataLater,
  type DataNow,
  type EvaluateData,
  type EvaluateOptions,
  evaluate,
  evaluateFields,
} from '../loss/evaluate.ts';
import type { Metric } from '../loss/metric.ts';
import { lossOption } from '../loss/output-losses.ts';
import type { Model } from '../model/model.ts';
import { eachRow } from './classes.ts';
import { describeMetric, type MetricKind } from './metric.ts';

const fields = {
  ...omit(evaluateFields, 'loss', 'metrics', 'reduction'),
  /** What says which steps count, and for how much. Default `cross-entropy`; of a model with several outputs that of each by its name. */
  loss: withDefault(lossOption, () => 'cross-entropy' as const),
  /** The entry whose output it is of, for a model with several. Default: the only one. */
  output: optional(string),
};

/** Which output `confusionMatrix` is of, which steps count, and how data that are no batches become some. */
export interface ConfusionOptions extends Pick<EvaluateOptions, 'batch' | 'features'>, Options<typeof fields> {}

/** Row-major: `data[c * columns + d]` is how often class c was taken for class d; with weights, the sum of those. */
export interface ConfusionMatrix {
  /** C, the number of classes. */
  readonly rows: number;
  /** C. */
  readonly columns: number;
  /** [C,C] counts, row by row. */
  readonly data: Float64Array;
}

/**
 * How often each class (row) was taken for each (column): the one with the largest output, the first of equal ones. `plotConfusionMatrix` of
 * `bptt/plots` draws it.
 *
 * @param data What `evaluate` takes. Of batches that come later the result is a promise.
 * @throws BpttError as `evaluate` does, and for a loss of numbers.
 *
 * @example
 * const matrix = confusionMatrix(model, validation);
 * await writeFile('confusion.svg', plotConfusionMatrix(matrix, { classes: vocabulary.symbols }));
 */
export function confusionMatrix(model: Model, data: DataNow, options?: ConfusionOptions): ConfusionMatrix;
export function confusionMatrix(model: Model, data: DataLater, options?: ConfusionOptions): Promise<ConfusionMatrix>;
export function confusionMatrix(
  model: Model,
  data: EvaluateData,
  options: ConfusionOptions = {},
): ConfusionMatrix | Promise<ConfusionMatrix> {
  const { loss, output, ...given } = checkFields('confusionMatrix', options, fields);
  const { metric, matrix } = countConfusions(output);
  const evaluation = evaluate(model, data, { ...given, loss, metrics: [metric] });
  return evaluation instanceof Promise ? evaluation.then(matrix) : matrix();
}

/** A metric whose number says nothing, and the matrix that it has counted. @internal */
export function countConfusions(output?: string): { readonly metric: Metric; readonly matrix: () => ConfusionMatrix } {
  let matrix: ConfusionMatrix = { rows: 0, columns: 0, data: new Float64Array() };
  const kind: MetricKind<Record<never, never>> = {
    kind: 'confusionMatrix',
    fields: {},
    higher: true,
    targets: 'classes',
    count(_, size) {
      const data = new Float64Array(size * size);
      matrix = { rows: size, columns: size, data };
      return {
        add(rows) {
          eachRow(rows, (target, best, row) => {
            data[target * size + best]! += rows.weights[row]!;
          });
        },
        value: () => 0,
      };
    },
  };
  return { metric: describeMetric(kind, output === undefined ? {} : { output }), matrix: () => matrix };
}
