// How far the rows of a series lie apart, and so the dates of those to come.
import { DAY, timeOf } from './dates.ts';

/**
 * - `time`: so many milliseconds.
 * - `business-day`: from Monday to Friday.
 * - `month`: so many months, on the same day of each or, with `last`, on the last.
 */
export type TimeStep =
  | { readonly unit: 'time'; readonly every: number }
  | { readonly unit: 'business-day' }
  | { readonly unit: 'month'; readonly every: number; readonly last: boolean };

export interface Rhythm {
  readonly step: TimeStep;
  /** Rows that are left out between the first and the last. */
  readonly missing: number;
  /** The row after the first that is left out. */
  readonly after?: number;
}

/** The step by which all rows lie, some of which may be left out; undefined when there is none, and of fewer than two rows. */
export function rhythmOf(times: Float64Array): Rhythm | undefined {
  if (times.length < 2) return undefined;
  const gaps = times.subarray(1).map((time, row) => time - times[row]!);
  const least = gaps.reduce((a, b) => Math.min(a, b));
  return byMonths(times, least) ?? byBusinessDays(times, gaps, least) ?? byTime(gaps, least);
}

function byMonths(times: Float64Array, least: number): Rhythm | undefined {
  if (least < 28 * DAY) return undefined;
  const dates = Array.from(times, (time) => new Date(time));
  const last = dates.every((date) => isLast(date));
  const of = (date: Date) => (last ? 0 : date.getUTCDate() * DAY) + (date.getTime() % DAY);
  if (dates.some((date) => of(date) !== of(dates[0]!))) return undefined;
  const numbers = dates.map((date) => date.getUTCFullYear() * 12 + date.getUTCMonth());
  const gaps = numbers.slice(1).map((number, row) => number - numbers[row]!);
  const every = Math.min(...gaps);
  return counted(gaps, every, { unit: 'month', every, last });
}

const isLast = (date: Date) => new Date(date.getTime() + DAY).getUTCDate() === 1;

function byBusinessDays(times: Float64Array, gaps: Float64Array, least: number): Rhythm | undefined {
  if (least !== DAY || times.some((time) => isWeekend(time)) || gaps.some((gap) => gap % DAY !== 0)) return undefined;
  // Of a week without its end nothing tells whether it has one.
  if (!gaps.some((gap) => gap > DAY)) return undefined;
  const days = Array.from(times, (time) => businessDay(time));
  return counted(
    days.slice(1).map((day, row) => day - days[row]!),
    1,
    { unit: 'business-day' },
  );
}

/** Days since Thursday 1970-01-01; Monday is 0. */
const weekday = (time: number) => (((Math.floor(time / DAY) + 3) % 7) + 7) % 7;
const isWeekend = (time: number) => weekday(time) > 4;

/** Business days counted from the week of 1970-01-01 on. */
const businessDay = (time: number) => Math.floor((Math.floor(time / DAY) + 3) / 7) * 5 + weekday(time);

function byTime(gaps: Float64Array, least: number): Rhythm | undefined {
  return counted(gaps, least, { unit: 'time', every: least });
}

function counted(gaps: ArrayLike<number>, every: number, step: TimeStep): Rhythm | undefined {
  let missing = 0;
  let after: number | undefined;
  for (let row = 0; row < gaps.length; row++) {
    const times = gaps[row]! / every;
    if (!Number.isInteger(times)) return undefined;
    if (times > 1) after ??= row + 1;
    missing += times - 1;
  }
  // Where more rows are left out than there are, the step is chance.
  if (missing > gaps.length + 1) return undefined;
  return { step, missing, ...(after !== undefined && { after }) };
}

/** The times of the rows after one. */
export function timesAfter(time: number, step: TimeStep, count: number): Float64Array {
  const start = new Date(time);
  const next = (ahead: number): number => {
    if (step.unit === 'time') return time + ahead * step.every;
    if (step.unit === 'business-day') {
      const day = businessDay(time) + ahead;
      const [week, of] = [Math.floor(day / 5), day - 5 * Math.floor(day / 5)];
      return (week * 7 + of - 3) * DAY + (((time % DAY) + DAY) % DAY);
    }
    const number = start.getUTCFullYear() * 12 + start.getUTCMonth() + ahead * step.every;
    const [year, month] = [Math.floor(number / 12), (number % 12) + 1];
    const [after, past] = month === 12 ? [year + 1, 1] : [year, month + 1];
    const clock = ((time % DAY) + DAY) % DAY;
    const end = timeOf(after, past, 1)! - DAY;
    return (step.last ? end : (timeOf(year, month, start.getUTCDate()) ?? end)) + clock;
  };
  return Float64Array.from({ length: count }, (_, index) => next(index + 1));
}

/** How many rows make the season that such rows usually have: a day of hours, a week of days, a year of months; undefined where there is none. */
export function seasonOf(step: TimeStep): number | undefined {
  if (step.unit === 'business-day') return 5;
  if (step.unit === 'month') return 12 % step.every === 0 && step.every < 12 ? 12 / step.every : undefined;
  const season = step.every < DAY ? DAY : 7 * DAY;
  return season % step.every === 0 && season > step.every ? season / step.every : undefined;
}

/** A step in words, as in "a row every 2 hours". */
export function inWords(step: TimeStep): string {
  if (step.unit === 'business-day') return 'business day';
  if (step.unit === 'month') return amount(step.every, 'month');
  const units = [
    [DAY, 'day'],
    [DAY / 24, 'hour'],
    [60_000, 'minute'],
    [1000, 'second'],
  ] as const;
  const [size, name] = units.find(([size]) => step.every % size === 0) ?? [1, 'millisecond'];
  return amount(step.every / size, name);
}

const amount = (count: number, name: string) => (count === 1 ? name : `${count} ${name}s`);
