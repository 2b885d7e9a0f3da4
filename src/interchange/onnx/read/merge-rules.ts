// Both directions of a recurrent operator as one: their sum, mean or product, by a reduction over their axis or of one beside the other.
import type { Merge } from '../../../layers/recurrent/options.ts';
import type { Operation, Rule } from './operation.ts';
import { sizesValue } from './shape-values.ts';
import { mergeHalves } from './stages.ts';
import { axis, type Value } from './values.ts';

/** The product of two directions; undefined of anything else. */
export function productOf(operation: Operation): readonly Value[] | undefined {
  const [a, b] = operation.inputs();
  if (a?.kind !== 'sequence' || b?.kind !== 'sequence') return undefined;
  const stage = mergeHalves(a.stage, b.stage, 'multiply');
  return stage && [{ ...a, stage }];
}

/** The sum of both directions times or over a number that makes it their mean; undefined of anything else. */
export function meanOf(operation: Operation, by: number): readonly Value[] | undefined {
  for (const [sum, factor] of [operation.inputs(), operation.inputs().toReversed()]) {
    if (sum?.kind !== 'sequence' || factor?.kind !== 'constant') continue;
    const { stage } = sum;
    const { data } = factor.tensor;
    if (stage.kind !== 'recurrent' || stage.merge !== 'sum' || data.length !== 1 || data[0] !== by) continue;
    return [{ ...sum, stage: { ...stage, merge: 'average' } }];
  }
  return undefined;
}

const reduction = (merge: Merge): Rule => ({
  attributes: ['axes', 'keepdims', 'noop_with_empty_axes'],
  run(operation) {
    const sequence = operation.sequence(0);
    const axes = operation.integersOr(1, 'axes') ?? [];
    const k =
      axes.length === 1 ? operation.axis(axes[0]!, sequence.axes.length) : operation.fail('one axis', `${axes.length}`);
    const { stage } = sequence;
    if (stage.kind !== 'recurrent' || stage.merge !== undefined || sequence.axes[k]!.role !== 'directions') {
      return operation.unfit(0, 'both directions of a recurrent operator');
    }
    const single = operation.int('keepdims', 1) === 1 ? [axis('one', 1)] : [];
    const one = [...sequence.axes.slice(0, k), ...single, ...sequence.axes.slice(k + 1)];
    const whole = stage.halves.length === 2 ? { ...stage, merge } : stage;
    return [{ kind: 'sequence', stage: whole, axes: one }];
  },
});

/** Of sizes a product, of both directions one layer. */
export const reductionRules: Readonly<Record<string, Rule>> = {
  ReduceSum: reduction('sum'),
  ReduceMean: reduction('average'),
  ReduceProd: {
    attributes: reduction('multiply').attributes,
    run(operation) {
      if (operation.input(0).kind === 'sequence') return reduction('multiply').run(operation);
      const known = operation.sizes(0).every((size) => typeof size === 'number');
      const product = known ? operation.sizes(0).reduce<number>((all, size) => all * (size as number), 1) : undefined;
      return [sizesValue([product], operation.int('keepdims', 1) === 0)];
    },
  },
};
