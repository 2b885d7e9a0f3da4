// Models of TensorFlow.js: what they gave there they give here, and what is exported comes back.
import { unzlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import {
  type BpttError,
  batchNormalization,
  bidirectional,
  createModel,
  dense,
  dropout,
  elman,
  embedding,
  features,
  gru,
  lstm,
  type ModelDescription,
  tokens,
} from '../../src/index.ts';
import { exportTfjs, importTfjs } from '../../src/interchange/keras/index.ts';
import fixture from '../truth/fixtures/tfjs.json' with { type: 'json' };

const bytesOf = (base64: string) => unzlibSync(Uint8Array.from(atob(base64), (character) => character.charCodeAt(0)));
const [first] = fixture.cases;
const weightsOf = ({ weights }: { readonly weights: string }) => {
  const bytes = bytesOf(weights);
  return { 'a.bin': bytes.slice(0, 6), 'b.bin': bytes.slice(6) };
};

describe.each(fixture.cases)('$name', (given) => {
  const { steps, rows, reads, outputs } = given;
  const inputs = reads === 'tokens' ? Int32Array.from(given.inputs) : Float32Array.from(given.inputs);

  it('gives what TensorFlow.js gives, to 1e-5', async () => {
    const { model, output } = await importTfjs(given.model, weightsOf(given));
    const logits = [...model.forward({ steps, rows, inputs }).outputs];
    const size = (model.description.at(-1) as { readonly units: number }).units;
    const probabilities = logits.map((value, i) => {
      if (output === 'logits') return value;
      if (output === 'sigmoid') return 1 / (1 + Math.exp(-value));
      const row = logits.slice(i - (i % size), i - (i % size) + size);
      return Math.exp(value) / row.reduce((sum, one) => sum + Math.exp(one), 0);
    });
    expect(probabilities).toHaveLength(outputs.length);
    for (const [i, value] of outputs.entries()) expect(Math.abs(probabilities[i]! - value)).toBeLessThan(1e-5);
  });

  it('comes back from an export with the same bits', async () => {
    const { model, output } = await importTfjs(given.model, bytesOf(given.weights));
    const files = exportTfjs(model, { output });
    const again = await importTfjs(files.model, { 'weights.bin': files.weights });
    expect(again.output).toBe(output);
    expect(again.model.description).toEqual(model.description);
    expect(again.model.parameters()).toEqual(model.parameters());
  });
});

it('both directions as one, and batch normalisation, come back from an export', async () => {
  const layers = (['sum', 'average', 'multiply'] as const).map((merge) => bidirectional(lstm({ units: 3 }), { merge }));
  const model = await createModel([
    features(4),
    ...layers,
    batchNormalization({ momentum: 0.25 }),
    dense({ units: 2 }),
  ]);
  for (const { name, data } of model.parameters()) {
    if (name.startsWith('norm'))
      model.setParameter(
        name,
        data.map((value, i) => value + 0.1 * (i + 1)),
      );
  }
  const files = exportTfjs(model);
  const entries = JSON.parse(files.model).modelTopology.config.layers as { readonly config: Record<string, unknown> }[];
  expect(entries.slice(1, 4).map(({ config }) => config.merge_mode)).toEqual(['sum', 'ave', 'mul']);
  expect(entries[4]).toMatchObject({ class_name: 'BatchNormalization', config: { momentum: 0.75, epsilon: 1e-5 } });
  const again = await importTfjs(files.model, { 'weights.bin': files.weights });
  expect(again.model.parameters()).toEqual(model.parameters());
  const merges = again.model.description.map((entry) => (entry as { readonly merge?: string }).merge);
  expect(merges.slice(1, 4)).toEqual(['sum', 'average', 'multiply']);
});

describe('what TensorFlow.js has not', () => {
  it.each<[string, ModelDescription]>([
    [
      'layer 0 (gru): expected a layer that TensorFlow.js has, got one with reset "after"',
      [features(2), gru({ units: 3 })],
    ],
    [
      "layer 0 (lstm): expected a layer that TensorFlow.js has, got one with gateActivation 'hard-sigmoid'",
      [features(2), lstm({ units: 3, gateActivation: 'hard-sigmoid' })],
    ],
    ['expected tokens that an embedding reads, got tokens that another layer reads', [tokens(5), elman({ units: 3 })]],
  ])('is refused: %s', async (message, description) => {
    const model = await createModel(description);
    expect(() => exportTfjs(model)).toThrow(message);
  });

  it('is written with all that it has', async () => {
    const model = await createModel([
      tokens(5),
      embedding({ units: 4 }),
      dropout({ rate: 0.5, variational: true }),
      bidirectional(gru({ units: 3, reset: 'before' }), { returns: 'last' }),
      dense({ units: 2 }),
    ]);
    const files = exportTfjs(model);
    const again = await importTfjs(JSON.parse(files.model), files.weights);
    expect(again.model.parameters()).toEqual(model.parameters());
  });
});

describe('files that do not fit', () => {
  const refusal = (model: string | object, weights: Uint8Array | Record<string, Uint8Array>) =>
    importTfjs(model, weights).then(
      () => 'taken',
      (error: BpttError) => `${error.code}: ${error.message}`,
    );
  const edited = (edit: (json: ReturnType<typeof JSON.parse>) => void) => {
    const json = JSON.parse(first!.model);
    edit(json);
    return json as object;
  };

  it.each<[string, () => [string | object, Uint8Array | Record<string, Uint8Array>], string]>([
    ['JSON', () => ['{', bytesOf(first!.weights)], 'bad-file: TensorFlow.js model: expected JSON'],
    [
      'graph models',
      () => [
        edited((json) => {
          json.format = 'graph-model';
        }),
        bytesOf(first!.weights),
      ],
      'expected format layers-model',
    ],
    ['a file', () => [first!.model, { 'a.bin': new Uint8Array(3) }], 'expected the bytes of b.bin, got only a.bin'],
    ['bytes', () => [first!.model, bytesOf(first!.weights).slice(0, -4)], 'the file is cut off'],
    ['fewer weights', () => [first!.model, new Uint8Array([...bytesOf(first!.weights), 0])], 'bytes of weights, got'],
    [
      'types',
      () => [
        edited((json) => {
          json.weightsManifest[0].weights[0].dtype = 'string';
        }),
        bytesOf(first!.weights),
      ],
      'expected float32',
    ],
  ])('are refused: %s', async (_, files, message) => {
    expect(await refusal(...files())).toContain(message);
  });

  it('are read where weights are quantised, as scale times the number plus min', async () => {
    const model = await createModel([features(1), elman({ units: 1 }), dense({ units: 1 })]);
    const json = JSON.parse(exportTfjs(model).model);
    for (const weight of json.weightsManifest[0].weights) {
      weight.quantization = { dtype: 'uint8', scale: 0.5, min: -1 };
    }
    const restored = await importTfjs(json, Uint8Array.of(1, 2, 3, 4, 5));
    const values = restored.model.parameters().map(({ name, data }) => [name.replace(/^.*\./, ''), data[0]]);
    expect(Object.fromEntries(values)).toEqual({
      weight_ih_l0: -0.5,
      weight_hh_l0: 0,
      bias_ih_l0: 0.5,
      weight: 1,
      bias: 1.5,
    });
  });
});
