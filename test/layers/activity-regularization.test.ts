// Activity regularisation: gradients, values, and where it must add nothing.
import { describe, expect, it } from 'vitest';
import {
  activityRegularization,
  type Batch,
  bidirectional,
  createModel,
  dense,
  dropout,
  embedding,
  features,
  gru,
  type LayerDescription,
  lstm,
  type Model,
  residual,
  sgd,
  tokens,
  train,
} from '../../src/index.ts';
import { loadStateDict, saveStateDict } from '../../src/interchange/pytorch/state-dict.ts';
import { makeBatch, OUTPUTS, objectiveOf, sliceSteps, truncations } from '../support/models.ts';
import {
  all,
  B,
  batches,
  both,
  copyOf,
  expectRight,
  head,
  lengths,
  modelOf,
  noise,
  random,
  reduced,
  rnn,
  rowsOf,
  run,
  T,
  whole,
} from '../support/penalties.ts';
import { activity } from '../truth/reference/penalties.ts';

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
