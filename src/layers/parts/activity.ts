// Activity regularisation in a window. Loaded for models that have it.
import type { Binding, BoundLayer, BoundPenalty } from '../contract.ts';
import { at } from './address.ts';

/** `weights`: of the penalty on outputs and of that on their changes. */
export function bindActivity(
  { kernels, rows: B, inputs: [input], dOutput, resets, padding, buffer }: Binding,
  columns: number,
  weights: readonly [activation: number, temporal: number],
): BoundLayer {
  const { track: x, gradient: dx } = input!;
  const y = buffer('y');
  const begun = buffer('begun');
  const flags = buffer('flags');
  const dNext = buffer('dNext').pointer;
  let first = 0;
  const factors = [0, 0];
  const penalties = weights.map((weight, index): BoundPenalty => {
    const pairs = index === 1;
    return {
      weight: weight / columns,
      of: 'outputs',
      count: (from, to) => kernels.activityTerms(at(flags, from), (to - from) * B, pairs),
      weigh(step, factor) {
        first = step;
        factors[index] = (factor * weight) / columns;
      },
      add: (sum, from, to) => kernels.activitySum(at(y, from), at(flags, from), to - from, B, y.ld, pairs, sum),
    };
  });
  return {
    penalties,
    forward(from, to, pass) {
      kernels.activityForward(
        at(y, from),
        at(begun, from),
        at(flags, from),
        at(x, from),
        pass.resets ? at(resets, from) : 0,
        pass.padding ? at(padding, from) : 0,
        to - from,
        B,
        y.ld,
      );
    },
    backward(from, to) {
      if (dx === undefined) return;
      kernels.activityBack(
        at(dx, from),
        at(dOutput, from),
        dNext,
        at(y, from),
        at(flags, from),
        to - from,
        B,
        y.ld,
        first - from,
        factors[0]!,
        factors[1]!,
      );
    },
  };
}
