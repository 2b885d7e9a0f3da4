// The chart that `bptt train` shows in the end.
import { describe, expect, it } from 'vitest';
import { History } from '../../../src/cli/report/history.ts';
import { lossChart } from '../../../src/cli/report/loss-chart.ts';
import { expectFailure, run, small } from '../../support/cli-program.ts';
import { step } from '../../support/step-event.ts';

describe('the chart', () => {
  const history = new History();
  for (let i = 1; i <= 500; i++) history.step(step(i, 1 + 3 * 0.99 ** i));
  history.validation(250, 2);
  history.validation(500, 1.5);

  it.each([40, 80, 200])('fits into %d columns', (columns) => {
    const lines = lossChart(history, columns, false).split('\n');
    expect(Math.max(...lines.map((line) => [...line].length))).toBeLessThanOrEqual(columns);
    expect(lines.join('\n')).toContain('●');
  });

  it('goes from the top left to the bottom right where the loss falls, and says between which numbers', () => {
    const lines = lossChart(history, 80, false).split('\n');
    const row = (text: string) => lines.findIndex((line) => line.includes(text));
    expect(row('3.')).toBeLessThan(row('1.0'));
    expect(lines.at(-3)).toMatch(/^\s+\d+ .* 500$/);
    const first = lines.findIndex((line) => /[┓┗━]/.test(line.slice(5, 12)));
    const last = lines.findLastIndex((line) => /[┓┗━]/.test(line.slice(-8)));
    expect(first).toBeLessThan(last);
  });

  it('is empty where there is no curve', () => {
    expect(lossChart(new History(), 80, false)).toBe('');
  });

  it('comes when it is asked for', async () => {
    const { stdout, code } = await run(
      'train',
      'verse.txt',
      ...small,
      '--steps',
      '30',
      '--chart',
      '--out',
      'chart.safetensors',
    );
    expect(code).toBe(0);
    expect(stdout).toContain('━ training, ● validation');
    const silent = await run('train', 'verse.txt', ...small, '--steps', '30', '--out', 'silent.safetensors');
    expect(silent.stdout).not.toContain('● validation');
    expect(expectFailure(await run('train', 'verse.txt', '--chart', '--json'))).toContain(
      '--chart: expected no --json',
    );
  });
});
