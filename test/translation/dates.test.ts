// Dates in words and in numbers: what each form says is the day that stands beside it.
import { describe, expect, it } from 'vitest';
import { datePairs } from '../../src/translation/index.ts';

const list = datePairs({ count: 4000, seed: 3 });
/** What a form is but for its words and numbers. */
const formOf = (text: string) =>
  text
    .replace(/\d+/g, '9')
    .replace(/\p{Lu}{2,}(?= )/gu, 'A')
    .replace(/\p{L}+/gu, (word) => (word.length > 4 ? 'word' : 'w'));

describe('datePairs', () => {
  it('says days of 1900 to 2100, each the one that is beside it', () => {
    for (const [text, iso] of list) {
      expect(new Date(`${iso}T00:00Z`).toISOString().slice(0, 10)).toBe(iso);
      const [year, month, day] = iso.split('-').map(Number);
      expect(year).toBeGreaterThanOrEqual(1900);
      expect(year).toBeLessThanOrEqual(2100);
      const numbers = text.match(/\d+/g)!.map(Number);
      if (numbers.length === 1) expect(text).toBe(iso.replaceAll('-', ''));
      else expect(new Set([year, day, ...(numbers.length > 2 ? [month] : [])])).toEqual(new Set(numbers));
    }
  });

  it('names the day of the week as calendars do, in both languages', () => {
    const calendars = ['en', 'ru'].flatMap((locale) => [
      new Intl.DateTimeFormat(locale, { weekday: 'long', timeZone: 'UTC' }),
      new Intl.DateTimeFormat(locale, { weekday: 'short', timeZone: 'UTC' }),
    ]);
    const named = list.filter(([text]) => /^\p{L}+, /u.test(text));
    expect(named.length).toBeGreaterThan(400);
    for (const [text, iso] of named) {
      expect(calendars.map((calendar) => calendar.format(new Date(`${iso}T00:00Z`)))).toContain(text.split(', ')[0]);
    }
  });

  it('names the month as calendars do, in both languages', () => {
    const calendars = ['en', 'ru'].map(
      (locale) => new Intl.DateTimeFormat(locale, { month: 'long', day: 'numeric', timeZone: 'UTC' }),
    );
    const inWords = list.filter(([text]) => /\p{Ll}{4,}/u.test(text.replace(/^\p{L}+, |год.?/gu, '')));
    expect(inWords.length).toBeGreaterThan(1500);
    for (const [text, iso] of inWords) {
      const names = calendars.map((calendar) => calendar.format(new Date(`${iso}T00:00Z`)).match(/\p{L}{3,}/u)![0]);
      expect(names.filter((name) => text.includes(name))).toHaveLength(1);
    }
  });

  it('has all of its forms, and the same list again by the same seed alone', () => {
    expect(new Set(list.map(([text]) => formOf(text))).size).toBeGreaterThanOrEqual(20);
    expect(datePairs({ count: 4000, seed: 3 })).toEqual(list);
    expect(datePairs({ count: 10 })).not.toEqual(list.slice(0, 10));
    expect(datePairs({ count: 10, seed: 3 })).toEqual(list.slice(0, 10));
  });

  it.each([
    [{ count: 0 }, /^datePairs\.count: expected .*, got 0/],
    [{ count: 3, seeds: 1 }, /seeds/],
  ])('refuses %o', (options, message) => {
    expect(() => datePairs(options as never)).toThrow(message);
  });
});
