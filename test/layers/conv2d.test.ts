// Images: conv2d, pooling and group normalisation over columns, whose number is the time that all after them has.
import { describe, expect, it } from 'vitest';
import {
  activation,
  adam,
  averagePool,
  backpropagate,
  bidirectional,
  checkGradients,
  conv1d,
  conv2d,
  createModel,
  dense,
  features,
  type GradientError,
  groupNormalization,
  gru,
  image,
  last,
  maxPool,
  normal,
  tokens,
  train,
} from '../../src/index.ts';
import { ctc } from '../../src/speech/index.ts';
import { workers } from '../../src/worker/index.ts';
import { numbers } from '../support/models.ts';

const [B, H, C] = [3, 6, 2];
const W = 8;
const lengths = [8, 5, 6];

const reals = (count: number, seed = 1) => {
  const next = numbers(seed);
  return Float64Array.from({ length: count }, () => 2 * next() - 1);
};
const given = { biasInitializer: normal({ deviation: 0.3 }) };

/** What is tiny is a difference of rounding. */
function expectExact(errors: readonly GradientError[]): void {
  expect(errors.filter((error) => error.relativeError >= 1e-7 && error.absoluteError >= 1e-10)).toEqual([]);
}

/** What may stand in a network of images, and the columns that it leaves of W and of each length. */
const layers: Readonly<Record<string, readonly [layers: readonly object[], columns: (width: number) => number]>> = {
  'conv2d, same': [[conv2d({ filters: 3, kernel: 3, padding: 'same', ...given })], (w) => w],
  'conv2d, valid': [[conv2d({ filters: 3, kernel: [3, 2], ...given })], (w) => w - 1],
  'conv2d, a stride and zeros around': [
    [conv2d({ filters: 2, kernel: 3, stride: [1, 2], padding: [0, 1], ...given })],
    (w) => Math.floor((w - 1) / 2) + 1,
  ],
  'conv2d, dilated': [[conv2d({ filters: 2, kernel: 2, dilation: [3, 2], ...given })], (w) => w - 2],
  'conv2d in groups': [[conv2d({ filters: 4, kernel: 3, groups: 2, padding: 'same', ...given })], (w) => w],
  'conv2d, depthwise': [[conv2d({ filters: 2, kernel: 3, groups: 2, padding: 'same', ...given })], (w) => w],
  maxPool: [[conv2d({ filters: 3, kernel: 1 }), maxPool({ kernel: 2 })], (w) => Math.floor(w / 2)],
  'maxPool, overlapping': [
    [conv2d({ filters: 3, kernel: 1 }), maxPool({ kernel: [2, 3], stride: [1, 2], padding: [0, 1] })],
    (w) => Math.floor((w - 1) / 2) + 1,
  ],
  'maxPool, down alone': [[conv2d({ filters: 3, kernel: 1 }), maxPool({ kernel: [2, 1] })], (w) => w],
  averagePool: [[averagePool({ kernel: [3, 2], padding: [1, 0] })], (w) => Math.floor(w / 2)],
  groupNormalization: [
    [conv2d({ filters: 4, kernel: 1, ...given }), groupNormalization({ groups: 2 }), conv2d({ filters: 2, kernel: 2 })],
    (w) => w - 1,
  ],
};

describe.each(Object.entries(layers))('%s', (_, [under, columns]) => {
  it('gives each image what it gives alone, whatever is beside it', async () => {
    const model = await createModel([image({ height: H, channels: C }), ...under] as never, { dtype: 'f64', seed: 2 });
    const inputs = reals(W * B * H * C);
    const { outputs } = model.forward({ steps: W, rows: B, inputs, lengths });
    const size = outputs.length / (columns(W) * B);
    for (const [row, width] of lengths.entries()) {
      const own = Float64Array.from({ length: width * H * C }, (_, i) => {
        return inputs[(Math.floor(i / (H * C)) * B + row) * H * C + (i % (H * C))]!;
      });
      const alone = model.forward({ steps: width, rows: 1, inputs: own }).outputs;
      expect(alone).toHaveLength(columns(width) * size);
      for (let i = 0; i < columns(W) * size; i++) {
        const place = (Math.floor(i / size) * B + row) * size + (i % size);
        expect(outputs[place]).toBe(alone[i] ?? 0);
      }
    }
  });

  it('has the gradients of finite differences, under a recurrent layer and over another convolution', async () => {
    const description = [
      image({ height: H, channels: C }),
      conv2d({ filters: C, kernel: 1, ...given }),
      ...under,
      gru({ units: 3 }),
      dense({ units: 2 }),
    ];
    const model = await createModel(description as never, { dtype: 'f64', seed: 5 });
    const targets = reals(columns(W) * B * 2, 2);
    const batch = { steps: W, rows: B, inputs: reals(W * B * H * C), targets, lengths };
    const errors = checkGradients(model, batch, { loss: 'mean-squared-error' });
    expect(errors.map(({ name }) => name)).toEqual(model.parameters().map(({ name }) => name));
    expectExact(errors);
  });
});

describe('pooling', () => {
  const pooled = async (layer: object, inputs: readonly number[], height: number) => {
    const model = await createModel([image({ height }), layer] as never, { dtype: 'f64' });
    const steps = inputs.length / height;
    return [...model.forward({ steps, rows: 1, inputs: Float64Array.from(inputs) }).outputs];
  };

  it('takes the greatest, and the mean with zeros where there is nothing', async () => {
    // Two columns of three pixels.
    expect(await pooled(maxPool({ kernel: [2, 2], stride: 1 }), [1, 5, -3, -2, 4, -1], 3)).toEqual([5, 5]);
    expect(await pooled(maxPool({ kernel: [2, 1], padding: [1, 0] }), [-1, -5, -3, -2, 4, 7], 3)).toEqual([
      -1, -3, -2, 7,
    ]);
    expect(await pooled(averagePool({ kernel: [2, 1], padding: [1, 0] }), [-1, -5, -3, -2, 4, 7], 3)).toEqual([
      -0.5, -4, -1, 5.5,
    ]);
  });

  it('is over steps where there is no image', async () => {
    const model = await createModel([features(2), maxPool({ kernel: 2 })], { dtype: 'f64' });
    const inputs = Float64Array.of(1, 8, 3, 2, 5, 6, 7, 4, 9, 9);
    expect([...model.forward({ steps: 5, rows: 1, inputs }).outputs]).toEqual([3, 8, 7, 6]);
  });
});

it('normalises groups of channels over all columns that are there, as its formula says', async () => {
  const model = await createModel(
    [image({ height: 2, channels: 4 }), groupNormalization({ groups: 2, epsilon: 0.5 })],
    {
      dtype: 'f64',
    },
  );
  const [gain, bias] = [
    [1, 2, 3, 4],
    [0.1, 0.2, 0.3, 0.4],
  ];
  model.setParameter('norm.weight', gain!);
  model.setParameter('norm.bias', bias!);
  const inputs = reals(3 * 2 * 8);
  const { outputs } = model.forward({ steps: 3, rows: 2, inputs, lengths: [3, 2] });
  for (const [row, width] of [3, 2].entries()) {
    for (const group of [0, 1]) {
      const places = Array.from({ length: width * 8 }, (_, i) => (Math.floor(i / 8) * 2 + row) * 8 + (i % 8)).filter(
        (place) => Math.floor((place % 4) / 2) === group,
      );
      const values = places.map((place) => inputs[place]!);
      const mean = values.reduce((a, b) => a + b) / values.length;
      const variance = values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / values.length;
      for (const place of places) {
        const normalized = (inputs[place]! - mean) / Math.sqrt(variance + 0.5);
        expect(outputs[place]).toBeCloseTo(gain![place % 4]! * normalized + bias![place % 4]!, 12);
      }
    }
  }
  expect([...outputs.subarray((2 * 2 + 1) * 8)]).toEqual(Array(8).fill(0));
});

describe('a network that reads images', () => {
  const reader = (): readonly object[] => [
    image({ height: H }),
    conv2d({ filters: 4, kernel: 3, padding: 'same' }),
    activation({ function: 'relu' }),
    maxPool({ kernel: 2 }),
    conv2d({ filters: 6, kernel: [3, 2], groups: 2 }),
    groupNormalization({ groups: 3 }),
    activation({ function: 'relu' }),
    bidirectional(gru({ units: 5 })),
    dense({ units: 4 }),
  ];
  const batch = {
    steps: 16,
    rows: 4,
    inputs: reals(16 * 4 * H),
    lengths: [16, 11, 9, 13],
    targets: [[1, 2, 3], [2, 2], [3], [1, 1]].map((labels) => Int32Array.from(labels)),
  };

  it('learns by CTC, with the same bits on any number of threads', async () => {
    const trained = async (count: number) => {
      const model = await createModel(reader() as never, { seed: 1 });
      const losses: number[] = [];
      const options = { data: [batch], steps: 6, loss: await ctc(), optimizer: adam({ learningRate: 0.01 }) };
      for await (const event of train(model, { ...options, parallel: workers({ count, blocks: 4 }) })) {
        if (event.type === 'step') losses.push(event.loss);
      }
      return { losses, parameters: model.parameters() };
    };
    const one = await trained(1);
    expect(one.losses.at(-1)).toBeLessThan(one.losses[0]!);
    expect(await trained(2)).toEqual(one);
  });

  it('is told where labels do not fit into the columns that are left', async () => {
    const model = await createModel(reader() as never, { seed: 1 });
    const late = { ...batch, targets: batch.targets.with(2, Int32Array.of(1, 1, 1)) };
    const loss = await ctc();
    expect(() => [...backpropagate(model, late, { loss })]).toThrow(
      /targets\[2\]: expected labels that fit into the 3 steps that model\[4\] \(conv2d\) leaves of the row, got 3.*2 steps too few/,
    );
  });
});

describe('what is wrong', () => {
  it.each([
    [() => image({ height: 0 }), /^image\.height: expected an integer >= 1, got 0/],
    [() => image({ height: 2, width: 3 } as never), /^image: .*width/],
    [() => image(undefined as never), /^image: expected an object of options/],
    [() => conv2d(3 as never), /^conv2d: expected an object of options, got 3/],
    [() => maxPool(2 as never), /^maxPool: expected an object of options, got 2/],
    [() => groupNormalization(2 as never), /^groupNormalization: expected an object of options, got 2/],
  ])('is said at once: %#', (call, message) => {
    expect(call).toThrow(message);
  });

  it.each([
    [
      conv2d({ filters: 2, kernel: [3] } as never),
      /kernel: expected an integer, or two: \[down, across\], got an array of length 1/,
    ],
    [conv2d({ filters: 2, kernel: [3, 0] }), /kernel\[1\]: expected an integer >= 1, got 0/],
    [
      conv2d({ filters: 2, kernel: 3, padding: 'causal' } as never),
      /padding: expected 'valid', 'same', an integer >= 0 or two/,
    ],
    [
      conv2d({ filters: 2, kernel: 3, padding: 'same', stride: [1, 2] }),
      /stride: expected 1 with padding: 'same', got \[1, 2\]/,
    ],
    [conv2d({ filters: 3, kernel: 3, groups: 2 }), /filters: expected a multiple of the 2 groups, got 3/],
    [maxPool({ kernel: 2, padding: [0, 2] }), /padding: expected at most half of the kernel 2, got \[0, 2\]/],
    [averagePool({ kernel: 2, stride: 0 }), /stride: expected an integer >= 1, got 0/],
    [groupNormalization({ groups: 2, epsilon: 0 }), /epsilon: expected/],
    [maxPool({ kernel: 2, size: 2 } as never), /^model\[1\]: .*size/],
  ])('is said when the model is created: %j', async (layer, message) => {
    await expect(createModel([image({ height: 4 }), layer] as never)).rejects.toThrow(message);
    await expect(createModel([image({ height: 4 }), layer] as never)).rejects.toThrow(/^model\[1\]/);
  });

  it.each([
    [
      [features(6), conv2d({ filters: 2, kernel: 3 })],
      /^model\[1\] \(conv2d\): expected an image, got 6 features from model\[0\], which are none/,
    ],
    [[tokens(6), conv2d({ filters: 2, kernel: 3 })], /^model\[1\] \(conv2d\): expected features at every step/],
    [
      [image({ height: 2 }), conv2d({ filters: 2, kernel: 3 })],
      /^model\[1\] \(conv2d\): expected an image at least 3 pixels high, of which its window leaves one, got 2/,
    ],
    [
      [image({ height: 4, channels: 3 }), conv2d({ filters: 2, kernel: 3, groups: 2 })],
      /expected inputs that the 2 groups divide, got 3 from/,
    ],
    [
      [image({ height: 3 }), maxPool({ kernel: [4, 2] })],
      /^model\[1\] \(maxPool\): expected an image at least 4 pixels high/,
    ],
    [
      [features(3), maxPool({ kernel: [1, 2] })],
      /^model\[1\] \(maxPool\): expected one number of steps for features of model\[0\], which are no image, got/,
    ],
    [
      [features(3), groupNormalization({ groups: 2 })],
      /^model\[1\] \(groupNormalization\): expected channels that the 2 groups divide, got 3/,
    ],
    [
      [{ kind: 'features', size: 5, height: 2 }, maxPool({ kernel: 1 })],
      /^model\[1\] \(maxPool\): expected an image, got 5 features from model\[0\], which no height of 2 divides/,
    ],
  ])('in a model: %j', async (description, message) => {
    await expect(createModel(description as never)).rejects.toThrow(message);
  });

  it('is said of an image too narrow for one place, and of a recurrent layer that is no image', async () => {
    const model = await createModel([
      image({ height: 4 }),
      conv2d({ filters: 2, kernel: [1, 3] }),
      maxPool({ kernel: 2 }),
    ]);
    const input = (steps: number) => ({ steps, rows: 1, inputs: reals(steps * 4) });
    expect(() => model.forward(input(3))).toThrow(
      /^model\[2\] \(maxPool\): expected at least 2 steps, of which its window leaves one, got 1/,
    );
    expect(model.forward(input(4)).outputs).toHaveLength(4);
    const after = [image({ height: 4 }), gru({ units: 4 }), conv2d({ filters: 2, kernel: 1 })];
    await expect(createModel(after as never)).rejects.toThrow(/expected an image, got 4 features/);
  });
});

it('has one output a row after it, and conv1d reads its columns', async () => {
  const model = await createModel(
    [
      image({ height: 4 }),
      conv2d({ filters: 2, kernel: 3 }),
      conv1d({ filters: 3, kernel: 2 }),
      gru({ units: 2 }),
      last(),
    ],
    { dtype: 'f64' },
  );
  expect(model.forward({ steps: 7, rows: 2, inputs: reals(7 * 2 * 4) }).outputs).toHaveLength(4);
});
