// What a network can read of dates.
import { cosineOfPi } from '../base/exact-math.ts';
import { timeOf } from './dates.ts';

/**
 * - `hour`: 24 numbers, midnight first, 1 in that hour and 0 else.
 * - `weekday`: 7 numbers, Monday first, likewise.
 * - `month`: 12 numbers, January first, likewise.
 * - `year`: 2 numbers, sine and cosine of how much of the year has gone.
 */
export type CalendarFeature = 'hour' | 'weekday' | 'month' | 'year';

export const calendarFeatures = ['hour', 'weekday', 'month', 'year'] as const;

const widths: Readonly<Record<CalendarFeature, number>> = { hour: 24, weekday: 7, month: 12, year: 2 };

/** Numbers that some features take. */
export function calendarWidth(features: readonly CalendarFeature[]): number {
  return features.reduce((sum, feature) => sum + widths[feature], 0);
}

/** Writes the features of a time, in milliseconds since 1970-01-01, into `to` from `at` on. The places must be zero before. */
export function writeCalendar(features: readonly CalendarFeature[], time: number, to: Float64Array, at: number): void {
  const date = new Date(time);
  for (const feature of features) {
    if (feature === 'hour') to[at + date.getUTCHours()] = 1;
    else if (feature === 'weekday') to[at + ((date.getUTCDay() + 6) % 7)] = 1;
    else if (feature === 'month') to[at + date.getUTCMonth()] = 1;
    else {
      const year = date.getUTCFullYear();
      const start = timeOf(year, 1, 1)!;
      const gone = (time - start) / (timeOf(year + 1, 1, 1)! - start);
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
