// @ts-check
/** Small models and what they read, for the table of valid calls. */
import {
  adam,
  createModel,
  dense,
  embedding,
  features,
  gru,
  lstm,
  oneCycle,
  textStream,
  tokens,
  warmup,
} from '../../../build/index.js';

export const V = 4;
export const T = 4;
export const B = 2;

/** A stack that reads and gives tokens. */
export const speaker = (/** @type {'f32' | 'f64'} */ dtype = 'f32') =>
  createModel([tokens(V), embedding({ units: 2 }), lstm({ units: 3 }), dense({ units: V })], { dtype, seed: 1 });

/** One that reads numbers and gives numbers. */
export const follower = () => createModel([features(2), gru({ units: 3 }), dense({ units: 1 })], { seed: 1 });

/** Two inputs and two outputs, with names. */
export const several = () =>
  createModel([
    tokens(V, { name: 'words' }),
    gru({ units: 2, name: 'memory' }),
    dense({ units: V, name: 'next' }),
    features(2, { name: 'values', clock: 'words' }),
    lstm({ units: 2, name: 'trend' }),
    dense({ units: 1, name: 'level' }),
  ]);

export const ids = (shift = 0) => Int32Array.from({ length: T * B }, (_, i) => (i * 3 + shift) % V);
export const reals = (/** @type {number} */ count) => Float32Array.from({ length: count }, (_, i) => ((i * 7) % 5) / 5);

export const input = () => ({
  steps: T,
  rows: B,
  inputs: ids(),
  lengths: Int32Array.of(T, T - 1),
  resets: new Uint8Array(T * B),
});
export const batch = () => ({ ...input(), targets: ids(1), mask: new Uint8Array(T * B).fill(1), carry: false });
export const severalInput = () => ({
  steps: { words: T },
  rows: B,
  inputs: { words: ids(), values: reals(T * B * 2) },
  lengths: { words: Int32Array.of(T, T - 1) },
});
export const severalBatch = () => ({
  ...severalInput(),
  targets: { next: ids(1), level: reals(T * B) },
  mask: { next: new Uint8Array(T * B).fill(1), level: new Uint8Array(T * B).fill(1) },
});

export const objective = () => ({
  loss: 'cross-entropy',
  reduction: 'mean',
  truncation: { k1: 2, k2: 3, losses: 'new', activations: 'stored' },
  seed: 1,
});

/** Options of a training: all that go together. */
export const training = () => ({
  data: textStream(
    Int32Array.from({ length: 30 }, (_, i) => i % V),
    { batch: 2 },
  ),
  ...objective(),
  optimizer: adam({ learningRate: warmup({ steps: 2, schedule: oneCycle({ max: 0.01, steps: 5 }) }) }),
  groups: [
    { match: 'dense*', learningRate: 0.01 },
    { match: ['embedding*'], frozen: true },
  ],
  clip: { norm: 1 },
  regularization: { l1: 0.001, l2: 0.001, biases: true },
  steps: 2,
  epochs: 2,
  accumulate: 2,
  validation: [batch()],
  validateEvery: 1,
  earlyStopping: { patience: 2, minimumChange: 0 },
  average: { decay: 0.9 },
  checkpoint: { every: 1, metadata: { made: 'here' } },
});
