// `bptt forecast`: it learns a series and goes on.
import { readdir, writeFile } from 'node:fs/promises';
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
      'latin1.csv: expected text in UTF-8, got byte 0xE9 at offset 3, which is none: perhaps the file is in Latin-1 (Windows-1252); `iconv -f WINDOWS-1252 -t UTF-8` makes it UTF-8',
    );
  });

  test('what can never be forecast is refused before anything is learned, and nothing is written', async () => {
    const workdays = days.filter((day) => new Date(day).getUTCDay() % 6 !== 0);
    const csv = (name: string, rows: readonly string[]) => writeFile(at(name), ['day,sold', ...rows, ''].join('\n'));
    await csv(
      'workdays.csv',
      workdays.map((day, i) => `${day},${i % 5}`),
    );
    await csv(
      'month.csv',
      days.slice(0, 30).map((day, i) => `${day},${i % 5}`),
    );
    await csv(
      'constant.csv',
      days.map((day) => `${day},5`),
    );
    // Were it to learn so often, nobody would wait for the error.
    const refused = async (name: string, ...flags: readonly string[]) => {
      const never = ['--out', 'never.safetensors', '--epochs', '1000000'];
      const message = expectFailure(await run('forecast', name, '--date', 'day', ...never, ...flags));
      expect(await readdir(at('.'))).not.toContain('never.safetensors');
      return message;
    };
    expect(await refused('workdays.csv', '--calendar')).toBe(
      'workdays.csv: expected dates equally far apart for --calendar, so that those to come are known; got others: the first two rows are 1 days apart, 2024-01-05 and 2024-01-08 are 3',
    );
    expect(await refused('series.csv', '--steps', '9000000')).toMatch(
      /^--steps: expected at most \d+, up to the year 9999, got 9000000$/,
    );
    expect(await refused('month.csv')).toBe(
      'month.csv: expected at least 29 rows to learn from, for --context 28 and one to predict, got 24 of 30 (--test 0.2); less --context or --test needs fewer',
    );
    expect(await refused('month.csv', '--test', '0.99')).toMatch(/got 0 of 30 \(--test 0\.99\)/);
    expect(await refused('constant.csv')).toBe(
      'constant.csv, rows 1 to 112 of 140: expected finite values of column "sold" that change, got 5 in all 112 rows; from these nothing can be learned, a smaller --test adds later rows',
    );
    expect(expectFailure(await run('forecast', 'series.csv', '--column', 'sold', '--calendar'))).toBe(
      '--calendar: expected --date with it, got none',
    );
  });

  test('says which flag reads a file', async () => {
    const semicolons = days.slice(0, 60).map((day, i) => `${day};${i % 5},5`);
    await writeFile(at('semicolons.csv'), ['day;sold', ...semicolons, ''].join('\n'));
    const read = (...flags: readonly string[]) => run('forecast', 'semicolons.csv', '--epochs', '1', ...flags);
    expect(expectFailure(await read())).toBe(
      'semicolons.csv, line 1: expected "," between the names, got "day;sold"; --delimiter ";" reads such lines, and --decimal "," their numbers',
    );
    expect(expectFailure(await read('--delimiter', ';', '--decimal', ','))).toMatch(
      /line 2, column "day": .*; --date "day" reads it as the date of its row$/,
    );
    expect((await read('--delimiter', ';', '--decimal', ',', '--date', 'day')).code).toBe(0);

    await writeFile(at('pandas.csv'), [',sold', ...days.map((_, i) => `${i},${i % 5}`), ''].join('\n'));
    expect(expectFailure(await run('forecast', 'pandas.csv'))).toBe(
      '--column: expected one of "", "sold" in pandas.csv, got none; the one without a name is the index that pandas writes',
    );
    await writeFile(at('values.csv'), [...days.map((day, i) => `${day},${i % 5}`), ''].join('\n'));
    expect(expectFailure(await run('forecast', 'values.csv'))).toMatch(/; --headerless reads a file without names$/);
    expect((await run('forecast', 'values.csv', '--headerless', '--date', '1', '--epochs', '1')).code).toBe(0);
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
