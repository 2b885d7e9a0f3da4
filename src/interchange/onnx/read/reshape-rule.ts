// Reshape: of constants, of sizes of the input, of sequences whose axes it joins or takes apart.

import { type Rule, withAxes } from './operation.ts';
import { constant, given, shapeless, sizesValue } from './shape-values.ts';
import { reshaped } from './tensor.ts';
import { type Axis, one, partsOf, type Sequence, type Size } from './values.ts';

export const reshapeRule: Rule = {
  attributes: ['allowzero'],
  run(operation) {
    const value = operation.input(0);
    const same = shapeless(value);
    if (same !== undefined) return [same];
    const to = operation.sizes(1);
    const copies = operation.int('allowzero', 0) === 0;
    if (value.kind === 'constant') {
      const { dims, data } = value.tensor;
      const sizes = to.map((size, at) => (size === 0 && copies ? dims[at] : size));
      const known = sizes.reduce<number>((all, size) => (typeof size === 'number' && size >= 0 ? all * size : all), 1);
      const result = sizes.map((size) => (size === -1 ? data.length / known : Number(size)));
      const count = result.reduce((all, size) => all * size, 1);
      if (count !== data.length) operation.fail(`a shape of ${data.length} numbers`, `[${result.join(', ')}]`);
      return constant(reshaped(value.tensor, result));
    }
    if (value.kind === 'sizes') return [sizesValue(value.sizes, to.length === 0)];
    if (value.kind !== 'sequence') operation.unfit(0);
    const sequence = value as Sequence;
    const axes = reshapedAxes(sequence.axes, to, copies);
    if (axes !== undefined) return [withAxes(sequence, axes)];
    const part = given(sequence);
    if (part !== undefined) return [part];
    return operation.fail(
      `a shape that joins or splits whole axes of [${sequence.axes.map(({ size }) => size ?? '?').join(', ')}]`,
      `[${to.map((size) => (typeof size === 'number' ? size : '?')).join(', ')}]`,
    );
  },
};

/** The axes of a sequence in another shape; undefined where they would be cut through. */
function reshapedAxes(axes: readonly Axis[], to: readonly Size[], copies: boolean): readonly Axis[] | undefined {
  const atoms = axes.flatMap(partsOf).filter(({ role }) => role !== 'one');
  const wanted = to.map((size, at) => (size === 0 && copies ? axes[at] : size));
  /** The atoms, from the first or from the last on, that make up what is wanted; undefined where none do. */
  const match = (size: Size, from: readonly Axis[]): readonly Axis[] | undefined => {
    if (typeof size === 'object') {
      const parts = partsOf(size).filter(({ role }) => role !== 'one');
      return parts.every((part, k) => part === from[k]) ? parts : undefined;
    }
    if (size === 1 && from[0]?.size !== 1) return [];
    // An exporter that saw one size for an axis may write it where the graph leaves it open.
    if (from[0] !== undefined && from[0].size === undefined) return from.slice(0, 1);
    let all = 1;
    for (let count = 0; count < from.length; ) {
      all *= from[count++]!.size ?? Number.NaN;
      if (all === size) return from.slice(0, count);
      if (Number.isNaN(all)) return undefined;
    }
    return undefined;
  };
  const open = wanted.findIndex((size) => size === -1 || size === undefined);
  const front: Axis[] = [];
  let left = atoms;
  for (const size of open < 0 ? wanted : wanted.slice(0, open)) {
    const found = match(size, left);
    if (found === undefined) return undefined;
    front.push(joined(found));
    left = left.slice(found.length);
  }
  if (open < 0) return left.every(({ size }) => size === 1) ? front : undefined;
  const back: Axis[] = [];
  for (const size of wanted.slice(open + 1).toReversed()) {
    const turned = typeof size === 'object' ? partsOf(size).filter(({ role }) => role !== 'one') : undefined;
    const found =
      turned === undefined ? match(size, left.toReversed()) : match(size, left.slice(left.length - turned.length));
    if (found === undefined) return undefined;
    back.unshift(joined(left.slice(left.length - found.length)));
    left = left.slice(0, left.length - found.length);
  }
  return [...front, joined(left), ...back];
}

/** Axes as one, first the outer. */
function joined(all: readonly Axis[]): Axis {
  // One direction alone is no axis to speak of.
  const parts = all.length > 1 ? all.filter(({ role, size }) => role !== 'directions' || size !== 1) : all;
  if (parts.length === 0) return one();
  if (parts.length === 1) return parts[0]!;
  const size = parts.reduce<number | undefined>(
    (product, part) => (product === undefined || part.size === undefined ? undefined : product * part.size),
    1,
  );
  return { role: 'unknown', size, parts };
}
