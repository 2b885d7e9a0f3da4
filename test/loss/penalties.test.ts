// What layers add to the objective, activity regularisation and Ω: gradients, values, and where they must add nothing.
import { describe, expect, it } from 'vitest';
import {
  type Activation,
  activityRegularization,
  type Batch,
  backpropagate,
  bidirectional,
  checkGradients,
  createModel,
  dense,
  dropout,
  type ElmanOptions,
  elman,
  embedding,
  evaluate,
  features,
  gru,
  type LayerDescription,
  lstm,
  type Model,
  normal,
  type Objective,
  residual,
  type State,
  sgd,
  tokens,
  train,
} from '../../src/index.ts';
import { loadStateDict, saveStateDict } from '../../src/interchange/pytorch/state-dict.ts';
import { FEATURES, makeBatch, OUTPUTS, objectiveOf, sliceSteps, truncations } from '../support/models.ts';
import { fullBptt } from '../truth/reference/bptt.ts';
import { createNetwork, type Description, type Stream, setParameters } from '../truth/reference/network.ts';
import { activity, type Terms, vanishing } from '../truth/reference/penalties.ts';

const noise = normal({ deviation: 0.5 });
const random = { biasInitializer: noise, inputInitializer: noise, recurrentInitializer: noise };
const rnn = (units: number, more: Partial<ElmanOptions> = {}) => elman({ units, ...random, ...more });
const both = activityRegularization({ activation: 0.7, temporal: 0.9 });
const head = dense({ units: OUTPUTS, biasInitializer: noise });

const modelOf = (layers: readonly LayerDescription[], kind: 'features' | 'tokens' = 'features') =>
  createModel([kind === 'tokens' ? tokens(5) : features(FEATURES), ...layers], { seed: 12, dtype: 'f64' });

const T = 7;
const B = 3;
const lengths = [T, 3, 1];
const whole = makeBatch('features', { T, B, seed: 5 });
const masked = makeBatch('features', { T, B, seed: 5, mask: true });
const broken = makeBatch('features', { T, B, seed: 5, resets: true });
const all = { ...makeBatch('features', { T, B, seed: 5, mask: true, resets: true }), lengths };
const batches: readonly (readonly [string, Batch])[] = [
  ['whole', whole],
  ['masked', masked],
  ['with resets', broken],
  ['with lengths', { ...whole, lengths }],
  ['with mask, resets and lengths', all],
];

function expectRight(model: Model, batch: Batch, objective: Objective, state?: State) {
  const errors = checkGradients(model, batch, { epsilon: 1e-4, ...objective }, state);
  expect(errors.map(({ name }) => name)).toEqual(model.parameters().map(({ name }) => name));
  for (const { name, relativeError } of errors) expect(relativeError, name).toBeLessThan(1e-7);
}

/** What backpropagate says of each window, and the gradients. */
function run(model: Model, batch: Batch, objective: Objective, state?: State) {
  return [...backpropagate(model, batch, objective, state)].map((window) => ({
    ...window,
    gradients: model.gradients().map(({ data }) => data),
  }));
}

/** A model with the parameters of another, by name. */
async function copyOf(model: Model, layers: readonly LayerDescription[]): Promise<Model> {
  const copy = await modelOf(layers, model.description[0].kind as 'features' | 'tokens');
  for (const { name } of copy.parameters()) {
    copy.setParameter(name, model.parameters().find((parameter) => parameter.name === name)!.data);
  }
  return copy;
}

const rowsOf = ({ resets, lengths: ends }: Batch) => ({
  resets: resets ?? null,
  lengths: ends === undefined ? null : Int32Array.from(ends),
});

const reduced = ({ sum, count }: Terms, reduction: 'mean' | 'sum') =>
  reduction === 'sum' || count === 0 ? sum : sum / count;

describe('activityRegularization', () => {
  describe('gradients against finite differences in f64, relative error below 1e-7', () => {
    const ar = activityRegularization({ activation: 0.7 });
    const tar = activityRegularization({ temporal: 0.9 });
    const rewards = { 'of the activation': ar, 'of its changes': tar, 'of both': both };
    for (const [name, penalty] of Object.entries(rewards)) {
      for (const reduction of ['mean', 'sum'] as const) {
        for (const [kind, batch] of batches) {
          it.each(truncations)(`${name}, ${reduction}, ${kind}, %s`, async (_, truncation) => {
            expectRight(
              await modelOf([rnn(5), penalty, head]),
              batch,
              objectiveOf('cross-entropy', reduction, truncation),
            );
          });
        }
      }
    }

    const stacks: Readonly<Record<string, readonly LayerDescription[]>> = {
      'behind each of two layers': [rnn(5), ar, lstm({ units: 4, ...random }), tar, head],
      'around dropout, as the authors have it': [
        lstm({ units: 4, ...random }),
        tar,
        dropout({ rate: 0.4 }),
        ar,
        dropout({ rate: 0.3, variational: true }),
        gru({ units: 3, ...random }),
        both,
        head,
      ],
      'as the last layer': [rnn(5), rnn(OUTPUTS), both],
      'behind the head': [rnn(5), head, both],
      'without a recurrent layer': [dense({ units: 3, biasInitializer: noise }), both, head],
      'of the input, which has no gradient': [both, rnn(4), head],
      'in front of a residual layer': [rnn(4), both, residual(gru({ units: 4, ...random })), head],
    };
    describe.each(Object.entries(stacks))('%s', (_, layers) => {
      it.each(truncations)('%s', async (_, truncation) => {
        const objective = { ...objectiveOf('mean-squared-error', 'mean', truncation), seed: 7 };
        const batch = makeBatch('features', { T, B, seed: 6, loss: 'mean-squared-error', mask: true, resets: true });
        expectRight(await modelOf(layers), { ...batch, lengths }, objective);
      });
    });

    it('behind layers in both directions', async () => {
      const layers = [
        bidirectional(gru({ units: 3, ...random })),
        both,
        bidirectional(rnn(4), { merge: 'sum' }),
        both,
        head,
      ];
      expectRight(await modelOf(layers), all, objectiveOf('cross-entropy', 'mean', undefined));
    });

    it('behind an embedding', async () => {
      const layers = [embedding({ units: 3, initializer: noise }), both, rnn(4), head];
      const batch = makeBatch('tokens', { T, B, seed: 5, resets: true });
      expectRight(await modelOf(layers, 'tokens'), batch, objectiveOf('cross-entropy', 'mean', { k1: 2, k2: 5 }));
    });

    it('where no loss counts', async () => {
      const batch = { ...whole, mask: new Uint8Array(T * B) };
      const model = await modelOf([rnn(4), both]);
      for (const [, truncation] of truncations) {
        expectRight(model, batch, objectiveOf('cross-entropy', 'mean', truncation));
      }
      expect(model.gradients().some(({ data }) => data.some((g) => g !== 0))).toBe(true);
    });

    it('from a state that is given, where the first step has one before', async () => {
      const model = await modelOf([rnn(4), both, head]);
      const { state } = model.forward(makeBatch('features', { T: 4, B, seed: 9 }));
      for (const [, truncation] of truncations) {
        expectRight(model, all, objectiveOf('cross-entropy', 'sum', truncation), state);
      }
    });
  });

  describe('the value is that of the reference', () => {
    const [alpha, beta] = [0.7, 0.9];
    const H = 5;
    for (const reduction of ['mean', 'sum'] as const) {
      for (const [kind, batch] of batches) {
        it.each(truncations)(`${reduction}, ${kind}, %s`, async (_, truncation) => {
          const model = await modelOf([rnn(H), both, head]);
          const { outputs } = (await copyOf(model, [rnn(H)])).forward(batch);
          for (const { from, to, penalty } of run(model, batch, objectiveOf('cross-entropy', reduction, truncation))) {
            const { squares, changes } = activity(outputs, H, B, rowsOf(batch), from, to);
            const expected = (alpha * reduced(squares, reduction) + beta * reduced(changes, reduction)) / H;
            expect(Math.abs(penalty - expected)).toBeLessThan(1e-13);
          }
        });
      }
    }

    it('and of two layers their sum', async () => {
      const model = await modelOf([rnn(3), both, rnn(5), both, head]);
      const [first] = run(await copyOf(model, [rnn(3), both, rnn(5), head]), all, { loss: 'cross-entropy' });
      const [second] = run(await copyOf(model, [rnn(3), rnn(5), both, head]), all, { loss: 'cross-entropy' });
      const [together] = run(model, all, { loss: 'cross-entropy' });
      expect(together!.penalty).toBeCloseTo(first!.penalty + second!.penalty, 14);
    });

    it('also over batches that carry on, the change between them included', async () => {
      const model = await modelOf([rnn(4), both, head]);
      const objective = { loss: 'cross-entropy', reduction: 'sum' } as const;
      const options = { ...objective, optimizer: sgd({ learningRate: 0 }) };
      const penalties = async (data: readonly Batch[]) => {
        let sum = 0;
        for await (const event of train(model, { data, ...options, epochs: 1 })) {
          if (event.type === 'step') sum += event.penalty;
        }
        return sum;
      };
      const batch = makeBatch('features', { T, B, seed: 8, resets: true });
      const together = await penalties([batch]);
      expect(await penalties([sliceSteps(batch, 0, 3), sliceSteps(batch, 3, T, true)])).toBeCloseTo(together, 13);
      const apart = await penalties([sliceSteps(batch, 0, 3), sliceSteps(batch, 3, T)]);
      expect(Math.abs(apart - together)).toBeGreaterThan(1e-3);
      // And from the state that the steps before have left.
      const first = run(model, sliceSteps(batch, 0, 3), objective)[0]!;
      const { state } = model.forward(sliceSteps(batch, 0, 3));
      const second = run(model, sliceSteps(batch, 3, T), objective, state)[0]!;
      expect(first.penalty + second.penalty).toBeCloseTo(together, 13);
    });
  });

  it('changes no output, neither in training nor outside', async () => {
    const layers = [lstm({ units: 4, ...random }), dropout({ rate: 0.4 }), rnn(3), head];
    const without = await modelOf(layers);
    const with_ = await copyOf(without, [both, layers[0]!, both, layers[1]!, both, layers[2]!, both, head, both]);
    expect(with_.forward(all).outputs).toEqual(without.forward(all).outputs);
    const loss = (model: Model) => run(model, all, { loss: 'cross-entropy', seed: 4 })[0]!.loss;
    expect(loss(with_)).toBe(loss(without));
  });

  it("is no part of PyTorch's state dict", async () => {
    const [with_, without] = [await modelOf([rnn(4), both, head]), await modelOf([rnn(4), head])];
    const dict = saveStateDict(with_);
    loadStateDict(without, dict);
    expect(without.parameters()).toEqual(with_.parameters());
    expect(saveStateDict(without)).toEqual(dict);
  });

  it.each([
    [{}, /^activityRegularization: expected activation or temporal above 0, got 0 for both$/],
    [{ activation: 0, temporal: 0 }, /expected activation or temporal above 0/],
    [{ activation: -1 }, /^activityRegularization\.activation: expected a finite number >= 0, got -1$/],
    [{ temporal: -1e-9 }, /^activityRegularization\.temporal: expected a finite number >= 0/],
    [{ temporal: Number.NaN }, /^activityRegularization\.temporal/],
    [{ activation: Number.POSITIVE_INFINITY }, /^activityRegularization\.activation/],
    [{ activation: '2' }, /^activityRegularization\.activation/],
    [{ activation: 2, alpha: 1 }, /^activityRegularization: .*alpha/],
  ])('refuses %o', (options, message) => {
    expect(() => activityRegularization(options as object)).toThrow(message);
  });

  it("is refused for tokens and behind a layer with returns: 'last'", async () => {
    await expect(createModel([tokens(5), both, rnn(2)])).rejects.toThrow(/expected features as input, got 5 tokens/);
    const last = [features(2), rnn(2, { returns: 'last' }), both] as const;
    await expect(createModel(last)).rejects.toThrow(/returns: 'last'/);
  });
});

describe('vanishingRegularization', () => {
  const activations = ['tanh', 'relu', 'identity', 'softsign'] as const satisfies readonly Activation[];
  const omega = 0.8;
  const withOmega = (units: number, more: Partial<ElmanOptions> = {}) =>
    rnn(units, { vanishingRegularization: omega, ...more });

  describe('gradients against finite differences of Ω by W in f64, relative error below 1e-7', () => {
    for (const activation of activations) {
      for (const reduction of ['mean', 'sum'] as const) {
        it.each(truncations)(`${activation}, ${reduction}, %s`, async (_, truncation) => {
          const model = await modelOf([withOmega(5, { activation }), withOmega(4, { activation }), head]);
          for (const [, batch] of batches) {
            expectRight(model, batch, objectiveOf('cross-entropy', reduction, truncation));
          }
        });
      }
    }

    const masks = { recurrentDropout: 0.4, weightDropout: 0.3 };
    const stacks: Readonly<Record<string, readonly LayerDescription[]>> = {
      'with recurrent dropout': [withOmega(5, { recurrentDropout: 0.4 }), head],
      'with weight dropout': [withOmega(5, { weightDropout: 0.4 }), head],
      'with all that may stand beside it': [
        withOmega(5, masks),
        dropout({ rate: 0.3 }),
        both,
        residual(withOmega(5, masks)),
        both,
        head,
      ],
      'without a head': [withOmega(OUTPUTS)],
      'below other cells': [
        withOmega(4),
        gru({ units: 3, ...random }),
        withOmega(3),
        lstm({ units: 2, ...random }),
        head,
      ],
    };
    describe.each(Object.entries(stacks))('%s', (_, layers) => {
      // Weight dropout draws anew for each window: stored activations of older ones have other masks, and no surrogate.
      const drawn = JSON.stringify(layers).includes('"weightDropout":0.');
      const exact = truncations.filter(
        ([, truncation]) =>
          !drawn || !truncation || truncation.k2 < truncation.k1 || truncation.activations === 'recomputed',
      );
      it.each(exact)('%s', async (_, truncation) => {
        const objective = { ...objectiveOf('cross-entropy', 'mean', truncation), seed: 7 };
        for (const [, batch] of batches) expectRight(await modelOf(layers), batch, objective);
      });
    });

    it('behind tokens', async () => {
      const batch = makeBatch('tokens', { T, B, seed: 5, resets: true });
      expectRight(await modelOf([withOmega(4), head], 'tokens'), batch, { loss: 'cross-entropy' });
    });
  });

  describe('value and gradient are those of the reference', () => {
    const sizes = [5, 4];
    for (const activation of activations) {
      it.each(batches)(`${activation}, %s`, async (_, batch) => {
        const model = await modelOf([...sizes.map((units) => withOmega(units, { activation })), head]);
        for (const reduction of ['mean', 'sum'] as const) {
          const [got] = run(model, batch, { loss: 'cross-entropy', reduction });

          const description: Description = {
            input: { kind: 'features', size: FEATURES },
            layers: sizes.map((units) => ({ units, activation })),
            outputs: OUTPUTS,
            loss: 'cross-entropy',
          };
          const network = createNetwork(description, 'f64', T, B);
          setParameters(
            network,
            model.parameters().map(({ name, data }) => ({ name, data: Float64Array.from(data) })),
          );
          const stream = { ...batch, mask: batch.mask ?? null, ...rowsOf(batch) } as Stream;
          expect(got!.loss).toBeCloseTo(fullBptt(network, stream, reduction), 12);

          let penalty = 0;
          const rows = rowsOf(batch);
          for (const [l, layer] of network.layers.entries()) {
            const terms = vanishing(layer, rows, 0, T);
            penalty += omega * reduced(terms, reduction);
            const scale = reduction === 'sum' ? omega : omega / terms.count;
            const { gradient } = network.named.find(({ name }) => name === `rnn.weight_hh_l${l}`)!;
            for (const [i, g] of terms.dw.entries()) gradient[i]! += scale * g;
          }
          expect(Math.abs(got!.penalty / penalty - 1)).toBeLessThan(1e-12);
          for (const { name, shape, data } of model.gradients()) {
            const { gradient } = network.named.find((parameter) => parameter.name === name)!;
            const columns = shape[1] ?? 1;
            for (const [i, g] of data.entries()) {
              // The reference has matrices as [in, out].
              const place = shape.length === 1 ? i : (i % columns) * shape[0]! + Math.floor(i / columns);
              expect(Math.abs(g - gradient[place]!), name).toBeLessThan(1e-12 * Math.max(1, Math.abs(g)));
            }
          }
        }
      });
    }
  });

  it.each(truncations)(
    'is in each window that of the steps that its gradient goes back through: %s',
    async (_, truncation) => {
      const model = await modelOf([withOmega(5), withOmega(4), head]);
      for (const reduction of ['mean', 'sum'] as const) {
        const windows = run(model, whole, objectiveOf('cross-entropy', reduction, truncation));
        for (const { from, to, backTo, penalty } of windows) {
          const counts = truncation?.losses === 'window' ? backTo : Math.max(backTo, from);
          const mask = new Uint8Array((to - backTo) * B).fill(1, (counts - backTo) * B);
          const state = backTo === 0 ? undefined : model.forward(sliceSteps(whole, 0, backTo)).state;
          const objective = objectiveOf('cross-entropy', reduction, undefined);
          const [alone] = run(model, { ...sliceSteps(whole, backTo, to), mask }, objective, state);
          expect(penalty).toBeCloseTo(alone!.penalty, 12);
        }
      }
    },
  );

  it('changes no output and no other gradient, and is 0 where nothing flows back', async () => {
    const without = await modelOf([rnn(5), head]);
    const with_ = await copyOf(without, [withOmega(5), head]);
    expect(with_.forward(all)).toEqual(without.forward(all));
    const [[got], [plain]] = [with_, without].map((model) => run(model, all, { loss: 'cross-entropy' }));
    expect(got!.loss).toBe(plain!.loss);
    expect(plain!.penalty).toBe(0);
    const other = without.parameters().findIndex(({ name }) => name === 'rnn.weight_hh_l0');
    for (const [index, data] of got!.gradients.entries()) {
      if (index === other) expect(data).not.toEqual(plain!.gradients[index]);
      else expect(data).toEqual(plain!.gradients[index]);
    }
    for (const truncation of [undefined, { k1: 1, k2: 1 }]) {
      const dead = truncation === undefined ? { ...whole, mask: new Uint8Array(T * B) } : whole;
      const objective = objectiveOf('cross-entropy', 'mean', truncation);
      for (const { penalty, gradients } of run(with_, dead, objective)) {
        expect(penalty).toBe(0);
        expect(gradients.flatMap((data) => [...data]).every(Number.isFinite)).toBe(true);
      }
    }
  });

  it('goes down when it is descended', async () => {
    const model = await modelOf([withOmega(6, { vanishingRegularization: 10 }), head]);
    const penalties: number[] = [];
    const options = { loss: 'cross-entropy', optimizer: sgd({ learningRate: 0.02 }), steps: 100 } as const;
    for await (const event of train(model, { data: [whole], ...options })) {
      if (event.type === 'step') penalties.push(event.penalty);
    }
    expect(penalties.at(-1)!).toBeLessThan(penalties[0]! / 2);
  });

  it.each([
    [{ vanishingRegularization: -1 }, /^elman\.vanishingRegularization: expected a finite number >= 0, got -1$/],
    [{ vanishingRegularization: Number.NaN }, /^elman\.vanishingRegularization/],
    [{ vanishingRegularization: true }, /^elman\.vanishingRegularization/],
    [{ vanishingRegularization: 1, layerNorm: true }, /expected no layerNorm beside it/],
    [{ vanishingRegularization: 1, zoneout: { hidden: 0.1 } }, /expected no zoneout beside it/],
  ])('refuses %o', (options, message) => {
    expect(() => elman({ units: 2, ...(options as object) })).toThrow(message);
  });

  it('is refused in both directions and for other cells', () => {
    expect(() => bidirectional(withOmega(2))).toThrow(/layer\.vanishingRegularization: expected 0/);
    for (const cell of [lstm, gru]) {
      expect(() => cell({ units: 2, vanishingRegularization: 1 } as never)).toThrow(/vanishingRegularization/);
    }
  });
});

describe('the value', () => {
  it('is in the events of training, with L1 and L2, and not in the loss, nor in evaluation', async () => {
    const layers = [rnn(4, { vanishingRegularization: 2 }), both, head];
    const model = await modelOf(layers);
    const without = await copyOf(model, [rnn(4), head]);
    const [window] = run(model, all, { loss: 'cross-entropy' });
    expect(window!.penalty).toBeGreaterThan(0);
    expect(window!.loss).toBe(run(without, all, { loss: 'cross-entropy' })[0]!.loss);
    const evaluation = ({ loss, counted }: ReturnType<typeof evaluate>) => ({ loss, counted });
    expect(evaluation(evaluate(model, all, { loss: 'cross-entropy' }))).toEqual(
      evaluation(evaluate(without, all, { loss: 'cross-entropy' })),
    );

    const step = async (trained: Model) => {
      const options = { data: [all], loss: 'cross-entropy', optimizer: sgd({ learningRate: 0.1 }), steps: 1 } as const;
      for await (const event of train(trained, { ...options, regularization: { l2: 0.3 } })) {
        if (event.type === 'step') return event;
      }
      throw new Error('no step');
    };
    const [got, plain] = [await step(model), await step(without)];
    expect(plain.penalty).toBeGreaterThan(0);
    expect(got.loss).toBe(plain.loss);
    expect(got.penalty).toBeCloseTo(plain.penalty + window!.penalty, 13);
  });
});
