// The page of a sweep: what it says of its trials, and which parameters mattered.
import { describe, expect, it } from 'vitest';
import { shares, sweepReport } from '../../../src/cli/report/sweep-report.ts';
import { choice, float, int, type TrialResult } from '../../../src/sweep/index.ts';

const space = {
  rate: float({ min: 1e-4, max: 1e-1, scale: 'log' }),
  units: int({ min: 8, max: 64 }),
  cell: choice({ values: ['<b>gru</b>', 'lstm'] }),
};

/** Sixteen trials whose loss is the logarithm of the rate, whatever the units; each value of these beside each quarter of the rates. */
const results: readonly TrialResult[] = Array.from({ length: 16 }, (_, number) => ({
  number,
  parameters: {
    rate: 1e-4 * 10 ** ((3 * number) / 15),
    units: 8 + 8 * (number % 4),
    ...(number % 2 === 0 && { cell: number % 4 === 0 ? '<b>gru</b>' : 'lstm' }),
  },
  state: 'complete',
  reports: [
    [10, 3 + number],
    [20, 2 + number],
  ],
  values: [2 + number],
}));

describe('shares', () => {
  it('is nearly all for what decides, and little for what does not', () => {
    const found = new Map(shares(space, results));
    // Of ranks 0 to 15 in quarters: (256 - 1 - 15) / 255.
    expect(found.get('rate')).toBeCloseTo(240 / 255, 12);
    expect(found.get('units')).toBeCloseTo(15 / 255, 1);
    expect(found.get('cell')).toBeLessThan(0.1);
  });

  it('is none where all trials are alike', () => {
    const alike = results.map((each) => ({ ...each, parameters: { ...each.parameters, units: 8 } }));
    expect(shares({ units: choice({ values: [8, 16] }) }, alike)).toEqual([['units', 0]]);
  });
});

describe('sweepReport', () => {
  const ended: readonly TrialResult[] = [
    ...results,
    { number: 16, parameters: { rate: 0.1, units: 9 }, state: 'pruned', reports: [[10, 9]], values: [] },
    { number: 17, parameters: { rate: 0.1, units: 9 }, state: 'failed', reports: [], values: [] },
  ];

  it('has a picture of parameters, of curves and of what mattered, and every trial in a table, the best first', () => {
    const page = sweepReport({ name: 'a & b.json', space, results: ended });
    expect(page).toContain('18 trials: 16 complete, 1 pruned, 1 diverged. The lowest loss is 2.0000, of trial 0.');
    expect(page.match(/<svg/g)).toHaveLength(3);
    expect(page).toContain('What was searched in a &#38; b.json');
    const rows = [...page.matchAll(/<tr><td class="number">(\d+)<\/td><td>(\w+)<\/td>/g)].map(([, ...row]) => row);
    expect(rows).toHaveLength(18);
    expect(rows[0]).toEqual(['0', 'complete']);
    expect(rows.slice(-2)).toEqual([
      ['16', 'pruned'],
      ['17', 'diverged'],
    ]);
    // What a file says is text.
    expect(page).not.toContain('<b>gru');
    expect(page).toContain('&#60;b&#62;gru&#60;/b&#62;');
  });

  it('says so where no trial has a loss, or too few to tell what mattered', () => {
    expect(sweepReport({ name: 'x', space, results: [] })).toContain('None has a loss.');
    expect(sweepReport({ name: 'x', space, results: results.slice(0, 7) }).match(/<svg/g)).toHaveLength(2);
  });
});
