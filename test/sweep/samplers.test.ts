import { describe, expect, it } from 'vitest';
import {
  choice,
  createStudy,
  float,
  grid,
  int,
  type Parameters,
  quasiRandom,
  random,
  type Sampler,
  type SearchSpace,
  type Study,
  tpe,
} from '../../src/sweep/index.ts';
import { mass, quantile } from '../../src/sweep/samplers/normal.ts';
import { radicalInverse } from '../../src/sweep/samplers/quasi-random.ts';

type Objective = (parameters: Parameters) => number;

/** Runs a study to its end, each trial in its turn. */
function run(study: Study, objective: Objective): Study {
  for (let trial = study.ask(); trial !== undefined; trial = study.ask())
    study.tell(trial.number, objective(trial.parameters));
  return study;
}

const trialsOf = (study: Study) => run(study, () => 0).results.map(({ parameters }) => parameters);

describe('the normal distribution', () => {
  // mpmath with 30 digits.
  it.each([
    [-0.5, 0.5, 0.3829249225480262],
    [1, 2, 0.13590512198327784],
    [-9, -4, 3.167124183311981e-5],
    [2.7, 2.9, 0.0016011605026566283],
    [-3, 3, 0.9973002039367398],
    [0, 1e-6, 3.9894228040136615e-7],
    [7, 7.01, 8.822192002133892e-14],
    [-40, 0.3, 0.6179114221889527],
  ])('has from %f to %f what it has, to 2e-14 of it', (a, b, expected) => {
    expect(Math.abs(mass(a, b) / expected - 1)).toBeLessThan(2e-14 * Math.max(1, 1 / (b - a)));
  });

  it('has quantiles that are the inverse', () => {
    for (const u of [0, 0.01, 0.3, 0.77, 0.999]) {
      const z = quantile(u, -1.5, 4);
      expect(mass(-1.5, z) / mass(-1.5, 4)).toBeCloseTo(u, 12);
    }
  });
});

describe('samplers', () => {
  const space = {
    rate: float({ min: 1e-4, max: 1e-1, scale: 'log' }),
    units: int({ min: 1, max: 8 }),
    cell: choice({ values: ['gru', 'lstm'] }),
    bridge: choice({ values: [true, false], when: { cell: 'lstm' } }),
  };

  it('random: other trials with another seed, the same with the same', () => {
    const of = (seed: number) => trialsOf(createStudy({ space, seed, sampler: random(), trials: 20 }));
    expect(of(1)).toEqual(of(1));
    expect(of(1)).not.toEqual(of(2));
    expect(new Set(of(1).map(({ rate }) => rate)).size).toBe(20);
  });

  it('quasi-random: the radical inverse (Halton 1960)', () => {
    expect([1, 2, 3, 4, 5].map((n) => radicalInverse(n, 2))).toEqual([0.5, 0.25, 0.75, 0.125, 0.625]);
    expect(radicalInverse(5, 3)).toBeCloseTo(2 / 3 + 1 / 9, 15);
  });

  it('quasi-random: of the first b^k trials one in each of b^k intervals', () => {
    const numbers = { a: float({ min: 0, max: 1 }), b: float({ min: 0, max: 1 }), c: float({ min: 0, max: 1 }) };
    const trials = trialsOf(createStudy({ space: numbers, seed: 3, sampler: quasiRandom(), trials: 125 }));
    for (const [name, count] of [
      ['a', 64],
      ['b', 81],
      ['c', 125],
    ] as const) {
      const cells = trials.slice(0, count).map((parameters) => Math.floor(Number(parameters[name]) * count));
      expect(new Set(cells).size, name).toBe(count);
    }
  });

  it('grid: all combinations, once each, the last parameter first', () => {
    const trials = trialsOf(createStudy({ space, sampler: grid({ points: { rate: 2, units: 2 } }) }));
    const rates = [1e-4, 1e-1];
    const cells = [{ cell: 'gru' }, { cell: 'lstm', bridge: true }, { cell: 'lstm', bridge: false }];
    expect(trials).toEqual(
      rates.flatMap((rate) => [1, 8].flatMap((units) => cells.map((cell) => ({ rate, units, ...cell })))),
    );
    const all = trialsOf(createStudy({ space: { n: int({ min: 1, max: 5, scale: 'log' }) }, sampler: grid() }));
    expect(all.map(({ n }) => n)).toEqual([1, 2, 3, 4, 5]);
  });

  it('grid: what has no end is refused', () => {
    const study = (sampler: Sampler) => () => createStudy({ space, sampler });
    expect(study(grid())).toThrow(
      'createStudy.sampler.points: expected how many values of rate are tried, such as { rate: 5 }',
    );
    expect(study(grid({ points: { rat: 2 } }))).toThrow(
      'createStudy.sampler.points: expected names of numbers of the space, got "rat"',
    );
    expect(study(grid({ points: { rate: 1e9 } }))).toThrow('points.rate: expected at most 100000, got 1000000000');
    expect(study(grid({ points: { rate: 1e5 } }))).toThrow('a grid of at most 100000 combinations, got more');
  });

  it('tpe: keeps to what counts, and to where it is good', () => {
    const study = createStudy({ space, seed: 5, trials: 60 });
    run(study, ({ cell, units, bridge }) => Math.abs(Number(units) - 7) + (cell === 'lstm' && bridge === true ? 0 : 4));
    const late = study.results.slice(40).map(({ parameters }) => parameters);
    expect(late.filter(({ cell, bridge }) => cell === 'lstm' && bridge).length).toBeGreaterThan(10);
    expect(late.every((each) => (each.cell === 'lstm') === 'bridge' in each)).toBe(true);
  });

  it('tpe: not with several objectives', () => {
    const objectives = [{}, {}];
    expect(() => createStudy({ space, sampler: tpe(), objectives })).toThrow(
      'createStudy.sampler: expected "random", "quasi-random" or "grid" with several objectives, got "tpe"',
    );
  });
});

describe('30 trials of TPE', () => {
  const unit = { min: -5, max: 5 };
  const tasks: Readonly<Record<string, { readonly space: SearchSpace; readonly objective: Objective }>> = {
    sphere: {
      space: { x: float(unit), y: float(unit) },
      objective: ({ x, y }) => (Number(x) - 1) ** 2 + (Number(y) + 2) ** 2,
    },
    'learning rate and units': {
      space: {
        rate: float({ min: 1e-5, max: 1, scale: 'log' }),
        units: int({ min: 4, max: 512, scale: 'log' }),
        decay: float({ min: 0, max: 1 }),
      },
      objective: ({ rate, units, decay }) =>
        (Math.log10(Number(rate)) + 2.5) ** 2 + 0.3 * (Math.log2(Number(units)) - 7) ** 2 + 0.2 * Number(decay),
    },
    'choices with conditions': {
      space: {
        cell: choice({ values: ['elman', 'gru', 'lstm', 'indrnn'] }),
        rate: float({ min: 1e-4, max: 1, scale: 'log' }),
        dropout: float({ min: 0, max: 0.9, when: { cell: ['gru', 'lstm'] } }),
      },
      objective: ({ cell, rate, dropout = 0.5 }) =>
        ['gru', 'lstm', 'indrnn', 'elman'].indexOf(String(cell)) +
        (Math.log10(Number(rate)) + 2) ** 2 +
        Math.abs(Number(dropout) - 0.2),
    },
  };
  const SEEDS = 20;
  const median = (values: readonly number[]) => [...values].sort((a, b) => a - b)[values.length / 2]!;

  it.each(Object.entries(tasks))(
    'reach what 60 random ones reach, in the median of 20 seeds: %s',
    (_, { space, objective }) => {
      const bests = (sampler: Sampler, trials: number) =>
        Array.from(
          { length: SEEDS },
          (_, seed) => run(createStudy({ space, seed, sampler, trials }), objective).best!.values[0]!,
        );
      expect(median(bests(tpe(), 30))).toBeLessThanOrEqual(median(bests(random(), 60)));
    },
  );
});
