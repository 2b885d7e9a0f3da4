// Dates as people write them, and what they are in ISO 8601: pairs to try an encoder and a decoder on.
import { checkFields, integer, type Options, withDefault } from '../base/fields.ts';
import { philox, seedWords } from '../base/philox.ts';
import type { Pair } from './pairs.ts';

const fields = {
  /** How many, at most 200,000. */
  count: integer({ min: 1, max: 200_000 }),
  /** Other seeds give other dates. Default 0. */
  seed: withDefault(integer({ min: 0 }), 0),
};

/** How many dates `datePairs` makes, and which. */
export interface DatePairsOptions extends Options<typeof fields> {}

const DAY = 86_400_000;
const [FIRST, LAST] = [Date.UTC(1900, 0, 1) / DAY, Date.UTC(2100, 11, 31) / DAY];

const english = {
  months: 'January February March April May June July August September October November December'.split(' '),
  weekdays: 'Sunday Monday Tuesday Wednesday Thursday Friday Saturday'.split(' '),
};
const russian = {
  months: 'января февраля марта апреля мая июня июля августа сентября октября ноября декабря'.split(' '),
  weekdays: 'воскресенье понедельник вторник среда четверг пятница суббота'.split(' '),
  short: 'вс пн вт ср чт пт сб'.split(' '),
};
const roman = 'I II III IV V VI VII VIII IX X XI XII'.split(' ');

/** A date, with the names of its month and its day of the week. */
interface Named {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly weekday: number;
}

const two = (number: number) => String(number).padStart(2, '0');
const month = ({ month }: Named) => english.months[month - 1]!;
const monthInRussian = ({ month }: Named) => russian.months[month - 1]!;

function ordinal(day: number): string {
  const last = day % 10;
  const teen = day > 10 && day < 14;
  const ending = teen || last === 0 || last > 3 ? 'th' : ['st', 'nd', 'rd'][last - 1];
  return `${day}${ending}`;
}

/** All of one meaning: none has the month before the day in numbers alone. */
const forms: readonly ((date: Named) => string)[] = [
  (d) => `${d.day} ${month(d)} ${d.year}`,
  (d) => `${month(d)} ${d.day}, ${d.year}`,
  (d) => `${month(d)} ${ordinal(d.day)}, ${d.year}`,
  (d) => `the ${ordinal(d.day)} of ${month(d)} ${d.year}`,
  (d) => `${english.weekdays[d.weekday]}, ${d.day} ${month(d)} ${d.year}`,
  (d) => `${english.weekdays[d.weekday]!.slice(0, 3)}, ${month(d).slice(0, 3)} ${d.day} ${d.year}`,
  (d) => `${two(d.day)}-${month(d).slice(0, 3)}-${d.year}`,
  (d) => `${d.day} ${month(d).slice(0, 3).toUpperCase()} ${d.year}`,
  (d) => `${d.year}, ${month(d)} ${d.day}`,
  (d) => `${d.year}/${two(d.month)}/${two(d.day)}`,
  (d) => `${d.year}${two(d.month)}${two(d.day)}`,
  (d) => `${two(d.day)}.${two(d.month)}.${d.year}`,
  (d) => `${d.day}.${d.month}.${d.year} г.`,
  (d) => `${d.day} ${roman[d.month - 1]} ${d.year}`,
  (d) => `${d.day} ${monthInRussian(d)} ${d.year}`,
  (d) => `${d.day} ${monthInRussian(d)} ${d.year} года`,
  (d) => `«${two(d.day)}» ${monthInRussian(d)} ${d.year} г.`,
  (d) => `${russian.weekdays[d.weekday]}, ${d.day} ${monthInRussian(d)} ${d.year} г.`,
  (d) => `${russian.short[d.weekday]}, ${two(d.day)}.${two(d.month)}.${d.year}`,
  (d) => `${d.year} год, ${d.day}-е ${monthInRussian(d)}`,
];

/**
 * Dates from 1900 to 2100 in twenty written forms, English and Russian, each with what it is in ISO 8601: `4 May 1920`, `1920-05-04`. Days and
 * forms are drawn by the seed, each as likely as any other, so that a day may come more than once.
 *
 * @throws BpttError for options that are wrong or unknown.
 *
 * @example
 * const list = datePairs({ count: 40_000, seed: 1 });
 * const learned = list.filter(([, iso]) => !iso.endsWith('7')); // days that end in 7 are for a test
 */
export function datePairs(options: DatePairsOptions): readonly Pair[] {
  const { count, seed } = checkFields('datePairs', options, fields);
  const key = seedWords(seed);
  return Array.from({ length: count }, (_, index): Pair => {
    const [first, second] = philox([index, 0, 0, 0], key);
    const date = new Date((FIRST + (first % (LAST - FIRST + 1))) * DAY);
    const [year, month, day] = [date.getUTCFullYear(), date.getUTCMonth() + 1, date.getUTCDate()];
    const named = { year, month, day, weekday: date.getUTCDay() };
    return [forms[second % forms.length]!(named), `${year}-${two(month)}-${two(day)}`];
  });
}
