// What truncation does to a gradient.
import { describe, expect, it } from 'vitest';
import { truncationError } from '../../src/diagnostics/index.ts';
import { type Batch, elman, lstm } from '../../src/index.ts';
import { input, make, noise, T } from '../support/flow.ts';

describe('truncationError', () => {
  const batch: Batch = { ...input, targets: noise(T * 2 * 2, 3) };
  const options = { loss: 'mean-squared-error' } as const;

  it('is none where k2 reaches over all steps, and falls on the way there', async () => {
    const model = await make(lstm({ units: 8, forgetBias: 2 }));
    const k2 = [1, 2, 4, T, 100];
    const found = await truncationError(model, batch, { ...options, k2 });
    expect(found.map((one) => one.k2)).toEqual(k2);
    const angles = found.map(({ degrees }) => degrees);
    expect(angles[0]).toBeGreaterThan(angles[1]!);
    expect(angles[1]).toBeGreaterThan(angles[2]!);
    for (const { cosine, degrees, normRatio } of found.slice(3)) {
      expect(cosine).toBeCloseTo(1, 12);
      expect(degrees).toBeLessThan(1e-4);
      expect(normRatio).toBeCloseTo(1, 12);
    }
    // With all steps in one window k1 and k2 cut nothing.
    const [whole] = await truncationError(model, batch, { ...options, k1: T, k2: [T] });
    expect(whole!.cosine).toBeCloseTo(1, 12);
  });

  it('refuses lengths that are none', async () => {
    const model = await make(elman({ units: 2 }));
    for (const k2 of [[], [0], [1.5], 3 as never]) {
      await expect(truncationError(model, batch, { ...options, k2 })).rejects.toThrow('truncationError.k2');
    }
    await expect(truncationError(model, batch, { ...options, k1: 0, k2: [1] })).rejects.toThrow('truncationError.k1');
  });
});
