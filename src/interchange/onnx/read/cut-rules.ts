// Operators that cut and join: of constants, of sizes of the input, of sequences and their last states.

import type { Operation, Rule } from './operation.ts';
import { constant, given, isZero, shapeless, sizesValue } from './shape-values.ts';
import { halfOf, lastStep, mergeHalves } from './stages.ts';
import { concatenated, picked, reshaped, slicePlaces, type Tensor } from './tensor.ts';
import { type Axis, axis, one, type Sequence, type Value } from './values.ts';

const slice: Rule = {
  attributes: ['starts', 'ends', 'axes'],
  run(operation) {
    const value = operation.input(0);
    const same = shapeless(value);
    if (same !== undefined) return [same];
    const starts = operation.integersOr(1, 'starts') ?? operation.fail('starts', 'none');
    const ends = operation.integersOr(2, 'ends') ?? operation.fail('ends', 'none');
    const axes = operation.integersOr(3, 'axes') ?? starts.map((_, at) => at);
    const steps = operation.optional(4) === undefined ? starts.map(() => 1) : operation.integers(4);
    if ([ends, axes, steps].some(({ length }) => length !== starts.length)) {
      operation.fail('as many ends, axes and steps as starts', `${ends.length}, ${axes.length}, ${steps.length}`);
    }
    const places = (size: number, index: number) => slicePlaces(size, starts[index]!, ends[index]!, steps[index]!);
    return [axes.reduce((result, at, index) => sliceOf(operation, result, at, (size) => places(size, index)), value)];
  },
};

function sliceOf(operation: Operation, value: Value, at: number, places: (size: number) => readonly number[]): Value {
  if (value.kind === 'constant') {
    const { dims, data } = value.tensor;
    const k = operation.axis(at, dims.length);
    // Beside an axis of size 0 another may be of any size.
    if (dims[k]! > Math.max(1, data.length)) operation.fail('an axis of numbers', `[${dims.join(', ')}]`);
    operation.allowNumbers(data.length);
    return { kind: 'constant', tensor: picked(value.tensor, k, places(dims[k]!)) };
  }
  if (value.kind === 'sizes')
    return sizesValue(
      places(value.sizes.length).map((place) => value.sizes[place]),
      false,
    );
  if (value.kind === 'states' && at === 0) {
    return { ...value, halves: places(value.halves.length).map((place) => value.halves[place]!) };
  }
  if (value.kind !== 'sequence') return operation.unfit(0);
  const part = given(value);
  if (part !== undefined) return part;
  const k = operation.axis(at, value.axes.length);
  const { role, size = Number.MAX_SAFE_INTEGER } = value.axes[k]!;
  const others = (replacement: Axis) => value.axes.map((axis_, index) => (index === k ? replacement : axis_));
  // A long axis is not counted out: what of one step and of two is taken tells whether it is the first or the last.
  const [single, pair] = [places(1), places(2)];
  if (role === 'directions') {
    const taken = places(size);
    if (taken.length === size) return value;
    if (taken.length !== 1) return operation.unfit(0);
    return { ...value, stage: halfOf(operation, value, taken[0]!), axes: others(axis('directions', 1)) };
  }
  if (role === 'time' && single.length === 1 && pair.length === 1) {
    return { ...value, stage: lastStep(operation, value.stage, pair[0] === 0 ? 'start' : 'end'), axes: others(one()) };
  }
  return operation.fail('all steps or the last one', 'a part of a sequence');
}

const gatherConstant = (operation: Operation, data: Tensor, at: number): readonly Value[] => {
  const k = operation.axis(at, data.dims.length);
  const index = operation.constant(1);
  operation.allowNumbers((data.data.length / Math.max(1, data.dims[k]!)) * index.data.length);
  const places = Array.from(index.data, (place) => operation.place(place, data.dims[k]!));
  const dims = [...data.dims.slice(0, k), ...index.dims, ...data.dims.slice(k + 1)];
  return constant(reshaped(picked(data, k, places), dims));
};

/** Gather of anything but tokens from a table. */
export function gather(operation: Operation): readonly Value[] {
  const value = operation.input(0);
  const same = shapeless(value);
  if (same !== undefined) return [same];
  const at = operation.int('axis', 0);
  if (value.kind === 'constant') return gatherConstant(operation, value.tensor, at);
  const index = operation.constant(1);
  const scalar = index.dims.length === 0;
  if (index.data.length !== 1 && value.kind !== 'sizes') operation.fail('one index', `${index.data.length}`);
  if (value.kind === 'sizes') {
    const sizes = Array.from(index.data, (place) => value.sizes[operation.place(place, value.sizes.length)]);
    return [sizesValue(sizes, scalar)];
  }
  const place = index.data[0]!;
  if (value.kind === 'states') {
    const half = value.halves[operation.place(place, value.halves.length)]!;
    const stage = { kind: 'recurrent', previous: half.previous, halves: [half], returns: 'last' } as const;
    return [{ kind: 'sequence', stage, axes: scalar ? value.axes.slice(1) : [one(), ...value.axes.slice(1)] }];
  }
  if (value.kind !== 'sequence') return operation.unfit(0);
  const k = operation.axis(at, value.axes.length);
  const { role, size } = value.axes[k]!;
  const axes = value.axes.flatMap((other, i) => (i !== k ? [other] : scalar ? [] : [one()]));
  if (role === 'directions') return [{ kind: 'sequence', stage: halfOf(operation, value, place), axes }];
  const part = given(value);
  if (part !== undefined) return [part];
  const end = place === -1 || place + 1 === size;
  if (role === 'time' && (end || place === 0)) {
    return [{ kind: 'sequence', stage: lastStep(operation, value.stage, end ? 'end' : 'start'), axes }];
  }
  return operation.fail('the last step of a sequence (index -1)', `index ${place} of an axis of ${role}`);
}

const concat: Rule = {
  attributes: ['axis'],
  run(operation) {
    const values = operation.inputs();
    if (values.length === 0) operation.fail('inputs', 'none');
    const at = operation.int('axis', 0);
    if (values.length === 1) return [values[0]!];
    const tensors = values.flatMap((value) => (value.kind === 'constant' ? [value.tensor] : []));
    if (tensors.length === values.length) {
      operation.allowNumbers(tensors.reduce((sum, { data }) => sum + data.length, 0));
      const all = concatenated(tensors, operation.axis(at, tensors[0]!.dims.length));
      return constant(all ?? operation.fail('tensors that fit', 'other shapes'));
    }
    if (values.every(({ kind }) => kind === 'constant' || kind === 'sizes')) {
      return [
        sizesValue(
          values.flatMap((_, index) => operation.sizes(index)),
          false,
        ),
      ];
    }
    if (values.every((value) => value.kind === 'zeros' || (value.kind === 'constant' && isZero(value.tensor)))) {
      return [{ kind: 'zeros' }];
    }
    const halves = values.flatMap((value) => (value.kind === 'cells' ? value.halves : []));
    if (values.every(({ kind }) => kind === 'cells')) return [{ kind: 'cells', halves }];
    const sequences = values.map((_, index) => operation.sequence(index));
    const [first, second] = sequences as [Sequence, Sequence];
    const k = operation.axis(at, first.axes.length);
    if (
      first.axes[k]!.role === 'directions' &&
      sequences.every(({ stage }) => stage.kind === 'recurrent' && stage.returns === 'last')
    ) {
      const all = sequences.flatMap(({ stage }) =>
        stage.kind === 'recurrent' && stage.merge === undefined ? stage.halves : [],
      );
      return [{ kind: 'states', halves: all, axes: [axis('directions', all.length), ...first.axes.slice(1)] }];
    }
    if (sequences.length === 2 && k === first.axes.length - 1) {
      const stage = mergeHalves(first.stage, second.stage, 'concat');
      const size = (first.axes[k]!.size ?? 0) + (second.axes[k]!.size ?? 0);
      if (stage !== undefined)
        return [{ kind: 'sequence', stage, axes: [...first.axes.slice(0, -1), axis('features', size)] }];
    }
    return operation.fail('the directions of one recurrent operator side by side, forward first', 'other sequences');
  },
};

const split: Rule = {
  attributes: ['axis', 'split', 'num_outputs'],
  run(operation) {
    const value = operation.input(0);
    const count = operation.node.output.length;
    const same = shapeless(value) ?? (value.kind === 'sequence' ? given(value) : undefined);
    if (same !== undefined) return operation.node.output.map(() => same);
    const axes =
      value.kind === 'constant' ? value.tensor.dims : value.kind === 'sequence' ? value.axes : operation.unfit(0);
    const k = operation.axis(operation.int('axis', 0), axes.length);
    const entry = axes[k]!;
    const size = typeof entry === 'number' ? entry : (entry.size ?? operation.unfit(0));
    const sizes = operation.integersOr(1, 'split') ?? Array.from({ length: count }, () => Math.ceil(size / count));
    if (sizes.length !== count) operation.fail(`${count} sizes`, `${sizes.length}`);
    let start = 0;
    return sizes.map((width) => {
      const from = start;
      start += width;
      return sliceOf(operation, value, k, (of) => slicePlaces(of, from, from + width, 1));
    });
  },
};

export const cutRules: Readonly<Record<string, Rule>> = { Slice: slice, Concat: concat, Split: split };
