// `bptt forecast`: it learns a series and goes on.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { philox } from '../../../src/base/philox.ts';
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
    expect([stderr, code]).toEqual([`${at('series.csv')}: 140 rows, dates in "day" as YYYY-MM-DD\n`, 0]);
    const rows = stdout.trimEnd().split('\n');
    expect(rows[0]).toBe('date,sold,sold_low,sold_high');
    expect(rows.slice(1).map((row) => Number(row.split(',')[1]))).toEqual(sold);
    expect(rows[1]!.startsWith('2024-05-20,')).toBe(true);
  });

  test('says what is wrong', async () => {
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
    const csv = (name: string, rows: readonly string[]) => writeFile(at(name), ['day,sold', ...rows, ''].join('\n'));
    await csv('few.csv', [`${days[0]},1`, `${days[1]},2`]);
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
    await csv(
      'anywhen.csv',
      days
        .filter((_, i) => i % 5 < 2 || i % 7 === 3)
        .map((day, i) => `${day}T${i % 2 === 0 ? '00:00' : '05:30'},${i % 5}`),
    );
    expect(await refused('anywhen.csv', '--calendar')).toMatch(
      /^anywhen\.csv: expected dates at a common step for --calendar, so that those to come are known; got others: /,
    );
    expect(await refused('series.csv', '--steps', '100')).toMatch(
      /^series\.csv: expected at least \d+ rows .*, got \d+.*; less --/,
    );
    expect(await refused('few.csv')).toMatch(/^few\.csv: expected at least \d+ rows to learn from, .*, got 0 of 2 /);
    expect(await refused('series.csv', '--test', '0.03')).toBe(
      'series.csv: expected at least 7 rows in --test 0.03, to measure --steps 7, got 5; less --steps or a larger --test does',
    );
    expect(await refused('constant.csv')).toBe(
      'constant.csv, rows 1 to 89 of 140: expected values of column "sold" that change, got 5 in all of them; from these nothing can be learned, smaller --test and --validation add later rows',
    );
    await writeFile(at('undated.csv'), ['sold', ...days.map((_, i) => i % 5), ''].join('\n'));
    expect(expectFailure(await run('forecast', 'undated.csv', '--calendar'))).toBe(
      '--calendar: expected dates in undated.csv, or --date with it, got none',
    );
  });

  const quick = ['--epochs', '1', '--levels', 'values', '--steps', '2'];

  test('finds how a file is written', async () => {
    const header = ';Tag;Ort;verkauft';
    const german = days.map((day, i) => `${i};${day.split('-').reverse().join('.')};Ulm;${i % 5},5`);
    await writeFile(at('german.csv'), [header, ...german, ''].join('\n'));
    const { stdout, stderr } = await run('forecast', 'german.csv', ...quick);
    expect(stderr).toContain(
      'german.csv: 140 rows, ";" between fields, decimal commas, dates in "Tag" as DD.MM.YYYY\n',
    );
    expect(stdout).toMatch(/^date,verkauft,verkauft_low,verkauft_high\n20\.05\.2024,/);
    await writeFile(at('values.csv'), [...days.map((day, i) => `${day},${i % 5}`), ''].join('\n'));
    expect((await run('forecast', 'values.csv', ...quick)).stdout).toMatch(/^date,2,2_low,2_high\n2024-05-20,/);
    const american = days.slice(0, 12).map((_, i) => `0${1 + i}/01/2024,${i % 5}`);
    await writeFile(at('either.csv'), ['day,sold', ...american.slice(0, 9), ''].join('\n'));
    expect(expectFailure(await run('forecast', 'either.csv'))).toBe(
      'either.csv, column "day": expected dates with one meaning, got those that are dates as DD/MM/YYYY and as MM/DD/YYYY, such as "01/01/2024"; --date-format "DD/MM/YYYY" or "MM/DD/YYYY" says which',
    );
    await writeFile(at('two.csv'), ['a,b', ...days.map((_, i) => `${i % 5},${i % 3}`), ''].join('\n'));
    expect(expectFailure(await run('forecast', 'two.csv'))).toBe(
      '--column: expected some of "a", "b" in two.csv, got none',
    );
    expect((await run('forecast', 'two.csv', '--column', 'b,a', ...quick)).stdout).toMatch(/^b,b_low,b_high,a,/);
  });

  test('goes on by business days and by months, and says what is left out', async () => {
    const workdays = days.filter((day) => new Date(day).getUTCDay() % 6 !== 0);
    const csv = (name: string, dates: readonly string[]) =>
      writeFile(at(name), ['day,sold', ...dates.map((day, i) => `${day},${i % 5}`), ''].join('\n'));
    await csv(
      'workdays.csv',
      workdays.filter((_, i) => i !== 20),
    );
    const { stdout, stderr } = await run('forecast', 'workdays.csv', '--calendar', ...quick, '--steps', '3');
    expect(stdout.match(/^\d[\d-]+/gm)).toEqual(['2024-05-20', '2024-05-21', '2024-05-22']);
    expect(stderr).toContain(
      'workdays.csv: one row is left out of one every business day, the first after 2024-01-26: rows are taken as equally far apart\n',
    );
    await csv(
      'months.csv',
      Array.from({ length: 60 }, (_, i) => `${2000 + Math.floor(i / 12)}-${String((i % 12) + 1).padStart(2, '0')}`),
    );
    const months = await run('forecast', 'months.csv', '--calendar', ...quick);
    expect(months.stdout.match(/^\d[\d-]+/gm)).toEqual(['2005-01', '2005-02']);
  });

  test('measures itself beside forecasts that need no model, and says when it is no better', async () => {
    // Up and down by the parity of what a multiplication mixes.
    const steps = days.map((_, i) => ((Math.imul(i + 7, 0x9e3779b1) >>> 13) % 2 === 0 ? 1 : -1));
    const walk = days.map((day, i) => `${day},${steps.slice(0, i).reduce((sum, step) => sum + step, 100)}`);
    await writeFile(at('walk.csv'), ['day,price', ...walk, ''].join('\n'));
    const { stderr } = await run(
      'forecast',
      'walk.csv',
      '--levels',
      'values',
      '--epochs',
      '1',
      '--learning-rate',
      '1e-9',
      '--steps',
      '3',
    );
    expect(stderr).toMatch(/rows ahead +model +last value +7 rows before\n +1 .*\n +2 .*\n +3 /);
    expect(stderr).toMatch(/The model is (no|hardly) better than repeating the last value/);
    const [said] = events(await run('forecast', 'series.csv', '--epochs', '40', '--steps', '2', '--json'));
    const { errors, levelErrors } = said as unknown as {
      errors: { sold: { ahead: { model: object[] }; coverage: number[] } };
      levelErrors: object;
    };
    expect(errors.sold).toMatchObject({ better: true, forecasts: 27, ahead: { seasonRows: 7 } });
    expect(errors.sold.ahead.model).toHaveLength(2);
    expect(errors.sold.coverage).toHaveLength(2);
    expect(Object.keys(levelErrors)).toEqual(['values', 'differences', 'relative']);
  });

  test('repeats the last value of what cannot be foreseen, and says so', async () => {
    let price = 100;
    const tossed = days.map((day, i) => {
      price += philox([i, 0, 0, 0], [5, 0])[0]! % 2 === 0 ? 1 : -1;
      return `${day},${price}`;
    });
    await writeFile(at('coin.csv'), ['day,price', ...tossed, ''].join('\n'));
    const flags = ['--levels', 'differences', '--epochs', '5', '--steps', '3'];
    const { stdout, stderr } = await run('forecast', 'coin.csv', ...flags);
    expect(stderr).toContain('\nof the changes learned is forecast what the validation rows warrant: price 0 %\n');
    expect(stderr).toContain('The model is no better than repeating the last value');
    const rows = stdout.trimEnd().split('\n').slice(1);
    for (const row of rows) expect(Number(row.split(',')[1])).toBeCloseTo(price, 4);
    const [said] = events(await run('forecast', 'coin.csv', ...flags, '--json'));
    expect(said!.believed).toEqual({ price: 0 });
  });

  test('follows levels that it has not seen', async () => {
    await writeFile(at('trend.csv'), ['n,value', ...days.map((_, i) => `${i},${3 * i}`), ''].join('\n'));
    const [said] = events(await run('forecast', 'trend.csv', '--epochs', '5', '--steps', '3', '--json'));
    const { levels, columns } = said as unknown as { levels: string; columns: { value: readonly number[] } };
    expect(levels).toBe('differences');
    expect(columns.value.map(Math.round)).toEqual([420, 423, 426]);
  });

  test('learns several series with what is known of the days to come; the kept model knows them by name', async () => {
    const rows = ['A', 'B'].flatMap((store, k) =>
      days.map(
        (day, i) =>
          `${store},${day},${i < 137 ? (k + 1) * (wave[i % 7]! + (i % 10 === 3 ? 9 : 0)) : ''},${Number(i % 10 === 3)}`,
      ),
    );
    await writeFile(at('stores.csv'), ['store,day,sold,feast', ...rows, ''].join('\n'));
    const flags = ['--series', 'store', '--column', 'sold', '--known', 'feast', '--steps', '3', '--epochs', '3'];
    const files = ['--out', 'stores.safetensors', '--plot', 'stores.svg'];
    const { stdout } = await run('forecast', 'stores.csv', ...flags, ...files);
    expect(stdout.split('\n')).toHaveLength(1 + 6 + 1);
    expect(stdout).toMatch(/^store,date,sold,sold_low,sold_high\nA,2024-05-17,.*\n.*\n.*\nB,2024-05-17,/);
    const kept = await run('forecast', 'stores.csv', '--model', 'stores.safetensors', '--steps', '3');
    expect(kept.stdout).toBe(stdout);
    const svg = await readFile(at('stores.svg'), 'utf8');
    expect(svg.match(/<svg /g)).toHaveLength(1 + 4);
    expect(svg).toContain('Forecast of sold, B');
    expect(expectFailure(await run('forecast', 'stores.csv', ...flags, '--steps', '4'))).toBe(
      'stores.csv, series "A": expected at least 4 rows at the end that have "feast" alone, for --known and --steps 4, got 3',
    );
    await writeFile(
      at('strange.csv'),
      ['store,day,sold,feast', ...rows.map((row) => row.replace('B', 'C')), ''].join('\n'),
    );
    expect(expectFailure(await run('forecast', 'strange.csv', '--model', 'stores.safetensors'))).toBe(
      'strange.csv: expected the series that stores.safetensors learned, "A", "B", got "C"',
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
