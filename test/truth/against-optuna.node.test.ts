// Optuna's decisions and densities (fixtures/sweeps.py) against the package's.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Parameter, ParameterValue } from '../../src/sweep/index.ts';
import * as sweep from '../../src/sweep/index.ts';
import type { Report, TrialResult } from '../../src/sweep/result.ts';
import { parzen } from '../../src/sweep/samplers/parzen.ts';
import { split } from '../../src/sweep/samplers/tpe.ts';
import { decisions, type History } from './compare-optuna.js';

interface Fixture {
  readonly histories: readonly History[];
  readonly densities: readonly {
    readonly parameter: Parameter;
    readonly good: readonly ParameterValue[];
    readonly others: readonly ParameterValue[];
    readonly grid: readonly ParameterValue[];
    readonly ratio: readonly number[];
  }[];
  readonly splits: readonly {
    readonly direction: 'minimize' | 'maximize';
    readonly results: readonly {
      readonly pruned: boolean;
      readonly value: number;
      readonly reports: readonly Report[];
    }[];
    readonly good: readonly number[];
  }[];
}

const fixture: Fixture = JSON.parse(readFileSync(join(import.meta.dirname, 'fixtures/sweeps.json'), 'utf8'));

describe('against Optuna', () => {
  for (const kind of ['median', 'percentile', 'successive-halving', 'hyperband']) {
    it(`the pruner ${kind} ends the same trials at the same reports`, () => {
      const histories = fixture.histories.filter(({ pruner }) => pruner.kind === kind);
      const both = histories.map((history) => decisions(sweep, history));
      expect(both.map(({ ours }) => ours)).toEqual(both.map(({ theirs }) => theirs));
      expect(both.some(({ theirs }) => theirs.includes('x'))).toBe(true);
    });
  }

  it('the logarithm of the ratio of TPE is the same on grids, to 1e-9', () => {
    for (const { parameter, good, others, grid, ratio } of fixture.densities) {
      const likely = parzen(parameter, good);
      const unlikely = parzen(parameter, others);
      for (const [i, value] of grid.entries()) {
        const ours = Math.log(likely.at(value) / unlikely.at(value));
        expect(
          Math.abs(ours - ratio[i]!),
          `${JSON.stringify(parameter)} at ${value}: ${ours}, ${ratio[i]}`,
        ).toBeLessThan(1e-9);
      }
    }
  });

  it('TPE takes the same trials for good', () => {
    for (const { direction, results, good } of fixture.splits) {
      const known = results.map(
        ({ pruned, value, reports }, number): TrialResult => ({
          number,
          parameters: { x: number },
          state: pruned ? 'pruned' : 'complete',
          reports,
          values: pruned ? [] : [value],
        }),
      );
      expect(split({ results: known, beside: [] }, direction)[0].map(({ x }) => x)).toEqual(good);
    }
  });
});
