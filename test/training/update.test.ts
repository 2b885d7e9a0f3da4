// What an update does with a gradient before the optimizer has it: penalties on weights, the norm, clipping.
import { describe, expect, it } from 'vitest';
import {
  createModel,
  dense,
  elman,
  embedding,
  type Model,
  normal,
  sgd,
  type TrainOptions,
  tokens,
} from '../../src/index.ts';
import { batchOf, create, eventsOf, expectNear, numbersOf } from '../support/rows.ts';

const data = [batchOf(0, 3)];
const RATE = 0.25;
const optimizer = sgd({ learningRate: RATE });

/** One update: what it subtracts from the parameters, in units of the learning rate, and its event. */
async function updateOf(options: Partial<TrainOptions>, model?: Model) {
  const trained = model ?? (await create());
  const before = numbersOf(trained);
  const [event] = await eventsOf(trained, { data, optimizer, steps: 1, ...options });
  if (event?.type !== 'step') throw new Error('no step');
  return { event, before, taken: numbersOf(trained).map((value, index) => (before[index]! - value) / RATE) };
}

const normOf = (values: readonly number[]) => Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));

describe('clipping', () => {
  it('by norm scales a longer gradient to it, and leaves a shorter one as it is; the norm is that of before', async () => {
    const { event, taken } = await updateOf({});
    const norm = normOf(taken);
    expect(event.gradientNorm).toBeCloseTo(norm, 12);
    const half = await updateOf({ clip: { norm: norm / 2 } });
    expectNear(
      half.taken,
      taken.map((value) => value / 2),
    );
    expect(half.event.gradientNorm).toBe(event.gradientNorm);
    const twice = await updateOf({ clip: { norm: 2 * norm } });
    expect(twice.taken).toEqual(taken);
  });

  it('by value bounds each number on both sides; the norm is that of before', async () => {
    const { event, taken } = await updateOf({});
    const value = [...taken].map(Math.abs).toSorted((a, b) => a - b)[taken.length >> 1]!;
    expect(taken.some((g) => g < -value) && taken.some((g) => g > value)).toBe(true);
    const clipped = await updateOf({ clip: { value } });
    expectNear(
      clipped.taken,
      taken.map((g) => Math.min(Math.max(g, -value), value)),
    );
    expect(clipped.event.gradientNorm).toBe(event.gradientNorm);
  });

  it('holds of penalties on weights too, which are part of the gradient', async () => {
    const regularization = { l1: 0.1, l2: 0.2 };
    const plain = await updateOf({ regularization });
    const half = await updateOf({ regularization, clip: { norm: plain.event.gradientNorm / 2 } });
    expectNear(
      half.taken,
      plain.taken.map((value) => value / 2),
    );
  });
});

describe('penalties on weights', () => {
  const noise = { biasInitializer: normal({ deviation: 0.3 }) };
  // Of 300 tokens 4 occur: the gradient has parts.
  const table = () =>
    createModel([tokens(300), embedding({ units: 3 }), elman({ units: 4, ...noise }), dense({ units: 4, ...noise })], {
      seed: 2,
      dtype: 'f64',
    });

  it.each([false, true])(
    'are of all rows of a table, also of tokens that did not occur; with biases: %s',
    async (biases) => {
      const model = await table();
      const isBias = model.parameters().flatMap(({ name, data }) => Array.from(data, () => name.includes('bias')));
      const plain = await updateOf({}, await table());
      const { before, taken, event } = await updateOf({ regularization: { l1: 0.1, l2: 0.2, biases } }, model);
      const penalised = before.map((weight, index) => (isBias[index] && !biases ? 0 : weight));
      expectNear(
        taken,
        plain.taken.map((g, index) => g + 0.1 * Math.sign(penalised[index]!) + 0.2 * penalised[index]!),
      );
      const absolute = penalised.reduce((sum, weight) => sum + Math.abs(weight), 0);
      expect(event.penalty).toBeCloseTo(0.1 * absolute + 0.1 * normOf(penalised) ** 2, 12);
      expect(event.gradientNorm).toBeCloseTo(normOf(taken), 12);
    },
  );
});
