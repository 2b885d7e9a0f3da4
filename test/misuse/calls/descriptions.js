// @ts-check
/** Valid calls of what describes layers, how they begin, optimizers and schedules. */
import * as bptt from '../../../build/index.js';

const entry = { name: 'here', from: 'above' };
const recurrent = {
  ...entry,
  start: 'before',
  units: 2,
  returns: 'all',
  inputInitializer: bptt.uniform({ low: -1, high: 1 }),
  recurrentInitializer: bptt.orthogonal(),
  biasInitializer: bptt.constant(1),
};

/** @type {Readonly<Record<string, readonly import('../table.js').Row[]>>} */
export const descriptions = {
  'bptt.activation': [
    () => ({ args: [{ ...entry, function: 'elu', alpha: 0.5 }] }),
    () => ({ args: [{ function: 'relu' }] }),
  ],
  'bptt.activityRegularization': [() => ({ args: [{ ...entry, activation: 0.1, temporal: 0.1 }] })],
  'bptt.add': [() => ({ args: [{ name: 'sum', from: ['a', 'b'] }] })],
  'bptt.attention': [
    () => ({ args: [{ name: 'look', from: ['a', 'b'], score: 'general', heads: 2 }] }),
    () => ({ args: [{ from: ['a', 'b'], score: 'additive', units: 2, weightInitializer: bptt.zeros() }] }),
  ],
  'bptt.average': [() => ({ args: [{ name: 'mean', from: ['a', 'b'] }] })],
  'bptt.multiply': [() => ({ args: [{ name: 'product', from: ['a', 'b'] }] })],
  'bptt.batchNormalization': [() => ({ args: [{ ...entry, momentum: 0.1, epsilon: 1e-3 }] })],
  'bptt.concat': [() => ({ args: [{ name: 'both', from: ['a', 'b'] }] })],
  'bptt.conv1d': [
    () => ({
      args: [
        {
          ...{ ...entry, filters: 4, kernel: 3, stride: 2, padding: 1, dilation: 2, groups: 2 },
          ...{ weightInitializer: bptt.glorotUniform(), biasInitializer: bptt.zeros() },
        },
      ],
    }),
    () => ({ args: [{ filters: 2, kernel: 3, padding: 'causal' }] }),
  ],
  'bptt.conv2d': [
    () => ({
      args: [
        {
          ...{ ...entry, filters: 4, kernel: [3, 2], stride: 2, padding: [1, 0], dilation: [2, 1], groups: 2 },
          ...{ weightInitializer: bptt.glorotUniform(), biasInitializer: bptt.zeros() },
        },
      ],
    }),
    () => ({ args: [{ filters: 2, kernel: 3, padding: 'same' }] }),
  ],
  'bptt.maxPool': [() => ({ args: [{ ...entry, kernel: [2, 3], stride: 2, padding: [1, 0] }] })],
  'bptt.averagePool': [() => ({ args: [{ ...entry, kernel: 2, stride: [1, 2], padding: 1 }] })],
  'bptt.groupNormalization': [() => ({ args: [{ ...entry, groups: 2, epsilon: 1e-3 }] })],
  'bptt.image': [() => ({ args: [{ name: 'picture', clock: 'values', skip: 0.5, height: 2, channels: 3 }] })],
  'bptt.dense': [
    () => ({
      args: [{ ...entry, units: 2, weightInitializer: bptt.normal({ deviation: 1 }), biasInitializer: bptt.zeros() }],
    }),
    () => ({ args: [{ units: 2, tied: 'embedding.weight' }] }),
  ],
  'bptt.dropout': [() => ({ args: [{ ...entry, rate: 0.1, variational: true }] })],
  'bptt.embedding': [
    () => ({ args: [{ ...entry, units: 2, initializer: bptt.identity() }] }),
    () => ({ args: [{ units: 2, tied: 'dense.weight' }] }),
  ],
  'bptt.chrono': [() => ({ args: [{ maximum: 10 }] })],
  'bptt.constant': [() => ({ args: [1] })],
  'bptt.glorotNormal': [() => ({ args: [{}] })],
  'bptt.glorotUniform': [() => ({ args: [{}] })],
  'bptt.heNormal': [() => ({ args: [{}] })],
  'bptt.heUniform': [() => ({ args: [{}] })],
  'bptt.keras': [() => ({ args: [{}] })],
  'bptt.pytorch': [() => ({ args: [{}] })],
  'bptt.zeros': [() => ({ args: [{}] })],
  'bptt.identity': [() => ({ args: [{ scale: 1 }] })],
  'bptt.normal': [() => ({ args: [{ mean: 0, deviation: 1 }] })],
  'bptt.orthogonal': [() => ({ args: [{ gain: 1 }] })],
  'bptt.uniform': [() => ({ args: [{ low: -1, high: 1 }] })],
  'bptt.features': [() => ({ args: [2, { name: 'values', clock: 'words', skip: 0.5 }] })],
  'bptt.flatten': [() => ({ args: [{ ...entry, steps: 3 }] })],
  'bptt.tokens': [() => ({ args: [2, { name: 'words', clock: 'values', skip: 1 }] })],
  'bptt.last': [() => ({ args: [entry] })],
  'bptt.bidirectional': [() => ({ args: [bptt.elman({ units: 2 }), { ...entry, merge: 'sum', returns: 'last' }] })],
  'bptt.elman': [
    () => ({ args: [{ ...recurrent, activation: 'relu', vanishingRegularization: 0.1 }] }),
    () => ({ args: [{ units: 2, layerNorm: true, zoneout: { hidden: 0.1 } }] }),
  ],
  'bptt.gru': [
    () => ({ args: [recurrent] }),
    () => ({ args: [{ units: 2, layerNorm: true, zoneout: { hidden: 0.1 } }] }),
  ],
  'bptt.indrnn': [
    () => ({
      args: [
        {
          ...entry,
          units: 2,
          returns: 'all',
          inputInitializer: bptt.zeros(),
          biasInitializer: bptt.zeros(),
          recurrentInitializer: bptt.constant(1),
          activation: 'relu',
        },
      ],
    }),
  ],
  'bptt.lstm': [
    () => ({
      args: [
        {
          ...recurrent,
          activation: 'tanh',
          gateActivation: 'sigmoid',
          forgetBias: 1,
          peepholes: false,
          layerNorm: true,
          zoneout: { hidden: 0.1, cell: 0.1 },
        },
      ],
    }),
    () => ({ args: [{ units: 2, peepholes: true, weightDropout: 0.1 }] }),
  ],
  'bptt.repeat': [() => ({ args: [{ ...entry, clock: 'words' }] })],
  'bptt.residual': [
    () => ({ args: [bptt.elman({ units: 2 }), { ...entry, start: 'before' }] }),
    () => ({ args: [bptt.bidirectional(bptt.gru({ units: 2 }))] }),
  ],
  'bptt.adagrad': [() => ({ args: [{ learningRate: 0.1, epsilon: 1e-8 }] })],
  'bptt.adam': [
    () => ({
      args: [{ learningRate: bptt.linear({ from: 0.1, to: 0, steps: 4 }), beta1: 0.9, beta2: 0.99, epsilon: 1e-8 }],
    }),
  ],
  'bptt.adamw': [
    () => ({
      args: [{ learningRate: 0.1, beta1: 0.9, beta2: 0.99, epsilon: 1e-8, weightDecay: 0.1, decayBiases: true }],
    }),
  ],
  'bptt.rmsprop': [
    () => ({ args: [{ learningRate: bptt.steps({ from: 0.1, factor: 0.5, every: 2 }), alpha: 0.9, epsilon: 1e-8 }] }),
  ],
  'bptt.sgd': [
    () => ({ args: [{ learningRate: bptt.exponential({ from: 0.1, factor: 0.9 }), momentum: 0.9, nesterov: true }] }),
  ],
  'bptt.cosine': [() => ({ args: [{ from: 0.1, to: 0, steps: 5, restarts: true }] })],
  'bptt.exponential': [() => ({ args: [{ from: 0.1, factor: 0.9 }] })],
  'bptt.linear': [() => ({ args: [{ from: 0.1, to: 0, steps: 5 }] })],
  'bptt.oneCycle': [() => ({ args: [{ max: 0.1, steps: 5, rise: 0.3, from: 0.01, to: 0.001 }] })],
  'bptt.plateau': [() => ({ args: [{ from: 0.1, factor: 0.5, patience: 2, threshold: 0.01, cooldown: 0, min: 0 }] })],
  'bptt.steps': [() => ({ args: [{ from: 0.1, factor: 0.5, every: 2 }] })],
  'bptt.warmup': [() => ({ args: [{ steps: 2, schedule: bptt.cosine({ from: 0.1, to: 0, steps: 4 }) }] })],
};
