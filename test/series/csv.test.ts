// CSV text to a series and back, and what is refused: each error says where.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type CsvOptions, readCsv, series, slice, splitByTime, writeCsv } from '../../src/series/index.ts';
import { codeOf } from '../support/error-code.ts';
import { DAY } from '../support/series.ts';

describe('readCsv', () => {
  test('reads named columns in the order that was asked for', () => {
    const text = 'day,a,b\n1, 1.5 ,2\n2,-3e2,+.5\n';
    expect(readCsv(text)).toEqual({
      length: 2,
      columns: {
        day: Float64Array.of(1, 2),
        a: Float64Array.of(1.5, -300),
        b: Float64Array.of(2, 0.5),
      },
    });
    expect(Object.keys(readCsv(text, { columns: ['b', 'a'] }).columns)).toEqual(['b', 'a']);
    expect(Object.keys(readCsv(text, { ignore: ['day'] }).columns)).toEqual(['a', 'b']);
  });

  test('takes quotes, a byte order mark, CRLF and empty lines at the end', () => {
    const { columns } = readCsv('\uFEFF"x, ""y""",z\r\n"1",2\r\n3,"4"\r\n\r\n\r\n');
    expect(columns).toEqual({ 'x, "y"': Float64Array.of(1, 3), z: Float64Array.of(2, 4) });
    expect(readCsv('a\r\n1\n2\r3').columns.a).toEqual(Float64Array.of(1, 2, 3));
  });

  test('takes other delimiters and a decimal comma', () => {
    const options: CsvOptions = { delimiter: ';', decimal: ',' };
    expect(readCsv('a;b\n1,5;2', options).columns).toEqual({ a: Float64Array.of(1.5), b: Float64Array.of(2) });
    expect(readCsv('a\tb\n1\t2', { delimiter: '\t' }).columns.b).toEqual(Float64Array.of(2));
    expect(() => readCsv('a;b\n1.5;2', options)).toThrow('line 2, column "a": expected a finite number, got "1.5"');
  });

  test('reads files without a line of names', () => {
    expect(readCsv('1,2\n3,4', { header: false }).columns).toEqual({
      1: Float64Array.of(1, 3),
      2: Float64Array.of(2, 4),
    });
    for (const [line, got] of [
      ['1,2', '"1", "2"'],
      ['2024-01-01,2', '"2024-01-01", "2"'],
    ]) {
      const expected = `line 1: expected the names of the columns, got ${got}, all of them values; header: false reads`;
      expect(() => readCsv(`${line}\n3,4`)).toThrow(expected);
    }
  });

  test('takes what programs write for a missing value, in any case', () => {
    for (const field of ['', 'NA', 'n/a', '#N/A', 'nan', 'NULL', 'None', '?', '-']) {
      const text = `x,y\n1,1\n${field},1\n3,1`;
      expect(readCsv(text, { missing: 'interpolate' }).columns.x).toEqual(Float64Array.of(1, 2, 3));
      expect(() => readCsv(text)).toThrow("a missing value; missing: 'previous' or 'interpolate' fills it");
    }
  });

  test('reads midnights as their days', () => {
    const { times } = readCsv('t,x\n1970-01-01 00:00:00,1\n1970-01-02 00:00:00,1', { date: 't' });
    expect(times).toEqual(Float64Array.of(0, DAY));
  });

  test.each([
    ['day;sold\n2024-01-01;1', {}, 'expected "," between the names, got "day;sold"; delimiter: ";" reads such lines'],
    ['a;b\n1,5;2,5', {}, 'delimiter: ";" reads such lines, and decimal: "," their numbers'],
    ['a\tb\n1\t2', {}, 'delimiter: "\\t" reads such lines'],
    [
      'a;b\n1,5;2',
      { delimiter: ';' },
      'line 2, column "a": expected a finite number, got "1,5"; decimal: "," reads it',
    ],
    ['day,x\n2024-01-01,1', {}, 'got "2024-01-01"; date: "day" reads it as the date of its row'],
    ['town,x\nOslo,1', {}, 'got "Oslo"; columns says which are read'],
    [
      't,x\n01/02/2024,1',
      { date: 't' },
      'dates as DD/MM/YYYY and as MM/DD/YYYY, such as "01/02/2024"; dateFormat: "DD/MM/YYYY" or',
    ],
    ['t,x\n31/02/2024,1', { date: 't' }, 'got "31/02/2024"; without date the order of the rows counts'],
    ['t,x\n2024-01-01,1\n2024-01-01,2', { date: 't' }, 'make one row of those of a date'],
    ['t,x\n2024-01-02,1\n2024-01-01,2', { date: 't' }, 'sort the rows by date'],
  ] as const)('says what reads %j with %j', (text, options, message) => {
    expect(() => readCsv(text, options)).toThrow(message);
  });

  test('reads dates from one column or three', () => {
    const one = readCsv('date,x\n1970-01-01,1\n1972-02-29,2', { date: 'date' });
    const three = readCsv('y,m,d,x\n1970,1,1,1\n1972,02,29,2', { date: { year: 'y', month: 'm', day: 'd' } });
    expect(one).toEqual({
      length: 2,
      columns: { x: Float64Array.of(1, 2) },
      times: Float64Array.of(0, 789 * DAY),
      dateFormat: 'YYYY-MM-DD',
    });
    expect(three.times).toEqual(one.times);
  });

  test.each<[NonNullable<CsvOptions['missing']>, string, number[]]>([
    ['previous', '1\nNA\n\n4', [1, 1, 1, 4]],
    ['interpolate', '1\nNaN\nnull\n4', [1, 2, 3, 4]],
    ['interpolate', '1\nN/A\n3\n\n1', [1, 2, 3, 2, 1]],
    ['previous', '1\nNA', [1, 1]],
  ])('fills missing values by %s', (missing, rows, expected) => {
    expect(readCsv(`x\n${rows}`, { missing }).columns.x).toEqual(Float64Array.from(expected));
  });

  test.each<[string, CsvOptions, string]>([
    ['', {}, 'got an empty file'],
    ['\n\n', {}, 'got an empty file'],
    ['a,b', {}, 'expected at least one row of values, got none'],
    ['a,b\n1,2\n3,x', {}, 'line 3, column "b": expected a finite number, got "x"'],
    ['a\n"\n"\n1\n2x', {}, 'line 3, column "a"'],
    ['a,"b\nc\r\nd"\n"1",2\n3,x', {}, 'line 5, column "b\\nc\\r\\nd"'],
    ['a\n1e999', {}, 'line 2, column "a": expected a finite number, got "1e999"'],
    ['a\nInfinity', {}, 'got "Infinity"'],
    ['a\n0x10', {}, 'got "0x10"'],
    ['a\n1 2', {}, 'got "1 2"'],
    ['a,b\n1,\n', {}, 'line 2, column "b": expected a number, got a missing value'],
    ['a\nNA\n1', { missing: 'previous' }, 'line 2, column "a": expected a value before the missing one'],
    ['a\nNA\n1', { missing: 'interpolate' }, 'line 2, column "a": expected a value before the missing one'],
    ['a\n1\nNA', { missing: 'interpolate' }, 'line 3, column "a": expected a value after the missing one'],
    ['a,b\n1,2\n3', {}, 'line 3: expected 2 fields, as in the first line, got 1'],
    ['a,b\n1,2,3', {}, 'line 2: expected 2 fields, as in the first line, got 3'],
    ['a,b\n\n1,2', {}, 'line 2: expected 2 fields, as in the first line, got 1'],
    ['a,b,a\n1,2,3', {}, 'line 1, field 3: expected each name once, got "a" again'],
    ['a\n"1', {}, 'expected quotes around a whole field'],
    ['a\n1"2"', {}, 'expected quotes around a whole field'],
    [
      'births\n1',
      { columns: ['birth'] },
      'readCsv.columns: expected one of the columns "births", got "birth"; did you mean',
    ],
    ['a\n1', { ignore: ['b'] }, 'readCsv.ignore: expected one of the columns "a", got "b"'],
    ['a\n1', { date: 'b' }, 'readCsv.date: expected one of the columns "a", got "b"'],
    ['a\n1', { ignore: ['a'] }, 'readCsv.columns: expected at least one, got none'],
    ['d,x\n2023-02-29,1', { date: 'd' }, 'line 2, column "d": expected a date such as "2024-12-31"'],
    ['d,x\n2023-02-01,1\n2023-02-30,1', { date: 'd' }, 'line 3, column "d": expected a date such as'],
    ['d,x\n1.2.2023,1', { date: 'd', dateFormat: 'DD.MM.YYYY' }, 'line 2, column "d": expected a date as DD.MM.YYYY'],
    ['d,x\n2023-01-02,1\n2023-01-02,1', { date: 'd' }, 'line 3, column "d": expected a date after 2023-01-02'],
    ['y,m,d,x\n2023,13,1,1', { date: { year: 'y', month: 'm', day: 'd' } }, 'line 2, column "y", "m", "d"'],
    ['y,m,d,x\n2023,1.5,1,1', { date: { year: 'y', month: 'm', day: 'd' } }, 'expected year, month and day of a date'],
  ])('refuses %j with %j', (text, options, message) => {
    expect(() => readCsv(text, options)).toThrow(message);
    expect(codeOf(() => readCsv(text, options))).toMatch(/^(bad-file|invalid-argument)$/);
  });

  test.each([
    [{ colums: ['a'] }, 'did you mean "columns"?'],
    [{ columns: ['a'], ignore: ['b'] }, 'expected columns or ignore, got both'],
    [{ columns: ['a', 'a'] }, 'expected each name once, got "a" again'],
    [{ columns: 'a' }, 'expected an array of column names'],
    [{ delimiter: '' }, 'readCsv.delimiter: expected one character'],
    [{ delimiter: '"' }, 'readCsv.delimiter: expected one character'],
    [{ decimal: ',' }, 'readCsv.delimiter: expected another than that of decimal, got ","'],
    [{ dateFormat: `YYYY${'MD'.repeat(40)}` }, 'readCsv.dateFormat: expected tokens such as YYYY-MM-DD, each once'],
    [{ dateFormat: 'DD/MM' }, 'readCsv.dateFormat: expected tokens such as YYYY-MM-DD, each once, got "DD/MM"'],
    [{ missing: 'zero' }, 'readCsv.missing: expected one of'],
    [{ header: 1 }, 'readCsv.header: expected true or false'],
    [{ date: { year: 'a' } }, 'readCsv.date.month: expected a string'],
  ])('refuses the options %j', (options, message) => {
    expect(() => readCsv('a\n1', options as never)).toThrow(message);
  });
});

describe('writeCsv', () => {
  const name = fc.string({ minLength: 1 }).map((text) => `n${text}`.trim());
  const values = fc.double({ noNaN: true, noDefaultInfinity: true });

  test('is read back the same, for all names and numbers', () => {
    const column = fc.tuple(name, fc.array(values, { minLength: 3, maxLength: 3 }));
    fc.assert(
      fc.property(fc.uniqueArray(column, { selector: ([key]) => key, minLength: 1 }), (columns) => {
        const written = series(Object.fromEntries(columns), { dates: ['1999-12-31', '2000-02-29', '2024-06-01'] });
        fc.pre(columns.every(([key]) => key !== 'date'));
        const again = readCsv(writeCsv(written), { date: 'date' });
        expect(again.times).toEqual(written.times);
        for (const [key, numbers] of columns) expect([...again.columns[key]!]).toEqual(numbers.map((x) => x + 0));
      }),
    );
  });

  test('puts the date first', () => {
    expect(writeCsv(series({ 'a,b': [1.5] }, { dates: ['2024-02-29'] }))).toBe('date,"a,b"\n2024-02-29,1.5\n');
  });
});

describe('series', () => {
  test('copies arrays', () => {
    const x = new Float32Array([1, 2]);
    const made = series({ x });
    x.fill(0);
    expect(made).toEqual({ length: 2, columns: { x: Float64Array.of(1, 2) } });
  });

  test.each([
    [{}, {}, 'expected at least one, got none'],
    [{ x: [1], y: [1, 2] }, {}, 'y: expected 1 rows as in the others, got 2'],
    [{ x: [1, Number.NaN] }, {}, 'series(columns).x[1]: expected a finite number, got NaN'],
    [{ x: [1] }, { dates: ['2024-13-01'] }, 'series.dates[0]: expected a date as YYYY-MM-DD, got "2024-13-01"'],
    [{ x: [1] }, { dates: [] }, 'series.dates: expected dates with some, got none'],
    [{ x: [1, 2] }, { dates: ['2024-01-02', '2024-01-01'] }, 'times[1]: expected a time later than'],
  ])('refuses %j with %j', (columns, options, message) => {
    expect(() => series(columns as never, options)).toThrow(message);
  });

  test('refuses times of no year', () => {
    const times = (time: number) => ({ ...series({ x: [1] }), times: Float64Array.of(time) });
    expect(writeCsv(times(253_402_300_799_000))).toBe('date,x\n9999-12-31T23:59:59,1\n');
    expect(() => writeCsv(times(253_402_300_800_000))).toThrow('times: expected times from -62167219200000 to');
    expect(() => writeCsv(times(Number.NaN))).toThrow('got NaN');
  });

  test('a slice has the rows and days of a part', () => {
    const whole = series({ x: [1, 2, 3] }, { dates: ['2024-01-01', '2024-01-02', '2024-01-03'] });
    expect(slice(whole, 1)).toEqual(series({ x: [2, 3] }, { dates: ['2024-01-02', '2024-01-03'] }));
    expect(slice(whole, 0, 1).columns.x).toEqual(Float64Array.of(1));
    expect(() => slice(whole, 2, 1)).toThrow('slice(from): expected an integer >= 0 and <= 1, got 2');
    expect(() => slice(whole, 0, 4)).toThrow('slice(to)');
  });
});

describe('splitByTime', () => {
  const of = (length: number) => series({ x: new Float64Array(length) });

  test('gives the newest rows to the test, the oldest to training', () => {
    expect(splitByTime(of(10), { validation: 0.2, test: 0.3 })).toEqual({
      training: { from: 0, to: 5 },
      validation: { from: 5, to: 7 },
      test: { from: 7, to: 10 },
    });
    expect(splitByTime(of(3), {}).training).toEqual({ from: 0, to: 3 });
  });

  test('rounds shares up, but not for the rounding of binary fractions', () => {
    expect(splitByTime(of(3652), { test: 0.2 }).test).toEqual({ from: 2921, to: 3652 });
    for (let percent = 1; percent < 100; percent++) {
      expect(splitByTime(of(100), { test: percent / 100 }).test.from).toBe(100 - percent);
    }
  });

  test('refuses shares that leave nothing to learn from', () => {
    expect(() => splitByTime(of(10), { validation: 0.5, test: 0.5 })).toThrow(
      'expected rows left for training, got none',
    );
    expect(() => splitByTime(of(10), { test: 1 })).toThrow('splitByTime.test');
    expect(codeOf(() => splitByTime(of(10), { tset: 0.1 } as never))).toBe('unknown-option');
  });
});
