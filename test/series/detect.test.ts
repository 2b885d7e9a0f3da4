// What a CSV file looks like.
import { describe, expect, test } from 'vitest';
import { detectCsv, readCsv } from '../../src/series/index.ts';

describe('detectCsv', () => {
  test('refuses what readCsv would refuse', () => {
    expect(() => detectCsv('a;b\n1;2', { delimiter: '' })).toThrow('detectCsv.delimiter: expected one character');
    expect(() => detectCsv('a;b\n1;2', { dateFormat: 'DD' })).toThrow('detectCsv.dateFormat: expected tokens');
  });

  test.each([
    [
      'day;sold\n31.12.2024;1,5\n01.01.2025;2,5\n',
      { delimiter: ';', decimal: ',', header: true, date: 'day', dateFormat: 'DD.MM.YYYY' },
    ],
    [
      '2024-01-01,5\n2024-01-02,6\n',
      { delimiter: ',', decimal: '.', header: false, date: '1', dateFormat: 'YYYY-MM-DD' },
    ],
    ['n\tx\n1700000000\t1\n1700003600\t2\n', { delimiter: '\t', date: undefined }],
    ['time\tx\n1700000000\t1\n1700003600\t2\n', { delimiter: '\t', date: 'time', dateFormat: 'X' }],
    ['|x\na|1.5\n', { delimiter: '|', ignore: [''] }],
    [',day,sold\n0,2024-01-01,3\n1,2024-01-02,4\n', { ignore: [''], date: 'day' }],
    ['n,town,x\n1,Oslo,3\n2,Bonn,NULL\n', { ignore: ['n', 'town'], date: undefined }],
    ['year,month,day,x\n2024,1,31,5\n', { date: { year: 'year', month: 'month', day: 'day' } }],
    ['x\n"1,5"\n"2,25"\n', { delimiter: ',', decimal: ',' }],
    ['x;y\n1.234,5;2\n', { delimiter: ';', decimal: ',' }],
  ])('%j', (text, expected) => {
    const found = detectCsv(text);
    expect(found).toMatchObject(
      Object.fromEntries(Object.entries(expected).filter(([, value]) => value !== undefined)),
    );
    if ('date' in expected && expected.date === undefined) expect(found.date).toBeUndefined();
  });

  test('what it finds is how the file is read', () => {
    const text = 'n;day;sold\n0;31.12.2024;1,5\n1;01.01.2025;2,5\n';
    const { columns, times } = readCsv(text, detectCsv(text));
    expect(columns).toEqual({ sold: Float64Array.of(1.5, 2.5) });
    expect(times![1]! - times![0]!).toBe(86_400_000);
  });

  test('takes what is given', () => {
    const found = detectCsv('1;2\n3;4\n', { header: false, decimal: ',', markers: ['x'] });
    expect(found).toMatchObject({ header: false, delimiter: ';', decimal: ',', markers: ['x'] });
  });

  test.each([
    ['x;y\n1,234;2\n', 'a comma before the decimals or between the thousands, got "1,234", which could be either'],
    ['x;y\n1,5;2.5\n', 'got "1,5", and numbers with a point'],
    ['', 'an empty file'],
  ])('refuses %j', (text, message) => {
    expect(() => detectCsv(text)).toThrow(message);
  });
});
