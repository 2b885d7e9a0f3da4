// Full BPTT under a memory budget: the same bits as without, whatever the segments.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backpropagation } from '../../src/bptt/backpropagation.ts';
import { segmentSteps } from '../../src/bptt/segments.ts';
import {
  activityRegularization,
  adam,
  type Batch,
  backpropagate,
  bidirectional,
  createModel,
  dense,
  dropout,
  elman,
  embedding,
  features,
  gru,
  type LossName,
  lstm,
  type Model,
  type ModelDescription,
  type Objective,
  residual,
  type State,
  tokens,
  train,
} from '../../src/index.ts';
import { lossWindowBytes } from '../../src/loss/loss-window.ts';
import { outputLosses } from '../../src/loss/output-losses.ts';
import { FEATURES, type InputKind, makeBatch, numbers, OUTPUTS, sliceSteps, VOCABULARY } from '../support/models.ts';

const everything = {
  recurrentDropout: 0.3,
  zoneout: { hidden: 0.2 },
  weightDropout: 0.25,
} as const;
const head = dense({ units: OUTPUTS });

const models: Readonly<Record<string, readonly [InputKind, ModelDescription]>> = {
  elman: ['tokens', [tokens(VOCABULARY), elman({ units: 5 }), head]],
  'elman without a head': ['features', [features(FEATURES), elman({ units: OUTPUTS, activation: 'relu' })]],
  lstm: ['features', [features(FEATURES), lstm({ units: 6, peepholes: true }), head]],
  gru: ['embedding', [tokens(VOCABULARY), embedding({ units: 3 }), gru({ units: 5 }), head]],
  'gru, reset before': ['features', [features(FEATURES), gru({ units: 9, reset: 'before' }), head]],
  'elman, all masks': ['features', [features(FEATURES), elman({ units: 9, ...everything }), head]],
  'lstm, all masks': [
    'tokens',
    [tokens(VOCABULARY), lstm({ units: 5, ...everything, zoneout: { hidden: 0.1, cell: 0.5 } }), head],
  ],
  'gru, all masks': ['tokens', [tokens(VOCABULARY), gru({ units: 5, ...everything }), head]],
  'gru, reset before, all masks': [
    'features',
    [features(FEATURES), gru({ units: 5, reset: 'before', ...everything }), head],
  ],
  'normalised elman': ['features', [features(FEATURES), elman({ units: 5, layerNorm: true }), head]],
  'normalised lstm': ['tokens', [tokens(VOCABULARY), lstm({ units: 5, layerNorm: true, ...everything }), head]],
  'normalised gru': ['features', [features(FEATURES), gru({ units: 5, layerNorm: true }), head]],
  'normalised gru, reset before': [
    'features',
    [features(FEATURES), gru({ units: 5, reset: 'before', layerNorm: true }), head],
  ],
  'elman, penalties': [
    'features',
    [
      features(FEATURES),
      elman({ units: 5, vanishingRegularization: 0.7, recurrentDropout: 0.3, weightDropout: 0.25 }),
      activityRegularization({ activation: 0.5, temporal: 0.8 }),
      elman({ units: 4, activation: 'softsign', vanishingRegularization: 1.5 }),
      activityRegularization({ temporal: 0.3 }),
      head,
    ],
  ],
  'penalties without a head': [
    'tokens',
    [
      tokens(VOCABULARY),
      lstm({ units: OUTPUTS, ...everything }),
      activityRegularization({ activation: 2, temporal: 1 }),
    ],
  ],
  'a stack': [
    'embedding',
    [
      tokens(VOCABULARY),
      embedding({ units: 7 }),
      dropout({ rate: 0.2 }),
      lstm({ units: 5, peepholes: true, ...everything }),
      dropout({ rate: 0.5, variational: true }),
      residual(gru({ units: 5 })),
      elman({ units: 4, recurrentDropout: 0.5 }),
      dense({ units: 6 }),
      dropout({ rate: 0.3 }),
      head,
    ],
  ],
};

/** The least budget for segments of so many steps. */
function budgetFor(model: Model, batch: Batch, loss: LossName, steps: number): number {
  const { network } = model;
  const options = { gradients: true, training: true };
  const bytesOf = (T: number) =>
    lossWindowBytes(network, outputLosses('loss', network.graph, loss), { steps: [T], rows: batch.rows }, options);
  const state =
    network.states.reduce((sum, { columns }) => sum + columns, 0) * batch.rows * network.kernels.realBytes();
  const budget = bytesOf(steps) + (Math.ceil(batch.steps / steps) - 1) * state;
  // Where more states outweigh a shorter window, longer segments may do with no more.
  expect(segmentSteps(batch.steps, budget, bytesOf, state)).toBeGreaterThanOrEqual(steps);
  expect(segmentSteps(batch.steps, budget, bytesOf, state)).toBeLessThan(batch.steps);
  return budget;
}

function run(model: Model, batch: Batch, objective: Objective, state?: State) {
  return [...backpropagate(model, batch, objective, state)].map((window) => ({
    ...window,
    gradients: model.gradients().map(({ data }) => data),
  }));
}

const lossOf = (seed: number) => (['cross-entropy', 'mean-squared-error', 'binary-cross-entropy'] as const)[seed % 3]!;

describe.each(['f32', 'f64'] as const)('a memory budget, in %s', (dtype) => {
  it.each(Object.keys(models))('changes no bit of losses and gradients: %s', async (name) => {
    const [kind, description] = models[name]!;
    const model = await createModel(description, { seed: 3, dtype });
    fc.assert(
      fc.property(
        fc.integer({ min: 12, max: 70 }),
        fc.integer({ min: 1, max: 4 }),
        fc.integer({ min: 1, max: 11 }),
        fc.nat(1000),
        fc.record({ mask: fc.boolean(), resets: fc.boolean(), lengths: fc.boolean(), late: fc.boolean() }),
        (T, B, steps, seed, { lengths, late, ...options }) => {
          const loss = lossOf(seed);
          const next = numbers(seed);
          const whole = makeBatch(kind, { T, B, seed, loss, ...options });
          const ends = Int32Array.from({ length: B }, () => 1 + Math.floor(next() * T));
          // Only the last steps count: no output before them is wanted.
          const mask = late ? new Uint8Array(T * B).fill(1, (T - 2) * B) : whole.mask;
          const batch = { ...whole, ...(lengths && { lengths: ends }), ...(mask && { mask }) };
          const objective = { loss, reduction: seed % 2 === 0 ? 'mean' : 'sum', seed } as const;
          const memoryBudget = budgetFor(model, batch, loss, steps);
          expect(run(model, batch, { ...objective, memoryBudget })).toEqual(run(model, batch, objective));
        },
      ),
      { numRuns: 25 },
    );
  });

  it('changes no bit of training: batches that carry on and batches that do not, of any length', async () => {
    const [, description] = models['a stack']!;
    const lengths = [40, 3, 41, 25, 40];
    const stream = makeBatch('tokens', { T: lengths.reduce((a, b) => a + b), B: 2, seed: 1, resets: true });
    let from = 0;
    const data = lengths.map((T, index) => {
      from += T;
      return sliceSteps(stream, from - T, from, index % 2 === 1);
    });
    const trained = async (budget?: number) => {
      const model = await createModel(description, { seed: 2, dtype });
      const memoryBudget = budget === undefined ? {} : { memoryBudget: budgetFor(model, data[0]!, 'cross-entropy', 7) };
      const seen: number[] = [];
      const options = { data, loss: 'cross-entropy', seed: 9, optimizer: adam({ learningRate: 0.05 }) } as const;
      for await (const event of train(model, { ...options, epochs: 3, ...memoryBudget })) {
        if (event.type === 'step') seen.push(event.loss, event.gradientNorm);
      }
      return { seen, parameters: model.parameters() };
    };
    const limited = await trained(7);
    expect(limited.seen).toHaveLength(2 * 3 * lengths.length);
    expect(limited).toEqual(await trained());
  });

  it('starts from the state that is given', async () => {
    const [kind, description] = models.lstm!;
    const model = await createModel(description, { seed: 3, dtype });
    const batch = makeBatch(kind, { T: 30, B: 3, seed: 4 });
    const { state } = model.forward(makeBatch(kind, { T: 5, B: 3, seed: 5 }));
    const memoryBudget = budgetFor(model, batch, 'cross-entropy', 4);
    const got = run(model, batch, { loss: 'cross-entropy', memoryBudget }, state);
    expect(got).toEqual(run(model, batch, { loss: 'cross-entropy' }, state));
    expect(got).not.toEqual(run(model, batch, { loss: 'cross-entropy', memoryBudget }));
  });

  it('reads no batch again whose one window was done when training was left', async () => {
    const [kind, description] = models.lstm!;
    const model = await createModel(description, { seed: 3, dtype });
    const batch = makeBatch(kind, { T: 30, B: 3, seed: 4 });
    const memoryBudget = budgetFor(model, batch, 'cross-entropy', 4);
    for (const budget of [{ memoryBudget }, {}]) {
      const bptt = new Backpropagation(model.network, { loss: 'cross-entropy', reduction: 'mean', seed: 0, ...budget });
      expect([...bptt.windows(batch)]).toHaveLength(1);
      expect([...bptt.windows(batch, undefined, 1)]).toEqual([]);
      expect(bptt.state()).toEqual(model.forward(batch).state);
      bptt.release();
    }
  });

  it('changes no bit where each row has one output, of its last valid step', async () => {
    const description = [features(FEATURES), lstm({ units: 5 }), gru({ units: 4, returns: 'last' }), head] as const;
    const model = await createModel(description, { seed: 3, dtype });
    const { targets, ...whole } = makeBatch('features', { T: 30, B: 3, seed: 4 });
    const batch = { ...whole, targets: targets.slice(0, 3), lengths: [30, 4, 17] };
    const memoryBudget = budgetFor(model, batch, 'cross-entropy', 4);
    const got = run(model, batch, { loss: 'cross-entropy', memoryBudget });
    expect(got).toEqual(run(model, batch, { loss: 'cross-entropy' }));
    expect(got[0]!.counted).toBe(3);
  });

  it('reports a loss that is not finite as without', async () => {
    const model = await createModel(
      [features(FEATURES), elman({ units: 4, activation: 'identity' }), dense({ units: OUTPUTS })],
      { seed: 1, dtype },
    );
    const weight = new Float64Array(16).fill(dtype === 'f32' ? 1e6 : 1e50);
    model.setParameter('rnn.weight_hh_l0', weight);
    const batch = makeBatch('features', { T: 30, B: 2, seed: 1 });
    const failure = (objective: Objective) => {
      try {
        run(model, batch, objective);
      } catch (error) {
        return error;
      }
      return undefined;
    };
    const memoryBudget = budgetFor(model, batch, 'cross-entropy', 4);
    const expected = failure({ loss: 'cross-entropy' });
    expect(expected).toMatchObject({ code: 'non-finite', quantity: 'loss', where: 'layer 0 (elman)' });
    expect(failure({ loss: 'cross-entropy', memoryBudget })).toEqual(expected);
  });
});

describe('the segments', () => {
  it('are as long as the budget allows, states between them included', () => {
    const windowBytes = (steps: number) => 1000 + 100 * steps;
    for (const T of [1, 2, 7, 64, 1000]) {
      const total = (steps: number) => windowBytes(steps) + (Math.ceil(T / steps) - 1) * 30;
      for (let budget = 1000; budget < 1100 + 110 * T; budget += 37) {
        let longest = 0;
        for (let steps = 1; steps <= T; steps++) if (total(steps) <= budget) longest = steps;
        if (longest === 0)
          expect(() => segmentSteps(T, budget, windowBytes, 30)).toThrow('memoryBudget: expected room');
        else expect(segmentSteps(T, budget, windowBytes, 30)).toBe(longest);
      }
    }
  });

  it('take a budget that the error names', async () => {
    const [kind, description] = models.lstm!;
    const model = await createModel(description, { seed: 3 });
    const batch = makeBatch(kind, { T: 300, B: 3, seed: 4 });
    const objective = { loss: 'cross-entropy' } as const;
    let message = '';
    try {
      run(model, batch, { ...objective, memoryBudget: 1 });
    } catch (error) {
      message = (error as Error).message;
    }
    const enough = Number(/for which (\d+) bytes are enough, got 1$/.exec(message)![1]);
    expect(run(model, batch, { ...objective, memoryBudget: enough })).toEqual(run(model, batch, objective));
  });
});

describe('a memory budget is refused', () => {
  const batch = makeBatch('tokens', { T: 5, B: 2, seed: 1 });
  const model = () => createModel(models.elman![1], { seed: 1 });

  it('with truncation', async () => {
    const objective = { loss: 'cross-entropy', truncation: { k1: 2, k2: 2 }, memoryBudget: 1e6 } as const;
    const made = await model();
    expect(() => run(made, batch, objective)).toThrow('backpropagate.memoryBudget: expected full BPTT, got truncation');
    const options = { ...objective, data: [batch], optimizer: adam(), steps: 1 };
    expect(() => train(made, options)).toThrow('train.memoryBudget: expected full BPTT');
  });

  it('with layers that read both directions', async () => {
    const both = await createModel([tokens(VOCABULARY), bidirectional(lstm({ units: 3 })), head], { seed: 1 });
    expect(() => run(both, batch, { loss: 'cross-entropy', memoryBudget: 1e6 })).toThrow(
      'memoryBudget: expected a model whose outputs depend on earlier steps alone, got one in which model[1] (bidirectional) reads later steps too',
    );
  });

  it.each([0, -1, 1.5, Number.NaN, '1000'])('when it is %s', async (memoryBudget) => {
    const made = await model();
    const objective = { loss: 'cross-entropy', memoryBudget: memoryBudget as number } as const;
    expect(() => run(made, batch, objective)).toThrow('backpropagate.memoryBudget: expected an integer');
  });
});
