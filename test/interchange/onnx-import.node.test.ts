// ONNX import: what this package wrote comes back, what PyTorch and Keras wrote computes what they compute, the rest is refused.
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  activation,
  BpttError,
  bidirectional,
  createModel,
  dense,
  elman,
  embedding,
  features,
  gru,
  type LayerDescription,
  lstm,
  type Model,
  type ModelDescription,
  normal,
  residual,
  tokens,
} from '../../src/index.ts';
import { type Draft, decodeMessage, encodeMessage } from '../../src/interchange/onnx/format/protobuf.ts';
import {
  type GraphProto,
  type ModelProto,
  modelFields,
  type NodeProto,
} from '../../src/interchange/onnx/format/schema.ts';
import { type ExportOptions, exportOnnx, importOnnx } from '../../src/interchange/onnx/index.ts';
import { runOnnx } from '../support/onnx.ts';

const TOLERANCE = 1e-5;

/** A model of another framework, and what it computes. */
interface Case {
  readonly name: string;
  readonly onnx: string;
  readonly steps: number;
  readonly rows: number;
  readonly batchFirst: boolean;
  readonly tokens: boolean;
  readonly inputs: readonly number[];
  readonly states: readonly (readonly number[])[];
  readonly shape: readonly number[];
  readonly outputs: readonly number[];
}

const read = (file: string): readonly Case[] =>
  JSON.parse(readFileSync(new URL(`../truth/fixtures/${file}`, import.meta.url), 'utf8'));
const bytesOf = ({ onnx }: Case) => Uint8Array.from(Buffer.from(onnx, 'base64'));

/** [B,T,...] as [T,B,...] and back, `width` numbers for each place. */
function swap(values: readonly number[], outer: number, inner: number, width: number): number[] {
  return Array.from({ length: values.length }, (_, i) => {
    const [place, rest] = [Math.floor(i / width), i % width];
    const [a, b] = [Math.floor(place / outer), place % outer];
    return values[(b * inner + a) * width + rest]!;
  });
}

function worst(actual: ArrayLike<number>, expected: readonly number[]): number {
  expect(actual.length).toBe(expected.length);
  return expected.reduce((most, value, i) => Math.max(most, Math.abs(value - actual[i]!)), 0);
}

const softmax = (row: readonly number[]) => {
  const exponentials = row.map((value) => Math.exp(value - Math.max(...row)));
  return exponentials.map((value) => value / exponentials.reduce((a, b) => a + b, 0));
};
const heads = {
  logits: (row: readonly number[]) => row,
  softmax,
  'log-softmax': (row: readonly number[]) => softmax(row).map(Math.log),
  sigmoid: (row: readonly number[]) => row.map((value) => 1 / (1 + Math.exp(-value))),
};

describe.each([
  ['PyTorch', 'onnx-pytorch.json'],
  ['Keras', 'onnx-keras.json'],
] as const)('models of %s give its outputs to 1e-5', (_, file) => {
  it.each(read(file).map((one) => [one.name, one] as const))('%s', async (_name, one) => {
    const { model, output, batchFirst } = await importOnnx(bytesOf(one));
    const { steps, rows, tokens } = one;
    const width = one.inputs.length / steps / rows;
    const ordered = one.batchFirst ? swap(one.inputs, rows, steps, width) : one.inputs;
    const inputs = tokens ? Int32Array.from(ordered) : Float32Array.from(ordered);
    // PyTorch keeps h of all layers in one array, then c.
    const H = model.zeroState(1).layers[0]?.length ?? 1;
    const layers = (one.states[0]?.length ?? 0) / rows / H;
    const state = Array.from({ length: layers }, (__, layer) =>
      one.states.map((values) => Float32Array.from(values.slice(layer * rows * H, (layer + 1) * rows * H))),
    ).flat();
    const result = model.forward({ steps, rows, inputs }, layers > 0 ? { rows, layers: state } : undefined);
    const O = one.shape.at(-1)!;
    const shown = Array.from({ length: result.outputs.length / O }, (__, row) =>
      heads[output](Array.from(result.outputs.slice(row * O, (row + 1) * O))),
    ).flat();
    const expected = one.batchFirst && one.shape.length === 3 ? swap(one.outputs, rows, steps, O) : one.outputs;
    expect(worst(shown, expected)).toBeLessThan(TOLERANCE);
    if (steps > 1) expect(batchFirst).toBe(one.batchFirst);
  });
});

it.each(read('onnx-keras.json').map((one) => [one.name, one] as const))(
  'the graph of %s is what Keras computes, in onnxruntime too',
  async (_, one) => {
    const { steps, rows, inputs } = one;
    const width = inputs.length / steps / rows;
    const dims = one.tokens ? [rows, steps] : [rows, steps, width];
    const { output } = await runOnnx(bytesOf(one), { input: { data: Float32Array.from(inputs), dims } });
    expect(output!.dims).toEqual(one.shape);
    expect(worst(output!.data, one.outputs)).toBeLessThan(TOLERANCE);
  },
);

const noise = normal({ deviation: 0.4 });
const random = { biasInitializer: noise, inputInitializer: noise, recurrentInitializer: noise };

async function modelOf(...description: ModelDescription): Promise<Model> {
  const model = await createModel(description, { seed: 3 });
  for (const { name, data } of model.parameters()) {
    if (!/peephole|bias_hn|dense.*bias/.test(name)) continue;
    model.setParameter(
      name,
      data.map((_, i) => 0.7 - 0.17 * (i % 5)),
    );
  }
  return model;
}

/** A model in an ONNX file that says nothing of this package, after a change. */
function foreign(model: Model, options: ExportOptions = {}, change = (proto: ModelProto): Draft<ModelProto> => proto) {
  const proto = decodeMessage(modelFields, exportOnnx(model, options), 'test');
  return encodeMessage(modelFields, change({ ...proto, metadataProps: [] }));
}

function changeGraph(change: (graph: GraphProto) => Draft<GraphProto>) {
  return (proto: ModelProto): Draft<ModelProto> => ({ ...proto, graph: change(proto.graph!) });
}

/** Puts a node after the output. */
function append(opType: string, more: Draft<NodeProto> = {}) {
  return changeGraph((graph) => ({
    ...graph,
    node: [
      ...graph.node.map((node) => ({
        ...node,
        output: node.output.map((name) => (name === 'output' ? 'inner' : name)),
      })),
      { opType, name: `${opType}_3`, input: ['inner'], output: ['output'], ...more },
    ],
  }));
}

describe('a graph alone gives the model', () => {
  const layers: Readonly<Record<string, LayerDescription>> = {
    elman: elman({ units: 4, ...random }),
    'elman, relu': elman({ units: 4, activation: 'relu', ...random }),
    'elman, identity': elman({ units: 4, activation: 'identity', ...random }),
    lstm: lstm({ units: 4, ...random }),
    'lstm with peepholes, softsign': lstm({ units: 4, activation: 'softsign', peepholes: true, ...random }),
    'lstm, hard sigmoid': lstm({ units: 4, gateActivation: 'hard-sigmoid', ...random }),
    gru: gru({ units: 4, ...random }),
    'gru, reset before': gru({ units: 4, reset: 'before', activation: 'relu', ...random }),
    'in both directions': bidirectional(lstm({ units: 4, peepholes: true, ...random })),
    'in both directions, summed': bidirectional(gru({ units: 4, ...random }), { merge: 'sum' }),
    'in both directions, mean': bidirectional(elman({ units: 4, ...random }), { merge: 'average' }),
    'in both directions, product': bidirectional(lstm({ units: 4, ...random }), { merge: 'multiply' }),
    'in both directions, last, product': bidirectional(gru({ units: 4, ...random }), {
      returns: 'last',
      merge: 'multiply',
    }),
    'in both directions, last': bidirectional(gru({ units: 4, gateActivation: 'hard-sigmoid', ...random }), {
      returns: 'last',
    }),
    'in both directions, last, summed': bidirectional(elman({ units: 4, ...random }), {
      returns: 'last',
      merge: 'sum',
    }),
    last: lstm({ units: 4, returns: 'last', ...random }),
  };
  const expectSame = async (model: Model, options: ExportOptions) => {
    const again = await importOnnx(foreign(model, options));
    const functions = (one: Model) =>
      JSON.stringify(one.description).replaceAll(/"\w*(Initializer|Bias)":(\{[^}]*\}|\d)/g, '');
    expect(functions(again.model)).toBe(functions(model));
    expect(again.model.parameters()).toEqual(model.parameters());
    expect(again.output).toBe(options.output ?? 'logits');
    expect(again.batchFirst).toBe(false);
  };

  it.each(Object.entries(layers))('of %s', async (_, layer) => {
    await expectSame(await modelOf(features(3), layer, dense({ units: 2 })), {});
    await expectSame(await modelOf(tokens(6), layer), { lengths: layer.kind === 'lstm' && layer.returns === 'last' });
    const states = layer.kind !== 'bidirectional';
    await expectSame(await modelOf(tokens(6), embedding({ units: 4 }), gru({ units: 4 }), layer), {
      states,
      output: 'softmax',
    });
  });

  it('of residual connections and of dense layers alone', async () => {
    const both = residual(bidirectional(elman({ units: 2, ...random })));
    await expectSame(await modelOf(features(4), residual(gru({ units: 4, ...random })), both, dense({ units: 3 })), {});
    await expectSame(await modelOf(tokens(4), embedding({ units: 3 }), dense({ units: 3 }), dense({ units: 2 })), {});
  });

  it('of activations between layers and at the end', async () => {
    const functions = ['relu', 'leaky-relu', 'elu', 'softplus', 'tanh', 'sigmoid', 'silu', 'hard-sigmoid'] as const;
    const model = await modelOf(
      features(3),
      gru({ units: 4, ...random }),
      ...functions.flatMap((function_) => [dense({ units: 4 }), activation({ function: function_ })]),
      lstm({ units: 3, ...random }),
      activation({ function: 'leaky-relu', alpha: 0.25 }),
      dense({ units: 2 }),
      activation({ function: 'elu', alpha: 0.5 }),
    );
    const { model: again, output } = await importOnnx(foreign(model));
    const input = { steps: 4, rows: 2, inputs: Float32Array.from({ length: 24 }, (_, k) => Math.sin(k)) };
    expect(output).toBe('logits');
    const [a, b] = [again.forward(input).outputs, model.forward(input).outputs];
    for (const [k, value] of b.entries()) expect(Math.abs(a[k]! - value)).toBeLessThan(1e-6);
    // At the end a sigmoid is what the graph makes of the outputs.
    const ended = await modelOf(
      features(3),
      dense({ units: 2, activation: 'relu' }),
      dense({ units: 1, activation: 'sigmoid' }),
    );
    expect(await importOnnx(foreign(ended))).toMatchObject({ output: 'sigmoid' });
  });

  it('of operator sets 7 and 8, a large clip, lengths of all steps in the file, and a last axis that is squeezed', async () => {
    const model = await modelOf(features(3), lstm({ units: 3, ...random }), dense({ units: 1 }));
    const change = (version: number) => (proto: ModelProto) => {
      const graph = proto.graph!;
      const [input, ...others] = graph.input;
      const [time, rows, size] = input!.type!.tensorType!.shape!.dim;
      const shape = { dim: [{ ...time, value: 4 }, { ...rows, value: 2 }, size!] };
      const lengths = { name: 'whole', dims: [2], dataType: 6, int32Data: [4, 4] };
      return {
        ...proto,
        opsetImport: [{ domain: '', version }],
        graph: {
          ...graph,
          input: [{ ...input!, type: { tensorType: { ...input!.type!.tensorType!, shape } } }, ...others],
          initializer: [...graph.initializer, lengths],
          node: [
            ...graph.node.map((node) => {
              const output = node.output.map((name) => (name === 'output' ? 'inner' : name));
              if (node.opType !== 'LSTM') return { ...node, output };
              const inputs = Object.assign([...node.input, '', '', '', '', ''].slice(0, 5), { 4: 'whole' });
              return {
                ...node,
                input: inputs,
                output,
                attribute: [...node.attribute, { name: 'clip', type: 1, f: 1000 }],
              };
            }),
            {
              opType: 'Squeeze',
              name: 'last',
              input: ['inner'],
              output: ['squeezed'],
              attribute: [{ name: 'axes', type: 7, ints: [-1] }],
            },
            { opType: 'Sigmoid', name: 'end', input: ['squeezed'], output: ['output'] },
          ],
        },
      } as unknown as Draft<ModelProto>;
    };
    for (const version of [7, 8, 11]) {
      const { model: again, output } = await importOnnx(foreign(model, {}, change(version)));
      expect(again.parameters()).toEqual(model.parameters());
      expect(output).toBe('sigmoid');
    }
    await expect(importOnnx(foreign(model, {}, change(6)))).rejects.toThrow(
      'expected an operator set from 7 to 25, got 6',
    );
  });

  it.each([
    ['from the end to the start', [-1], [-(2 ** 31)], [-1]],
    ['from beyond the end to before the start', [2 ** 31], [-(2 ** 40)], [-1]],
    ['by names of axes and from a place', [11], [-13], [-1]],
  ])('of weights that a Slice turns round, %s', async (_, starts, ends, steps) => {
    const model = await modelOf(features(3), lstm({ units: 3, ...random }), dense({ units: 2 }));
    const integers = (name: string, int64Data: readonly number[]) => ({
      name,
      dims: [int64Data.length],
      dataType: 7,
      int64Data: [...int64Data],
    });
    const change = changeGraph((graph) => {
      const weight = graph.node.find(({ opType }) => opType === 'LSTM')!.input[1]!;
      return {
        ...graph,
        node: [
          { opType: 'Slice', name: 'turn', input: [weight, 'starts', 'ends', 'axes', 'steps'], output: ['turned'] },
          { opType: 'Slice', name: 'back', input: ['turned', 'starts', 'ends', 'axes', 'steps'], output: ['whole'] },
          ...graph.node.map((node) => ({
            ...node,
            input: node.input.map((name) => (name === weight ? 'whole' : name)),
          })),
        ],
        initializer: [
          ...graph.initializer,
          integers('starts', starts),
          integers('ends', ends),
          integers('axes', [1]),
          integers('steps', steps),
        ],
      };
    });
    const { model: again } = await importOnnx(foreign(model, {}, change));
    expect(again.parameters()).toEqual(model.parameters());
  });
});

describe('import refuses', () => {
  const errorOf = async (bytes: Uint8Array): Promise<string> => {
    const error = await importOnnx(bytes).then(
      () => undefined,
      (reason: unknown) => reason,
    );
    expect(error).toBeInstanceOf(BpttError);
    expect((error as BpttError).code).toBe('bad-file');
    return (error as BpttError).message;
  };
  const model = () => modelOf(features(3), lstm({ units: 4, ...random }), dense({ units: 2 }));
  const refused = async (change: (proto: ModelProto) => Draft<ModelProto>, options: ExportOptions = {}) =>
    errorOf(foreign(await model(), options, change));
  const changeNode = (opType: string, change: (node: NodeProto) => Draft<NodeProto>) =>
    changeGraph((graph) => ({
      ...graph,
      node: graph.node.map((node) => (node.opType === opType ? change(node) : node)),
    }));

  it('every beginning of a file, with the field and its byte', async () => {
    const file = foreign(await model());
    const own = exportOnnx(await model());
    for (const bytes of [file, own]) {
      for (let length = 0; length < bytes.length; length++) {
        expect(await errorOf(bytes.subarray(0, length))).toMatch(/^ONNX file(, .* at byte \d+)?: expected/);
      }
    }
    expect(await errorOf(file.subarray(0, 200))).toMatch(
      /graph\S* at byte \d+: expected \d+ bytes, got \d+: the file is cut off/,
    );
  });

  it('operators that it does not know, by name and node', async () => {
    expect(await refused(append('Conv'))).toMatch(
      /node "Conv_3" \(Conv\): expected an operator of Add, .*Where, got Conv$/,
    );
    expect(await refused(append('Selu'))).toContain('got Selu');
    expect(await refused(append('Identity', { domain: 'com.example' }))).toContain('got com.example.Identity');
    expect(await refused(append('toString'))).toContain('got toString');
    const normalised = await modelOf(features(3), gru({ units: 4, layerNorm: true }));
    expect(await errorOf(foreign(normalised))).toMatch(/got (LayerNormalization|Scan)$/);
  });

  it('operators in ways that no layer has', async () => {
    const attribute = (name: string, value: object) =>
      changeNode('LSTM', (node) => ({
        ...node,
        attribute: [...node.attribute.filter((one) => one.name !== name), { name, ...value }],
      }));
    const utf8 = (text: string) => new TextEncoder().encode(text);
    expect(await refused(attribute('clip', { type: 1, f: 3 }))).toMatch(
      /\(LSTM\): expected no clip, or one from 50 on, got 3/,
    );
    expect(await refused(attribute('layout', { type: 2, i: 2 }))).toMatch(/expected layout 0 or 1, got 2/);
    expect(await refused(attribute('direction', { type: 3, s: utf8('reverse') }))).toMatch(
      /a direction in reverse next to one forward/,
    );
    expect(await refused(attribute('hidden_size', { type: 2, i: 5 }))).toMatch(
      /input 1 of shape \[1, 20, 3\], got \[1, 16, 3\]/,
    );
    const activations = ['Sigmoid', 'Tanh', 'Elu'].map(utf8);
    expect(await refused(attribute('activations', { type: 8, strings: activations }))).toMatch(
      /expected activations Tanh, .*got Elu/,
    );
    expect(await refused(changeNode('MatMul', (node) => ({ ...node, input: node.input.toReversed() })))).toMatch(
      /\(MatMul\)/,
    );
    expect(await refused(changeNode('Add', (node) => ({ ...node, opType: 'Div' })))).toMatch(/\(Div\)/);
    expect(await refused(append('Softmax', { attribute: [{ name: 'axis', type: 2, i: 0 }] }))).toMatch(
      /expected the last axis, got axis 0/,
    );
    expect(await refused(append('Transpose'))).toMatch(/expected features in the last axis/);
  });

  it('the last step of a bidirectional layer, whose backward half has read only that step', async () => {
    const both = await modelOf(features(3), bidirectional(gru({ units: 2 })));
    const index = { name: 'minus_one', dims: [], dataType: 7, int64Data: [-1] };
    const bytes = foreign(both, {}, (proto) => {
      const graph = append('Gather', { input: ['inner', 'minus_one'] })(proto).graph!;
      return { ...proto, graph: { ...graph, initializer: [...graph.initializer!, index] } };
    });
    expect(await errorOf(bytes)).toMatch(/the last state \(Y_h\) of both directions/);
  });

  it('inputs, outputs and parts of a file that nothing here is made of', async () => {
    const input = { name: 'other', type: { tensorType: { elemType: 1, shape: { dim: [{ value: 2 }] } } } };
    expect(await refused(changeGraph((graph) => ({ ...graph, input: [...graph.input, input] })))).toContain(
      'got "other"',
    );
    expect(await refused(changeGraph((graph) => ({ ...graph, output: [...graph.output, { name: 'input' }] })))).toMatch(
      /expected last states as output "input"/,
    );
    expect(await refused(changeGraph((graph) => ({ ...graph, output: [{ name: 'nothing' }] })))).toContain('"nothing"');
    expect(await refused((proto) => ({ ...proto, opsetImport: [{ domain: '', version: 6 }] }))).toMatch(
      /from 7 to 25, got 6/,
    );
    expect(await refused((proto) => ({ ...proto, functions: [{ name: 'f', domain: 'd' }] }))).toContain('"f"');
    const external = changeGraph((graph) => ({
      ...graph,
      initializer: graph.initializer.map((tensor) => ({ ...tensor, dataLocation: 1 })),
    }));
    expect(await refused(external)).toMatch(
      /initializer "\S+": expected numbers in the file itself, got external data/,
    );
    const half = changeGraph((graph) => ({
      ...graph,
      initializer: graph.initializer.map((one) => ({ ...one, dataType: 10 })),
    }));
    expect(await refused(half)).toMatch(/expected data type 1 \(float\), .*got 10/);
    const nan = changeGraph((graph) => ({
      ...graph,
      initializer: graph.initializer.map((one) => ({ ...one, rawData: one.rawData.map(() => 0xff) })),
    }));
    expect(await refused(nan)).toMatch(/expected a finite number/);
    const state = changeNode('LSTM', (node) => ({ ...node, input: [...node.input, '', 'rnn.weight_hh_l0'] }));
    expect(await refused(state)).toMatch(/a first state that is zero or an input/);
  });

  it('what is no file at all', async () => {
    await expect(importOnnx('model.onnx' as never)).rejects.toThrow(/expected a Uint8Array, got "model.onnx"/);
    await expect(importOnnx(new Uint8Array(), { seed: 1 } as never)).rejects.toThrow(BpttError);
    expect(await errorOf(new TextEncoder().encode('no graph'))).toMatch(/at byte 0/);
    // Messages within each other without end.
    expect(await errorOf(nested(200))).toMatch(/at most 32 messages/);
  });

  it('with no other error, whatever bytes are flipped', async () => {
    const files = [
      foreign(await model(), { lengths: true, states: true }),
      exportOnnx(await model()),
      ...read('onnx-pytorch.json').slice(4, 12).map(bytesOf),
    ];
    const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...files), flips, async (file, changes) => {
        const bytes = file.slice();
        for (const [place, bits] of changes) bytes[place % bytes.length]! ^= bits;
        try {
          await importOnnx(bytes);
        } catch (error) {
          expect(error).toBeInstanceOf(BpttError);
        }
      }),
      { numRuns: 1500 },
    );
  });
});

/** Graphs in attributes of nodes of graphs. */
function nested(depth: number): Uint8Array {
  let graph: Draft<GraphProto> = { name: 'end' };
  for (let level = 0; level < depth; level++)
    graph = { node: [{ opType: 'Identity', attribute: [{ name: 'g', type: 5, g: graph }] }] };
  return encodeMessage(modelFields, { graph, opsetImport: [{ version: 17 }] });
}
