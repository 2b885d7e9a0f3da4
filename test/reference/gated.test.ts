// LSTM and GRU of the reference against the package's, which finite differences and PyTorch's figures hold: losses and gradients
// of full and truncated BPTT, with resets and a mask, in f64.

import { describe, expect, it } from 'vitest';
import { backpropagate, createModel, dense, elman, gru, lstm, type Model, normal, tokens } from '../../src/index.ts';
import { truncations } from '../support/models.ts';
import { fullBptt, truncatedBptt } from './bptt.ts';
import { random, randomTokens } from './data.ts';
import { createNetwork, type LayerDescription, type Network, setParameters } from './network.ts';
import { transpose } from './real.ts';

const T = 7;
const B = 3;
const V = 5;
const O = 4;
const random1 = { biasInitializer: normal({ deviation: 0.4 }) };
const stacks: Readonly<Record<string, readonly LayerDescription[]>> = {
  lstm: [{ cell: 'lstm', units: 6 }],
  gru: [{ cell: 'gru', units: 6 }],
  'all three': [
    { cell: 'gru', units: 5 },
    { activation: 'tanh', units: 4 },
    { cell: 'lstm', units: 3 },
  ],
};

async function twins(layers: readonly LayerDescription[]): Promise<{ model: Model; network: Network }> {
  const kinds = { elman, lstm, gru };
  const own = layers.map(({ cell = 'elman', units }) => kinds[cell]({ units, ...random1 }));
  const model = await createModel([tokens(V), ...own, dense({ units: O })], { seed: 4, dtype: 'f64' });
  for (const { name, data } of model.parameters()) {
    if (name.includes('bias_hn'))
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
const resets = Uint8Array.from({ length: T * B }, (_, i) => (i % 7 === 5 ? 1 : 0));

/** The gradients of both, in one orientation, are the same but for rounding. */
function expectSame(model: Model, network: Network): void {
  for (const { name, data } of model.gradients()) {
    const { shape, gradient } = network.named.find((parameter) => parameter.name === name)!;
    const own = shape.length === 1 ? gradient : transpose(gradient, shape[0]!, shape[1]!);
    const norm = Math.hypot(...data);
    expect(Math.hypot(...data.map((x, i) => x - own[i]!)), name).toBeLessThanOrEqual(1e-13 + 1e-12 * norm);
  }
}

describe.each(Object.entries(stacks))('%s', (_, layers) => {
  it.each([
    ['without resets', null],
    ['with resets', resets],
  ] as const)('full BPTT, %s', async (__, flags) => {
    const { model, network } = await twins(layers);
    const value = fullBptt(network, { inputs, targets, mask, resets: flags }, 'mean');
    const batch = { steps: T, rows: B, inputs, targets, mask, ...(flags && { resets: flags }) };
    const [window] = [...backpropagate(model, batch, { loss: 'cross-entropy' })];
    expect(Math.abs(window!.loss - value)).toBeLessThan(1e-12);
    expectSame(model, network);
  });

  it.each(truncations.filter(([, truncation]) => truncation !== undefined))('%s', async (__, truncation) => {
    const { model, network } = await twins(layers);
    const batch = { steps: T, rows: B, inputs, targets, mask, resets };
    const windows = backpropagate(model, batch, { loss: 'cross-entropy', truncation: truncation! });
    let count = 0;
    truncatedBptt(network, { inputs, targets, mask, resets }, truncation!, 'mean', ({ loss, start, end }) => {
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
