// Convolutions against PyTorch's in float64 on hundreds of random shapes: loss, outputs and gradients. fixtures/convolution.py made the figures.
import { expect, it } from 'vitest';
import {
  averagePool,
  backpropagate,
  conv1d,
  conv2d,
  createModel,
  dense,
  features,
  groupNormalization,
  image,
  maxPool,
  type Padding1d,
} from '../../src/index.ts';
import { numbers } from '../support/models.ts';
import figures from './fixtures/convolution.json' with { type: 'json' };

/** One case: a model without its numbers, and how many of them its input and outputs have. */
interface Case {
  readonly layers: readonly object[];
  readonly steps: number;
  readonly rows: number;
  readonly size: number;
}

type Integer = (low: number, high: number) => number;

/** The case of fixtures/convolution.py's `sequence`. */
function sequence(integer: Integer): Case {
  const groups = [1, 1, 1, 2, 3][integer(0, 4)]!;
  const [C, F] = [groups * integer(1, 4), groups * integer(1, 4)];
  const [kernel, dilation, stride, rows] = [integer(1, 4), integer(1, 3), integer(1, 3), integer(1, 3)];
  const around = integer(0, 5);
  const padding: Padding1d = around === 4 ? 'same' : around === 5 ? 'causal' : around;
  const options = { filters: F, kernel, dilation, groups, padding, stride: around >= 4 ? 1 : stride };
  const layers = [features(C), dense({ units: C }), conv1d(options)];
  return { layers, steps: integer(1, 9) + dilation * (kernel - 1), rows, size: C };
}

/** The case of its `image`. */
function picture(integer: Integer): Case {
  const groups = [1, 1, 1, 2, 3][integer(0, 4)]!;
  const [C, F] = [groups * integer(1, 3), groups * integer(1, 3)];
  const rows = integer(1, 3);
  const two = (low: number, high: number) => [integer(low, high), integer(low, high)] as const;
  const [kernel, dilation, stride, around] = [two(1, 3), two(1, 2), two(1, 2), two(0, 2)];
  const padding = integer(0, 3) === 0 ? 'same' : around;
  const [H, W] = [0, 1].map((axis) => integer(3, 7) + dilation[axis]! * (kernel[axis]! - 1)) as [number, number];
  const after = integer(0, 3);
  const [pool, move] = [two(1, 2), two(1, 2)];
  const pooling = { kernel: pool, stride: move, padding: [pool[0] >> 1, pool[1] >> 1] as const };
  const size = H * C;
  const layers = [
    image({ height: H, channels: C }),
    conv2d({ filters: C, kernel: 1 }),
    conv2d({ filters: F, kernel, dilation, groups, padding, stride: padding === 'same' ? 1 : stride }),
    ...[[], [maxPool(pooling)], [averagePool(pooling)], [groupNormalization({ groups })]][after]!,
  ];
  return { layers, steps: W, rows, size };
}

const project = (values: ArrayLike<number>, projection: number) => {
  const next = numbers(1_000_000 + projection);
  return Array.from(values).reduce((sum, value) => sum + (2 * next() - 1) * value, 0);
};

it.each([
  ['sequences', sequence],
  ['images', picture],
] as const)('%s: as PyTorch to 1e-12', async (name, draw) => {
  let worst = 0;
  for (const [seed, expected] of figures[name].entries()) {
    const next = numbers(seed);
    const { layers, steps, rows, size } = draw((low, high) => low + Math.floor(next() * (high - low + 1)));
    const signed = (count: number) => Float64Array.from({ length: count }, () => 2 * next() - 1);
    const model = await createModel(layers as never, { dtype: 'f64' });
    const inputs = signed(steps * rows * size);
    // In the order of the layers, weights before biases, as PyTorch has them.
    const names = model.network.graph.layers.flatMap(({ layer }) => layer.parameters.map((spec) => spec.name));
    const parameterOf = new Map(model.parameters().map((parameter) => [parameter.name, parameter]));
    for (const one of names) model.setParameter(one, signed(parameterOf.get(one)!.data.length));
    const { outputs } = model.forward({ steps, rows, inputs });
    const batch = { steps, rows, inputs, targets: signed(outputs.length) };
    const [window] = [...backpropagate(model, batch, { loss: 'mean-squared-error' })];
    const gradients = new Map(model.gradients().map((parameter) => [parameter.name, parameter.data]));
    const gradient = names.flatMap((one) => [...gradients.get(one)!]);
    const found = [window!.loss, project(outputs, 0), project(gradient, 0), project(gradient, 1)];
    for (const [index, value] of found.entries()) {
      worst = Math.max(worst, Math.abs(value - expected[index]!) / Math.max(1, Math.abs(expected[index]!)));
    }
  }
  expect(figures[name].length).toBeGreaterThanOrEqual(300);
  expect(worst).toBeLessThan(1e-12);
});
