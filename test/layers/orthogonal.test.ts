// Orthogonal initial values: how orthogonal, of which distribution, the same in parts, and that nothing freezes meanwhile.
import { afterEach, describe, expect, it, vi } from 'vitest';
import { createModel, dense, elman, features, keras, lstm, orthogonal } from '../../src/index.ts';

afterEach(() => vi.restoreAllMocks());

/** The largest error of the products of rows with each other, or of columns where there are fewer. */
function error(values: ArrayLike<number>, rows: number, columns: number): number {
  const tall = rows > columns;
  const count = Math.min(rows, columns);
  const at = (i: number, j: number) => (tall ? values[j * columns + i]! : values[i * columns + j]!);
  let worst = 0;
  for (let a = 0; a < count; a++) {
    for (let b = 0; b <= a; b++) {
      let dot = 0;
      for (let k = 0; k < Math.max(rows, columns); k++) dot += at(a, k) * at(b, k);
      worst = Math.max(worst, Math.abs(dot - (a === b ? 1 : 0)));
    }
  }
  return worst;
}

async function weights(layer: ReturnType<typeof elman> | ReturnType<typeof lstm>, dtype: 'f32' | 'f64', seed = 1) {
  const model = await createModel([features(2), layer], { dtype, seed });
  return model.parameters().find(({ name }) => name === 'rnn.weight_hh_l0')!.data;
}

describe.each([
  ['f32', 1e-6],
  ['f64', 1e-14],
] as const)('orthogonal in %s', (dtype, tolerance) => {
  // Around the blocks of 64, and parts of 256 rows.
  it.each([1, 2, 3, 8, 63, 64, 65, 128, 300])(`%i units: to ${tolerance}`, async (units) => {
    expect(error(await weights(elman({ units }), dtype), units, units)).toBeLessThan(tolerance);
  });

  it.each([
    [3, 150],
    [150, 3],
    [70, 200],
    [200, 70],
    [1, 9],
    [9, 1],
  ])('a matrix of %i rows and %i columns', async (rows, columns) => {
    const weightInitializer = orthogonal();
    const model = await createModel([features(columns), dense({ units: rows, weightInitializer })], { dtype });
    expect(error(model.parameters()[0]!.data, rows, columns)).toBeLessThan(tolerance);
  });

  it('all gates as one matrix, as in Keras', async () => {
    const values = await weights(lstm({ units: 37, recurrentInitializer: keras() }), dtype);
    expect(error(values, 4 * 37, 37)).toBeLessThan(tolerance);
  });
});

describe('the distribution', () => {
  it('is uniform over orthogonal matrices: moments of values and of the trace, both determinants', async () => {
    const layers = Array.from({ length: 250 }, () => lstm({ units: 3 }));
    const model = await createModel([features(3), ...layers], { dtype: 'f64' });
    const draws = model.parameters().flatMap(({ name, data }) => (name.includes('weight_hh') ? [data] : []));
    const matrices = draws.flatMap((gates) => [0, 9, 18, 27].map((from) => [...gates.slice(from, from + 9)]));
    const mean = (of: (m: readonly number[]) => number) =>
      matrices.reduce((sum, m) => sum + of(m), 0) / matrices.length;
    // 1,000 matrices; five standard errors each.
    for (let i = 0; i < 9; i++) {
      expect(Math.abs(mean((m) => m[i]!))).toBeLessThan(5 * Math.sqrt(1 / 3 / 1000));
      expect(Math.abs(mean((m) => m[i]! ** 2) - 1 / 3)).toBeLessThan(5 * Math.sqrt(4 / 45 / 1000));
    }
    const trace = (m: readonly number[]) => m[0]! + m[4]! + m[8]!;
    expect(Math.abs(mean((m) => trace(m) ** 2) - 1)).toBeLessThan(5 * Math.sqrt(2 / 1000));
    const determinant = ([a, b, c, d, e, f, g, h, i]: readonly number[]) =>
      a! * (e! * i! - f! * h!) - b! * (d! * i! - f! * g!) + c! * (d! * h! - e! * g!);
    expect(Math.abs(mean(determinant))).toBeLessThan(5 / Math.sqrt(1000));
  });

  it('is of the same numbers in both precisions', async () => {
    const [narrow, wide] = await Promise.all([
      weights(elman({ units: 70 }), 'f32'),
      weights(elman({ units: 70 }), 'f64'),
    ]);
    for (const [i, value] of wide.entries()) expect(Math.abs(value - narrow[i]!)).toBeLessThan(2e-6);
  });
});

describe('createModel of large models', () => {
  it('gives the event loop its turns, and its signal is heard', async () => {
    // As if each look at the clock came a second later.
    let now = 0;
    vi.spyOn(performance, 'now').mockImplementation(() => (now += 1000));
    const controller = new AbortController();
    setTimeout(() => controller.abort(new Error('enough')));
    const { signal } = controller;
    await expect(createModel([features(2), lstm({ units: 600 })], { signal })).rejects.toThrow('enough');
  });

  it('begins nothing once its signal is aborted', async () => {
    const signal = AbortSignal.abort();
    await expect(createModel([features(2), elman({ units: 2 })], { signal })).rejects.toBe(signal.reason);
    await expect(createModel([features(2)], { signal: 1 as never })).rejects.toThrow(/createModel\.signal/);
  });
});
