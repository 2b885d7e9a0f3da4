// The learning-rate range test.
import { describe, expect, it } from 'vitest';
import { BpttError, createModel, dense, elman, learningRateRange, sgd, textStream, tokens } from '../../src/index.ts';

const V = 4;
const create = () => createModel([tokens(V), elman({ units: 8 }), dense({ units: V })], { seed: 1 });
const data = textStream(
  Int32Array.from({ length: 300 }, (_, i) => (i + (i >> 2)) % V),
  { batch: 4 },
);
const options = {
  data,
  loss: 'cross-entropy',
  truncation: { k1: 5, k2: 5 },
  optimizer: sgd({ learningRate: 7 }),
} as const;

describe('learningRateRange', () => {
  it('goes from one rate to the other by a constant factor, and leaves the parameters', async () => {
    const model = await create();
    const before = model.parameters();
    const { points, suggestion } = await learningRateRange(model, { ...options, from: 1e-4, to: 1, steps: 41 });
    expect(model.parameters()).toEqual(before);
    expect(points.length).toBe(41);
    for (const [index, { learningRate }] of points.entries()) {
      expect(learningRate / (1e-4 * 10 ** (index / 10))).toBeCloseTo(1, 10);
    }
    expect(points[0]!.smoothedLoss).toBeCloseTo(points[0]!.loss, 12);
    // Near 0 nothing is learned, and what is suggested learns.
    expect(suggestion).toBeGreaterThan(1e-2);
    expect(points.map(({ learningRate }) => learningRate)).toContain(suggestion);
    const fall = (index: number) => points[index - 1]!.smoothedLoss - points[index]!.smoothedLoss;
    const at = points.findIndex(({ learningRate }) => learningRate === suggestion);
    for (let index = 1; index < 41; index++) expect(fall(index)).toBeLessThanOrEqual(fall(at));
  });

  it('ends where the loss grows without bound', async () => {
    const { points } = await learningRateRange(await create(), { ...options, from: 1e-2, to: 1e6, steps: 200 });
    expect(points.length).toBeLessThan(200);
    const lowest = Math.min(...points.map(({ smoothedLoss }) => smoothedLoss));
    for (const { smoothedLoss } of points.slice(0, -1)) expect(smoothedLoss).toBeLessThanOrEqual(4 * lowest);
  });

  it('ends when the signal aborts', async () => {
    const { points, suggestion } = await learningRateRange(await create(), { ...options, signal: AbortSignal.abort() });
    expect([points, suggestion]).toEqual([[], undefined]);
  });

  it.each([
    [{ from: 0 }, 'learningRateRange.from: expected'],
    [{ from: 1, to: 1 }, 'learningRateRange.to: expected'],
    [{ steps: 1 }, 'learningRateRange.steps: expected'],
    [{ epochs: 1 }, 'epochs'],
  ])('refuses %j', async (change, message) => {
    const result = learningRateRange(await create(), { ...options, ...change } as never);
    await expect(result).rejects.toThrow(BpttError);
    await expect(result).rejects.toThrow(message);
  });
});
