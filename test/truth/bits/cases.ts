// The cases of the bit fixture: every cell and what can stand around it, each with the data that it reads. Small odd sizes, so
// that rows end in padding.
import type { BeamSearchOptions } from '../../../src/generation/index.ts';
import {
  type Activation,
  activation,
  activityRegularization,
  averagePool,
  type Batch,
  batchNormalization,
  bidirectional,
  chrono,
  constant,
  conv1d,
  conv2d,
  dense,
  dropout,
  elman,
  embedding,
  features,
  type GenerateOptions,
  type GraphBatch,
  glorotNormal,
  glorotUniform,
  groupNormalization,
  gru,
  heNormal,
  heUniform,
  identity,
  image,
  indrnn,
  keras,
  type LabelBatch,
  type LayerDescription,
  type LossOption,
  lstm,
  type ModelDescription,
  maxPool,
  normal,
  orthogonal,
  pytorch,
  residual,
  type TrainOptions,
  type Truncation,
  textStream,
  tokens,
  uniform,
} from '../../../src/index.ts';
import { ctc } from '../../../src/speech/index.ts';
import { graphsOnSequences, graphsOnStream } from './graphs.ts';
import { heard } from './sounds.ts';

/** One model and how it is trained. */
export interface Case {
  readonly model: ModelDescription;
  readonly data: Iterable<GraphBatch>;
  /** Default: cross-entropy. */
  readonly loss?: LossOption | (() => Promise<LossOption>);
  readonly truncation?: Truncation;
  readonly updates: number;
  readonly learningRate: number;
  /** Between the smallest and the largest norm of the gradients. */
  readonly clip: number;
  /** Default: all parameters learn alike. */
  readonly groups?: NonNullable<TrainOptions['groups']>;
  /** Whether what the trained model computes outside training counts too. */
  readonly evaluated: boolean;
  /** What the trained model is then to say. */
  readonly said?: { readonly drawn: readonly GenerateOptions[]; readonly searched: BeamSearchOptions };
}

const VOCABULARY = 17; // no multiple of any vector's length
const ROWS = 6;
const STEPS = 43; // a multiple of neither k1: each epoch ends with a shorter window

const truncations = {
  'full BPTT': undefined,
  'k1=5 k2=9': { k1: 5, k2: 9 },
  'k1=9 k2=5': { k1: 9, k2: 5 },
} as const;
type TruncationName = keyof typeof truncations;

/** Every case by its name. */
export function cases(): Readonly<Record<string, Case>> {
  const stream = textStream(syntheticTokens(ROWS * STEPS - 1), { batch: ROWS }); // uneven rows: a mask is needed
  const all: Record<string, Case> = {};
  for (const activation of ['tanh', 'relu'] as const) {
    for (const name of Object.keys(truncations) as TruncationName[]) {
      all[`${activation}, ${name}`] = { ...elmans(activation), ...truncated(name), data: stream };
    }
  }
  for (const [name, [layers, ...chosen]] of Object.entries(onStream)) {
    for (const truncation of chosen) {
      all[`${name}, ${truncation}`] = { ...small(layers), ...truncated(truncation), data: stream };
    }
  }
  for (const [name, layers] of Object.entries(onSequences)) {
    all[`${name}, lengths`] = { ...small(layers), data: sequences };
  }
  for (const [name, layers] of Object.entries(onLastOutputs)) {
    all[`${name}, last output`] = { ...small(layers), data: sequences.map(withLastTargets) };
  }
  all['gru in both directions, ctc'] = {
    ...small([bidirectional(gru({ units: 9 }))]),
    data: sequences.map(withLabels),
    loss: () => ctc(),
    clip: 0.5,
  };
  for (const convention of ['kaldi', 'librosa'] as const) {
    const data = heard(convention);
    const model: ModelDescription = [
      features(data[0]!.inputs.length / 4 / data[0]!.steps),
      gru({ units: 9 }),
      dense({ units: 5 }),
    ];
    all[`features of ${convention}, ctc`] = { ...small([]), model, data, loss: () => ctc(), clip: 2 };
  }
  for (const truncation of ['full BPTT', 'k1=5 k2=9'] as const) {
    all[`tied, ${truncation}`] = { ...tied, ...truncated(truncation), data: stream };
  }
  all['activations, k1=5 k2=9'] = { ...activations, ...truncated('k1=5 k2=9'), data: stream };
  all['batch normalisation, full BPTT'] = { ...normalized, data: stream };
  all['convolutions over time, k1=5 k2=9'] = { ...convolved, ...truncated('k1=5 k2=9'), data: stream };
  all['images, ctc'] = { ...pictures, data: sequences.map(withImages), loss: () => ctc() };
  all['frozen, k1=5 k2=9'] = { ...frozen, ...truncated('k1=5 k2=9'), data: stream };
  const sources = { vocabulary: VOCABULARY, stream, sequences };
  for (const [name, one] of Object.entries(graphsOnStream(sources))) {
    const chosen: readonly TruncationName[] = name === 'two losses' ? ['full BPTT', 'k1=9 k2=5'] : ['k1=5 k2=9'];
    for (const truncation of chosen) all[`${name}, ${truncation}`] = { ...one, ...truncated(truncation) };
  }
  for (const [name, one] of Object.entries(graphsOnSequences(sources))) all[`${name}, lengths`] = one;
  all['lstm and gru, what they say'] = { ...small([lstm({ units: 11 }), gru({ units: 6 })]), data: stream, said };
  return all;
}

function truncated(name: TruncationName): Pick<Case, 'truncation'> {
  const truncation = truncations[name];
  return truncation === undefined ? {} : { truncation };
}

function elmans(activation: Activation): Omit<Case, 'data'> {
  const layers = [elman({ units: 24, activation }), elman({ units: 31, activation })];
  const model: ModelDescription = [tokens(VOCABULARY), ...layers, dense({ units: VOCABULARY })];
  // With rectifiers, larger steps end in larger losses.
  const learningRate = activation === 'relu' ? 1 / 512 : 1 / 128;
  return { model, updates: 200, learningRate, clip: 0.5, evaluated: false };
}

function small(layers: readonly LayerDescription[]): Omit<Case, 'data'> {
  const model: ModelDescription = [tokens(VOCABULARY), ...layers, dense({ units: VOCABULARY })];
  const text = JSON.stringify(layers);
  // Where gradients are larger.
  const larger = /"layerNorm":true|"vanishingRegularization":(?!0[,}])/.test(text) ? 0.5 : 0.3;
  const clip = text.includes('"indrnn"') ? 0.6 : larger;
  const learningRate = text.includes('"activation":"identity"') ? 1 / 64 : 1 / 32; // what nothing bounds
  return { model, updates: 60, learningRate, clip, evaluated: true };
}

/** A table that is the head's weight as well. */
const tied: Omit<Case, 'data'> = {
  ...small([]),
  model: [
    tokens(VOCABULARY),
    embedding({ units: 11, name: 'words' }),
    lstm({ units: 11 }),
    dense({ units: VOCABULARY, tied: 'words.weight' }),
  ],
};

/** Each activation once, as an option or as a layer. */
const activations: Omit<Case, 'data'> = {
  ...small([]),
  model: [
    tokens(VOCABULARY),
    elman({ units: 13 }),
    ...(['leaky-relu', 'gelu', 'tanh', 'silu', 'relu', 'softplus'] as const).map((activation) =>
      dense({ units: 11, activation }),
    ),
    activation({ function: 'hard-sigmoid' }),
    dense({ units: 9, activation: 'sigmoid' }),
    activation({ function: 'elu', alpha: 0.5 }),
    dense({ units: VOCABULARY }),
  ],
};

/** Batch normalisation, and its running statistics. */
const normalized: Omit<Case, 'data'> = {
  ...small([]),
  model: [
    tokens(VOCABULARY),
    gru({ units: 11 }),
    batchNormalization(),
    dense({ units: 9 }),
    batchNormalization({ momentum: 0.3, epsilon: 1e-3 }),
    dense({ units: VOCABULARY }),
  ],
};

/** Convolutions of all kinds, pooling and group normalisation under both directions. */
const pictures: Omit<Case, 'data'> = {
  ...small([]),
  clip: 0.5,
  model: [
    image({ height: 6 }),
    conv2d({ filters: 6, kernel: 3, padding: 'same' }),
    activation({ function: 'relu' }),
    maxPool({ kernel: [2, 1] }),
    conv2d({ filters: 6, kernel: 3, padding: 1, groups: 6 }),
    groupNormalization({ groups: 2 }),
    conv2d({ filters: 8, kernel: [2, 3], padding: [0, 1], groups: 2 }),
    averagePool({ kernel: [2, 3], stride: 1, padding: [0, 1] }),
    bidirectional(gru({ units: 5 })),
    dense({ units: VOCABULARY }),
  ],
};

/** Of the past alone: in one piece, in groups and one filter for each input. */
const convolved: Omit<Case, 'data'> = {
  ...small([
    embedding({ units: 10 }),
    conv1d({ filters: 6, kernel: 3, padding: 'causal', dilation: 2, weightInitializer: glorotUniform() }),
    conv1d({ filters: 4, kernel: 2, padding: 'causal', groups: 2 }),
    conv1d({ filters: 4, kernel: 3, padding: 'causal', groups: 4 }),
    gru({ units: 7 }),
  ]),
};

/** Parameters that stay as they are, and some with a learning rate of their own. */
const frozen: Omit<Case, 'data'> = {
  ...small([lstm({ units: 11 }), gru({ units: 6 })]),
  groups: [
    { match: ['rnn.*_l0', 'rnn.weight_hh_l1'], frozen: true },
    { match: 'dense.*', learningRate: 1 / 16 },
  ],
};

/** Every way to choose tokens. */
const said: NonNullable<Case['said']> = {
  drawn: [
    { temperature: 0 },
    { temperature: 1.25 },
    { topK: 5 },
    { topP: 0.9, temperature: 1.5 },
    { topK: 9, topP: 0.75, repetitionPenalty: 1.2 },
    { topP: 0.95, repetitionPenalty: 1.5, repetitionWindow: 7 },
  ].map((options, seed) => ({ prompt: [1, 2, 3], length: 200, seed, ...options })),
  searched: { prompt: [1, 2, 3], beams: 5, length: 20, lengthPenalty: 0.65, stop: [[0], [4, 5]] },
};

/** Cases that read a stream of tokens, with or without truncation. */
const onStream: Readonly<Record<string, readonly [readonly LayerDescription[], ...TruncationName[]]>> = {
  'elman softsign': [[elman({ units: 11, activation: 'softsign' }), elman({ units: 6 })], 'full BPTT'],
  lstm: [[lstm({ units: 11 }), lstm({ units: 6 })], 'full BPTT', 'k1=5 k2=9', 'k1=9 k2=5'],
  'lstm with peepholes': [[lstm({ units: 11, peepholes: true })], 'k1=9 k2=5'],
  'elman identity, gru softsign': [
    [elman({ units: 11, activation: 'identity' }), gru({ units: 6, activation: 'softsign' })],
    'k1=5 k2=9',
  ],
  'lstm relu': [[lstm({ units: 11, activation: 'relu' })], 'full BPTT'],
  'lstm softsign, hard sigmoid': [
    [lstm({ units: 11, activation: 'softsign', gateActivation: 'hard-sigmoid' })],
    'full BPTT',
  ],
  gru: [[gru({ units: 11 }), gru({ units: 6 })], 'full BPTT', 'k1=5 k2=9'],
  'gru, reset before': [
    [gru({ units: 11, reset: 'before' }), gru({ units: 6, reset: 'before' })],
    'full BPTT',
    'k1=5 k2=9',
  ],
  'gru hard sigmoid': [[gru({ units: 11, gateActivation: 'hard-sigmoid' })], 'full BPTT'],
  'lstm hard sigmoid of 1/5': [[lstm({ units: 11, gateActivation: 'hard-sigmoid-fifth' })], 'full BPTT'],
  'elman, normalised': [[elman({ units: 11, layerNorm: true })], 'full BPTT'],
  'lstm, normalised': [[lstm({ units: 11, layerNorm: true })], 'full BPTT', 'k1=5 k2=9'],
  'gru, normalised': [[gru({ units: 11, layerNorm: true })], 'full BPTT'],
  'gru, reset before, normalised': [[gru({ units: 11, reset: 'before', layerNorm: true })], 'full BPTT'],
  indrnn: [[indrnn({ units: 11 }), indrnn({ units: 6, activation: 'tanh' })], 'full BPTT', 'k1=5 k2=9', 'k1=9 k2=5'],
  'indrnn, every dropout': [
    [indrnn({ units: 11, recurrentDropout: 0.2, weightDropout: 0.2 }), indrnn({ units: 6, zoneout: { hidden: 0.2 } })],
    'k1=5 k2=9',
  ],
  residual: [[gru({ units: 11 }), residual(lstm({ units: 11 }))], 'full BPTT'],
  dropout: [[lstm({ units: 11 }), dropout({ rate: 0.3 }), elman({ units: 6 })], 'k1=5 k2=9'],
  'variational dropout': [
    [lstm({ units: 11 }), dropout({ rate: 0.3, variational: true }), elman({ units: 6 })],
    'k1=5 k2=9',
  ],
  'recurrent dropout': [
    [lstm({ units: 11, recurrentDropout: 0.3 }), gru({ units: 6, recurrentDropout: 0.2 })],
    'k1=5 k2=9',
  ],
  'recurrent dropout, reset before': [[gru({ units: 11, reset: 'before', recurrentDropout: 0.3 })], 'full BPTT'],
  'weight dropout': [[lstm({ units: 11, weightDropout: 0.3 }), elman({ units: 6, weightDropout: 0.2 })], 'k1=5 k2=9'],
  zoneout: [
    [lstm({ units: 11, zoneout: { hidden: 0.1, cell: 0.3 } }), gru({ units: 6, zoneout: { hidden: 0.2 } })],
    'k1=5 k2=9',
  ],
  'activity regularisation': [
    [
      lstm({ units: 11 }),
      activityRegularization({ temporal: 1 }),
      dropout({ rate: 0.2 }),
      activityRegularization({ activation: 2 }),
      elman({ units: 6 }),
      activityRegularization({ activation: 0.5, temporal: 0.25 }),
    ],
    'full BPTT',
    'k1=5 k2=9',
    'k1=9 k2=5',
  ],
  'vanishing regularisation': [
    [
      elman({ units: 11, vanishingRegularization: 0.5 }),
      elman({ units: 6, activation: 'relu', vanishingRegularization: 1, recurrentDropout: 0.2, weightDropout: 0.2 }),
    ],
    'full BPTT',
    'k1=5 k2=9',
    'k1=9 k2=5',
  ],
  'initialisers of gates and of other libraries': [
    [
      embedding({ units: 5, initializer: pytorch() }),
      lstm({ units: 11, biasInitializer: chrono({ maximum: 20 }) }),
      gru({ units: 6, biasInitializer: chrono({ maximum: 9 }) }),
      gru({
        units: 5,
        inputInitializer: pytorch(),
        recurrentInitializer: pytorch(),
        biasInitializer: pytorch(),
      }),
      lstm({ units: 9, inputInitializer: keras(), recurrentInitializer: keras(), biasInitializer: keras() }),
    ],
    'full BPTT',
  ],
  initialisers: [
    [
      elman({
        units: 11,
        activation: 'relu',
        inputInitializer: heNormal(),
        recurrentInitializer: identity({ scale: 0.5 }),
        biasInitializer: constant(0.125),
      }),
      lstm({
        units: 6,
        inputInitializer: glorotNormal(),
        recurrentInitializer: orthogonal({ gain: 0.75 }),
        biasInitializer: uniform({ low: -0.25, high: 0.25 }),
      }),
      gru({ units: 5, inputInitializer: heUniform(), recurrentInitializer: normal({ deviation: 0.25 }) }),
    ],
    'full BPTT',
  ],
};

/** Cases that read sequences of different lengths. */
const onSequences: Readonly<Record<string, readonly LayerDescription[]>> = {
  elman: [elman({ units: 11 })],
  lstm: [lstm({ units: 11 }), lstm({ units: 6, zoneout: { hidden: 0.2, cell: 0.2 } })],
  gru: [gru({ units: 11 }), gru({ units: 6, reset: 'before' })],
  'lstm with peepholes': [lstm({ units: 11, peepholes: true })],
  normalised: [
    elman({ units: 11, layerNorm: true }),
    lstm({ units: 6, layerNorm: true }),
    gru({ units: 5, layerNorm: true }),
    gru({ units: 7, reset: 'before', layerNorm: true }),
  ],
  'every dropout': [
    lstm({ units: 19, recurrentDropout: 0.2, weightDropout: 0.2 }),
    dropout({ rate: 0.2 }),
    elman({ units: 11, zoneout: { hidden: 0.1 } }),
    dropout({ rate: 0.1, variational: true }),
    gru({ units: 6, recurrentDropout: 0.1 }),
  ],
  indrnn: [indrnn({ units: 11 }), residual(bidirectional(indrnn({ units: 11 }), { merge: 'sum' }))],
  'lstm in both directions, side by side': [bidirectional(lstm({ units: 5 })), bidirectional(lstm({ units: 6 }))],
  'gru in both directions, summed': [
    bidirectional(gru({ units: 11 }), { merge: 'sum' }),
    bidirectional(gru({ units: 6, reset: 'before' }), { merge: 'sum' }),
  ],
  'both directions, residual, dropout': [
    bidirectional(elman({ units: 5, layerNorm: true })),
    dropout({ rate: 0.2 }),
    residual(bidirectional(lstm({ units: 5, recurrentDropout: 0.2, weightDropout: 0.2 }))),
  ],
  'activity and vanishing regularisation': [
    elman({ units: 11, activation: 'softsign', vanishingRegularization: 0.5 }),
    activityRegularization({ activation: 1, temporal: 1 }),
    gru({ units: 6 }),
  ],
};

/** Cases that read sequences of different lengths and give one output for each. */
const onLastOutputs: Readonly<Record<string, readonly LayerDescription[]>> = {
  lstm: [gru({ units: 11 }), lstm({ units: 6, returns: 'last' })],
  'gru in both directions': [
    bidirectional(gru({ units: 5, reset: 'before' }), { returns: 'last' }),
    dropout({ rate: 0.2 }),
  ],
};

/** Two batches of sequences of 1 to 13 steps. */
const sequences: readonly Batch[] = [
  [13, 1, 7, 12, 4, 2],
  [5, 9, 13],
].map((lengths, index) => {
  const steps = 13;
  const rows = lengths.length;
  const stream = syntheticTokens(rows * steps + 1 + 7 * index).subarray(7 * index);
  // The padding is tokens like any others, so that one that counted would show.
  const place = (offset: number) =>
    Int32Array.from({ length: steps * rows }, (_, i) => stream[(i % rows) * steps + Math.floor(i / rows) + offset]!);
  return { steps, rows, inputs: place(0), targets: place(1), lengths };
});

/** One target for each row: that of its last step. */
function withLastTargets({ targets, ...batch }: Batch): Batch {
  const last = batch.lengths!.map((length, row) => targets[(length - 1) * batch.rows + row]!);
  return { ...batch, targets: Int32Array.from(last) };
}

/** Every third target as a label, so that there is room for blanks between. */
function withLabels({ targets, ...batch }: Batch): LabelBatch {
  const labels = Array.from(batch.lengths!, (length, row) => {
    const count = Math.ceil(length / 3);
    return Int32Array.from({ length: count }, (_, i) => 1 + (targets[3 * i * batch.rows + row]! % (VOCABULARY - 1)));
  });
  return { ...batch, targets: labels };
}

/** The same, of columns of six pixels in place of tokens. */
function withImages(batch: Batch): LabelBatch {
  const pixels = Array.from(batch.inputs, (token) => Array.from({ length: 6 }, (_, h) => ((token * (h + 3)) % 8) / 8));
  return withLabels({ ...batch, inputs: Float64Array.from(pixels.flat()) });
}

/** Tokens of a seeded second-order chain, in integer arithmetic only: mostly predictable, so that there is something to learn. */
function syntheticTokens(length: number): Int32Array {
  const stream = new Int32Array(length);
  let random = 12345;
  for (let i = 2; i < length; i++) {
    random = (Math.imul(random, 1664525) + 1013904223) >>> 0; // Numerical Recipes, section 7.1
    const noise = random >>> 24 < 32 ? random >>> 16 : 0; // one token in eight
    stream[i] = (stream[i - 1]! * 5 + stream[i - 2]! * 3 + 1 + noise) % VOCABULARY;
  }
  return stream;
}
