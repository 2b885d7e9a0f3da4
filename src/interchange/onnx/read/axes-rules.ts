// Operators that name, order and count axes: of constants, of sizes of the input, of sequences.

import { type Rule, withAxes } from './operation.ts';
import { constant, isZero, shapeless, sizesValue } from './shape-values.ts';
import { integersOf, reshaped, slicePlaces, tensorOf, transposed } from './tensor.ts';
import { one, type Sequence, type Size } from './values.ts';

const pass: Rule['run'] = (operation) => [operation.input(0)];

const cast: Rule = {
  attributes: ['to', 'saturate'],
  run(operation) {
    const value = operation.input(0);
    const to = operation.int('to', 0);
    const real = to === 1 || to === 11;
    if (!real && to !== 6 && to !== 7) operation.fail('a cast to float, double, int32 or int64', `to data type ${to}`);
    if (value.kind === 'constant') {
      const { dims, data, integers } = value.tensor;
      return constant(tensorOf(dims, real || integers ? data : data.map(Math.trunc), !real));
    }
    if (value.kind === 'sequence' && value.stage.kind !== 'input' && !real)
      operation.unfit(0, 'real numbers to stay real');
    return [value];
  },
};

const shape: Rule = {
  attributes: ['start', 'end'],
  run(operation) {
    const value = operation.input(0);
    const sizes: readonly Size[] =
      value.kind === 'constant'
        ? value.tensor.dims
        : value.kind === 'sequence' || value.kind === 'states'
          ? value.axes.map((one_) => one_.size ?? one_)
          : operation.unfit(0);
    const places = slicePlaces(sizes.length, operation.int('start', 0), operation.int('end', sizes.length), 1);
    return [
      sizesValue(
        places.map((place) => sizes[place]),
        false,
      ),
    ];
  },
};

const transpose: Rule = {
  attributes: ['perm'],
  run(operation) {
    const value = operation.input(0);
    const same = shapeless(value);
    if (same !== undefined) return [same];
    const axes =
      value.kind === 'constant' ? value.tensor.dims : value.kind === 'sequence' ? value.axes : operation.unfit(0);
    const perm = operation.ints('perm') ?? axes.map((_, index) => axes.length - 1 - index);
    if (perm.length !== axes.length || !axes.every((_, index) => perm.includes(index))) {
      operation.fail(`an order of ${axes.length} axes`, `[${perm.join(', ')}]`);
    }
    if (value.kind === 'constant') {
      operation.allowNumbers(value.tensor.data.length);
      return constant(transposed(value.tensor, perm));
    }
    return [
      withAxes(
        value as Sequence,
        perm.map((from) => (value as Sequence).axes[from]!),
      ),
    ];
  },
};

const squeeze: Rule = {
  attributes: ['axes'],
  run(operation) {
    const value = operation.input(0);
    const same = shapeless(value);
    if (same !== undefined) return [same];
    const wanted = operation.integersOr(1, 'axes');
    if (value.kind === 'sizes') return [sizesValue(value.sizes, true)];
    if (value.kind === 'constant') {
      const { dims } = value.tensor;
      const gone =
        wanted?.map((at) => operation.axis(at, dims.length)) ?? dims.flatMap((size, at) => (size === 1 ? [at] : []));
      if (gone.some((at) => dims[at] !== 1)) operation.fail('axes of size 1', `[${dims.join(', ')}]`);
      return constant(
        reshaped(
          value.tensor,
          dims.filter((_, at) => !gone.includes(at)),
        ),
      );
    }
    if (value.kind !== 'sequence') operation.unfit(0);
    const { axes } = value as Sequence;
    const gone =
      wanted?.map((at) => operation.axis(at, axes.length)) ?? axes.flatMap(({ size }, at) => (size === 1 ? [at] : []));
    const wide = gone.find((at) => axes[at]!.size !== 1);
    if (wide !== undefined) operation.fail(`size 1 of axis ${wide}`, String(axes[wide]!.size ?? 'a size that is open'));
    return [
      withAxes(
        value as Sequence,
        axes.filter((_, at) => !gone.includes(at)),
      ),
    ];
  },
};

const unsqueeze: Rule = {
  attributes: ['axes'],
  run(operation) {
    const value = operation.input(0);
    const same = shapeless(value);
    if (same !== undefined) return [same];
    const wanted = operation.integersOr(1, 'axes') ?? operation.fail('axes', 'none');
    if (value.kind === 'sizes') return value.scalar ? [sizesValue(value.sizes, false)] : operation.unfit(0);
    const insert = <T>(axes: readonly T[], make: () => T): readonly T[] => {
      const rank = axes.length + wanted.length;
      const places = wanted.map((at) => operation.axis(at, rank));
      if (new Set(places).size < places.length) operation.fail('axes that differ', `[${wanted.join(', ')}]`);
      const rest = axes.values();
      return Array.from({ length: rank }, (_, at) => (places.includes(at) ? make() : rest.next().value!));
    };
    if (value.kind === 'constant')
      return constant(
        reshaped(
          value.tensor,
          insert(value.tensor.dims, () => 1),
        ),
      );
    if (value.kind !== 'sequence') operation.unfit(0);
    return [withAxes(value as Sequence, insert((value as Sequence).axes, one))];
  },
};

/** Repeats and fills, of which zeros alone can be told in a shape that depends on the input. */
const fill: Rule['run'] = (operation) => {
  const value = operation.input(0);
  if (value.kind === 'zeros') return [value];
  if (value.kind === 'constant' && isZero(value.tensor)) return [{ kind: 'zeros' }];
  return operation.unfit(0, 'zeros');
};

const constantOfShape: Rule = {
  attributes: ['value'],
  run(operation) {
    const filled = operation.tensor('value') ?? tensorOf([1], new Float32Array(1));
    if (filled.data.length !== 1) operation.fail('one value', `${filled.data.length}`);
    if (isZero(filled) && !filled.integers) return [{ kind: 'zeros' }];
    const dims = operation.integers(0);
    const count = dims.reduce((all, size) => all * size, 1);
    if (!dims.every((size) => size >= 0)) operation.fail('sizes >= 0', `[${dims.join(', ')}]`);
    operation.allowNumbers(count);
    return constant(
      tensorOf(
        dims,
        Float64Array.from({ length: count }, () => filled.data[0]!),
        filled.integers,
      ),
    );
  },
};

const constantRule: Rule = {
  attributes: ['value', 'value_int', 'value_ints', 'value_float', 'value_floats'],
  run(operation) {
    const tensor = operation.tensor('value');
    if (tensor !== undefined) return constant(tensor);
    if (operation.has('value_int')) return constant(integersOf([operation.int('value_int', 0)], []));
    const ints = operation.ints('value_ints');
    if (ints !== undefined) return constant(integersOf(ints));
    if (operation.has('value_float')) return constant(tensorOf([], Float32Array.of(operation.float('value_float', 0))));
    const floats = operation.floats('value_floats');
    return constant(tensorOf([floats.length], Float32Array.from(floats)));
  },
};

export const axesRules: Readonly<Record<string, Rule>> = {
  Identity: { attributes: [], run: pass },
  Cast: cast,
  Shape: shape,
  Transpose: transpose,
  Squeeze: squeeze,
  Unsqueeze: unsqueeze,
  Expand: { attributes: [], run: fill },
  Tile: { attributes: [], run: fill },
  ConstantOfShape: constantOfShape,
  Constant: constantRule,
};
