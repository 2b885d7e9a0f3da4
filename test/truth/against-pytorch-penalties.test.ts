// Activity regularisation and the regulariser against vanishing gradients against PyTorch in float64: losses, penalties and gradients.
// fixtures/make_fixtures.py made the figures; parameters and data are made here again, from the seeds.
import { describe, expect, it } from 'vitest';
import {
  activityRegularization,
  type Batch,
  backpropagate,
  createModel,
  dense,
  type EngineOptions,
  elman,
  features,
  gru,
  type LayerDescription,
  lstm,
  type Model,
} from '../../src/index.ts';
import { type Digest, distance } from '../support/digest.ts';
import { numbers } from '../support/models.ts';
import { variants } from '../support/variants.ts';
import penaltyCases from './fixtures/penalties.json' with { type: 'json' };

interface Case {
  readonly name: string;
  readonly seed: number;
  readonly cells: readonly ('tanh' | 'relu' | 'identity' | 'lstm' | 'gru')[];
  readonly units: readonly number[];
  /** α and β of each layer. */
  readonly activity: readonly (readonly [activation: number, temporal: number])[];
  /** λ of each layer. */
  readonly vanishing: readonly number[];
  readonly loss: 'cross-entropy' | 'mean-squared-error';
  readonly reduction: 'mean' | 'sum';
  readonly mask: boolean;
  readonly resets: boolean;
  readonly rowLengths?: readonly number[];
  readonly size: number;
  readonly outputs: number;
  readonly T: number;
  readonly B: number;
  readonly lossValue: number;
  readonly penalty: number;
  readonly gradients: Readonly<Record<string, Digest>>;
}

/** Numbers from one sequence, one after the other, as fixtures/draws.py draws them. */
const draws = (seed: number) => {
  const next = numbers(seed);
  const unit = (count: number) => Float64Array.from({ length: count }, next);
  return { unit, signed: (bound: number, count: number) => unit(count).map((u) => (2 * u - 1) * bound) };
};
type Draws = ReturnType<typeof draws>;

async function modelOf(fixture: Case, { signed }: Draws, engine: EngineOptions): Promise<Model> {
  const { cells, units, activity, vanishing } = fixture;
  const layers = cells.flatMap((cell, l): readonly LayerDescription[] => {
    const [activation, temporal] = activity[l]!;
    const regularized = activation > 0 || temporal > 0;
    const common = { units: units[l]! };
    const plain = { ...common, vanishingRegularization: vanishing[l]! };
    const layer = cell === 'lstm' ? lstm(common) : cell === 'gru' ? gru(common) : elman({ ...plain, activation: cell });
    return regularized ? [layer, activityRegularization({ activation, temporal })] : [layer];
  });
  const model = await createModel([features(fixture.size), ...layers, dense({ units: fixture.outputs })], engine);
  const sizes = new Map(model.parameters().map(({ name, data }) => [name, data.length]));
  expect([...sizes.keys()].sort()).toEqual(Object.keys(fixture.gradients).sort());
  for (const name of Object.keys(fixture.gradients)) model.setParameter(name, signed(0.6, sizes.get(name)!));
  return model;
}

function batchOf(fixture: Case, { unit, signed }: Draws): Batch {
  const { T, B, size, outputs, loss, mask, resets, rowLengths } = fixture;
  const flags = (share: number) => Uint8Array.from(unit(T * B), (u) => (u < share ? 1 : 0));
  return {
    steps: T,
    rows: B,
    inputs: signed(1, T * B * size),
    targets:
      loss === 'cross-entropy'
        ? Int32Array.from(unit(T * B), (u) => Math.floor(u * outputs))
        : signed(1, T * B * outputs),
    ...(mask && { mask: flags(0.6) }),
    ...(resets && { resets: flags(0.25) }),
    ...(rowLengths && { lengths: rowLengths }),
  };
}

describe.each(variants)('in %s, within %d of PyTorch in float64: loss, penalty, gradients', (_, tolerance, engine) => {
  it.each(penaltyCases as unknown as Case[])('$name', async (fixture) => {
    const from = draws(fixture.seed);
    const model = await modelOf(fixture, from, engine);
    const { loss, reduction } = fixture;
    const [window] = [...backpropagate(model, batchOf(fixture, from), { loss, reduction })];
    expect(distance([window!.loss], [fixture.lossValue])).toBeLessThan(tolerance);
    expect(distance([window!.penalty], [fixture.penalty])).toBeLessThan(tolerance);
    for (const { name, data } of model.gradients()) {
      expect(distance(data, fixture.gradients[name]!), name).toBeLessThan(tolerance);
    }
  });
});
