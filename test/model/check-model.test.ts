// What takes a model says so when it gets none: above all what `createModel` gives before it is awaited.
import { describe, expect, it } from 'vitest';
import { beamSearch, generateBatch, perplexity, score } from '../../src/generation/index.ts';
import {
  adam,
  BpttError,
  backpropagate,
  checkGradients,
  createModel,
  dense,
  elman,
  evaluate,
  fit,
  generate,
  learningRateRange,
  type Model,
  serialize,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';
import { loadKerasWeights } from '../../src/interchange/keras/index.ts';
import { exportOnnx } from '../../src/interchange/onnx/index.ts';
import { loadStateDict, saveStateDict } from '../../src/interchange/pytorch/index.ts';
import { backtest, fitPipeline, forecast, inputSize, outputSize, series, windows } from '../../src/series/index.ts';
import { trainInWorker } from '../../src/worker/index.ts';

const ids = Int32Array.of(0, 1, 2, 0);
const options = { data: textStream(ids, { batch: 1 }), loss: 'cross-entropy', optimizer: adam(), steps: 1 } as const;
const batch = { steps: 4, rows: 1, inputs: ids, targets: ids };
const loss = { loss: 'cross-entropy' } as const;
const sold = series({ sold: [1, 2, 3, 5] });
const all = { from: 0, to: 4 };
const pipeline = fitPipeline(sold, all, { targets: ['sold'] });
const bytes = new Uint8Array();

const takers: Readonly<Record<string, (model: Model) => unknown>> = {
  train: (model) => train(model, options),
  fit: (model) => fit(model, options),
  trainInWorker: (model) => trainInWorker(model, options),
  evaluate: (model) => evaluate(model, batch, loss),
  backpropagate: (model) => [...backpropagate(model, batch, loss)],
  checkGradients: (model) => checkGradients(model, batch, loss),
  learningRateRange: (model) => learningRateRange(model, options),
  generate: (model) => generate(model, { prompt: ids }),
  beamSearch: (model) => beamSearch(model, { prompt: ids, beams: 2, length: 2 }),
  generateBatch: (model) => generateBatch(model, { prompts: [ids], length: 2 }),
  score: (model) => score(model, [ids]),
  perplexity: (model) => perplexity(model, ids),
  serialize: (model) => serialize(model),
  exportOnnx: (model) => exportOnnx(model),
  loadStateDict: (model) => loadStateDict(model, bytes),
  saveStateDict: (model) => saveStateDict(model),
  loadKerasWeights: (model) => loadKerasWeights(model, bytes),
  forecast: (model) => forecast(model, pipeline, sold),
  backtest: (model) => backtest(model, pipeline, sold, all),
};

describe.each(Object.entries(takers))('%s', (name, take) => {
  it.each<[string, unknown, string]>([
    ['a promise', createModel([tokens(3), elman({ units: 2 }), dense({ units: 3 })]), 'a promise: await it'],
    ['nothing', undefined, 'undefined'],
    ['an object', {}, 'an object'],
  ])('refuses %s', async (_, value, got) => {
    const attempt = (async () => take(value as Model))();
    await expect(attempt).rejects.toThrow(BpttError);
    await expect(attempt).rejects.toThrow(`${name}(model): expected a model, got ${got}`);
  });
});

it('a pipeline is what fitPipeline gives', async () => {
  const model = await createModel([tokens(3), elman({ units: 2 }), dense({ units: 3 })]);
  const none = {} as typeof pipeline;
  for (const [name, take] of [
    ['inputSize', () => inputSize(none)],
    ['outputSize', () => outputSize(none)],
    ['windows', () => windows(sold, all, none, { batch: 1 })],
    ['forecast', () => forecast(model, none, sold)],
  ] as const) {
    expect(take).toThrow(`${name}(pipeline): expected what fitPipeline gives, got an object`);
  }
});

it('a state and a limit of gradients are objects', async () => {
  const model = await createModel([tokens(3), elman({ units: 2 }), dense({ units: 3 })]);
  expect(() => generate(model, { prompt: ids, state: null as never })).toThrow(
    'state: expected a state of this model, got null',
  );
  expect(() => train(model, { ...options, clip: 5 as never })).toThrow(
    'train.clip: expected an object of options such as { norm: 5 }, got 5',
  );
});
