// Convolutions, pooling and group normalisation as nodes. What is [T,B,H·C] here is [B,C,H,W] to them, with T as W; sequences have the height 1.
import type { Checked } from '../../../base/fields.ts';
import type { Signal } from '../../../base/signal.ts';
import { slideOf1d, slidesOf2d } from '../../../layers/later/convolution.ts';
import type { GroupNormalizationDescription } from '../../../layers/later/group-normalization.ts';
import { slidesOfPool } from '../../../layers/later/pooling.ts';
import type { poolFields } from '../../../layers/later/pooling-fields.ts';
import { FLAT, type Slide } from '../../../layers/later/sliding.ts';
import type { LayerNode } from '../../../model/graph.ts';
import { dataTypes } from '../format/schema.ts';
import type { GraphBuilder, Value } from './builder.ts';
import type { GraphContext, Parameter } from './context.ts';

/** Kinds of layers that slide over what they read. */
export const slidingKinds: readonly string[] = ['conv1d', 'conv2d', 'maxPool', 'averagePool'];

/** What a node reads: its values, which of its steps are there, and its shape. */
export interface Read {
  readonly value: Value;
  readonly context: GraphContext;
  readonly signal: Signal;
}

/** The least number of f32: what MaxPool is to pass over. */
const LEAST = -3.4028234663852886e38;

type Description = Parameters<typeof slideOf1d>[0] & Parameters<typeof slidesOf2d>[0] & Checked<typeof poolFields>;

/** Down and across. */
function slidesOf(kind: string, given: object, { height }: Signal): readonly [down: Slide, across: Slide] {
  const description = given as Description;
  if (kind === 'conv1d') return [FLAT, slideOf1d(description)];
  return kind === 'conv2d' ? slidesOf2d(description) : slidesOfPool(description, height !== undefined);
}

/** A convolution or pooling. `parameters`: weight and bias as tensors of these shapes. */
export function slidingNodes(
  builder: GraphBuilder,
  { kind, output }: LayerNode,
  description: object,
  { value, context, signal }: Read,
  parameter: (part: 'weight' | 'bias', dims: readonly number[]) => Value,
): Value {
  const [down, across] = slidesOf(kind, description, signal);
  const H = kind === 'conv1d' ? 1 : (signal.height ?? 1);
  const C = signal.size / H;
  const valid = context.valid();
  const nothing = kind === 'maxPool' ? LEAST : 0;
  const there = valid === undefined ? value : builder.add('Where', [valid, value, builder.reals([1], [nothing])]);
  const pixels = builder.add('Reshape', [there, builder.integers([0, 0, H, C])]);
  const x = builder.add('Transpose', [pixels], { perm: [1, 3, 2, 0] });
  const window = {
    kernel_shape: [down.kernel, across.kernel],
    strides: [down.stride, across.stride],
    pads: [down.before, across.before, down.after, across.after],
  };
  const y = (() => {
    if (kind === 'maxPool') return builder.add('MaxPool', [x], window);
    if (kind === 'averagePool') return builder.add('AveragePool', [x], { ...window, count_include_pad: 1 });
    const { filters, groups = 1 } = description as Description;
    const weight = parameter('weight', [filters, C / groups, down.kernel, across.kernel]);
    const dilations = [down.dilation, across.dilation];
    return builder.add('Conv', [x, weight, parameter('bias', [filters])], { ...window, dilations, group: groups });
  })();
  const columns = builder.add('Transpose', [y], { perm: [3, 0, 2, 1] });
  return builder.add('Reshape', [columns, builder.integers([0, 0, output.size])]);
}

/** The lengths of what slides over rows of these lengths. */
export function slidLengths(
  builder: GraphBuilder,
  { kind }: LayerNode,
  description: object,
  signal: Signal,
  lengths: Value,
): Value {
  const [, { kernel, stride, dilation, before, after }] = slidesOf(kind, description, signal);
  const places = builder.add('Add', [lengths, builder.integer32(before + after - (kernel - 1) * dilation - 1)]);
  return builder.add('Add', [builder.add('Div', [places, builder.integer32(stride)]), builder.integer32(1)]);
}

/** By the sums over all pixels of each row and group that are there. */
export function groupNormNodes(
  builder: GraphBuilder,
  description: GroupNormalizationDescription,
  { value, context, signal: { size, height: H = 1 } }: Read,
  parameter: (part: 'weight' | 'bias') => Parameter,
): Value {
  const { groups, epsilon = 1e-5 } = description;
  const C = size / H;
  const valid = context.valid();
  const grouped = (x: Value) => builder.add('Reshape', [x, builder.integers([0, 0, H, groups, C / groups])]);
  const there = (x: Value) => (valid === undefined ? x : builder.add('Where', [valid, x, builder.reals([1], [0])]));
  // [1,B,1,G,1]
  const sum = (x: Value) => builder.add('ReduceSum', [x, builder.integers([0, 2, 4])], { keepdims: 1 });
  const steps =
    context.lengths === undefined
      ? builder.add('Slice', [builder.add('Shape', [value]), builder.integers([0]), builder.integers([1])])
      : builder.add('Reshape', [context.lengths, builder.integers([1, -1, 1, 1, 1])]);
  const perStep = builder.reals([], [(H * C) / groups]);
  const n = builder.add('Mul', [builder.add('Cast', [steps], { to: dataTypes.float }), perStep]);
  const x = grouped(there(value));
  const centered = builder.add('Sub', [x, builder.add('Div', [sum(x), n])]);
  // Of steps that are not there only now, when the mean has been taken off.
  const flat = (y: Value) => builder.add('Reshape', [y, builder.integers([0, 0, size])]);
  const counted = valid === undefined ? centered : grouped(there(flat(centered)));
  const variance = builder.add('Div', [sum(builder.add('Mul', [counted, counted])), n]);
  const deviation = builder.add('Sqrt', [builder.add('Add', [variance, builder.reals([], [epsilon])])]);
  const normal = flat(builder.add('Div', [centered, deviation]));
  const everywhere = (part: 'weight' | 'bias') => {
    const { name, data } = parameter(part);
    return builder.parameter(
      name,
      [size],
      Float64Array.from({ length: size }, (_, i) => data[i % C]!),
    );
  };
  return builder.add('Add', [builder.add('Mul', [normal, everywhere('weight')]), everywhere('bias')]);
}
