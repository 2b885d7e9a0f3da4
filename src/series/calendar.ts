// Dates as days since 1970-01-01, and what a network can read of them.
import { cosineOfPi } from '../base/exact-math.ts';

/**
 * - `weekday`: 7 numbers, Monday first, 1 on that day and 0 else.
 * - `month`: 12 numbers, January first, likewise.
 * - `year`: 2 numbers, sine and cosine of how much of the year has gone.
 */
export type CalendarFeature = 'weekday' | 'month' | 'year';

export const calendarFeatures = ['weekday', 'month', 'year'] as const;

const widths: Readonly<Record<CalendarFeature, number>> = { weekday: 7, month: 12, year: 2 };

const DAY = 86_400_000; // milliseconds

/** Days since 1970-01-01 of a date; undefined when there is no such date. */
export function dayOf(year: number, month: number, day: number): number | undefined {
  const time = Date.UTC(year, month - 1, day);
  const date = new Date(time);
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same ? time / DAY : undefined;
}

/** Days since 1970-01-01 of `YYYY-MM-DD`, also with the time of midnight after it; undefined when the text is anything else. */
export function parseDate(text: string): number | undefined {
  const [, year, month, day] = /^(\d{4})-(\d\d)-(\d\d)([ T]00:00(:00(\.0{1,9})?)?Z?)?$/.exec(text) ?? [];
  return year === undefined ? undefined : dayOf(Number(year), Number(month), Number(day));
}

/** A day as `YYYY-MM-DD`. */
export function formatDate(day: number): string {
  return new Date(day * DAY).toISOString().slice(0, 10);
}

/** Numbers that some features take. */
export function calendarWidth(features: readonly CalendarFeature[]): number {
  return features.reduce((sum, feature) => sum + widths[feature], 0);
}

/** Writes the features of a day into `to` from `at` on. The places must be zero before. */
export function writeCalendar(features: readonly CalendarFeature[], day: number, to: Float64Array, at: number): void {
  const date = new Date(day * DAY);
  for (const feature of features) {
    if (feature === 'weekday') to[at + ((date.getUTCDay() + 6) % 7)] = 1;
    else if (feature === 'month') to[at + date.getUTCMonth()] = 1;
    else {
      const year = date.getUTCFullYear();
      const start = Date.UTC(year, 0, 1) / DAY;
      const gone = (day - start) / (Date.UTC(year + 1, 0, 1) / DAY - start);
      // The sine is the cosine a quarter of a turn before.
      to[at] = cosineOfTurns(gone >= 0.25 ? gone - 0.25 : gone + 0.75);
      to[at + 1] = cosineOfTurns(gone);
    }
    at += widths[feature];
  }
}

/** cos(2π·turns) for 0 ≤ turns ≤ 1. */
function cosineOfTurns(turns: number): number {
  return cosineOfPi(turns > 0.5 ? 2 - 2 * turns : 2 * turns);
}
