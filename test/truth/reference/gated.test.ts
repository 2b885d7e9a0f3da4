// Cells and directions of the reference against the package's, which finite differences and PyTorch's figures hold: losses and
// gradients of full and truncated BPTT, with resets, lengths and a mask, in f64.

import { describe, expect, it } from 'vitest';
import {
  backpropagate,
  bidirectional,
  createModel,
  dense,
  elman,
  gru,
  indrnn,
  lstm,
  type Model,
  normal,
  tokens,
} from '../../../src/index.ts';
import { truncations } from '../../support/models.ts';
import { fullBptt, truncatedBptt } from './bptt.ts';
import { random, randomTokens } from './data.ts';
import { createNetwork, type LayerDescription, type Network, type Stream, setParameters } from './network.ts';
import { transpose } from './real.ts';

const T = 7;
const B = 3;
const V = 5;
const O = 4;
const random1 = { biasInitializer: normal({ deviation: 0.4 }) };
const stacks: Readonly<Record<string, readonly LayerDescription[]>> = {
  lstm: [{ cell: 'lstm', units: 6 }],
  gru: [{ cell: 'gru', units: 6 }],
  indrnn: [
    { cell: 'indrnn', units: 6, activation: 'relu' },
    { cell: 'indrnn', units: 5 },
  ],
  'all three': [
    { cell: 'gru', units: 5 },
    { activation: 'tanh', units: 4 },
    { cell: 'lstm', units: 3 },
  ],
  'reset before': [{ cell: 'gru-before', units: 5, gateActivation: 'hard-sigmoid' }],
  'peepholes and other activations': [
    { activation: 'softsign', units: 4 },
    { cell: 'lstm', units: 5, activation: 'softsign', gateActivation: 'hard-sigmoid', peepholes: true },
    { cell: 'gru', units: 3, activation: 'relu' },
  ],
};
const both: Readonly<Record<string, readonly LayerDescription[]>> = {
  elman: [{ units: 3, merge: 'concat' }],
  indrnn: [{ cell: 'indrnn', units: 3, merge: 'concat' }],
  'lstm, then gru': [
    { cell: 'lstm', units: 3, peepholes: true, merge: 'concat' },
    { cell: 'gru', units: 4, merge: 'sum' },
  ],
  'between others': [
    { cell: 'gru', units: 4 },
    { cell: 'gru-before', units: 3, merge: 'concat' },
    { cell: 'lstm', units: 4 },
  ],
};

/** The package's description of a layer. */
function described({ cell = 'elman', peepholes, merge, units, activation, gateActivation }: LayerDescription) {
  const options = { units, ...random1, ...(activation && { activation }) };
  const gated = { ...options, ...(gateActivation && { gateActivation }) };
  const layer =
    cell === 'elman'
      ? elman(options)
      : cell === 'indrnn'
        ? indrnn({ ...options, activation: activation ?? 'tanh' })
        : cell === 'lstm'
          ? lstm({ ...gated, peepholes: peepholes === true })
          : gru({ ...gated, reset: cell === 'gru' ? 'after' : 'before' });
  return merge === undefined ? layer : bidirectional(layer, { merge });
}

async function twins(layers: readonly LayerDescription[]): Promise<{ model: Model; network: Network }> {
  const model = await createModel([tokens(V), ...layers.map(described), dense({ units: O })], {
    seed: 4,
    dtype: 'f64',
  });
  for (const { name, data } of model.parameters()) {
    if (/bias_hn|peephole/.test(name))
      model.setParameter(
        name,
        data.map((_, i) => 0.2 * (i - 2)),
      );
  }
  const description = {
    input: { kind: 'tokens', size: V },
    layers: [...layers],
    outputs: O,
    loss: 'cross-entropy',
  } as const;
  const network = createNetwork({ ...description, layers: [...layers] }, 'f64', T, B);
  setParameters(network, model.parameters());
  return { model, network };
}

const next = random(3);
const inputs = randomTokens(T * B, V, next);
const targets = randomTokens(T * B, O, next);
const mask = Uint8Array.from({ length: T * B }, (_, i) => (i % 4 === 1 ? 0 : 1));
const lengths = Int32Array.of(7, 2, 5);
const resets = Uint8Array.from({ length: T * B }, (_, i) => (i % 7 === 5 ? 1 : 0));

/** The gradients of both, in one orientation, are the same but for rounding. */
function expectSame(model: Model, network: Network): void {
  for (const { name, data } of model.gradients()) {
    const { shape, gradient } = network.named.find((parameter) => parameter.name === name)!;
    const own =
      shape.length === 1 || name.startsWith('rnn.peephole') ? gradient : transpose(gradient, shape[0]!, shape[1]!);
    const norm = Math.hypot(...data);
    expect(Math.hypot(...data.map((x, i) => x - own[i]!)), name).toBeLessThanOrEqual(1e-13 + 1e-12 * norm);
  }
}

const rows: [string, Pick<Stream, 'resets' | 'lengths'>][] = [
  ['rows of T steps', { resets: null, lengths: null }],
  ['resets', { resets, lengths: null }],
  ['lengths', { resets: null, lengths }],
  ['resets and lengths', { resets, lengths }],
];

async function expectSameFull(
  layers: readonly LayerDescription[],
  { resets, lengths = null }: (typeof rows)[number][1],
) {
  const { model, network } = await twins(layers);
  const value = fullBptt(network, { inputs, targets, mask, resets, lengths }, 'mean');
  const batch = { steps: T, rows: B, inputs, targets, mask, ...(resets && { resets }), ...(lengths && { lengths }) };
  const [window] = [...backpropagate(model, batch, { loss: 'cross-entropy' })];
  expect(Math.abs(window!.loss - value)).toBeLessThan(1e-12);
  expectSame(model, network);
}

describe.each(Object.entries(stacks))('%s', (_, layers) => {
  it.each(rows)('full BPTT, %s', (__, options) => expectSameFull(layers, options));

  it.each(truncations.filter(([, truncation]) => truncation !== undefined))('%s', async (__, truncation) => {
    const { model, network } = await twins(layers);
    const batch = { steps: T, rows: B, inputs, targets, mask, resets, lengths };
    const windows = backpropagate(model, batch, { loss: 'cross-entropy', truncation: truncation! });
    let count = 0;
    truncatedBptt(network, { inputs, targets, mask, resets, lengths }, truncation!, 'mean', ({ loss, start, end }) => {
      const { value } = windows.next();
      expect(value).toMatchObject({ from: start, to: end });
      expect(Math.abs(value!.loss - loss)).toBeLessThan(1e-12);
      expectSame(model, network);
      count++;
    });
    expect(windows.next().done).toBe(true);
    expect(count).toBe(Math.ceil(T / truncation!.k1));
  });
});

describe.each(Object.entries(both))('both directions: %s', (_, layers) => {
  it.each(rows)('%s', (__, options) => expectSameFull(layers, options));
});
