// Batch normalisation: the operator, and what is left of it where an exporter has put its statistics into a factor and a bias of each feature.
import type { Operation, Rule } from './operation.ts';
import { settle, within } from './stages.ts';
import { type Tensor, tensorOf } from './tensor.ts';
import { axis, type NormalizationStage, type Sequence, type Value } from './values.ts';

const filled = (size: number, value: number) => tensorOf([size], new Float64Array(size).fill(value));

/** A constant of one number for each feature; other axes must have size 1. */
function vector(operation: Operation, index: number, size: number): Tensor {
  const { dims, data } = operation.constant(index);
  if (data.length === size && (dims.at(-1) ?? 1) === size) return tensorOf([size], data);
  return operation.fail(`${size} numbers as input ${index}`, `a constant of shape [${dims.join(', ')}]`);
}

/** Rows first, features second, as the operator has them. */
const batchNormalization: Rule = {
  attributes: ['epsilon', 'momentum', 'spatial', 'training_mode'],
  run(operation) {
    if (operation.int('training_mode', 0) !== 0) operation.fail('training_mode 0', '1');
    if (operation.int('spatial', 1) !== 1) operation.fail('spatial 1', '0');
    const sequence = operation.sequence(0);
    const { axes } = sequence;
    if (axes.length < 2) operation.fail('two axes or more, features second', String(axes.length));
    const [first, second, ...rest] = axes as [Sequence['axes'][number], Sequence['axes'][number]];
    const { stage, leading } = settle(operation, { ...sequence, axes: [first, ...rest, second] });
    const F = second.size ?? operation.constant(1).data.length;
    const [weight, bias, mean, variance] = [1, 2, 3, 4].map((index) => vector(operation, index, F)) as [
      Tensor,
      Tensor,
      Tensor,
      Tensor,
    ];
    const normalization: NormalizationStage = {
      kind: 'normalization',
      previous: within(operation, stage, 'a BatchNormalization'),
      ...{ weight, bias, mean, variance },
      epsilon: operation.float('epsilon', 1e-5),
      momentum: 1 - operation.float('momentum', 0.9),
    };
    return [{ kind: 'sequence', stage: normalization, axes: [leading[0]!, axis('features', F), ...leading.slice(1)] }];
  },
};

const EPSILON = 1e-5;

/** A factor of each feature: a normalisation by mean 0 and variance 1. Undefined of anything else. */
export function scaledBy(operation: Operation): readonly Value[] | undefined {
  const at = operation.inputs().findIndex(({ kind }) => kind === 'constant');
  const value = operation.input(1 - at);
  if (at < 0 || value.kind !== 'sequence' || value.stage.kind === 'input') return undefined;
  const { stage, leading, size: F } = settle(operation, value);
  if (F === undefined) return undefined;
  const { data } = vector(operation, at, F);
  const normalization: NormalizationStage = {
    kind: 'normalization',
    previous: within(operation, stage, 'a product'),
    weight: tensorOf(
      [F],
      Float64Array.from(data, (factor) => factor * Math.sqrt(1 + EPSILON)),
    ),
    ...{ bias: filled(F, 0), mean: filled(F, 0), variance: filled(F, 1) },
    epsilon: EPSILON,
    momentum: undefined,
  };
  return [{ kind: 'sequence', stage: normalization, axes: [...leading, axis('features', F)] }];
}

/** A normalisation with a bias of each feature added. */
export function shiftedBy(operation: Operation, stage: NormalizationStage, index: number): NormalizationStage {
  const { data } = vector(operation, index, stage.bias.data.length);
  const bias = Float64Array.from(data, (value, i) => value + stage.bias.data[i]!);
  return { ...stage, bias: tensorOf(stage.bias.dims, bias) };
}

export const normalizationRules: Readonly<Record<string, Rule>> = { BatchNormalization: batchNormalization };
