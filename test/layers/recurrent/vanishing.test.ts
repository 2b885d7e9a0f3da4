// Ω, against vanishing gradients: gradients, values, and where it must add nothing.
import { describe, expect, it } from 'vitest';
import {
  type Activation,
  bidirectional,
  dropout,
  type ElmanOptions,
  elman,
  gru,
  type LayerDescription,
  lstm,
  residual,
  sgd,
  train,
} from '../../../src/index.ts';
import { FEATURES, makeBatch, OUTPUTS, objectiveOf, sliceSteps, truncations } from '../../support/models.ts';
import {
  all,
  B,
  batches,
  both,
  copyOf,
  expectRight,
  head,
  modelOf,
  random,
  reduced,
  rnn,
  rowsOf,
  run,
  T,
  whole,
} from '../../support/penalties.ts';
import { fullBptt } from '../../truth/reference/bptt.ts';
import { createNetwork, type Description, type Stream, setParameters } from '../../truth/reference/network.ts';
import { vanishing } from '../../truth/reference/penalties.ts';

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
