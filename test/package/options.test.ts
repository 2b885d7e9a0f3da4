// Options of all that is public: each known name is taken with its default, and each unknown one, and anything but a plain object, refused.
import { beforeAll, describe, expect, it } from 'vitest';
import type { Fields } from '../../src/base/fields.ts';
import { objectiveFields } from '../../src/bptt/objective.ts';
import * as diagnostics from '../../src/diagnostics/index.ts';
import { layerFields } from '../../src/diagnostics/jacobians.ts';
import { beamFields } from '../../src/generation/beam-search.ts';
import * as generation from '../../src/generation/index.ts';
import { samplingFields } from '../../src/generation/sampling.ts';
import * as bptt from '../../src/index.ts';
import * as keras from '../../src/interchange/keras/index.ts';
import * as onnx from '../../src/interchange/onnx/index.ts';
import { exportFields } from '../../src/interchange/onnx/write/export.ts';
import * as pytorch from '../../src/interchange/pytorch/index.ts';
import { activityFields } from '../../src/layers/activity-regularization.ts';
import { dropoutFields } from '../../src/layers/dropout.ts';
import { initializerFields } from '../../src/layers/initializers.ts';
import { elmanFields, elmanLayer } from '../../src/layers/recurrent/elman.ts';
import { gruFields, gruLayer } from '../../src/layers/recurrent/gru.ts';
import { indrnnFields, indrnnLayer } from '../../src/layers/recurrent/indrnn.ts';
import { lstmFields, lstmLayer } from '../../src/layers/recurrent/lstm.ts';
import { recurrentFields } from '../../src/layers/recurrent/options.ts';
import { regularizationFields } from '../../src/loss/weight-penalties.ts';
import { engineFields } from '../../src/model/network.ts';
import * as plots from '../../src/plots/index.ts';
import { plotFields } from '../../src/plots/svg.ts';
import * as series from '../../src/series/index.ts';
import * as speech from '../../src/speech/index.ts';
import * as sweep from '../../src/sweep/index.ts';
import { prunerFields } from '../../src/sweep/pruners/index.ts';
import { samplerFields } from '../../src/sweep/samplers/index.ts';
import { parameterFields } from '../../src/sweep/space.ts';
import { storedSweepFields } from '../../src/sweep/stored-sweep.ts';
import { studyFields } from '../../src/sweep/study.ts';
import { sweepFields } from '../../src/sweep/sweep.ts';
import * as tokenizers from '../../src/tokenizers/index.ts';
import { optimizerFields } from '../../src/training/optimizers.ts';
import { trainFields } from '../../src/training/options.ts';
import { scheduleFields } from '../../src/training/schedules.ts';
import { workersFields } from '../../src/worker/blocks/workers.ts';
import * as worker from '../../src/worker/index.ts';

const tables: Readonly<Record<string, Fields>> = {
  objectiveFields,
  layerFields,
  beamFields,
  samplingFields,
  exportFields,
  activityFields,
  dropoutFields,
  elmanFields,
  gruFields,
  indrnnFields,
  lstmFields,
  recurrentFields,
  elman: elmanLayer.fields,
  gru: gruLayer.fields,
  indrnn: indrnnLayer.fields,
  lstm: lstmLayer.fields,
  regularizationFields,
  engineFields,
  plotFields,
  trainFields,
  workersFields,
  ...optimizerFields,
  ...scheduleFields,
  ...initializerFields,
  ...parameterFields,
  ...samplerFields,
  ...prunerFields,
  studyFields,
  sweepFields,
  storedSweepFields,
};

const fields = Object.entries(tables).flatMap(([table, all]) =>
  Object.entries(all).map(([name, field]) => [`${table}.${name}`, field] as const),
);

describe('the tables', () => {
  it.each(fields)('%s takes its default', (name, field) => {
    if (!('otherwise' in field) || field.otherwise === undefined || typeof field.otherwise === 'function') return;
    expect(field.check(name, field.otherwise)).toEqual(field.otherwise);
  });

  it.each(fields)('%s refuses what is nothing of its kind', (name, field) => {
    // Checked where they are used: what they may be depends on a model.
    if (/\.(state|prompt|stop)$/.test(name)) return;
    expect(() => field.check(name, Symbol('none'))).toThrow(
      expect.objectContaining({ name: 'BpttError', message: expect.stringContaining(`${name}`) }),
    );
  });
});

let model: bptt.Model;
beforeAll(async () => {
  model = await bptt.createModel([bptt.tokens(3), bptt.elman({ units: 2 }), bptt.dense({ units: 3 })]);
});

const batch = { steps: 1, rows: 1, inputs: Int32Array.of(0), targets: Int32Array.of(1) };
const matrix = { rows: 1, columns: 1, data: Float64Array.of(1) };
const numbers = series.series({ x: [1, 2, 3] });
const tested = { rows: Int32Array.of(1), predictions: { x: Float64Array.of(2) }, errors: {} };
const span = { from: 0, to: 2 };
const pipeline = series.fitPipeline(numbers, span, { targets: ['x'], context: 1 });
const steps = [{ type: 'step', step: 1, loss: 1 }] as never;

/** Whatever takes options, called with those. */
const functions: Readonly<Record<string, (options: never) => unknown>> = {
  dense: bptt.dense,
  embedding: bptt.embedding,
  dropout: bptt.dropout,
  activityRegularization: bptt.activityRegularization,
  elman: bptt.elman,
  lstm: bptt.lstm,
  gru: bptt.gru,
  indrnn: bptt.indrnn,
  bidirectional: (options) => bptt.bidirectional(bptt.elman({ units: 1 }), options),
  tokens: (options) => bptt.tokens(1, options),
  features: (options) => bptt.features(1, options),
  residual: (options) => bptt.residual(bptt.elman({ units: 1 }), options),
  last: bptt.last,
  concat: bptt.concat,
  add: bptt.add,
  repeat: bptt.repeat,
  'glorot-uniform': bptt.glorotUniform,
  'glorot-normal': bptt.glorotNormal,
  'he-uniform': bptt.heUniform,
  'he-normal': bptt.heNormal,
  zeros: bptt.zeros,
  pytorch: bptt.pytorch,
  keras: bptt.keras,
  orthogonal: bptt.orthogonal,
  identity: bptt.identity,
  uniform: bptt.uniform,
  normal: bptt.normal,
  chrono: bptt.chrono,
  sgd: bptt.sgd,
  rmsprop: bptt.rmsprop,
  adagrad: bptt.adagrad,
  adam: bptt.adam,
  adamw: bptt.adamw,
  linear: bptt.linear,
  steps: bptt.steps,
  exponential: bptt.exponential,
  cosine: bptt.cosine,
  oneCycle: bptt.oneCycle,
  plateau: bptt.plateau,
  warmup: bptt.warmup,
  createModel: (options) => bptt.createModel(model.description, options),
  serialize: (options) => bptt.serialize(model, options),
  deserialize: (options) => bptt.deserialize(bptt.serialize(model), options),
  train: (options) => bptt.train(model, options),
  fit: (options) => bptt.fit(model, options),
  learningRateRange: (options) => bptt.learningRateRange(model, options),
  backpropagate: (options) => bptt.backpropagate(model, batch, options).next(),
  checkGradients: (options) => bptt.checkGradients(model, batch, options),
  evaluate: (options) => bptt.evaluate(model, batch, options),
  generate: (options) => bptt.generate(model, options),
  textStream: (options) => bptt.textStream([0, 1, 2], options),
  sequences: (options) => bptt.sequences([], options),
  characters: (options) => bptt.characters('a', options),
  words: (options) => tokenizers.words('a', options),
  learnBytePairs: (options) => tokenizers.learnBytePairs('a', options),
  beamSearch: (options) => generation.beamSearch(model, options),
  generateBatch: (options) => generation.generateBatch(model, options),
  score: (options) => generation.score(model, [], options),
  perplexity: (options) => generation.perplexity(model, [0, 1], options),
  recurrentWeights: (options) => diagnostics.recurrentWeights(model, options),
  spectralRadius: (options) => diagnostics.spectralRadius(model, options),
  updateRatios: (options) => diagnostics.updateRatios([], [], options),
  hiddenStates: (options) => diagnostics.hiddenStates(model, batch, options),
  saturation: (options) => diagnostics.saturation(model, batch, options),
  jacobians: (options) => diagnostics.jacobians(model, batch, options),
  lyapunovExponents: (options) => diagnostics.lyapunovExponents(model, batch, options),
  gradientByLag: (options) => diagnostics.gradientByLag(model, batch, options),
  truncationError: (options) => diagnostics.truncationError(model, batch, options),
  connectivity: (options) => diagnostics.connectivity(model, batch, options),
  plotLoss: (options) => plots.plotLoss(steps, options),
  plotGradientByLag: (options) => plots.plotGradientByLag([1], options),
  plotSpectrum: (options) => plots.plotSpectrum({ real: Float64Array.of(1), imaginary: Float64Array.of(0) }, options),
  plotSingularValues: (options) => plots.plotSingularValues([matrix], options),
  plotLyapunovExponents: (options) => plots.plotLyapunovExponents([1], options),
  plotStates: (options) => plots.plotStates(matrix, options),
  plotForecast: (options) => plots.plotForecast([1], [2], options),
  plotErrorsAhead: (options) => plots.plotErrorsAhead({ model: [1] }, options),
  plotConnectivity: (options) => plots.plotConnectivity([1], options),
  float: sweep.float,
  int: sweep.int,
  choice: sweep.choice,
  grid: sweep.grid,
  tpe: sweep.tpe,
  median: sweep.median,
  percentile: sweep.percentile,
  successiveHalving: sweep.successiveHalving,
  hyperband: sweep.hyperband,
  createStudy: sweep.createStudy,
  sweep: sweep.sweep,
  storedSweep: sweep.storedSweep,
  series: (options) => series.series({ x: [1] }, options),
  splitByTime: (options) => series.splitByTime(numbers, options),
  readCsv: (options) => series.readCsv('x\n1\n', options),
  detectCsv: (options) => series.detectCsv('x\n1\n', options),
  readHistories: (options) => series.readHistories('x\n1\n', options as never),
  compareForecasts: (options) => series.compareForecasts(numbers, tested, options),
  fitPipeline: (options) => series.fitPipeline(numbers, span, options),
  windows: (options) => series.windows(numbers, span, pipeline, options),
  seriesStream: (options) => series.seriesStream(numbers, span, pipeline, options),
  forecast: (options) => series.forecast(model, pipeline, numbers, options),
  backtest: (options) => series.backtest(model, pipeline, numbers, span, options),
  ctc: speech.ctc,
  decode: (options) => speech.decode({ steps: 1, rows: 1, logits: Float32Array.of(0, 1) }, options),
  align: (options) => speech.align({ steps: 1, rows: 1, logits: Float32Array.of(0, 1) }, [[1]], options),
  greedyStream: (options) => speech.greedyStream(2, options),
  modelScore: (options) => speech.modelScore(model, options),
  wordScore: (options) => speech.wordScore([[1]], options),
  varied: (options) => speech.varied(speech.frontEnd({ convention: 'kaldi', sampleRate: 16_000 }), options),
  writeWav: (options) => speech.writeWav({ sampleRate: 8000, channels: [Float32Array.of(0)] }, options),
  recognizer: speech.recognizer,
  loadStateDict: (options) => pytorch.loadStateDict(model, new Uint8Array(), options),
  saveStateDict: (options) => pytorch.saveStateDict(model, options),
  exportOnnx: (options) => onnx.exportOnnx(model, options),
  importOnnx: (options) => onnx.importOnnx(new Uint8Array(), options),
  importKeras: (options) => keras.importKeras(new Uint8Array(), options),
  loadKerasWeights: (options) => keras.loadKerasWeights(model, new Uint8Array(), options),
  workers: worker.workers,
  trainInWorker: (options) => worker.trainInWorker(model, options),
};

const refusal = async (name: string, options: unknown): Promise<bptt.BpttError> => {
  try {
    await functions[name]!(options as never);
  } catch (error) {
    expect(error, name).toBeInstanceOf(bptt.BpttError);
    return error as bptt.BpttError;
  }
  throw new Error(`${name} took ${String(options)}`);
};

describe.each(Object.keys(functions))('%s', (name) => {
  it.each([0.01, -1, 'text', true, null, [], new Map(), () => 1, Float32Array.of(1)])('refuses %o', async (options) => {
    const { code, message } = await refusal(name, options);
    expect(code).toBe('invalid-argument');
    expect(message).toMatch(new RegExp(`^${name}: expected an object of options`));
  });

  it('refuses a name that it does not know', async () => {
    const { code, message } = await refusal(name, { nameOfNothing: 1 });
    expect(code).toBe('unknown-option');
    expect(message).toMatch(new RegExp(`^${name}: expected .*, got "nameOfNothing"`));
  });
});

describe.each([new Map([['kind', 'adam']]), new Date(0), Promise.resolve(), new Set()])(
  '%o in place of plain data',
  (value) => {
    const places: Readonly<Record<string, () => unknown>> = {
      'serialize.metadata': () => bptt.serialize(model, { metadata: value as never }),
      'evaluate.loss': () => bptt.evaluate(model, batch, { loss: value as never }),
      'fit.optimizer': () =>
        bptt.fit(model, { data: [batch], loss: 'cross-entropy', epochs: 1, optimizer: value as never }),
      'fit.clip': () => bptt.fit(model, { data: [batch], loss: 'cross-entropy', epochs: 1, clip: value as never }),
      'evaluate.data': () => bptt.evaluate(model, [value as never], { loss: 'cross-entropy' }),
      'model[0]': () => bptt.createModel([value, bptt.dense({ units: 1 })] as never),
    };
    it.each(Object.keys(places))('is refused as %s', async (where) => {
      const escaped = where.replace(/[[\].]/g, '\\$&');
      await expect((async () => places[where]!())()).rejects.toMatchObject({
        name: 'BpttError',
        message: expect.stringMatching(new RegExp(`^${escaped}[^ ]*: expected`)),
      });
    });
  },
);
