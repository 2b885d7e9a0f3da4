// `bptt forecast`: it learns a series and goes on.
import { writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { at, events, expectFailure, run } from '../../support/cli-program.ts';
import { model } from '../../support/trained-file.ts';

describe('forecast', () => {
  const days = Array.from({ length: 140 }, (_, i) => new Date(Date.UTC(2024, 0, 1 + i)).toISOString().slice(0, 10));
  const wave = [10, 12, 15, 14, 11, 3, 2];
  beforeAll(async () => {
    const lines = days.map((day, i) => `${day},${wave[i % 7]! + (i % 3) / 10}`);
    await writeFile(at('series.csv'), ['day,sold', ...lines, ''].join('\n'));
  });

  test('learns a week, says how wrong it was, and goes on; a kept model says the same', async () => {
    const flags = [
      '--date',
      'day',
      '--column',
      'sold',
      '--context',
      '14',
      '--hidden',
      '8',
      '--epochs',
      '60',
      '--seed',
      '1',
    ];
    const saved = at('series.safetensors');
    const [said] = events(await run('forecast', at('series.csv'), ...flags, '--out', saved, '--json'));
    const { sold } = said!.columns as { readonly sold: readonly number[] };
    const { errors } = said as unknown as { readonly errors: { readonly sold: { readonly rmse: number } } };
    expect(errors.sold.rmse).toBeLessThan(1.5);
    expect(sold.length).toBe(7);
    const { stdout, stderr, code } = await run('forecast', at('series.csv'), '--model', saved);
    expect([stderr, code]).toEqual(['', 0]);
    const rows = stdout.trimEnd().split('\n');
    expect(rows[0]).toBe('date,sold');
    expect(rows.slice(1).map((row) => Number(row.split(',')[1]))).toEqual(sold);
    expect(rows[1]!.startsWith('2024-05-20,')).toBe(true);
  });

  test('says what is wrong', async () => {
    expect(expectFailure(await run('forecast', at('series.csv')))).toMatch(/day/);
    expect(expectFailure(await run('forecast', at('series.csv'), '--column', 'bought'))).toMatch(/bought/);
    expect(expectFailure(await run('forecast', at('series.csv'), '--model', model()))).toMatch(
      /"series" of a model that forecasts/,
    );
    expect(expectFailure(await run('forecast', at('none.csv')))).toMatch(/none\.csv: cannot read the file/);
    const none = ['--model', model()];
    for (const flag of ['--calendar', '--epochs 3', '--seed 0', '--column sold', '--out x.safetensors']) {
      const message = `${flag.split(' ')[0]}: expected no --model beside it, got ${model()}`;
      expect(expectFailure(await run('forecast', at('series.csv'), ...none, ...flag.split(' ')))).toBe(message);
    }
  });

  test('names the file, the line and the flag', async () => {
    await writeFile(at('wrong.csv'), 'day,sold\n2024-01-01,3\n2024-01-02,x\n');
    const wrong = (...flags: readonly string[]) => run('forecast', 'wrong.csv', ...flags);
    expect(expectFailure(await wrong('--column', 'sold'))).toBe(
      'wrong.csv, line 3, column "sold": expected a finite number, got "x"',
    );
    expect(expectFailure(await wrong('--column', 'solt'))).toMatch(
      /^--column: expected one of the columns "day", "sold"/,
    );
    expect(expectFailure(await wrong('--date', 'date'))).toMatch(/^--date: expected one of the columns "day", "sold"/);
    await writeFile(at('latin1.csv'), Buffer.from('caf\xe9\n1\n2\n', 'latin1'));
    expect(expectFailure(await run('forecast', 'latin1.csv'))).toBe(
      'latin1.csv: expected text in UTF-8, got bytes that are not: the file is binary or in another encoding',
    );
  });

  test('fills what is missing when it is told how', async () => {
    const lines = days.map((day, i) => `${day},${i % 9 === 3 ? '' : wave[i % 7]}`);
    await writeFile(at('gaps.csv'), ['day,sold', ...lines, ''].join('\n'));
    const flags = ['gaps.csv', '--date', 'day', '--context', '7', '--epochs', '1', '--steps', '2'];
    expect(expectFailure(await run('forecast', ...flags))).toBe(
      'gaps.csv, line 5, column "sold": expected a number, got a missing value; --missing previous or --missing interpolate fills it',
    );
    const filled = await run('forecast', ...flags, '--missing', 'previous', '--out', 'gaps.safetensors');
    const other = await run('forecast', ...flags, '--missing', 'interpolate');
    expect([filled.code, other.code]).toEqual([0, 0]);
    expect(filled.stdout).not.toBe(other.stdout);
    // The kept model fills as it did when it learned.
    const kept = await run('forecast', 'gaps.csv', '--model', 'gaps.safetensors', '--steps', '2');
    expect(kept.stdout).toBe(filled.stdout);
  });
});
