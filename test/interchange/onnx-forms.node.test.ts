// Forms in which exporters write what models have here: onnxruntime computes a graph, and the imported model gives the same.
import { describe, expect, it } from 'vitest';
import { encodeMessage } from '../../src/interchange/onnx/format/protobuf.ts';
import { dataTypes, modelFields } from '../../src/interchange/onnx/format/schema.ts';
import { importOnnx } from '../../src/interchange/onnx/index.ts';
import { GraphBuilder, type Value, valueInfo } from '../../src/interchange/onnx/write/builder.ts';
import { numbers } from '../support/models.ts';
import { runOnnx } from '../support/onnx.ts';

const [T, B, F, H] = [5, 3, 4, 2];
const next = numbers(31);
const draw = (count: number) => Float64Array.from({ length: count }, () => 2 * next() - 1);
const inputs = Float32Array.from(draw(T * B * F));

/** A graph over an input of [T,B,F], or [B,T,F]. */
function fileOf(build: (builder: GraphBuilder, x: Value) => Value, { batchFirst = false, version = 17 } = {}) {
  const builder = new GraphBuilder();
  builder.node('Identity', [build(builder, 'x')], ['y']);
  const initializer = builder.parameters.map(({ name, dims, data }) => ({
    ...{ name, dims, dataType: dataTypes.float },
    floatData: [...data],
  }));
  const graph = {
    name: 'graph',
    node: builder.nodes,
    input: [valueInfo('x', dataTypes.float, batchFirst ? ['B', 'T', F] : ['T', 'B', F])],
    output: [valueInfo('y', dataTypes.float, [])],
    initializer: [...builder.constants, ...initializer],
  };
  // An output of no axes would be a number: of these nothing is said.
  const output = [{ name: 'y', type: { tensorType: { elemType: dataTypes.float } } }];
  return encodeMessage(modelFields, {
    irVersion: 8,
    graph: { ...graph, output },
    opsetImport: [{ domain: '', version }],
  });
}

/** What a graph gives in onnxruntime, [T,B,·], and the model that it is. */
async function both(bytes: Uint8Array, twin = bytes) {
  const { y } = await runOnnx(twin, { x: { data: inputs, dims: [T, B, F] } });
  const { model, batchFirst } = await importOnnx(bytes, { dtype: 'f64' });
  const outputs = model.forward({ steps: T, rows: B, inputs: Float64Array.from(inputs) }).outputs;
  expect(outputs).toHaveLength(y!.data.length);
  for (const [i, value] of y!.data.entries()) expect(Math.abs(outputs[i]! - value)).toBeLessThan(1e-5);
  return { description: model.description, batchFirst };
}

const operators = {
  LSTM: { gates: 4, attributes: {} },
  GRU: { gates: 3, attributes: { linear_before_reset: 1 } },
  RNN: { gates: 1, attributes: {} },
} as const;

/** An operator with weights of its own, [T,D,B,H] or by its layout. */
function recurrent(
  builder: GraphBuilder,
  x: Value,
  operator: keyof typeof operators,
  more: Record<string, string | number> = {},
) {
  const { gates, attributes } = operators[operator];
  const D = more.direction === 'bidirectional' ? 2 : 1;
  const weight = (name: string, dims: readonly number[]) =>
    builder.parameter(name, dims, draw(dims.reduce((all, size) => all * size, 1)));
  const given = [weight('W', [D, gates * H, F]), weight('R', [D, gates * H, H]), weight('b', [D, 2 * gates * H])];
  const names = ['Y', 'Y_h', ...(operator === 'LSTM' ? ['Y_c'] : [])];
  builder.node(operator, [x, ...given], names, { hidden_size: H, ...attributes, ...more });
  return names as [Value, Value];
}

const squeeze = (builder: GraphBuilder, value: Value, axis: number) =>
  builder.add('Squeeze', [value, builder.integers([axis])]);

describe.each(['LSTM', 'GRU', 'RNN'] as const)('%s with layout 1, rows first', (operator) => {
  /** The same weights in either layout. */
  const graphs = (take: 'all' | 'last') => {
    const kept = draw(1000);
    return ([1, 0] as const).map((layout) => {
      let at = 0;
      return fileOf(
        (builder, x) => {
          const parameter = builder.parameter.bind(builder);
          builder.parameter = (name, dims, data) =>
            parameter(
              name,
              dims,
              data.map(() => kept[at++]!),
            );
          const [y, h] = recurrent(builder, x, operator, { layout });
          if (take === 'last') return squeeze(builder, h, layout);
          return squeeze(builder, y, layout === 1 ? 2 : 1);
        },
        { batchFirst: layout === 1 },
      );
    }) as [Uint8Array, Uint8Array];
  };

  it.each(['all', 'last'] as const)('gives what it gives with layout 0, %s', async (take) => {
    const { batchFirst, description } = await both(...graphs(take));
    expect(batchFirst).toBe(true);
    expect(description[1]).toMatchObject({ units: H, returns: take });
  });
});

describe('both directions as one', () => {
  const parts = (builder: GraphBuilder, x: Value) => {
    const [y] = recurrent(builder, x, 'GRU', { direction: 'bidirectional' });
    return [0, 1].map((place) => builder.add('Gather', [y, builder.integers([place], { scalar: true })], { axis: 1 }));
  };

  it.each([
    ['average', 'a sum over 2', (g: GraphBuilder, all: Value[]) => g.add('Div', [g.add('Add', all), g.reals([], [2])])],
    [
      'average',
      'half a sum',
      (g: GraphBuilder, all: Value[]) => g.add('Mul', [g.reals([1], [0.5]), g.add('Add', all)]),
    ],
    ['multiply', 'a product', (g: GraphBuilder, all: Value[]) => g.add('Mul', all.toReversed())],
    ['sum', 'a sum', (g: GraphBuilder, all: Value[]) => g.add('Add', all)],
  ] as const)('%s, as %s', async (merge, _, join) => {
    const { description } = await both(fileOf((builder, x) => join(builder, parts(builder, x))));
    expect(description[1]).toMatchObject({ kind: 'bidirectional', merge });
  });
});

describe('batch normalisation', () => {
  const vector = (builder: GraphBuilder, name: string, size: number, least = -1) =>
    builder.parameter(
      name,
      [size],
      draw(size).map((value) => (least < 0 ? value : Math.abs(value) + least)),
    );
  const statistics = (builder: GraphBuilder, size: number) => [
    vector(builder, 'gamma', size),
    vector(builder, 'beta', size),
    vector(builder, 'mean', size),
    vector(builder, 'variance', size, 0.1),
  ];

  it("of PyTorch's BatchNorm1d, features second, before and after a layer", async () => {
    const file = fileOf((builder, x) => {
      const second = builder.add('Transpose', [x], { perm: [1, 2, 0] });
      const normal = builder.add('BatchNormalization', [second, ...statistics(builder, F)], {
        epsilon: { float: 1e-3 },
      });
      const [, h] = recurrent(builder, builder.add('Transpose', [normal], { perm: [2, 0, 1] }), 'GRU');
      const own = ['gamma_1', 'beta_1', 'mean_1'].map((name) => vector(builder, name, H));
      return builder.add(
        'BatchNormalization',
        [squeeze(builder, h, 0), ...own, vector(builder, 'variance_1', H, 0.1)],
        {
          momentum: { float: 0.8 },
        },
      );
    });
    const { description } = await both(file);
    expect(description.slice(1)).toMatchObject([
      { kind: 'batchNormalization', epsilon: expect.closeTo(1e-3, 8), momentum: expect.closeTo(0.1, 6) },
      { kind: 'gru', returns: 'last' },
      { kind: 'batchNormalization', momentum: expect.closeTo(0.2, 6) },
    ]);
  });

  it('of tf2onnx, a factor and a bias of each feature', async () => {
    const file = fileOf((builder, x) => {
      const [y] = recurrent(builder, x, 'LSTM');
      const product = builder.add('Mul', [squeeze(builder, y, 1), vector(builder, 'factor', H)]);
      const normal = builder.add('Add', [product, vector(builder, 'shift', H)]);
      const kernel = builder.parameter('kernel', [H, 3], draw(H * 3));
      return builder.add('Relu', [builder.add('MatMul', [normal, kernel])]);
    });
    const { description } = await both(file);
    expect(description.slice(2)).toMatchObject([
      { kind: 'batchNormalization' },
      { kind: 'dense' },
      { kind: 'activation' },
    ]);
  });

  it('is refused in training, and with statistics of another size', async () => {
    const of = (attributes: Record<string, number>, size: number) =>
      importOnnx(
        fileOf((builder, x) => {
          const second = builder.add('Transpose', [x], { perm: [1, 2, 0] });
          return builder.add('BatchNormalization', [second, ...statistics(builder, size)], attributes);
        }),
      );
    await expect(of({ training_mode: 1 }, F)).rejects.toThrow(/BatchNormalization\): expected training_mode 0, got 1/);
    await expect(of({}, 3)).rejects.toThrow(/expected 4 numbers as input 1, got a constant of shape \[3\]/);
  });
});
