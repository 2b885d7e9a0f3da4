// @ts-check
/** Valid calls of the entry points beside the core that need no files and no threads. */
import { readFileSync } from 'node:fs';
import { unzlibSync } from 'fflate';
import { createModel, dense, features, gru, zeros } from '../../../build/index.js';
import { exportTfjs, importKeras } from '../../../build/keras.js';
import { exportOnnx } from '../../../build/onnx.js';
import { saveStateDict } from '../../../build/pytorch.js';
import * as series from '../../../build/series.js';
import * as tokenizers from '../../../build/tokenizers.js';
import { B, batch, ids, input, speaker } from './models.js';

/** @param {string} name */
const fixture = (name) =>
  JSON.parse(readFileSync(new URL(`../../truth/fixtures/${name}.json`, import.meta.url), 'utf8'));
/** @type {Record<string, string>} */
const kerasFiles = fixture('keras').cases.find(
  (/** @type {{ name: string }} */ { name }) => name === 'functional',
).files;
const keras = unzlibSync(Buffer.from(kerasFiles.keras ?? '', 'base64'));
const { byte_level: bytePairs } = fixture('byte-pair');

const matrix = () => ({ rows: 2, columns: 2, data: Float64Array.of(1, 2, 3, 4) });
const days = () => ({
  ...series.series(
    {
      sold: Array.from({ length: 40 }, (_, i) => 5 + ((i * 7) % 11)),
      price: Array.from({ length: 40 }, (_, i) => 2 + (i % 3)),
    },
    { dates: Array.from({ length: 40 }, (_, i) => new Date(i * 864e5).toISOString().slice(0, 10)) },
  ),
});
const span = () => ({ from: 12, to: 30 });
const plan = {
  targets: ['sold'],
  inputs: ['sold'],
  known: ['price'],
  calendar: ['weekday'],
  lags: [7],
  horizon: 1,
  context: 4,
  normalize: { sold: 'standard' },
  difference: 1,
  relative: ['sold'],
  season: 7,
};
const pipeline = () => series.fitPipeline(days(), { from: 0, to: 30 }, plan);
const forecaster = () => {
  const given = pipeline();
  return createModel([
    features(series.inputSize(given)),
    gru({ units: 3, returns: 'last' }),
    dense({ units: series.outputSize(given) }),
  ]);
};
const tested = () => ({ rows: Int32Array.of(20, 21), predictions: { sold: Float64Array.of(1, 2) }, errors: {} });
const csv = {
  columns: ['sold'],
  date: 'day',
  dateFormat: 'YYYY-MM-DD',
  markers: ['x'],
  header: true,
  delimiter: ',',
  decimal: '.',
  missing: 'interpolate',
};
const plot = { title: 'A title', width: 300, height: 200, theme: 'dark' };

/** @param {() => object} make @param {string} text @returns {import('../table.js').Row} */
const encoding = (make, text) => () => ({ on: make(), args: [text] });
/** @param {() => object} make @returns {import('../table.js').Row} */
const decoding = (make) => () => ({ on: make(), args: [[0, 1]] });
/** @param {object} tokenizer @returns {import('../table.js').Row} */
const fromJSON = (tokenizer) => () => ({ args: [JSON.parse(JSON.stringify(tokenizer))] });
const words = () => tokenizers.words('one two two', { unknown: '?' });
const pairs = () => tokenizers.bytePair(bytePairs.tokenizer);

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const rooms = {
  'diagnostics.connectivity': [
    async () => ({
      args: [await speaker(), input(), { at: 3, output: 0, row: 0, state: (await speaker()).zeroState(B) }],
    }),
  ],
  'diagnostics.gradientByLag': [
    async () => ({ args: [await speaker(), batch(), { loss: 'cross-entropy', at: 3, layer: 0 }] }),
  ],
  'diagnostics.jacobianProduct': [() => ({ args: [{ size: 2, units: 2, steps: [matrix(), matrix()] }, 1, 2] })],
  'diagnostics.jacobians': [async () => ({ args: [await speaker(), input(), { layer: 0, row: 1, state: undefined }] })],
  'diagnostics.lyapunovExponents': [
    async () => ({ args: [await speaker(), input(), { layer: 0, row: 0, count: 1, settling: 1 }] }),
  ],
  'diagnostics.eigenvalues': [() => ({ args: [matrix()] })],
  'diagnostics.matrixNorm': [() => ({ args: [matrix(), 'spectral'] })],
  'diagnostics.singularValues': [() => ({ args: [matrix()] })],
  'diagnostics.hiddenStates': [async () => ({ args: [await speaker(), input(), { layer: 0, row: 0 }] })],
  'diagnostics.saturation': [async () => ({ args: [await speaker(), input(), { margin: 0.1 }] })],
  'diagnostics.truncationError': [
    async () => ({ args: [await speaker(), batch(), { loss: 'cross-entropy', k1: 1, k2: [1, 2] }] }),
  ],
  'diagnostics.recurrentWeights': [async () => ({ args: [await speaker(), { layer: 0 }] })],
  'diagnostics.spectralRadius': [async () => ({ args: [await speaker(), { layer: 0 }] })],
  'diagnostics.updateRatios': [
    async () => {
      const parameters = () => [{ name: 'dense.bias', shape: [2], data: Float32Array.of(1, 2) }];
      return { args: [parameters(), parameters(), { by: 'layer' }] };
    },
  ],
  'generation.beamSearch': [
    async () => {
      const model = await speaker();
      return {
        args: [
          model,
          {
            prompt: [1, 2],
            beams: 2,
            length: 3,
            lengthPenalty: 0.5,
            stop: [[3, 3]],
            state: model.zeroState(1),
            signal: new AbortController().signal,
          },
        ],
      };
    },
  ],
  'generation.generateBatch': [
    async () => {
      const model = await speaker();
      const sampling = { temperature: 0.8, topK: 3, topP: 0.9, repetitionPenalty: 1.1, repetitionWindow: 4, seed: 1 };
      return {
        args: [
          model,
          {
            ...sampling,
            prompts: [[1], Int32Array.of(1, 2)],
            length: 3,
            stop: [[3, 3]],
            state: model.zeroState(2),
            signal: new AbortController().signal,
          },
        ],
      };
    },
  ],
  'generation.perplexity': [
    async () => {
      const model = await speaker();
      return { args: [model, ids(), { characters: 9, state: model.zeroState(1) }] };
    },
  ],
  'generation.score': [
    async () => {
      const model = await speaker();
      return { args: [model, [[1, 2], ids()], { prompt: [1], state: model.zeroState(1) }] };
    },
  ],
  'own.defineLayer': [
    () => {
      const nothing = () => {};
      const shape = { weight: { shape: [2], initializer: zeros() } };
      return {
        args: [
          {
            kind: 'wrong',
            ports: 'several',
            options: { gain: 1 },
            check: nothing,
            output: () => 2,
            parameters: () => shape,
            forward: nothing,
            backward: nothing,
          },
        ],
      };
    },
  ],
  'own.defineLoss': [() => ({ args: [{ name: 'wrong', targets: 'reals', loss: () => 0 }] })],
  'keras.importKeras': [() => ({ args: [keras, { dtype: 'f64', relaxed: false, threads: 1 }, 'net.keras'] })],
  'keras.loadKerasWeights': [async () => ({ args: [(await importKeras(keras)).model, keras, {}, 'net.keras'] })],
  'keras.exportTfjs': [async () => ({ args: [await speaker(), { output: 'softmax' }] })],
  'keras.importTfjs': [
    async () => {
      const { model, weights } = exportTfjs(await speaker());
      return { args: [model, { 'weights.bin': weights }, { dtype: 'f32', relaxed: false, threads: 1 }, 'model.json'] };
    },
    async () => {
      const { model, weights } = exportTfjs(await speaker());
      return { args: [JSON.parse(model), weights] };
    },
  ],
  'onnx.importOnnx': [
    async () => ({ args: [exportOnnx(await speaker()), { dtype: 'f32', relaxed: false, threads: 1 }, 'net.onnx'] }),
  ],
  'onnx.exportOnnx': [async () => ({ args: [await speaker(), { lengths: true, states: true, output: 'softmax' }] })],
  'plots.plotNetwork': [
    async () => ({ args: [await speaker(), { title: 'A title', width: 300, theme: 'dark' }] }),
    async () => ({ args: [(await speaker()).description] }),
  ],
  'plots.plotLoss': [
    () => {
      const step = {
        type: 'step',
        step: 1,
        epoch: 0,
        loss: 2,
        penalty: 0,
        gradientNorm: 1,
        learningRate: 0.1,
        tokens: 8,
        tokensPerSecond: 100,
      };
      return { args: [[step, { type: 'validation', step: 1, loss: 2, best: true }], plot] };
    },
  ],
  'plots.plotGradientByLag': [() => ({ args: [[1, 0.5], plot] }), () => ({ args: [{ one: [1, 0.5] }] })],
  'plots.plotForecast': [
    () => ({ args: [[1, 2], [3], { ...plot, name: 'sold', low: [2], high: [4], times: [0, 1, 2] }] }),
  ],
  'plots.plotErrorsAhead': [() => ({ args: [{ model: [1, 2] }, plot] })],
  'plots.plotSpectrum': [() => ({ args: [{ real: Float64Array.of(1, 0), imaginary: Float64Array.of(0, 1) }, plot] })],
  'plots.plotSingularValues': [() => ({ args: [[matrix()], { ...plot, from: 1 }] })],
  'plots.plotLyapunovExponents': [() => ({ args: [[1, -1], plot] })],
  'plots.plotStates': [() => ({ args: [matrix(), { ...plot, labels: ['a', 'b'] }] })],
  'plots.plotSaturation': [() => ({ args: [[{ layer: 0, what: 'forget', low: 0.1, high: 0.2 }], plot] })],
  'plots.plotConnectivity': [() => ({ args: [[1, 2], { ...plot, labels: ['a', 'b'] }] })],
  'plots.plotTruncationError': [() => ({ args: [[{ k2: 1, cosine: 0.5, degrees: 60, normRatio: 1 }], plot] })],
  'plots.plotUpdateRatios': [() => ({ args: [[[{ name: 'dense.bias', ratio: 0.1 }]], plot] })],
  'pytorch.loadStateDict': [
    async () => {
      const model = await speaker();
      return { args: [model, saveStateDict(model, { modules: ['a', 'b', 'c'] }), { modules: ['a', 'b', 'c'] }] };
    },
  ],
  'pytorch.saveStateDict': [async () => ({ args: [await speaker(), { modules: ['a', 'b', 'c'] }] })],
  'series.readCsv': [
    () => ({ args: ['day,shop,sold\n2020-01-01,x,1\n2020-01-02,x,2\n', csv] }),
    () => ({ args: ['shop,sold\nx,1\nx,2\n', { ignore: ['shop'] }] }),
    () => ({ args: ['y,m,d,sold\n2020,1,1,1\n2020,1,2,2\n', { date: { year: 'y', month: 'm', day: 'd' } }] }),
  ],
  'series.detectCsv': [
    () => ({
      args: [
        'day,sold\n2020-01-01,1\n2020-01-02,2\n',
        { date: 'day', dateFormat: 'YYYY-MM-DD', header: true, delimiter: ',', decimal: '.', markers: ['x'] },
      ],
    }),
  ],
  'series.readHistories': [
    () => ({
      args: [
        'shop,day,sold,price,sun\nA,2020-01-01,1,2,1\nA,2020-01-02,2,2,1\n',
        {
          ...{
            targets: ['sold'],
            inputs: ['sun'],
            known: ['price'],
            series: 'shop',
            date: 'day',
            dateFormat: 'YYYY-MM-DD',
          },
          ...{ header: true, delimiter: ',', decimal: '.', markers: ['x'], missing: 'previous' },
        },
      ],
    }),
  ],
  'series.compareForecasts': [() => ({ args: [days(), tested(), { season: 7 }] })],
  'series.residualIntervals': [() => ({ args: [days(), tested(), 0.8, ['sold']] })],
  'series.coverage': [() => ({ args: [days(), tested(), 'sold', { low: [-1], high: [1], relative: true }] })],
  'series.withinInterval': [() => ({ args: [{ low: [-1], high: [1], relative: false }, [5]] })],
  'series.writeCsv': [() => ({ args: [days()] })],
  'series.backtest': [
    async () => ({ args: [await forecaster(), pipeline(), days(), { from: 30, to: 40 }, { steps: 1, every: 2 }] }),
  ],
  'series.forecast': [
    async () => ({
      args: [await forecaster(), pipeline(), days(), { steps: 1, known: { price: [2] }, dates: ['1970-02-10'] }],
    }),
  ],
  'series.readSeriesMetadata': [() => ({ args: [{ ...series.seriesMetadata({ pipeline: pipeline(), csv }) }] })],
  'series.seriesMetadata': [() => ({ args: [{ pipeline: pipeline(), csv }] })],
  'series.fitPipeline': [
    () => ({ args: [days(), span(), plan] }),
    () => ({ args: [days(), span(), { targets: ['sold'], normalize: 'min-max' }] }),
  ],
  'series.inputSize': [() => ({ args: [pipeline()] })],
  'series.outputSize': [() => ({ args: [pipeline()] })],
  'series.pipelineFromJSON': [() => ({ args: [JSON.parse(JSON.stringify(pipeline()))] })],
  'series.scale': [() => ({ args: [{ difference: 1, offset: 0, scale: 2 }, Float64Array.of(1, 2, 3)] })],
  'series.unscale': [
    () => ({ args: [{ difference: 1, offset: 0, scale: 2 }, Float64Array.of(1, 2, 3), Float64Array.of(1)] }),
  ],
  'series.series': [
    () => ({ args: [{ sold: [1, 2], price: Float64Array.of(1, 2) }, { dates: ['2020-01-01', '2020-01-02'] }] }),
  ],
  'series.slice': [() => ({ args: [days(), 1, 4] })],
  'series.SeriesBatches.batches': [
    () => ({ on: series.windows(days(), span(), pipeline(), { batch: 2 }), args: [0, 0] }),
  ],
  'series.splitByTime': [() => ({ args: [days(), { validation: 0.2, test: 0.2 }] })],
  'series.seriesStream': [() => ({ args: [days(), span(), pipeline(), { batch: 2 }] })],
  'series.windows': [
    () => ({ args: [days(), span(), pipeline(), { batch: 2, stride: 2, returns: 'last', shuffle: 1 }] }),
  ],
  'tokenizers.BytePair.fromJSON': [fromJSON(pairs())],
  'tokenizers.BytePair.encode': [encoding(pairs, 'a text')],
  'tokenizers.BytePair.decode': [decoding(pairs)],
  'tokenizers.bytePair': [
    () => ({ args: [bytePairs.tokenizer] }),
    () => ({ args: [JSON.stringify(bytePairs.tokenizer)] }),
  ],
  'tokenizers.Bytes.encode': [encoding(tokenizers.bytes, 'a text')],
  'tokenizers.Bytes.decode': [decoding(tokenizers.bytes)],
  // The classes have rows of their own.
  'tokenizers.Tokenizer.encode': [],
  'tokenizers.Tokenizer.decode': [],
  'tokenizers.tokenizerFromJSON': [fromJSON(tokenizers.bytes()), fromJSON(words()), fromJSON(pairs())],
  'tokenizers.Words.fromJSON': [fromJSON(words())],
  'tokenizers.Words.encode': [encoding(words, 'one two')],
  'tokenizers.Words.decode': [decoding(words)],
  'tokenizers.learnBytePairs': [() => ({ args: ['low lower lowest', { size: 260 }] })],
  'tokenizers.words': [() => ({ args: ['one two two', { lowercase: true, minimum: 1, size: 3, unknown: '?' }] })],
};
