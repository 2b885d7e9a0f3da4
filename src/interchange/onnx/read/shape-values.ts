// What the rules for operators that move numbers around have in common.
import { integersOf, type Tensor } from './tensor.ts';
import type { Sequence, Size, Value } from './values.ts';

/** A constant alone. */
export const constant = (tensor: Tensor): readonly Value[] => [{ kind: 'constant', tensor }];

/** Sizes as a value: a constant where all are known. */
export function sizesValue(sizes: readonly Size[], scalar: boolean): Value {
  if (sizes.every((size) => typeof size === 'number')) {
    return { kind: 'constant', tensor: integersOf(sizes, scalar ? [] : [sizes.length]) };
  }
  return { kind: 'sizes', sizes, scalar };
}

/** Whether all numbers are zero. */
export const isZero = ({ data }: Tensor) => data.every((value) => value === 0);

/** What zeros, first states and last states c have in common: moved around they stay what they are. */
export function shapeless(value: Value): Value | undefined {
  if (value.kind === 'zeros' || value.kind === 'given' || value.kind === 'cells') return value;
  return undefined;
}

/** An input of the graph of which only a part goes on. */
export function given(sequence: Sequence): Value | undefined {
  return sequence.stage.kind === 'input' ? { kind: 'given', input: sequence.stage.name } : undefined;
}
