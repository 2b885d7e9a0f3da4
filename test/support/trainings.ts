// Trainings of all kinds, small: for promises that hold whatever is trained.
import {
  activityRegularization,
  adam,
  adamw,
  type Batch,
  bidirectional,
  type CheckpointEvent,
  dense,
  dropout,
  elman,
  embedding,
  features,
  gru,
  linear,
  lstm,
  type Model,
  type ModelDescription,
  plateau,
  rmsprop,
  type Sequence,
  sequences,
  sgd,
  type TrainEvent,
  type TrainOptions,
  textStream,
  tokens,
  train,
} from '../../src/index.ts';

const V = 5;
const stream = (length: number) => Int32Array.from({ length }, (_, i) => (i * i + (i >> 2)) % V);
const text = textStream(stream(121), { batch: 3 });

export interface Case {
  readonly name: string;
  readonly description: ModelDescription;
  readonly dtype?: 'f32' | 'f64';
  readonly options: Omit<TrainOptions, 'checkpoint' | 'resume' | 'signal'>;
}

export const characters = (...layers: readonly unknown[]) =>
  [tokens(V), ...layers, dense({ units: V })] as ModelDescription;
const ofText = { data: text, loss: 'cross-entropy', optimizer: adam({ learningRate: 0.01 }), steps: 9 } as const;
const units = 4;

/** Three batches of which the second carries the state of the first on. */
export const carried = ([false, true, false] as const).map((carry, index): Batch => {
  const inputs = Float32Array.from({ length: 60 * 2 }, (_, i) => ((i * 7 + index) % 5) / 5);
  const resets = index === 1 ? Uint8Array.from({ length: 60 * 2 }, (_, i) => +(i === 3 || i === 50)) : undefined;
  return { steps: 60, rows: 2, inputs, targets: inputs.map((x) => x - 0.3), carry, ...(resets && { resets }) };
});
const ofCarried = {
  data: carried,
  loss: 'mean-squared-error',
  epochs: 3,
  optimizer: sgd({ learningRate: 0.1 }),
} as const;

const ragged: readonly Sequence[] = [3, 1, 5, 4, 2, 5, 1].map((length, index) => ({
  inputs: stream(length + index).slice(index),
  targets: stream(length + index).slice(index),
}));

export const cases: readonly Case[] = [
  {
    name: 'k1 = k2, clipping, L2, a schedule',
    description: characters(elman({ units })),
    options: {
      ...ofText,
      truncation: { k1: 6, k2: 6 },
      clip: { norm: 0.1 },
      regularization: { l2: 0.01 },
      optimizer: adam({ learningRate: linear({ from: 0.02, steps: 9 }) }),
    },
  },
  {
    name: 'k1 < k2 with stored activations and the losses of the window',
    description: characters(lstm({ units, peepholes: true }), elman({ units, activation: 'relu' })),
    options: { ...ofText, truncation: { k1: 3, k2: 8, losses: 'window' } },
  },
  {
    name: 'k1 < k2 with recomputed activations, in f64',
    description: characters(gru({ units })),
    dtype: 'f64',
    options: {
      ...ofText,
      truncation: { k1: 4, k2: 7, activations: 'recomputed' },
      optimizer: rmsprop({ learningRate: 0.01 }),
    },
  },
  {
    name: 'k1 > k2, momentum',
    description: characters(elman({ units })),
    options: { ...ofText, truncation: { k1: 7, k2: 2 }, optimizer: sgd({ learningRate: 0.1, momentum: 0.9 }) },
  },
  {
    name: 'every random mask, and penalties of layers',
    description: characters(
      embedding({ units: 3 }),
      dropout({ rate: 0.2 }),
      lstm({ units, recurrentDropout: 0.3, zoneout: { hidden: 0.2, cell: 0.1 }, weightDropout: 0.3 }),
      dropout({ rate: 0.4, variational: true }),
      gru({ units, reset: 'before', layerNorm: true }),
      activityRegularization({ activation: 0.1, temporal: 0.2 }),
    ),
    options: { ...ofText, truncation: { k1: 4, k2: 9 }, seed: 3, optimizer: adamw({ learningRate: 0.01 }) },
  },
  {
    name: 'tied weights, with groups of which one is frozen',
    description: characters(
      embedding({ units: 3, name: 'words' }),
      lstm({ units, name: 'below' }),
      gru({ units: 3 }),
      dense({ units: V, tied: 'words.weight' }),
    ),
    options: {
      ...ofText,
      truncation: { k1: 4, k2: 9 },
      groups: [
        { match: 'below.*', frozen: true },
        { match: 'words.*', learningRate: linear({ from: 0.02, steps: 9 }) },
      ],
    },
  },
  {
    name: 'full BPTT over batches that carry on, with resets',
    description: [features(1), lstm({ units }), dense({ units: 1 })],
    options: ofCarried,
  },
  {
    name: 'full BPTT under a memory budget',
    description: [features(1), lstm({ units }), dense({ units: 1 })],
    options: { ...ofCarried, memoryBudget: 120_000 },
  },
  {
    name: 'shuffled and bucketed sequences, both directions',
    description: characters(bidirectional(elman({ units }))),
    options: {
      data: sequences(ragged, { batch: 2, shuffle: 5, bucket: true }),
      loss: 'cross-entropy',
      optimizer: adam(),
      epochs: 3,
    },
  },
  {
    name: 'accumulation, an average, validation and early stopping',
    description: characters(elman({ units })),
    options: {
      ...ofText,
      truncation: { k1: 5, k2: 5 },
      accumulate: 3,
      average: { decay: 0.9 },
      validation: textStream(stream(40), { batch: 2 }),
      validateEvery: 2,
      earlyStopping: { patience: 2 },
    },
  },
  {
    name: 'a plateau and early stopping, with validation after each epoch',
    description: characters(elman({ units })),
    options: {
      data: text,
      loss: 'cross-entropy',
      truncation: { k1: 6, k2: 6 },
      accumulate: 3,
      epochs: 4,
      optimizer: adam({ learningRate: plateau({ from: 0.05, patience: 0, factor: 0.5 }) }),
      average: { decay: 0.9 },
      validation: textStream(stream(300), { batch: 2 }),
      validateEvery: 'epoch',
      earlyStopping: { patience: 3 },
    },
  },
];

export type KeptEvent = Exclude<TrainEvent, CheckpointEvent>;

/** What a run tells, without the times, and its checkpoints. */
export async function run<Options = TrainOptions>(
  model: Model,
  options: Options,
  trainer: (model: Model, options: Options) => AsyncIterable<TrainEvent> = train as never,
) {
  const events: KeptEvent[] = [];
  const checkpoints: (CheckpointEvent & { readonly before: number })[] = [];
  for await (const event of trainer(model, options)) {
    if (event.type === 'checkpoint') checkpoints.push({ ...event, before: events.length });
    else events.push(event.type === 'step' ? { ...event, tokensPerSecond: 0 } : event);
  }
  return { events, checkpoints, parameters: model.parameters() };
}

/** A signal that aborts when it has been looked at so many times. */
export function abortsAtLook(moment: number): AbortSignal {
  const { signal } = new AbortController();
  let looks = 0;
  return Object.defineProperty(signal, 'aborted', { get: () => looks++ >= moment });
}
