// Initial values: their range and moments, and that f32 and f64 agree.
import { describe, expect, it } from 'vitest';
import {
  BpttError,
  chrono,
  constant,
  createModel,
  elman,
  features,
  glorotNormal,
  glorotUniform,
  heNormal,
  heUniform,
  type Initializer,
  identity,
  lstm,
  normal,
  orthogonal,
  uniform,
  zeros,
} from '../../src/index.ts';

const IN = 90;
const OUT = 60;

/** V [OUT, IN] of an Elman layer. */
async function draw(inputInitializer: Initializer, seed = 1): Promise<readonly number[]> {
  const model = await createModel([features(IN), elman({ units: OUT, inputInitializer })], { seed, dtype: 'f64' });
  return [...model.parameters().find(({ name }) => name === 'rnn.weight_ih_l0')!.data];
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const variance = (values: readonly number[]) => {
  const middle = mean(values);
  return mean(values.map((value) => (value - middle) ** 2));
};

describe('initializers', () => {
  it.each([
    ['glorotUniform', glorotUniform(), Math.sqrt(6 / (IN + OUT))],
    ['heUniform', heUniform(), Math.sqrt(6 / IN)],
    ['uniform', uniform({ low: -0.3, high: 0.3 }), 0.3],
  ])('%s: uniform within its limit', async (_, initializer, limit) => {
    const values = await draw(initializer);
    expect(Math.max(...values.map(Math.abs))).toBeLessThanOrEqual(limit);
    expect(Math.max(...values)).toBeGreaterThan(0.99 * limit);
    expect(Math.min(...values)).toBeLessThan(-0.99 * limit);
    // Five standard errors of mean and variance of 5400 draws.
    expect(Math.abs(mean(values))).toBeLessThan((5 * limit) / Math.sqrt(3 * values.length));
    expect(Math.abs(variance(values) / (limit ** 2 / 3) - 1)).toBeLessThan(5 * Math.sqrt(0.8 / values.length));
  });

  it.each([
    ['glorotNormal', glorotNormal(), 0, Math.sqrt(2 / (IN + OUT))],
    ['heNormal', heNormal(), 0, Math.sqrt(2 / IN)],
    ['normal', normal({ mean: 2, deviation: 0.1 }), 2, 0.1],
  ])('%s: normal with its mean and deviation', async (_, initializer, middle, deviation) => {
    const values = await draw(initializer);
    expect(Math.abs(mean(values) - middle)).toBeLessThan((5 * deviation) / Math.sqrt(values.length));
    expect(Math.abs(variance(values) / deviation ** 2 - 1)).toBeLessThan(5 * Math.sqrt(2 / values.length));
    const beyond = values.filter((value) => Math.abs(value - middle) > 2 * deviation).length / values.length;
    expect(beyond).toBeCloseTo(0.0455, 1);
  });

  it('orthogonal: rows of a wide matrix are orthonormal times the gain', async () => {
    const values = await draw(orthogonal({ gain: 1.5 }));
    for (const [i, j] of [
      [0, 0],
      [3, 3],
      [0, 1],
      [7, 59],
    ] as const) {
      let dot = 0;
      for (let k = 0; k < IN; k++) dot += values[i * IN + k]! * values[j * IN + k]!;
      expect(dot).toBeCloseTo(i === j ? 2.25 : 0, 12);
    }
  });

  it('identity, constant and zeros', async () => {
    const at = (values: readonly number[], i: number, j: number) => values[i * IN + j];
    const scaled = await draw(identity({ scale: 0.5 }));
    expect([at(scaled, 2, 2), at(scaled, 2, 3), at(scaled, 0, 70)]).toEqual([0.5, 0, 0]);
    expect(new Set(await draw(constant(0.25)))).toEqual(new Set([0.25]));
    expect(new Set(await draw(zeros()))).toEqual(new Set([0]));
  });

  it('chrono: the same in both precisions, each unit its own', async () => {
    const layers = [features(2), lstm({ units: 5, biasInitializer: chrono({ maximum: 1000 }) })] as const;
    const [wide, narrow] = await Promise.all(
      (['f64', 'f32'] as const).map((dtype) => createModel(layers, { seed: 4, dtype })),
    );
    const [exact, rounded] = [wide!, narrow!].map((model) => [...model.parameters().at(-1)!.data]);
    expect(new Set(exact!.slice(5, 10)).size).toBe(5);
    for (const [i, value] of exact!.entries()) expect(Math.abs(value - rounded![i]!)).toBeLessThan(2e-6);
  });

  it('refuse what is not finite, a negative deviation, limits in the wrong order and unknown options', () => {
    for (const wrong of [
      () => constant(Number.NaN),
      () => normal({ deviation: -1 }),
      () => uniform({ low: 1, high: 0 }),
      () => orthogonal({ scale: 1 } as never),
      () => elman({ units: 2, inputInitializer: { kind: 'xavier' } as never }),
    ]) {
      expect(wrong).toThrow(BpttError);
    }
  });
});
