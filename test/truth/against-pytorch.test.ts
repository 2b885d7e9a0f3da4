// Outputs, states, losses, gradients and updates against PyTorch in float64: fixtures/make_fixtures.py made the figures.
import { describe, expect, it } from 'vitest';
import {
  adagrad,
  adam,
  adamw,
  type Batch,
  backpropagate,
  createModel,
  dense,
  type EngineOptions,
  elman,
  embedding,
  features,
  gru,
  type LossName,
  lstm,
  type Model,
  type Optimizer,
  rmsprop,
  type State,
  sgd,
  tokens,
  train,
} from '../../src/index.ts';
import { type Digest, distance } from '../support/digest.ts';
import { variants } from '../support/variants.ts';
import elmanCases from './fixtures/elman.json' with { type: 'json' };
import optimizerCases from './fixtures/optimizers.json' with { type: 'json' };
import truncatedCases from './fixtures/truncated.json' with { type: 'json' };
import gatedCases from './fixtures/truncated-gated.json' with { type: 'json' };

type Named = Readonly<Record<string, readonly number[]>>;
type Digests = Readonly<Record<string, Digest>>;

interface Case {
  readonly name: string;
  readonly cells: readonly ('tanh' | 'relu' | 'identity' | 'lstm' | 'gru')[];
  readonly loss: LossName;
  readonly reduction: 'mean' | 'sum';
  readonly mask: boolean;
  readonly resets: boolean;
  readonly input: 'tokens' | 'features' | 'embedding';
  readonly size: number;
  readonly embedding: number;
  readonly units: readonly number[];
  readonly outputs: number;
  /** Whether a dense layer stands after the recurrent ones. */
  readonly head: boolean;
  readonly T: number;
  readonly B: number;
  readonly inputs: readonly number[];
  readonly targets: readonly number[];
  readonly maskValues: readonly number[];
  readonly resetValues: readonly number[];
  readonly state: readonly (readonly number[])[];
  readonly parameters: Named;
}

interface FullCase extends Case {
  readonly outputValues: readonly number[];
  readonly finalState: readonly (readonly number[])[];
  readonly lossValue: number;
  readonly gradients: Named;
}

interface TruncatedCase extends Case {
  readonly k1: number;
  readonly k2: number;
  readonly losses: 'new' | 'window';
  readonly activations_: 'stored' | 'recomputed';
  readonly rate: number;
  readonly windows: readonly {
    readonly from: number;
    readonly to: number;
    readonly backTo: number;
    readonly lossValue: number;
    readonly gradients: Digests;
  }[];
}

interface OptimizerCase extends Case {
  readonly kind: Optimizer['kind'];
  readonly options: Readonly<Record<string, number | boolean>>;
  readonly more: object;
  readonly after: Named;
}

function recurrent(units: number, cell: Case['cells'][number]) {
  if (cell === 'lstm') return lstm({ units });
  return cell === 'gru' ? gru({ units }) : elman({ units, activation: cell });
}

async function modelOf(fixture: Case, engine: EngineOptions): Promise<Model> {
  const model = await createModel(
    [
      fixture.input === 'features' ? features(fixture.size) : tokens(fixture.size),
      ...(fixture.input === 'embedding' ? [embedding({ units: fixture.embedding })] : []),
      ...fixture.units.map((units, l) => recurrent(units, fixture.cells[l]!)),
      ...(fixture.head ? [dense({ units: fixture.outputs })] : []),
    ],
    engine,
  );
  expect(
    model
      .parameters()
      .map(({ name }) => name)
      .sort(),
  ).toEqual(Object.keys(fixture.parameters).sort());
  for (const [name, values] of Object.entries(fixture.parameters)) model.setParameter(name, values);
  return model;
}

function batchOf(fixture: Case): Batch {
  const { inputs, targets, loss, input, T, B } = fixture;
  return {
    steps: T,
    rows: B,
    inputs: input === 'features' ? Float64Array.from(inputs) : Int32Array.from(inputs),
    targets: loss === 'cross-entropy' ? Int32Array.from(targets) : Float64Array.from(targets),
    ...(fixture.mask && { mask: Uint8Array.from(fixture.maskValues) }),
    ...(fixture.resets && { resets: Uint8Array.from(fixture.resetValues) }),
  };
}

const stateOf = (fixture: Case): State => ({
  rows: fixture.B,
  layers: fixture.state.map((values) => Float64Array.from(values)),
});

function expectClose(got: readonly { name: string; data: ArrayLike<number> }[], expected: Digests, tolerance: number) {
  expect(got.map(({ name }) => name).sort()).toEqual(Object.keys(expected).sort());
  for (const { name, data } of got) expect(distance(data, expected[name]!), name).toBeLessThan(tolerance);
}

describe.each(variants)('in %s, within %d of PyTorch in float64', (_, tolerance, engine) => {
  describe('full BPTT: outputs, final state, loss and all gradients', () => {
    it.each(elmanCases as unknown as FullCase[])('$name', async (fixture) => {
      const model = await modelOf(fixture, engine);
      const batch = batchOf(fixture);
      const { steps, rows, inputs, resets } = batch;
      const { outputs, state } = model.forward({ steps, rows, inputs, ...(resets && { resets }) }, stateOf(fixture));
      expect(distance(outputs, fixture.outputValues)).toBeLessThan(tolerance);
      for (const [l, values] of fixture.finalState.entries()) {
        expect(distance(state.layers[l]!, values)).toBeLessThan(tolerance);
      }
      const { loss, reduction } = fixture;
      const windows = backpropagate(model, batch, { loss, reduction }, stateOf(fixture));
      const { value } = windows.next();
      expect(distance([value!.loss], [fixture.lossValue])).toBeLessThan(tolerance);
      expectClose(model.gradients(), fixture.gradients, tolerance);
      expect(windows.next().done).toBe(true);
    });
  });

  describe('truncated BPTT, with an update after each window: losses and gradients of every window', () => {
    it.each([...truncatedCases, ...gatedCases] as unknown as TruncatedCase[])('$name', async (fixture) => {
      const model = await modelOf(fixture, engine);
      const { loss, reduction, k1, k2, losses, activations_: activations } = fixture;
      const objective = { loss, reduction, truncation: { k1, k2, losses, activations } };
      const windows = backpropagate(model, batchOf(fixture), objective, stateOf(fixture));
      for (const expected of fixture.windows) {
        const { value } = windows.next();
        expect([value!.from, value!.to]).toEqual([expected.from, expected.to]);
        expect(value!.backTo).toBe(expected.backTo);
        expect(distance([value!.loss], [expected.lossValue])).toBeLessThan(tolerance);
        const gradients = model.gradients();
        expectClose(gradients, expected.gradients, tolerance);
        for (const [index, { name, data }] of model.parameters().entries()) {
          const gradient = gradients[index]!.data;
          model.setParameter(
            name,
            data.map((w, i) => w - fixture.rate * gradient[i]!),
          );
        }
      }
      expect(windows.next().done).toBe(true);
    });
  });

  describe('50 updates', () => {
    it.each(optimizerCases as unknown as OptimizerCase[])('$name', async (fixture) => {
      const model = await modelOf(fixture, engine);
      const make = { sgd, rmsprop, adagrad, adam, adamw }[fixture.kind] as (options: object) => Optimizer;
      const options = {
        data: [batchOf(fixture)],
        loss: fixture.loss,
        optimizer: make(fixture.options),
        steps: 50,
        ...fixture.more,
      };
      for await (const _ of train(model, options));
      // Rounding in f32 is magnified by Adam's and RMSProp's quotients where gradients are tiny.
      expectClose(model.parameters(), fixture.after, engine.dtype === 'f64' ? tolerance : 10 * tolerance);
    });
  });
});
