// Convolutions: their shapes, parameters and buffers. What they compute stands in convolve.ts.
import { BpttError } from '../../base/errors.ts';
import type { Checked } from '../../base/fields.ts';
import { slidingWords } from '../../wasm/sliding-plan.ts';
import type { BufferSpec, Layer, LayerKind, ParameterSpec, Place, StateSpec } from '../contract.ts';
import type { Initializer } from '../initializers.ts';
import type { Conv1dDescription, Conv2dDescription } from './convolution-fields.ts';
import { conv1dFields, conv2dFields, refuseConv1d, refuseConv2d } from './convolution-fields.ts';
import { bindConvolution, companion } from './convolve.ts';
import { type Convolution, filterScratch } from './filters.ts';
import { both, checkSteps, clockOf, FLAT, heightOf, imageOf, type Slide, type Sliding, same } from './sliding.ts';

/** What becomes of a description and of what it reads. */
interface Plan extends Sliding {
  readonly filters: number;
  readonly groups: number;
  readonly causal: boolean;
  /** What of the weight's shape comes after outputs and inputs. */
  readonly kernel: readonly number[];
  readonly weightInitializer: Initializer;
  readonly biasInitializer: Initializer;
}

/** How a filter goes over time. */
export function slideOf1d(description: Conv1dDescription): Slide {
  const { kernel, stride, padding, dilation } = description as Checked<typeof conv1dFields>;
  const reach = (kernel - 1) * dilation;
  const each = typeof padding === 'number' ? padding : 0;
  const around = { causal: { before: reach, after: 0 }, same: same(kernel, dilation), valid: undefined }[
    padding as 'causal' | 'same' | 'valid'
  ];
  return { kernel, stride, dilation, before: each, after: each, ...around };
}

/** How a filter goes down an image and across it. */
export function slidesOf2d(description: Conv2dDescription): readonly [down: Slide, across: Slide] {
  const { kernel, stride, padding, dilation } = description as Checked<typeof conv2dFields>;
  const slide = (axis: 0 | 1): Slide => {
    const one = { kernel: both(kernel)[axis], stride: both(stride)[axis], dilation: both(dilation)[axis] };
    if (padding === 'same') return { ...one, ...same(one.kernel, one.dilation) };
    const each = padding === 'valid' ? 0 : both(padding)[axis];
    return { ...one, before: each, after: each };
  };
  return [slide(0), slide(1)];
}

export const conv1dLayer: LayerKind<Conv1dDescription> = {
  kind: 'conv1d',
  fields: conv1dFields,
  refuse: refuseConv1d,

  create(description, place) {
    const [port] = place.ports;
    const where = `${place.where} (conv1d)`;
    checkSteps(port!, where);
    const { kernel, padding, stride: _, dilation: __, ...shared } = description as Checked<typeof conv1dFields>;
    const across = slideOf1d(description);
    const sizes = { H: 1, C: port!.signal.size, down: FLAT, across, places: 1 };
    return createConvolution(
      { ...shared, ...sizes, kernel: [kernel], causal: padding === 'causal' && across.before > 0 },
      place,
      where,
    );
  },
};

export const conv2dLayer: LayerKind<Conv2dDescription> = {
  kind: 'conv2d',
  fields: conv2dFields,
  refuse: refuseConv2d,

  create(description, place) {
    const [port] = place.ports;
    const where = `${place.where} (conv2d)`;
    const { H, C } = imageOf(port!, where);
    const {
      kernel: size,
      padding: _,
      stride: __,
      dilation: ___,
      ...shared
    } = description as Checked<typeof conv2dFields>;
    const kernel = both(size);
    const [down, across] = slidesOf2d(description);
    const sizes = { H, C, down, across, places: heightOf(H, down, where) };
    return createConvolution({ ...shared, ...sizes, kernel, causal: false }, place, where);
  },
};

function createConvolution(plan: Plan, place: Place, where: string): Layer {
  const { C, filters, groups, causal, across, places } = plan;
  if (C % groups !== 0) {
    throw new BpttError(
      'invalid-shape',
      `${where}: expected inputs that the ${groups} groups divide, got ${C} from ${place.ports[0]!.where}`,
    );
  }
  const clock = clockOf(place.ports[0]!, across, where);
  const parameters = parametersOf(plan, place);
  const past = (across.kernel - 1) * across.dilation * C;
  const shape: Convolution = {
    ...plan,
    where,
    inputs: C / groups,
    depthwise: groups === C && filters === C && groups > 1,
    names: { weight: parameters[0]!.name, bias: parameters[1]!.name },
  };
  const alone = across.kernel === 1 && across.stride === 1 && across.before + across.after === 0;
  return {
    output: { kind: 'features', size: places * filters, ...(plan.kernel.length > 1 && { height: places }) },
    companion,
    parameters,
    buffers: buffersOf(plan, past),
    result: 'y',
    keepsResult: false,
    states: causal ? [PAST(past)] : [],
    endsInState: false,
    adds: !causal,
    clock,
    reads: causal ? 'past' : alone ? 'step' : 'both',
    scratch: (kernels) => filterScratch(kernels, shape),
    bind: (binding) => bindConvolution(binding, shape),
  };
}

const PAST = (columns: number): StateSpec => ({
  ...{ name: 'past', columns, value: 'past', gradient: 'dPast', carried: true },
});

function buffersOf({ places, filters, causal }: Plan, past: number): readonly BufferSpec[] {
  const real = { type: 'real' } as const;
  return [
    { ...real, name: 'y', extent: 'step', columns: places * filters, kept: true },
    { name: 'plan', extent: 'fixed', rows: 1, columns: slidingWords.length, type: 'integer', kept: false },
    ...(causal
      ? ([
          { ...real, name: 'past', extent: 'slot', columns: past, kept: true },
          { ...real, name: 'dPast', extent: 'batch', columns: past, kept: false },
        ] as const)
      : []),
  ];
}

function parametersOf(
  { C, filters, groups, kernel, weightInitializer, biasInitializer }: Plan,
  { name }: Place,
): readonly ParameterSpec[] {
  const inputs = C / groups;
  const rows = kernel.reduce((product, size) => product * size, inputs);
  return [
    {
      ...{
        name: name('conv', 'weight'),
        rows,
        columns: filters,
        shape: [filters, inputs, ...kernel],
        transposed: true,
      },
      ...{ kind: 'weight', role: 'kernel', fan: rows, initializer: weightInitializer },
      use: groups === 1 ? 'product' : 'sum',
    },
    {
      ...{ name: name('conv', 'bias'), rows: 1, columns: filters, shape: [filters], transposed: false },
      ...{ kind: 'bias', role: 'bias', fan: rows, initializer: biasInitializer, use: 'sum' },
    },
  ];
}
