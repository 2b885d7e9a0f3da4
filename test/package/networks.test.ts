// Every public function that takes a model, on models that are more than a stack without names: it works, or it refuses in its own name
// and says why.
import { describe, expect, it } from 'vitest';
import * as diagnostics from '../../src/diagnostics/index.ts';
import * as generation from '../../src/generation/index.ts';
import {
  BpttError,
  backpropagate,
  checkGradients,
  conv1d,
  createModel,
  dense,
  deserialize,
  embedding,
  evaluate,
  features,
  fit,
  generate,
  gru,
  learningRateRange,
  lstm,
  type Model,
  type ModelDescription,
  serialize,
  sgd,
  tokens,
  train,
} from '../../src/index.ts';
import { loadKerasWeights } from '../../src/interchange/keras/index.ts';
import { exportOnnx } from '../../src/interchange/onnx/index.ts';
import { loadStateDict, saveStateDict } from '../../src/interchange/pytorch/index.ts';
import { plotNetwork } from '../../src/plots/index.ts';
import { backtest, fitPipeline, forecast, series } from '../../src/series/index.ts';
import { modelScore } from '../../src/speech/index.ts';

const [T, B, V] = [4, 2, 6];
const ids = (shift: number) => Int32Array.from({ length: T * B }, (_, i) => (i * 5 + shift) % V);
const reals = (count: number) => Float32Array.from({ length: count }, (_, i) => Math.sin(i));

/** A model, what it learns from, and with which losses. */
interface Case {
  readonly description: ModelDescription;
  readonly batch: object;
  readonly loss: unknown;
}

const cases: Readonly<Record<'names' | 'several' | 'whole' | 'slower', Case>> = {
  names: {
    description: [
      tokens(V, { name: 'words' }),
      embedding({ units: 4, name: 'look' }),
      gru({ units: 5, name: 'memory' }),
      lstm({ units: 5, name: 'above' }),
      dense({ units: V, name: 'next' }),
    ],
    batch: { steps: T, rows: B, inputs: ids(0), targets: ids(1) },
    loss: 'cross-entropy',
  },
  several: {
    description: [
      tokens(V, { name: 'words' }),
      gru({ units: 5, name: 'memory' }),
      dense({ units: V, name: 'next' }),
      features(2, { name: 'values', clock: 'words' }),
      lstm({ units: 3, name: 'trend' }),
      dense({ units: 1, name: 'level' }),
    ],
    batch: {
      steps: T,
      rows: B,
      inputs: { words: ids(0), values: reals(T * B * 2) },
      targets: { next: ids(1), level: reals(T * B) },
    },
    loss: { next: 'cross-entropy', level: 'mean-squared-error' },
  },
  whole: {
    description: [
      tokens(V, { name: 'source' }),
      gru({ units: 5, name: 'encoder' }),
      tokens(V, { name: 'target' }),
      gru({ units: 5, name: 'decoder', start: 'encoder' }),
      dense({ units: V, name: 'next' }),
    ],
    batch: { steps: { source: T, target: T }, rows: B, inputs: { source: ids(0), target: ids(2) }, targets: ids(1) },
    loss: 'cross-entropy',
  },
  slower: {
    description: [
      tokens(V, { name: 'words' }),
      embedding({ units: 4, name: 'look' }),
      conv1d({ filters: 3, kernel: 2, stride: 2, name: 'pairs' }),
      gru({ units: 5, name: 'memory' }),
      dense({ units: V, name: 'next' }),
    ],
    batch: { steps: T, rows: B, inputs: ids(0), targets: ids(1).slice(0, (T / 2) * B) },
    loss: 'cross-entropy',
  },
};

type Run = (model: Model, given: { readonly batch: never; readonly loss: never }) => unknown;

async function eventsOf(events: AsyncIterable<unknown>): Promise<readonly unknown[]> {
  const all = [];
  for await (const event of events) all.push(event);
  return all;
}

const prompt = [1, 2];
const options = (loss: unknown) => ({ loss, steps: 2, optimizer: sgd({ learningRate: 0.01 }) });
const pipeline = () => {
  const days = series({ sold: Array.from({ length: 40 }, (_, i) => Math.sin(i)) });
  return { days, pipeline: fitPipeline(days, { from: 0, to: 40 }, { targets: ['sold'], context: 4 } as never) };
};
const wide = /got one in which model\[2\] 'pairs' \(conv1d\) reads later steps too/;
const chain = /expected a model in which each layer reads the one before.*got one in which .* are inputs/;

/** What each does with each model; undefined where it works. */
const functions: Readonly<Record<string, readonly [Run, refusals?: Partial<Record<keyof typeof cases, RegExp>>]>> = {
  forward: [(model, { batch }) => model.forward(inputOf(batch))],
  zeroState: [(model) => model.zeroState(2)],
  summary: [(model) => model.summary()],
  setParameter: [(model) => model.parameters().map(({ name, data }) => model.setParameter(name, data))],
  serialize: [(model) => deserialize(serialize(model))],
  backpropagate: [(model, { batch, loss }) => [...backpropagate(model, batch, { loss })]],
  'backpropagate, truncated': [
    (model, { batch, loss }) => [...backpropagate(model, batch, { loss, truncation: { k1: 2, k2: 2 } })],
    { whole: /'decoder' \(gru\) starts from model\[1\] 'encoder'/, slower: wide },
  ],
  'backpropagate, with a memory budget': [
    (model, { batch, loss }) => [...backpropagate(model, batch, { loss, memoryBudget: 100_000 })],
    { whole: /'decoder' \(gru\) starts from model\[1\] 'encoder'/, slower: wide },
  ],
  evaluate: [(model, { batch, loss }) => evaluate(model, [batch], { loss })],
  checkGradients: [
    async (model, { batch, loss }) => {
      const copy = await createModel(model.description, { dtype: 'f64' });
      for (const { relativeError } of checkGradients(copy, batch, { loss })) expect(relativeError).toBeLessThan(1e-6);
    },
  ],
  train: [(model, { batch, loss }) => eventsOf(train(model, { data: [batch], ...options(loss) } as never))],
  fit: [(model, { batch, loss }) => fit(model, { data: [batch], validation: [batch], ...options(loss) } as never)],
  learningRateRange: [
    (model, { batch, loss }) => {
      return learningRateRange(model, { data: [batch], ...options(loss), steps: 3, from: 1e-4, to: 1e-2 } as never);
    },
  ],
  generate: [
    (model) => [...generate(model, { prompt, length: 2 } as never)],
    { several: chain, whole: chain, slower: wide },
  ],
  generateBatch: [
    (model) => generation.generateBatch(model, { prompts: [prompt], length: 2 } as never),
    { several: chain, whole: chain, slower: wide },
  ],
  beamSearch: [
    (model) => generation.beamSearch(model, { prompt, beams: 2, length: 2 }),
    { several: chain, whole: chain, slower: wide },
  ],
  score: [(model) => generation.score(model, [[1, 2, 3]]), { several: chain, whole: chain, slower: wide }],
  perplexity: [(model) => generation.perplexity(model, [1, 2, 3]), { several: chain, whole: chain, slower: wide }],
  modelScore: [(model) => modelScore(model, { prompt }), { several: chain, whole: chain, slower: wide }],
  forecast: [
    (model) => forecast(model, pipeline().pipeline, pipeline().days, { steps: 1 } as never),
    { names: /one that reads 1 features/, several: chain, whole: chain, slower: /one that reads 1 features/ },
  ],
  backtest: [
    (model) => backtest(model, pipeline().pipeline, pipeline().days, { from: 20, to: 40 }),
    { names: /one that reads 1 features/, several: chain, whole: chain, slower: /one that reads 1 features/ },
  ],
  hiddenStates: [
    (model, { batch }) => diagnostics.hiddenStates(model, inputOf(batch)),
    { several: chain, whole: chain, slower: wide },
  ],
  saturation: [
    (model, { batch }) => diagnostics.saturation(model, inputOf(batch)),
    { several: chain, whole: chain, slower: wide },
  ],
  jacobians: [
    (model, { batch }) => diagnostics.jacobians(model, inputOf(batch)),
    { several: chain, whole: chain, slower: wide },
  ],
  lyapunovExponents: [
    (model, { batch }) => diagnostics.lyapunovExponents(model, inputOf(batch)),
    { several: chain, whole: chain, slower: wide },
  ],
  connectivity: [
    (model, { batch }) => diagnostics.connectivity(model, inputOf(batch)),
    { several: chain, whole: chain, slower: wide },
  ],
  gradientByLag: [
    (model, { batch }) => diagnostics.gradientByLag(model, batch, { loss: 'cross-entropy' }),
    { several: chain, whole: chain, slower: wide },
  ],
  truncationError: [
    (model, { batch }) => diagnostics.truncationError(model, batch, { loss: 'cross-entropy', k1: 1, k2: [1, 2] }),
    { several: chain, whole: chain, slower: wide },
  ],
  recurrentWeights: [(model) => diagnostics.recurrentWeights(model), { several: chain, whole: chain, slower: wide }],
  spectralRadius: [(model) => diagnostics.spectralRadius(model), { several: chain, whole: chain, slower: wide }],
  updateRatios: [(model) => diagnostics.updateRatios(model.parameters(), model.parameters(), { by: 'layer' })],
  saveStateDict: [(model) => loadStateDict(model, saveStateDict(model)), { several: chain, whole: chain }],
  loadStateDict: [(model) => loadStateDict(model, stateDict(model)), { several: chain, whole: chain }],
  loadKerasWeights: [
    (model) => loadKerasWeights(model, new Uint8Array(8)),
    { names: /expected/, several: chain, whole: chain, slower: /which are not read from Keras yet/ },
  ],
  exportOnnx: [(model) => exportOnnx(model)],
  plotNetwork: [(model) => plotNetwork(model)],
};

const stateDict = (model: Model) =>
  model.network.graph.stack === undefined ? new Uint8Array(8) : saveStateDict(model);
const inputOf = ({ steps, rows, inputs }: { readonly steps: never; readonly rows: never; readonly inputs: never }) => ({
  steps,
  rows,
  inputs,
});

describe.each(Object.keys(cases) as (keyof typeof cases)[])('a model with %s', (name) => {
  const { description, ...given } = cases[name];

  it.each(Object.entries(functions))('%s', async (what, [run, refusals]) => {
    const model = await createModel(description, { seed: 1 });
    const refusal = refusals?.[name];
    const done = async () => run(model, given as never);
    if (refusal === undefined) {
      await done();
      return;
    }
    const error = await done().then(
      () => undefined,
      (caught: unknown) => caught,
    );
    expect(error).toBeInstanceOf(BpttError);
    expect((error as BpttError).message).toMatch(refusal);
    if (refusal === chain) expect((error as BpttError).message).toMatch(new RegExp(`^${what}\\b`, 'i'));
  });
});
