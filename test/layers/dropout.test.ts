// Dropout, variational and recurrent dropout, dropped weights and zoneout: what their masks are, seen through outputs and
// gradients, and where they are new and where the same.
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  backpropagate,
  createModel,
  dense,
  dropout,
  elman,
  features,
  gru,
  type LayerDescription,
  lstm,
  type Model,
  type ModelDescription,
  type Objective,
  type State,
  sgd,
  train,
} from '../../src/index.ts';
import { FEATURES, makeBatch, OUTPUTS } from '../support/models.ts';
import { noisy, noisyNames, onTokens, random, tokenBatch } from '../support/noisy.ts';

const N = 24; // units whose masks are looked at
const T = 6;
const B = 2;

const identity = (row: number, column: number) => (row === column ? 1 : 0);
const one = () => 1;

/** N features, layers, and the identity as head; other parameters by name, zero where nothing is said. */
async function transparent(
  layers: readonly LayerDescription[],
  values: Record<string, (row: number, column: number) => number> = {},
): Promise<Model> {
  const description: ModelDescription = [features(N), ...layers, dense({ units: N })];
  const model = await createModel(description, { dtype: 'f64' });
  for (const { name, shape, data } of model.parameters()) {
    const value = name === 'dense.weight' ? identity : (values[name] ?? (() => 0));
    const columns = shape[1] ?? 1;
    const set = data.map((_, i) => value(Math.floor(i / columns), i % columns));
    model.setParameter(name, set);
  }
  return model;
}

interface Run {
  readonly seed?: number;
  readonly truncation?: Objective['truncation'];
  readonly state?: State;
  /** Whether all states are zero before each step. */
  readonly resets?: boolean;
}

const objectiveOf = ({ seed, truncation }: Run): Objective => ({
  loss: 'mean-squared-error',
  reduction: 'sum',
  ...(truncation && { truncation }),
  ...(seed !== undefined && { seed }),
});

const ones: Batch = {
  steps: T,
  rows: B,
  inputs: new Float64Array(T * B * N).fill(1),
  targets: new Float64Array(T * B * N),
};

/**
 * What reaches the head in training, [T·B][N], where it is not negative: with Σ y² of one step of one row as the loss, the
 * gradient of an identity head has 2 y² on its diagonal, and masks do not depend on what counts.
 */
function outputsInTraining(model: Model, run: Run = {}): number[][] {
  return Array.from({ length: T * B }, (_, counted) => {
    const mask = Uint8Array.from({ length: T * B }, (_, i) => (i === counted ? 1 : 0));
    const resets = new Uint8Array(T * B).fill(run.resets === true ? 1 : 0);
    const squares = new Float64Array(N);
    for (const _ of backpropagate(model, { ...ones, mask, resets }, objectiveOf(run), run.state)) {
      const { data } = model.gradients().find(({ name }) => name === 'dense.weight')!;
      for (let i = 0; i < N; i++) squares[i]! += data[i * N + i]! / 2;
    }
    return Array.from(squares, Math.sqrt);
  });
}

/** Expects every element to be one of two values, and the share of the first to be `share` within 5 standard errors. */
function expectShare(elements: readonly number[], [first, other]: readonly [number, number], share: number) {
  expect(new Set(elements)).toEqual(new Set([first, other]));
  const count = elements.filter((element) => element === first).length;
  expect(Math.abs(count / elements.length - share)).toBeLessThan(
    5 * Math.sqrt((share * (1 - share)) / elements.length),
  );
}

/** How many of the masks are different. */
const distinct = (masks: readonly (readonly number[])[]) => new Set(masks.map((mask) => mask.join())).size;
/** The masks of one row, by step. */
const ofRow = (masks: readonly number[][], row: number) => masks.filter((_, i) => i % B === row);

/** With k2 ≥ k1, so that each step has a gradient. */
const chunks: readonly Objective['truncation'][] = [
  { k1: 1, k2: 1 },
  { k1: 2, k2: 2 },
  { k1: 3, k2: 3 },
  { k1: 4, k2: 6 },
  { k1: 2, k2: 5, activations: 'recomputed' },
  { k1: T, k2: T },
];

describe('dropout between layers', () => {
  it('drops a share of the features of each step and row and divides the others by what is kept', async () => {
    const masks = outputsInTraining(await transparent([dropout({ rate: 0.75 })]));
    expectShare(masks.flat(), [0, 4], 0.75);
    expect(distinct(masks)).toBe(T * B);
  });

  it('drops nothing at a rate of 0', async () => {
    const masks = outputsInTraining(await transparent([dropout({ rate: 0 })]));
    expect(new Set(masks.flat())).toEqual(new Set([1]));
  });

  it('has the same mask for a step wherever windows begin', async () => {
    const model = await transparent([dropout({ rate: 0.5 })]);
    const whole = outputsInTraining(model, { seed: 3 });
    for (const truncation of chunks) expect(outputsInTraining(model, { seed: 3, truncation })).toEqual(whole);
  });

  it.each([false, true])('has masks of its own in each layer, variational: %s', async (variational) => {
    const layer = dropout({ rate: 0.5, variational });
    const masks = outputsInTraining(await transparent([layer, layer]));
    expectShare(variational ? [...masks[0]!, ...masks[1]!] : masks.flat(), [4, 0], 0.25);
  });
});

describe('variational dropout', () => {
  it('keeps a mask for all steps of a window, and draws a new one for each window and row', async () => {
    const model = await transparent([dropout({ rate: 0.5, variational: true })]);
    const whole = outputsInTraining(model);
    expectShare([...whole[0]!, ...whole[1]!], [0, 2], 0.5);
    for (let row = 0; row < B; row++) expect(distinct(ofRow(whole, row))).toBe(1);
    expect(distinct(whole)).toBe(B);
    const windows = outputsInTraining(model, { truncation: { k1: 2, k2: 2 } });
    expect(distinct(windows)).toBe((B * T) / 2);
    expect(windows.slice(0, 2 * B)).toEqual(whole.slice(0, 2 * B));
    for (let i = 0; i < T * B; i += 2 * B) expect(windows.slice(i, i + B)).toEqual(windows.slice(i + B, i + 2 * B));
  });

  it('leaves the masks of older steps as they were where windows overlap', async () => {
    const model = await transparent([dropout({ rate: 0.5, variational: true })]);
    const apart = outputsInTraining(model, { truncation: { k1: 2, k2: 2 } });
    for (const activations of ['stored', 'recomputed'] as const) {
      expect(outputsInTraining(model, { truncation: { k1: 2, k2: 6, activations } })).toEqual(apart);
    }
  });
});

describe('recurrent dropout', () => {
  /** h_t = m∘h_{t-1} + 1: the masks are (h_t - 1) / h_{t-1}. */
  async function masksOf(run: Run): Promise<number[][]> {
    const layer = elman({ units: N, activation: 'identity', recurrentDropout: 0.5 });
    const model = await transparent([layer], { 'rnn.weight_hh_l0': identity, 'rnn.bias_ih_l0': one });
    const state: State = { rows: B, layers: [new Float64Array(B * N).fill(1)] };
    const h = outputsInTraining(model, { ...run, state });
    const before = [...Array.from({ length: B }, () => new Array<number>(N).fill(1)), ...h];
    return h.map((values, i) => values.map((value, unit) => Math.round((value - 1) / before[i]![unit]!)));
  }

  it('keeps a mask for all steps of a window, and draws a new one for each window and row', async () => {
    const whole = await masksOf({ seed: 5 });
    expectShare([...whole[0]!, ...whole[1]!], [0, 2], 0.5);
    for (let row = 0; row < B; row++) expect(distinct(ofRow(whole, row))).toBe(1);
    expect(distinct(whole)).toBe(B);
    const windows = await masksOf({ seed: 5, truncation: { k1: 2, k2: 2 } });
    expect(distinct(windows)).toBe((B * T) / 2);
    expect(windows.slice(0, 2 * B)).toEqual(whole.slice(0, 2 * B));
  });
});

describe('dropped weights', () => {
  const cells = {
    elman: elman({ units: N, weightDropout: 0.5, ...random }),
    lstm: lstm({ units: N, weightDropout: 0.5, ...random }),
    gru: gru({ units: N, weightDropout: 0.5, ...random }),
    'gru, reset before': gru({ units: N, reset: 'before', weightDropout: 0.5, ...random }),
  };

  /** For each window, which numbers of W have a gradient. */
  function patternsOf(model: Model, run: Run): number[][] {
    const batch = makeBatch('features', { T, B, seed: 4 });
    const objective: Objective = { ...objectiveOf(run), loss: 'cross-entropy' };
    return Array.from(backpropagate(model, batch, objective), () => {
      const { data } = model.gradients().find(({ name }) => name === 'rnn.weight_hh_l0')!;
      return Array.from(data, (g) => (g === 0 ? 0 : 1));
    });
  }

  it.each(Object.entries(cells))('%s: have no gradient; other ones in each window', async (_, cell) => {
    const model = await createModel([features(FEATURES), cell, dense({ units: OUTPUTS })], { seed: 2, dtype: 'f64' });
    const [whole] = patternsOf(model, {});
    expectShare(whole!, [0, 1], 0.5);
    const windows = patternsOf(model, { truncation: { k1: 2, k2: 2 } });
    expect(distinct(windows)).toBe(T / 2);
    for (const window of windows) expectShare(window, [0, 1], 0.5);
  });

  it('are zero, and the others divided by what is kept', async () => {
    const layer = elman({ units: N, activation: 'identity', weightDropout: 0.75 });
    const model = await transparent([layer], { 'rnn.weight_hh_l0': one });
    const state: State = { rows: B, layers: [new Float64Array(B * N).fill(1)] };
    // After one step, h is the sum of the rows of the dropped W.
    const [first, second] = outputsInTraining(model, { state });
    [
      ...backpropagate(
        model,
        { ...ones, mask: Uint8Array.from({ length: T * B }, (_, i) => (i === 0 ? 1 : 0)) },
        objectiveOf({}),
        state,
      ),
    ];
    const { data } = model.gradients().find(({ name }) => name === 'rnn.weight_hh_l0')!;
    const sums = first!.map((_, unit) => data.subarray(unit * N, (unit + 1) * N).filter((g) => g !== 0).length * 4);
    expect(first!.map(Math.round)).toEqual(sums);
    expect(second).toEqual(first); // one W for all rows
  });
});

describe('zoneout in training', () => {
  /** h_t is 1 where it is new and 0 where it is kept: all states are zero before each step. */
  const elmanOf = (hidden: number) =>
    transparent([elman({ units: N, activation: 'identity', zoneout: { hidden } })], { 'rnn.bias_ih_l0': one });

  it('keeps a share of the units, others at each step and in each row', async () => {
    const news = outputsInTraining(await elmanOf(0.25), { resets: true });
    expectShare(news.flat(), [0, 1], 0.25);
    expect(distinct(news)).toBe(T * B);
  });

  it('has the same mask for a step wherever windows begin', async () => {
    const model = await elmanOf(0.5);
    const whole = outputsInTraining(model, { resets: true, seed: 3 });
    for (const truncation of chunks) {
      expect(outputsInTraining(model, { resets: true, seed: 3, truncation })).toEqual(whole);
    }
  });

  it('keeps everything at a rate of 1 and nothing at 0', async () => {
    const state: State = { rows: B, layers: [new Float64Array(B * N).fill(3)] };
    expect(new Set(outputsInTraining(await elmanOf(1), { state }).flat())).toEqual(new Set([3]));
    expect(new Set(outputsInTraining(await elmanOf(0), { state }).flat())).toEqual(new Set([1]));
  });

  it('has other masks for c than for h of an LSTM', async () => {
    // All gates are 1 and the candidate is 1: c grows by 1 where it is new, and h = c where it is.
    const zoneout = { hidden: 0.5, cell: 0.5 };
    const layer = lstm({ units: N, activation: 'identity', gateActivation: 'hard-sigmoid', zoneout });
    const model = await transparent([layer], { 'rnn.bias_ih_l0': (row) => (Math.floor(row / N) === 2 ? 1 : 9) });
    const state: State = { rows: B, layers: [new Float64Array(B * N), new Float64Array(B * N)] };
    const h = outputsInTraining(model, { state });
    expectShare([...h[0]!, ...h[1]!], [0, 1], 0.5);
    // Units whose h was kept at step 0 and is new at step 1 show in it whether c was kept at step 0.
    const later = [...h[0]!, ...h[1]!].map((value, i) => (value === 0 ? [...h[2]!, ...h[3]!][i]! : 0));
    expect(new Set(later)).toEqual(new Set([0, 1, 2]));
  });
});

describe.each(noisyNames)('the random masks of %s', (name) => {
  const layers = noisy[name];
  const run = (model: Model, seed?: number, truncation?: Objective['truncation']) => {
    const objective: Objective = {
      loss: 'cross-entropy',
      ...(seed !== undefined && { seed }),
      ...(truncation && { truncation }),
    };
    return Array.from(backpropagate(model, tokenBatch, objective), ({ loss }) => [loss, model.gradients()]);
  };

  it('come from the seed, 0 if nothing is said', async () => {
    const model = await onTokens(layers);
    expect(run(model, 7)).toEqual(run(await onTokens(layers), 7));
    expect(run(model)).toEqual(run(model, 0));
    const losses = [0, 1, 7, 2 ** 32, 2 ** 53 - 1].map((seed) => run(model, seed)[0]![0]);
    expect(new Set(losses).size).toBe(5);
  });

  it('are new in each batch, and the same in training again', async () => {
    // Parameters move too little to be seen.
    const lossesOf = async (seed: number, of: readonly LayerDescription[] = layers) => {
      const losses: number[] = [];
      const options = {
        data: [tokenBatch, tokenBatch],
        loss: 'cross-entropy',
        optimizer: sgd({ learningRate: 1e-300 }),
      } as const;
      for await (const event of train(await onTokens(of), { ...options, steps: 4, seed })) {
        if (event.type === 'step') losses.push(event.loss);
      }
      return losses;
    };
    const losses = await lossesOf(1);
    expect(new Set(losses).size).toBe(4);
    expect(await lossesOf(1)).toEqual(losses);
    expect(await lossesOf(2)).not.toEqual(losses);
    expect(new Set(await lossesOf(1, [elman({ units: 5 })])).size).toBe(1);
  });
});
