// The examples that run in a terminal, in a small form: they end well and print their figure.
import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import { PATIENCE } from '../support/patience.ts';

const run = (...args: readonly string[]) => {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', timeout: PATIENCE });
  expect(stderr).toBe('');
  expect(status).toBe(0);
  return stdout;
};

describe('examples', () => {
  it('adding.js: an LSTM learns', () => {
    const output = run('examples/adding.js', '--cell', 'lstm', '--updates', '400', '--steps', '20');
    const error = Number(/LSTM +MSE ([\d.]+)/.exec(output)?.[1]);
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(0.05); // always answering 1 gives 0.167
  });

  it('temporal-order.js: solved in fewer sequences than the paper took', () => {
    const output = run('examples/temporal-order.js', '--seeds', '5');
    const [, sequences, wrong] = /solved after (\d+) sequences; (\d+) of 2560 test sequences wrong/.exec(output) ?? [];
    expect(Number(sequences)).toBeGreaterThan(2000);
    expect(Number(sequences)).toBeLessThan(31_390);
    expect(Number(wrong)).toBe(0);
  });

  it('digits.js: far better than one in ten after two passes', () => {
    const output = run('examples/digits.js', '--epochs', '2');
    expect(Number(/([\d.]+) %/.exec(output)?.[1])).toBeGreaterThan(50);
  });

  it('digit-strips.js: begins to read strips', () => {
    const output = run('examples/digit-strips.js', '--updates', '120');
    const rate = Number(/label error rate ([\d.]+) %/.exec(output)?.[1]);
    expect(rate).toBeGreaterThan(0);
    expect(rate).toBeLessThan(90); // nothing read is 100; 88 after 100 updates, 52 after 150
  });

  it('printed-lines.js: says what to install where there is no Python', () => {
    const env = { ...process.env, PYTHON: 'no-python-of-this-name' };
    const { status, stderr } = spawnSync(process.execPath, ['examples/printed-lines.js'], { encoding: 'utf8', env });
    expect(status).toBe(1);
    expect(stderr).toMatch(/^python3 with Pillow and fonts: .*no-python-of-this-name/);
    expect(stderr).toContain('apt-get install python3-pil fonts-dejavu-core fonts-liberation');
  });

  it('births.js: a small network beats last year and an autoregression', () => {
    const report = JSON.parse(run('examples/births.js', '--units', '8', '--epochs', '5', '--json'));
    expect(report.days).toBe(731);
    expect(report.lastYear).toBeCloseTo(716.436, 2);
    expect(report.autoregression).toBeCloseTo(746.274, 2);
    expect(report.rmse).toBeGreaterThan(150);
    expect(report.rmse).toBeLessThan(600);
    expect(report.next).toHaveLength(7);
  });

  it('dates.js: far more digits right than guessed, and the same again', () => {
    const small = ['--updates', '200', '--units', '32', '--test', '100', '--json'];
    const report = JSON.parse(run('examples/dates.js', ...small));
    expect(report).toMatchObject({ updates: 200, tested: 100 });
    expect(report.right).toBeGreaterThan(20); // one of 73,414 days is guessed
    expect(JSON.parse(run('examples/dates.js', ...small))).toEqual(report);
  });

  it('characters.js: below the entropy of single characters', () => {
    const output = run('examples/characters.js', 'src/cli/moby-dick.txt', '--updates', '150', '--units', '32');
    const loss = Number(/last tenth: ([\d.]+) nats per character/.exec(output)?.[1]);
    expect(loss).toBeGreaterThan(1);
    expect(loss).toBeLessThan(2.9);
  });
});
