// Dates as people write them: what is found, what is refused, and how they are written again.
import { describe, expect, test } from 'vitest';
import { findFormat, formatDate, parseDate } from '../../src/series/dates.ts';
import { DAY } from '../support/series.ts';

const at = (iso: string) => Date.parse(iso);

describe('findFormat', () => {
  test.each([
    ['2024-12-31', 'YYYY-MM-DD', '2024-12-31'],
    ['2024/1/9', 'YYYY/M/D', '2024-01-09'],
    ['31/12/2024', 'DD/MM/YYYY', '2024-12-31'],
    ['12/31/2024', 'MM/DD/YYYY', '2024-12-31'],
    ['9.1.2024', 'D.M.YYYY', '2024-01-09'],
    ['31.12.69', 'DD.MM.YY', '1969-12-31'],
    ['31-Dec-24', 'D-MMM-YY', '2024-12-31'],
    ['December 31, 2024', 'MMMM D, YYYY', '2024-12-31'],
    ['2024-12-31 23:59', 'YYYY-MM-DD HH:mm', '2024-12-31T23:59Z'],
    ['2024-12-31T23:59:58.250Z', 'YYYY-MM-DDTHH:mm:ss.SSSZ', '2024-12-31T23:59:58.250Z'],
    ['31.12.2024 7:05', 'DD.MM.YYYY H:mm', '2024-12-31T07:05Z'],
    ['12/31/2024 12:05 AM', 'MM/DD/YYYY h:mm A', '2024-12-31T00:05Z'],
    ['2024-12', 'YYYY-MM', '2024-12-01'],
    ['Dec 2024', 'MMM YYYY', '2024-12-01'],
    ['2024Q4', 'YYYYQ', '2024-10-01'],
    ['20241231', 'YYYYMMDD', '2024-12-31'],
    ['1735603200', 'X', '2024-12-31'],
    ['1735603200000', 'x', '2024-12-31'],
    ['1999', 'YYYY', '1999-01-01'],
    // The clock on the wall, where all have the same zone.
    ['2024-12-31T22:00:00+02:00', 'YYYY-MM-DDTHH:mm:ss+02:00', '2024-12-31T22:00Z'],
  ])('finds %s to be %s', (text, format, iso) => {
    expect(findFormat([text])).toEqual({ format });
    expect(parseDate(text, format)).toBe(at(iso));
    expect(parseDate(formatDate(at(iso), format), format)).toBe(at(iso));
  });

  test('tells zones apart that change', () => {
    const dates = ['2024-03-31T01:00:00+01:00', '2024-03-31T03:00:00+02:00'];
    expect(findFormat(dates)).toEqual({ format: 'YYYY-MM-DDTHH:mm:ssZ' });
    expect(dates.map((date) => parseDate(date, 'YYYY-MM-DDTHH:mm:ssZ')! / 3_600_000)).toEqual(
      ['2024-03-31T00:00Z', '2024-03-31T01:00Z'].map((iso) => at(iso) / 3_600_000),
    );
  });

  test('refuses what is ambiguous, and takes what order decides', () => {
    expect(findFormat(['01/02/2024', '02/03/2024'])).toEqual({ either: ['DD/MM/YYYY', 'MM/DD/YYYY'] });
    expect(findFormat(['01/02/2024', '13/02/2024'])).toEqual({ format: 'DD/MM/YYYY' });
    // As months they go up, as days they do not.
    expect(findFormat(['01/05/2024', '02/01/2024'])).toEqual({ format: 'MM/DD/YYYY' });
  });

  test.each([['31/02/2024'], ['2024-13-01'], ['2024-01-01 24:00'], ['noon'], ['12'], ['1e9'], ['']])(
    'takes %j for no date',
    (text) => expect(findFormat([text])).toEqual({ row: 0 }),
  );

  test('says which row is none', () => {
    expect(findFormat(['2024-01-01', '2024-02-30'])).toEqual({ row: 1 });
  });
});

test('without a format a day is written as one, and a time with its clock', () => {
  expect(formatDate(DAY)).toBe('1970-01-02');
  expect(formatDate(DAY + 3_600_000)).toBe('1970-01-02T01:00:00');
});
