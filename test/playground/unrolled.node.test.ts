// The numbers of the unrolled network are those of backpropagation through time, written out.
import { describe, expect, it } from 'vitest';
import { formatLink, parseLink, type Settings } from '../../playground/unrolled/settings.ts';
import { targets, U, unroll, V, x } from '../../playground/unrolled/unroll.ts';

const settings: Settings = { units: 1, steps: 5, w: 0.8, k2: 8, forget: 1, losses: [5] };

/** Forward and back with loops, as the lecture writes it. */
function byHand({ units: H, steps: T, k2, losses }: Settings, W: readonly number[]) {
  const units = Array.from({ length: H }, (_, i) => i);
  const h: number[][] = [];
  for (let t = 0; t < T; t++) {
    const before = h[t - 1] ?? units.map(() => 0);
    h.push(units.map((i) => Math.tanh(V[i]! * x[t]! + units.reduce((sum, j) => sum + W[i * H + j]! * before[j]!, 0))));
  }
  const y = h.map((state) => units.reduce((sum, i) => sum + U[i]! * state[i]!, 0));
  const dh = h.map(() => units.map(() => 0));
  const da = h.map(() => units.map(() => 0));
  let dW = 0;
  for (let t = T - 1; t >= Math.max(0, T - k2); t--) {
    const dy = losses.includes(t + 1) ? 2 * (y[t]! - targets[t]!) : 0;
    for (const j of units) {
      dh[t]![j] = U[j]! * dy + units.reduce((sum, i) => sum + W[i * H + j]! * (da[t + 1]?.[i] ?? 0), 0);
      da[t]![j] = dh[t]![j]! * (1 - h[t]![j]! ** 2);
    }
    dW += da[t]![0]! * (h[t - 1]?.[0] ?? 0);
  }
  return { h, y, dh, da, dW };
}

const close = (got: readonly (readonly number[])[], expected: readonly (readonly number[])[]) => {
  expect(got).toHaveLength(expected.length);
  for (const [t, row] of expected.entries())
    for (const [i, one] of row.entries()) expect(got[t]![i]).toBeCloseTo(one, 10);
};

describe('the unrolled network', () => {
  it.each<Partial<Settings>>([
    {},
    { k2: 2 },
    { k2: 1, losses: [2, 5] },
    { losses: [1, 3, 5] },
    { losses: [] },
    { units: 2, steps: 8, losses: [8, 4], w: 1.3 },
    { units: 3, steps: 4, losses: [2, 4], w: -1.1, k2: 3 },
  ])('has the numbers of backpropagation written out, with %o', async (some) => {
    const all = { ...settings, ...some };
    const seen = await unroll(all);
    const expected = byHand(all, seen.W);
    close(seen.h, expected.h);
    close([seen.y], [expected.y]);
    close(seen.dh, expected.dh);
    close(seen.da, expected.da);
    expect(seen.sums.W).toBeCloseTo(expected.dW, 10);
    for (const name of ['W', 'U', 'V'] as const) {
      expect(seen.terms[name].reduce((a, b) => a + b)).toBeCloseTo(seen.sums[name], 10);
    }
    const counted = all.losses.reduce((sum, t) => sum + (expected.y[t - 1]! - targets[t - 1]!) ** 2, 0);
    expect(seen.loss).toBeCloseTo(counted, 10);
    // A step back multiplies by the slope and W.
    for (let t = 1; t < all.steps; t++) {
      expect(seen.jacobians[t]![0]).toBeCloseTo((1 - seen.h[t]![0]! ** 2) * seen.W[0]!, 10);
    }
  });

  it('has forget gates near 1 with a large forget bias, and near 0 with a small one', async () => {
    expect(Math.min(...(await unroll({ ...settings, forget: 5 })).forget)).toBeGreaterThan(0.98);
    expect(Math.max(...(await unroll({ ...settings, forget: -3 })).forget)).toBeLessThan(0.1);
  });

  it('stands in its link, and takes none for what it should be', () => {
    const link = { language: 'ru', settings: { ...settings, units: 2, w: -0.5, losses: [2, 5] } } as const;
    expect(parseLink(formatLink(link), 'en')).toEqual(link);
    expect(parseLink('#units=9&w=fast&losses=7', 'en')).toEqual({
      language: 'en',
      settings: { ...settings, losses: [] },
    });
  });
});
