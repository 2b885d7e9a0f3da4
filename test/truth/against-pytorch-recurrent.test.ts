// RNN, LSTM and GRU against PyTorch in float64, as stacks, both ways and with rows of different lengths: outputs, final states,
// losses and gradients. fixtures/make_fixtures.py made the figures; parameters and data are made here again, from the seeds.
import { describe, expect, it } from 'vitest';
import {
  type Batch,
  backpropagate,
  bidirectional,
  createModel,
  type DirectedDescription,
  dense,
  type EngineOptions,
  elman,
  embedding,
  features,
  gru,
  type LossName,
  lstm,
  type Model,
  type State,
  tokens,
} from '../../src/index.ts';
import { type Digest, distance } from '../support/digest.ts';
import { numbers } from '../support/models.ts';
import { variants } from '../support/variants.ts';
import recurrentCases from './fixtures/recurrent.json' with { type: 'json' };

interface LayerCase {
  readonly cell: 'tanh' | 'relu' | 'lstm' | 'gru';
  readonly units: number;
  readonly direction: 'one' | 'concat' | 'sum';
}

interface Case {
  readonly name: string;
  readonly seed: number;
  /** The number after those that were drawn. */
  readonly following: number;
  readonly layers: readonly LayerCase[];
  readonly input: 'tokens' | 'features' | 'embedding';
  readonly size: number;
  readonly loss: LossName;
  readonly reduction: 'mean' | 'sum';
  readonly mask: boolean;
  readonly state: boolean;
  /** Whether a dense layer stands after the recurrent ones. */
  readonly head: boolean;
  readonly outputs: number;
  readonly T: number;
  readonly B: number;
  readonly rowLengths?: readonly number[];
  readonly outputValues: Digest;
  /** h, or h and c, of the layers with one direction. */
  readonly finalState: readonly Digest[];
  readonly lossValue: number;
  readonly gradients: Readonly<Record<string, Digest>>;
}

const EMBEDDING = 3;
const GATES = { tanh: 1, relu: 1, lstm: 4, gru: 3 };

/** Numbers from one sequence, one after the other, as fixtures/draws.py draws them. */
class Draws {
  readonly next: () => number;

  constructor(seed: number) {
    this.next = numbers(seed);
  }

  unit(count: number) {
    return Float64Array.from({ length: count }, this.next);
  }

  signed(bound: number, count: number) {
    return this.unit(count).map((u) => (2 * u - 1) * bound);
  }

  integers(size: number, count: number) {
    return Int32Array.from(this.unit(count), (u) => Math.floor(u * size));
  }
}

function describeLayer({ cell, units, direction }: LayerCase): DirectedDescription | ReturnType<typeof bidirectional> {
  const layer =
    cell === 'lstm' ? lstm({ units }) : cell === 'gru' ? gru({ units }) : elman({ units, activation: cell });
  return direction === 'one' ? layer : bidirectional(layer, { merge: direction });
}

/** A model of the case with all its parameters; the names are those of the gradients. */
async function modelOf(fixture: Case, draws: Draws, engine: EngineOptions): Promise<Model> {
  const { input, layers, head, outputs } = fixture;
  const model = await createModel(
    [
      input === 'features' ? features(fixture.size) : tokens(fixture.size),
      ...(input === 'embedding' ? [embedding({ units: EMBEDDING })] : []),
      ...layers.map(describeLayer),
      ...(head ? [dense({ units: outputs })] : []),
    ],
    engine,
  );
  const bounded = (columns: number, count: number) => draws.signed(Math.min(0.6, 1 / Math.sqrt(columns)), count);
  let { size } = fixture;
  if (input === 'embedding') {
    model.setParameter('embedding.weight', bounded(1, size * EMBEDDING));
    size = EMBEDDING;
  }
  for (const [l, { cell, units: H, direction }] of layers.entries()) {
    const n = GATES[cell] * H;
    for (const suffix of direction === 'one' ? [''] : ['', '_reverse']) {
      const set = (part: string, values: ArrayLike<number>) => model.setParameter(`rnn.${part}_l${l}${suffix}`, values);
      set('weight_ih', bounded(H, n * size));
      set('weight_hh', bounded(H, n * H));
      const inputBias = bounded(H, n);
      const stateBias = bounded(H, n);
      // PyTorch's two biases are one here, but for that of a GRU's candidate.
      const shared = cell === 'gru' ? 2 * H : n;
      set(
        'bias_ih',
        inputBias.map((b, i) => (i < shared ? b + stateBias[i]! : b)),
      );
      if (cell === 'gru') set('bias_hn', stateBias.subarray(shared));
    }
    size = direction === 'concat' ? 2 * H : H;
  }
  if (head) {
    model.setParameter('dense.weight', bounded(size, outputs * size));
    model.setParameter('dense.bias', bounded(size, outputs));
  }
  return model;
}

function batchOf({ T, B, input, size, loss, outputs, mask, rowLengths }: Case, draws: Draws): Batch {
  const n = T * B;
  return {
    steps: T,
    rows: B,
    inputs: input === 'features' ? draws.signed(1.5, n * size) : draws.integers(size, n),
    targets: loss === 'cross-entropy' ? draws.integers(outputs, n) : draws.unit(n * outputs),
    ...(mask && { mask: Uint8Array.from(draws.unit(n), (u, i) => (i === 0 || u < 0.7 ? 1 : 0)) }),
    ...(rowLengths && {
      lengths: Array.from(draws.integers(T, B), (length, b) => (b > 0 && b === B >> 1 ? 1 : 1 + length)),
    }),
  };
}

function stateOf({ B, layers, state }: Case, draws: Draws): State | undefined {
  if (!state) return undefined;
  return {
    rows: B,
    layers: layers.flatMap(({ cell, units }) =>
      Array.from({ length: cell === 'lstm' ? 2 : 1 }, () => draws.signed(1, B * units)),
    ),
  };
}

describe.each(variants)('in %s, within %d of PyTorch in float64', (_, tolerance, engine) => {
  describe('full BPTT: outputs, final state, loss and all gradients', () => {
    it.each(recurrentCases as unknown as Case[])('$name', async (fixture) => {
      const draws = new Draws(fixture.seed);
      const model = await modelOf(fixture, draws, engine);
      const batch = batchOf(fixture, draws);
      const start = stateOf(fixture, draws);
      expect(draws.next()).toBe(fixture.following);
      expect(batch.lengths).toEqual(fixture.rowLengths);

      const { steps, rows, inputs, lengths } = batch;
      const { outputs, state } = model.forward({ steps, rows, inputs, ...(lengths && { lengths }) }, start);
      expect(distance(outputs, fixture.outputValues), 'outputs').toBeLessThan(tolerance);
      expect(state.layers.length).toBe(fixture.finalState.length);
      for (const [index, expected] of fixture.finalState.entries()) {
        expect(distance(state.layers[index]!, expected), `state ${index}`).toBeLessThan(tolerance);
      }

      const { loss, reduction } = fixture;
      const windows = backpropagate(model, batch, { loss, reduction }, start);
      const { value } = windows.next();
      expect(distance([value!.loss], [fixture.lossValue]), 'loss').toBeLessThan(tolerance);
      const gradients = model.gradients();
      expect(gradients.map(({ name }) => name).sort()).toEqual(Object.keys(fixture.gradients).sort());
      for (const { name, data } of gradients) {
        expect(distance(data, fixture.gradients[name]!), name).toBeLessThan(tolerance);
      }
      expect(windows.next().done).toBe(true);
    });
  });
});

describe('a digest', () => {
  const fixture = (recurrentCases as unknown as Case[]).find(({ layers, B }) => layers[0]!.units === 70 && B > 8)!;

  it('sees what all numbers of a tensor would show', async () => {
    const draws = new Draws(fixture.seed);
    const model = await modelOf(fixture, draws, { dtype: 'f64' });
    const { loss, reduction } = fixture;
    const batch = batchOf(fixture, draws);
    backpropagate(model, batch, { loss, reduction }, stateOf(fixture, draws)).next();
    for (const { name, data } of model.gradients()) {
      const digest = fixture.gradients[name]!;
      if (!('norm' in digest) || digest.norm === 0) continue;
      const changed = (change: (g: number, i: number) => number) => distance(data.map(change), digest);
      const at = data.length >> 1;
      const one = changed((g, i) => (i === at ? g + 1e-6 * digest.norm : g));
      expect(one, `${name}: one number off by 1e-6 of the norm`).toBeGreaterThan(1e-7);
      const each = changed((g) => g * (1 + 1e-6));
      expect(each, `${name}: all too large by 1e-6`).toBeGreaterThan(1e-7);
      const moved = changed((_, i) => data[i > 0 && i < data.length - 1 ? data.length - 1 - i : i]!);
      expect(moved, `${name}: in another order`).toBeGreaterThan(1e-3);
      expect(
        changed((g, i) => (i === at ? Number.NaN : g)),
        `${name}: NaN`,
      ).toBeNaN();
    }
    expect.hasAssertions();
  });
});
