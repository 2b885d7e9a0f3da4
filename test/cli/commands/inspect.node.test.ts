// `bptt inspect`: what it writes, and that its words follow from the numbers.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  adviceOf,
  enoughOf,
  type Findings,
  horizonOf,
  rateOf,
  summaryOf,
} from '../../../src/cli/report/inspect-summary.ts';
import { dense, elman, gru, lstm, tokens } from '../../../src/index.ts';
import { at, events, expectFailure, run, small } from '../../support/cli-program.ts';

const findings = (rate: number, more: Partial<Findings> = {}): Findings => ({
  layer: 0,
  steps: 40,
  lags: Array.from({ length: 21 }, (_, lag) => 3 * rate ** lag),
  lyapunovExponent: Math.log(rate),
  spectralRadius: { h: rate },
  truncation: [1, 4, 40].map((k2) => ({ k2, cosine: 1, degrees: 40 / k2, normRatio: 1 })),
  saturation: [],
  ...more,
});

describe('the summary', () => {
  it('tells how gradients that fade go, and where they end', () => {
    const { lags, truncation } = findings(0.62);
    expect(rateOf(lags)).toBeCloseTo(0.62, 12);
    expect(horizonOf(lags)).toBe(Math.ceil(Math.log(0.01) / Math.log(0.62)));
    expect(enoughOf(truncation)).toBe(4);
    const text = summaryOf(findings(0.62)).join(' ');
    expect(text).toContain('shrink by 0.62 a step');
    expect(text).toContain('dependencies beyond 10 steps are hardly learned');
    expect(text).toContain('neighbouring states meet');
    expect(text).toContain('k2 = 4 is enough');
  });

  it('tells that gradients arrive, or explode', () => {
    expect(summaryOf(findings(0.99)).join(' ')).toContain('At lag 20 they still have 82 % of their size');
    expect(summaryOf(findings(1.3)).join(' ')).toContain(
      'grow by 1.30 a step on their way back, over 20 steps: they explode',
    );
    expect(rateOf([1, 0])).toBe(0);
  });

  it('advises what helps the cell at hand, and nothing where all is well', () => {
    const model = (...layers: ReturnType<typeof elman | typeof lstm | typeof gru>[]) =>
      [tokens(5), ...layers, dense({ units: 5 })] as const;
    const units = 3;
    expect(adviceOf(findings(0.5), model(elman({ units }))).join()).toContain('--cell lstm');
    expect(adviceOf(findings(0.5), model(lstm({ units }))).join()).toContain('--forget-bias');
    expect(adviceOf(findings(0.5, { layer: 1 }), model(elman({ units }), gru({ units }))).join()).toContain(
      '--cell lstm --forget-bias',
    );
    expect(adviceOf(findings(1.5), model(lstm({ units }))).join()).toContain('--clip');
    expect(adviceOf(findings(0.99), model(elman({ units })))).toEqual([]);
    const saturated = findings(0.99, { saturation: [{ layer: 0, what: 'h', low: 0.3, high: 0.4 }] });
    expect(adviceOf(saturated, model(elman({ units }))).join()).toContain('--layer-norm');
    expect(summaryOf(saturated).join()).toContain('h 70 %');
  });
});

describe('bptt inspect', () => {
  beforeAll(async () => {
    await run('train', 'verse.txt', '--cell', 'lstm', ...small, '--steps', '20', '--out', 'inspected.safetensors');
  });

  it('writes pictures, a page and a summary', async () => {
    const { stdout, stderr, code } = await run('inspect', 'inspected.safetensors', 'verse.txt', '--length', '30');
    expect([stderr, code]).toEqual(['', 0]);
    expect(stdout).toMatch(/^Gradients of layer 0 shrink by 0\.\d\d a step/);
    const files = (await readdir(at('inspect'))).sort();
    expect(files).toEqual([
      'connectivity.svg',
      'gradient-by-lag.svg',
      'hidden-states.svg',
      'inspect.html',
      'jacobian-spectrum.svg',
      'lyapunov-exponents.svg',
      'saturation.svg',
      'singular-values.svg',
      'truncation-error.svg',
    ]);
    const page = await readFile(at('inspect/inspect.html'), 'utf8');
    expect(page.match(/<svg /g)).toHaveLength(8);
    expect(page).toContain('It read 30 characters of verse.txt.');
    for (const sentence of stdout.split('\n').slice(0, 4)) expect(page).toContain(sentence);
  });

  it('prints the numbers as JSON', async () => {
    const [event] = events(
      await run(
        'inspect',
        'inspected.safetensors',
        '--text',
        'The whale, the whale! Up',
        '--json',
        '--output',
        'numbers',
      ),
    );
    expect(event).toMatchObject({ type: 'inspect', layer: 0, steps: 23 });
    const { lags, truncation } = event as unknown as Findings;
    expect(lags).toHaveLength(12);
    expect(truncation.at(-1)).toMatchObject({ k2: 23 });
    expect(truncation.at(-1)!.degrees).toBeLessThan(1e-3);
  });

  it('refuses what it cannot look into', async () => {
    await writeFile(at('file'), '');
    for (const [args, message] of [
      [['inspected.safetensors', '--text', 'whale'], 'expected at least 9 characters'],
      [['inspected.safetensors', '--text', 'ZZZZZZZZZZZZ'], 'Z'],
      [['inspected.safetensors', 'verse.txt', '--text', 'The whale'], '--text: expected no FILE beside it'],
      [['inspected.safetensors', 'verse.txt', '--layer', '1'], '--layer: expected an integer >= 0 and <= 0, got 1'],
      [
        ['inspected.safetensors', 'verse.txt', '--output', 'file'],
        'file: cannot write the file: there is another of that name',
      ],
      [['verse.txt'], 'verse.txt'],
      [['nothing.safetensors'], 'nothing.safetensors'],
    ] as const) {
      expect(expectFailure(await run('inspect', ...args, '--overwrite')), args.join(' ')).toContain(message);
    }
  });
});
