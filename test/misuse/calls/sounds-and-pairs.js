// @ts-check
/** Valid calls of what hears and of what translates, and of the measures of both. */
import * as bptt from '../../../build/index.js';
import * as speech from '../../../build/speech.js';
import { pairs } from '../../../build/translation.js';
import { batch, speaker } from './models.js';

const samples = () => Float32Array.from({ length: 800 }, (_, i) => ((i * 7) % 13) / 13 - 0.5);
const front = () => speech.frontEnd({ convention: 'kaldi', sampleRate: 8000, mels: 4 });
const heard = () => speech.recognizer({ front: front().options, labels: ['a', 'b'] });
const hears = () => bptt.createModel([bptt.features(4), bptt.dense({ units: 3 })]);
const letters = bptt.characters('abc');
const translator = () =>
  bptt.createModel([
    bptt.tokens(3, { name: 'source' }),
    bptt.embedding({ units: 2 }),
    bptt.gru({ units: 4, name: 'encoder' }),
    bptt.tokens(4, { name: 'target' }),
    bptt.embedding({ units: 2 }),
    bptt.gru({ units: 4, name: 'decoder', start: 'encoder' }),
    bptt.attention({ from: ['decoder', 'encoder'] }),
    bptt.dense({ units: 4 }),
  ]);
const list = () => [
  ['ab', 'c'],
  ['b', 'ca'],
];
const letterModel = () =>
  bptt.createModel([bptt.tokens(3), bptt.embedding({ units: 2 }), bptt.elman({ units: 2 }), bptt.dense({ units: 3 })]);
const texts = () => ['the cat sat', 'on a mat'];

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const soundsAndPairs = {
  'metrics.confusionMatrix': [async () => ({ args: [await speaker(), batch(), { loss: 'cross-entropy' }] })],
  'metrics.perplexity': [() => ({ args: [{ output: 'next' }] })],
  'plots.plotConfusionMatrix': [
    () => ({
      args: [
        { rows: 2, columns: 2, data: Float64Array.of(1, 2, 3, 4) },
        { classes: ['a', 'b'], width: 300, height: 200, title: 'Who is who' },
      ],
    }),
  ],
  'plots.plotAttention': [
    () => ({
      args: [
        [
          [1, 0],
          [0.5, 0.5],
        ],
        { source: ['a', 'b'], target: ['c'], width: 300, height: 200, title: 'Looks' },
      ],
    }),
  ],
  'speech.FrontEnd.extract': [() => ({ on: front(), args: [samples()] })],
  'speech.FeatureStream.push': [() => ({ on: front().stream(), args: [samples()] })],
  'speech.Resampler.push': [() => ({ on: speech.resampler(8000, 16_000), args: [samples()] })],
  'speech.Recognizer.encode': [() => ({ on: heard(), args: ['ab'] })],
  'speech.Recognizer.decode': [() => ({ on: heard(), args: [[1, 0, 2]] })],
  'speech.Recognizer.transcribe': [async () => ({ on: heard(), args: [await hears(), samples(), { beams: 2 }] })],
  'vocabulary.extendVocabulary': [
    async () => ({ args: [await letterModel(), letters, 'abcd', { seed: 1, minimum: 1 }] }),
  ],
  'vocabulary.loadVectors': [
    async () => ({
      args: [await letterModel(), letters, new TextEncoder().encode('a 1 2\nb 3 4\n'), { format: 'glove' }, 'vectors'],
    }),
  ],
  'translation.bleu': [() => ({ args: [texts(), texts()] })],
  'translation.chrf': [() => ({ args: [texts(), texts(), { order: 3, beta: 1 }] })],
  'translation.datePairs': [() => ({ args: [{ count: 3, seed: 1 }] })],
  'translation.readPairs': [() => ({ args: ['a\tb'] })],
  'translation.pairs': [
    () => ({ args: [list(), { source: letters, target: letters, batch: 2, shuffle: 1, bucket: false }] }),
  ],
  'translation.PairData.batches': [
    () => ({
      on: pairs(/** @type {any} */ (list()), { source: letters, target: letters, batch: 2 }),
      args: [0, 0],
    }),
  ],
  'translation.translate': [
    async () => ({
      args: [
        await translator(),
        [[0, 1], [2]],
        {
          beams: 2,
          length: 3,
          minimum: 1,
          prefixes: [[0], []],
          lengthPenalty: 0.5,
          coveragePenalty: 0.5,
          noRepeat: 2,
          batch: 2,
          attention: true,
        },
      ],
    }),
  ],
};
