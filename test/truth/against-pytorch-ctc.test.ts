// CTC against PyTorch's CTCLoss in float64 on a thousand random cases: repeats, rows without labels, any blank, lengths that differ, logits
// close together and far apart. fixtures/ctc.py made the figures.
import { expect, it } from 'vitest';
import { type CtcCase, ctcOn } from '../support/ctc.ts';
import { numbers } from '../support/models.ts';
import figures from './fixtures/ctc.json' with { type: 'json' };

/** The case of a seed, as fixtures/ctc.py draws it. */
function caseOf(seed: number): CtcCase {
  const next = numbers(seed);
  const integer = (low: number, high: number) => low + Math.floor(next() * (high - low + 1));
  const [T, B, C] = [integer(1, 24), integer(1, 4), integer(2, 9)];
  const blank = integer(0, C - 1);
  const bound = [0.5, 3, 40][integer(0, 2)]!;
  const logits = Array.from({ length: T * B * C }, () => (2 * next() - 1) * bound);
  const lengths: number[] = [];
  const labels = Array.from({ length: B }, () => {
    const steps = integer(1, T);
    const wanted = integer(0, steps);
    const row: number[] = [];
    for (let needed = 0, i = 0; i < wanted; i++) {
      let label = integer(0, C - 2);
      if (label >= blank) label++;
      if (row.length > 0 && next() < 0.3) label = row.at(-1)!;
      needed += row.at(-1) === label ? 2 : 1;
      if (needed > steps) break;
      row.push(label);
    }
    lengths.push(steps);
    return Int32Array.from(row);
  });
  return { T, C, logits, lengths, labels, blank };
}

/** The weights of a projection, as fixtures/draws.py has them. */
function weights(projection: number, count: number): Float64Array {
  const next = numbers(1_000_000 + projection);
  return Float64Array.from({ length: count }, () => 2 * next() - 1);
}

const all = [0, 1].map((projection) => weights(projection, 24 * 4 * 9));

it('losses within 1e-12 and gradients within 1e-10 of a thousand cases of PyTorch', async () => {
  const ctc = await ctcOn('f64');
  let loss = 0;
  let gradient = 0;
  for (const [seed, figuresOf] of figures.entries()) {
    const one = caseOf(seed);
    const divisors = one.labels.map(({ length }) => Math.max(1, length) * one.labels.length);
    for (const [index, factors] of [divisors.map((divisor) => 1 / divisor), divisors.map(() => 1)].entries()) {
      const found = ctc(one, factors);
      const sum = found.losses.reduce((total, of, row) => total + of * factors[row]!, 0);
      const [expected, ...projections] = figuresOf.slice(3 * index, 3 * index + 3);
      loss = Math.max(loss, Math.abs(sum - expected!) / Math.max(1, expected!));
      for (const [p, projection] of projections.entries()) {
        const projected = found.gradient.reduce((total, g, i) => total + g * all[p]![i]!, 0);
        gradient = Math.max(gradient, Math.abs(projected - projection));
      }
    }
  }
  expect(figures.length).toBe(1000);
  expect(loss).toBeLessThan(1e-12);
  expect(gradient).toBeLessThan(1e-10);
});

it('f32 logits of 2,000 steps have gradients within 2e-6 of those in f64', async () => {
  const [single, double] = [await ctcOn('f32'), await ctcOn('f64')];
  for (const size of [1, 30]) {
    const next = numbers(size);
    const [T, C] = [2000, 30];
    const one = {
      T,
      C,
      logits: Float32Array.from({ length: T * C }, () => (2 * next() - 1) * size),
      lengths: [T],
      labels: [Int32Array.from({ length: 200 }, () => 1 + Math.floor(next() * (C - 1)))],
      blank: 0,
    };
    const [a, b] = [single(one, [1]), double(one, [1])];
    expect(a.losses).toEqual(b.losses);
    const error = a.gradient.reduce((worst, g, i) => Math.max(worst, Math.abs(g - b.gradient[i]!)), 0);
    expect(error).toBeLessThan(2e-6);
  }
});
