// Networks beyond a stack as ONNX: onnxruntime gives what forward gives, input by input and output by output.
import { describe, expect, it } from 'vitest';
import {
  activation,
  add,
  average,
  averagePool,
  BpttError,
  batchNormalization,
  bidirectional,
  concat,
  conv1d,
  conv2d,
  createModel,
  dense,
  embedding,
  features,
  flatten,
  groupNormalization,
  gru,
  image,
  last,
  lstm,
  type Model,
  type ModelDescription,
  maxPool,
  multiply,
  normal,
  repeat,
  residual,
  tokens,
} from '../../src/index.ts';
import { type ExportOptions, exportOnnx, importOnnx } from '../../src/interchange/onnx/index.ts';
import { numbers } from '../support/models.ts';
import { runOnnx, type Shaped } from '../support/onnx.ts';

const random = { biasInitializer: normal({ deviation: 0.4 }) };

const graphs: Readonly<Record<string, ModelDescription>> = {
  'convolutions over time': [
    features(4, { name: 'x' }),
    conv1d({ filters: 6, kernel: 3, padding: 'causal', dilation: 2, ...random }),
    conv1d({ filters: 6, kernel: 2, stride: 2, padding: 1, groups: 2, ...random }),
    groupNormalization({ groups: 3 }),
    maxPool({ kernel: 3, stride: 1, padding: 1 }),
    bidirectional(gru({ units: 3, ...random })),
    dense({ units: 2, name: 'out' }),
  ],
  images: [
    image({ height: 6, channels: 2, name: 'pixels' }),
    conv2d({ filters: 4, kernel: 3, padding: 'same', ...random }),
    maxPool({ kernel: [2, 3], stride: [2, 1], padding: [1, 1] }),
    conv2d({ filters: 4, kernel: [2, 1], dilation: [2, 1], groups: 4, ...random }),
    groupNormalization({ groups: 2, name: 'norm' }),
    averagePool({ kernel: [2, 3], stride: 1, padding: [1, 1] }),
    conv2d({ filters: 3, kernel: 3, stride: [1, 2], padding: 1, ...random }),
    lstm({ units: 3, ...random }),
    dense({ units: 2, name: 'out' }),
  ],
  'a stack with names': [
    tokens(6, { name: 'words' }),
    embedding({ units: 4, name: 'look' }),
    gru({ units: 5, name: 'body', ...random }),
    dense({ units: 6, name: 'next' }),
  ],
  'two inputs on one clock, two outputs': [
    tokens(6, { name: 'words' }),
    gru({ units: 5, name: 'memory', ...random }),
    dense({ units: 6, name: 'next' }),
    features(2, { name: 'values', clock: 'words' }),
    lstm({ units: 3, name: 'trend', ...random }),
    dense({ units: 1, name: 'level' }),
  ],
  'an encoder and a decoder': [
    tokens(7, { name: 'source' }),
    lstm({ units: 5, name: 'encoder', ...random }),
    tokens(6, { name: 'target' }),
    lstm({ units: 5, name: 'decoder', start: 'encoder', ...random }),
    dense({ units: 6, name: 'next' }),
  ],
  'an encoder and a decoder that are scanned': [
    tokens(7, { name: 'source' }),
    lstm({ units: 5, name: 'encoder', layerNorm: true, ...random }),
    tokens(6, { name: 'target' }),
    lstm({ units: 5, name: 'decoder', start: 'encoder', layerNorm: true, ...random }),
    dense({ units: 6, name: 'next' }),
  ],
  'a start from features of the row': [
    features(3, { name: 'facts', clock: 'row' }),
    dense({ units: 5, name: 'first', ...random }),
    features(2, { name: 'steps' }),
    lstm({ units: 5, name: 'body', start: 'first', ...random }),
    dense({ units: 2, name: 'out' }),
  ],
  'a scanned start from features of the row': [
    features(3, { name: 'facts', clock: 'row' }),
    dense({ units: 5, name: 'first', ...random }),
    features(2, { name: 'steps' }),
    gru({ units: 5, name: 'body', start: 'first', zoneout: { hidden: 0.2 }, ...random }),
    dense({ units: 2, name: 'out' }),
  ],
  'the last step of a sum': [
    features(3, { name: 'x' }),
    gru({ units: 4, ...random }),
    residual(gru({ units: 4, ...random }), { name: 'deep' }),
    dense({ units: 2, name: 'steps' }),
    last({ from: 'deep', name: 'end' }),
  ],
  'all steps and the last of one layer': [
    features(3, { name: 'x' }),
    gru({ units: 4, name: 'body', ...random }),
    dense({ units: 2, name: 'steps' }),
    last({ from: 'body', name: 'end' }),
    dense({ units: 3, name: 'verdict', ...random }),
  ],
  'concat, add and repeat': [
    features(3, { name: 'x' }),
    gru({ units: 4, name: 'a', ...random }),
    gru({ units: 4, name: 'b', from: 'x', ...random }),
    add({ from: ['a', 'b'], name: 'sum' }),
    features(2, { name: 'facts', clock: 'row' }),
    repeat({ clock: 'x', name: 'again' }),
    concat({ from: ['sum', 'again', 'x'] }),
    dense({ units: 2, name: 'out' }),
    last({ from: 'sum', name: 'end' }),
    concat({ from: ['end', 'facts'], name: 'both' }),
  ],
  'dense layers with activations, and activations': [
    features(3, { name: 'x' }),
    ...(['relu', 'leaky-relu', 'elu', 'gelu', 'silu', 'softplus', 'tanh', 'sigmoid'] as const).map((activation) =>
      dense({ units: 5, name: activation, ...random, activation }),
    ),
    activation({ function: 'hard-sigmoid', name: 'hard' }),
    activation({ function: 'elu', alpha: 0.3, name: 'out' }),
  ],
  'products, means, batch normalisation and flattened steps': [
    features(3, { name: 'x' }),
    gru({ units: 4, name: 'g', ...random }),
    dense({ units: 4, name: 'gate', activation: 'sigmoid', ...random }),
    multiply({ from: ['g', 'gate'], name: 'gated' }),
    average({ from: ['gated', 'g', 'gate'], name: 'mean' }),
    batchNormalization({ name: 'norm', epsilon: 0.01 }),
    flatten({ steps: 5, name: 'flat' }),
    batchNormalization({ name: 'rows' }),
    dense({ units: 2, name: 'out', ...random }),
    dense({ units: 3, from: 'norm', name: 'each', ...random }),
  ],
  'the last step of what has no state': [
    features(3, { name: 'x' }),
    dense({ units: 2, name: 'y', ...random }),
    last({ name: 'end' }),
  ],
  'the last of both directions, and of a residual layer': [
    features(4, { name: 'x' }),
    bidirectional(gru({ units: 3, ...random }), { name: 'both' } as never),
    last({ from: 'both', name: 'end' }),
    residual(gru({ units: 4, ...random }), { name: 'sum', from: 'x' }),
    last({ from: 'sum', name: 'other' }),
  ],
};

const [T, B] = [5, 3];

/** What a model reads, and the same for onnxruntime. */
function readings({ network: { graph } }: Model, lengths: boolean) {
  const next = numbers(3);
  const clocks = graph.clocks.filter(({ follows }) => follows === undefined);
  const steps = Object.fromEntries(clocks.map(({ name }, index) => [name, T + index]));
  const feeds: Record<string, Shaped> = {};
  for (const { name, output, clock } of graph.inputs) {
    const dims = clock.kind === 'row' ? [B] : [steps[clock.name]!, B];
    const count = dims.reduce((product, size) => product * size, 1);
    feeds[name!] =
      output.kind === 'tokens'
        ? { dims, data: Int32Array.from({ length: count }, () => Math.floor(next() * output.size)) }
        : {
            dims: [...dims, output.size],
            data: Float32Array.from({ length: count * output.size }, () => 2 * next() - 1),
          };
  }
  const inputs = Object.fromEntries(Object.entries(feeds).map(([name, { data }]) => [name, data]));
  if (!lengths) return { input: { steps, rows: B, inputs } as never, feeds };
  const ends = Object.fromEntries(clocks.map(({ name }, index) => [name, Int32Array.of(T + index, 2, 1)]));
  for (const [name, data] of Object.entries(ends)) {
    feeds[clocks.length === 1 ? 'lengths' : `lengths_${name}`] = { dims: [B], data };
  }
  return { input: { steps, rows: B, inputs, lengths: ends } as never, feeds };
}

async function modelOf(description: ModelDescription): Promise<Model> {
  const model = await createModel(description, { seed: 4 });
  for (const { name, data } of model.parameters()) {
    if (/bias|running/.test(name))
      model.setParameter(
        name,
        // A variance is above 0.
        data.map((_, i) => (name.endsWith('var') ? 0.5 + 0.2 * (i % 3) : 0.4 - 0.15 * (i % 6))),
      );
  }
  return model;
}

async function expectEqual(model: Model, options: ExportOptions) {
  const { input, feeds } = readings(model, options.lengths ?? false);
  const { named } = model.forward(input);
  const found = await runOnnx(exportOnnx(model, options), feeds);
  expect(Object.keys(found)).toEqual(Object.keys(named));
  for (const [name, values] of Object.entries(named)) {
    expect(found[name]!.data).toHaveLength(values.length);
    const row = model.network.graph.outputs.find((node) => node.name === name)!.clock.kind === 'row';
    expect(found[name]!.dims).toHaveLength(row ? 2 : 3);
    const worst = Math.max(...Array.from(values, (value, index) => Math.abs(value - found[name]!.data[index]!)));
    expect([name, worst < 1e-5]).toEqual([name, true]);
  }
}

describe('onnxruntime gives the outputs of forward to 1e-5', () => {
  describe.each(Object.entries(graphs))('%s', (_, description) => {
    it.each([false, true])('lengths: %s', async (lengths) => {
      await expectEqual(await modelOf(description), { lengths });
    });

    it('and the file gives the same model back', async () => {
      const model = await modelOf(description);
      const { model: back } = await importOnnx(exportOnnx(model));
      expect(back.description).toEqual(model.description);
      expect(back.parameters()).toEqual(model.parameters());
    });
  });
});

describe('what a graph cannot have is refused with the entry', () => {
  it.each<[string, ModelDescription, ExportOptions, RegExp]>([
    [
      'states of a whole one',
      graphs['an encoder and a decoder']!,
      { states: true },
      /exportOnnx\.states: .*'decoder' \(lstm\) starts from model\[1\] 'encoder'/,
    ],
    [
      'softmax of several outputs',
      graphs['two inputs on one clock, two outputs']!,
      { output: 'softmax' },
      /exportOnnx\.output: expected 'logits' for a model with several outputs \(next, level\)/,
    ],
    [
      'steps that are skipped',
      [features(2, { name: 'x', skip: 0 }), gru({ units: 2 })],
      {},
      /expected inputs without skip, which ONNX has no operator for, got model\[0\] 'x' with skip 0/,
    ],
    ['the name of something inside', [tokens(3, { name: 'int64_0' }), gru({ units: 2 })], {}, /got 'int64_0'/],
  ])('%s', async (_, description, options, message) => {
    const model = await createModel(description);
    expect(() => exportOnnx(model, options)).toThrow(BpttError);
    expect(() => exportOnnx(model, options)).toThrow(message);
  });
});
