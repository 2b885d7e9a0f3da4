// Dates as text: formats made of tokens, reading and writing by them, and which format the dates of a column have.
import { show } from '../base/check.ts';
import { such } from '../base/fields.ts';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
export const DAY = 24 * HOUR;

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const month = 'Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec';
const fullMonth = 'January|February|March|April|May|June|July|August|September|October|November|December';

/** What is read of a date, in the order of `Date.UTC`, with the month from 1. */
interface Parts {
  year: number;
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
  millisecond: number;
  /** Minutes that the clock is ahead of UTC. */
  zone: number;
  /** Milliseconds since 1970 where the date is such a number. */
  epoch?: number;
  afternoon?: boolean;
}

interface Token {
  readonly pattern: string;
  read(parts: Parts, text: string): void;
  write(date: Date): string;
}

const padded = (value: number, digits: number) => String(value).padStart(digits, '0');

/** A token of digits. */
const number = (name: keyof Parts, pattern: string, digits: number, of: (date: Date) => number): Token => ({
  pattern,
  read: (parts, text) => Object.assign(parts, { [name]: Number(text) }),
  write: (date) => padded(of(date), digits),
});

const epoch = (unit: number, pattern: string): Token => ({
  pattern,
  read: (parts, text) => Object.assign(parts, { epoch: Number(text) * unit }),
  write: (date) => String(date.getTime() / unit),
});

const named = (pattern: string, style: 'short' | 'long'): Token => ({
  pattern,
  read: (parts, text) => Object.assign(parts, { month: months.indexOf(text.slice(0, 3).toLowerCase()) + 1 }),
  write: (date) => date.toLocaleString('en-US', { month: style, timeZone: 'UTC' }),
});

/** The tokens of a format; those that begin alike from the longest on. All else in a format stands for itself. */
const tokens: Readonly<Record<string, Token>> = {
  YYYY: number('year', '\\d{4}', 4, (date) => date.getUTCFullYear()),
  YY: {
    pattern: '\\d\\d',
    // As in POSIX: 69 to 99 are of the last century.
    read: (parts, text) => Object.assign(parts, { year: Number(text) + (Number(text) < 69 ? 2000 : 1900) }),
    write: (date) => padded(date.getUTCFullYear() % 100, 2),
  },
  MMMM: named(fullMonth, 'long'),
  MMM: named(month, 'short'),
  MM: number('month', '\\d\\d', 2, (date) => date.getUTCMonth() + 1),
  M: number('month', '\\d\\d?', 1, (date) => date.getUTCMonth() + 1),
  DD: number('day', '\\d\\d', 2, (date) => date.getUTCDate()),
  D: number('day', '\\d\\d?', 1, (date) => date.getUTCDate()),
  HH: number('hour', '\\d\\d', 2, (date) => date.getUTCHours()),
  H: number('hour', '\\d\\d?', 1, (date) => date.getUTCHours()),
  h: number('hour', '\\d\\d?', 1, (date) => date.getUTCHours() % 12 || 12),
  mm: number('minute', '\\d\\d', 2, (date) => date.getUTCMinutes()),
  ss: number('second', '\\d\\d', 2, (date) => date.getUTCSeconds()),
  SSS: {
    pattern: '\\d{1,9}',
    read: (parts, text) => Object.assign(parts, { millisecond: Number(`0.${text}`) * SECOND }),
    write: (date) => padded(date.getUTCMilliseconds(), 3),
  },
  A: {
    pattern: '[AaPp]\\.?[Mm]\\.?',
    read: (parts, text) => Object.assign(parts, { afternoon: /^p/i.test(text) }),
    write: (date) => (date.getUTCHours() < 12 ? 'AM' : 'PM'),
  },
  Z: {
    pattern: ' ?(?:Z|UTC|GMT|[+-]\\d\\d(?::?\\d\\d)?)',
    read(parts, text) {
      const [, sign, hours, minutes = '0'] = /([+-])(\d\d):?(\d\d)?/.exec(text) ?? [undefined, '+', '0'];
      parts.zone = (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes));
    },
    write: () => 'Z',
  },
  Q: {
    pattern: 'Q[1-4]',
    read: (parts, text) => Object.assign(parts, { month: Number(text[1]) * 3 - 2 }),
    write: (date) => `Q${Math.floor(date.getUTCMonth() / 3) + 1}`,
  },
  X: epoch(SECOND, '-?\\d{1,11}(?:\\.\\d+)?'),
  x: epoch(1, '-?\\d{1,14}'),
};

const pieces = /YYYY|YY|MMMM|MMM|MM|M|DD|D|HH|H|h|mm|ss|SSS|A|Z|Q|X|x|[\s\S]/g;

interface Format {
  readonly pattern: RegExp;
  readonly tokens: readonly Token[];
}

const compiled = new Map<string, Format>();

function compile(format: string): Format {
  const known = compiled.get(format);
  if (known !== undefined) return known;
  const parts = format.match(pieces) ?? [];
  const literal = (text: string) => text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&');
  const source = parts.map((part) => (part in tokens ? `(${tokens[part]!.pattern})` : literal(part))).join('');
  const made = { pattern: new RegExp(`^${source}$`, 'i'), tokens: parts.flatMap((part) => tokens[part] ?? []) };
  compiled.set(format, made);
  return made;
}

/** A format that tells at least the year of a date, and nothing twice: digits that could be of either take for ever to tell apart. */
export const dateFormat = such<string>('tokens such as YYYY-MM-DD, each once', (value) => {
  const parts =
    typeof value === 'string' ? (value.match(pieces) ?? []).filter((part) => Object.hasOwn(tokens, part)) : [];
  return parts.some((part) => /^[YXx]/.test(part)) && new Set(parts).size === parts.length;
});

/** Milliseconds since 1970-01-01 UTC of a date in a format, by the clock on the wall where it has no zone; undefined for any other text. */
export function parseDate(text: string, format: string): number | undefined {
  const { pattern, tokens } = compile(format);
  const found = pattern.exec(text);
  if (found === null) return undefined;
  const parts: Parts = { year: 0, month: 1, day: 1, hour: 0, minute: 0, second: 0, millisecond: 0, zone: 0 };
  for (const [index, token] of tokens.entries()) token.read(parts, found[index + 1]!);
  if (parts.epoch !== undefined) return Number.isFinite(new Date(parts.epoch).getTime()) ? parts.epoch : undefined;
  if (parts.afternoon !== undefined) {
    if (parts.hour < 1 || parts.hour > 12) return undefined;
    parts.hour = (parts.hour % 12) + (parts.afternoon ? 12 : 0);
  }
  const day = timeOf(parts.year, parts.month, parts.day);
  if (day === undefined || parts.hour > 23 || parts.minute > 59 || parts.second > 59) return undefined;
  return day + parts.hour * HOUR + (parts.minute - parts.zone) * MINUTE + parts.second * SECOND + parts.millisecond;
}

/** Milliseconds since 1970-01-01 of a day; undefined when there is no such day. */
export function timeOf(year: number, month: number, day: number): number | undefined {
  const date = new Date(0);
  date.setUTCFullYear(year, month - 1, day);
  const same = date.getUTCFullYear() === year && date.getUTCMonth() === month - 1 && date.getUTCDate() === day;
  return same ? date.getTime() : undefined;
}

/** The inverse of `parseDate`. Without a format: the day, and the time where it is not midnight. */
export function formatDate(time: number, format = time % DAY === 0 ? 'YYYY-MM-DD' : 'YYYY-MM-DDTHH:mm:ss'): string {
  const date = new Date(time);
  return (format.match(pieces) ?? []).map((part) => tokens[part]?.write(date) ?? part).join('');
}

const days = [
  ...['YYYY-MM-DD', 'YYYY/MM/DD', 'YYYY.MM.DD', 'YYYYMMDD', 'YYYY-M-D', 'YYYY/M/D'],
  ...['/', '-', '.'].flatMap((s) => [`DD${s}MM${s}YYYY`, `D${s}M${s}YYYY`, `DD${s}MM${s}YY`, `D${s}M${s}YY`]),
  ...['/', '-'].flatMap((s) => [`MM${s}DD${s}YYYY`, `M${s}D${s}YYYY`, `MM${s}DD${s}YY`, `M${s}D${s}YY`]),
  ...['MMM', 'MMMM'].flatMap((m) => [`D ${m} YYYY`, `D-${m}-YYYY`, `D-${m}-YY`, `${m} D, YYYY`, `${m} D YYYY`]),
];
const wholeMonths = [
  ...[
    'YYYY-MM',
    'YYYY/MM',
    'YYYY.MM',
    'MM/YYYY',
    'M/YYYY',
    'MM-YYYY',
    'MM.YYYY',
    'YYYY-Q',
    'YYYYQ',
    'YYYY Q',
    'Q YYYY',
  ],
  ...['MMM', 'MMMM'].flatMap((m) => [`${m} YYYY`, `${m}-YYYY`, `${m}-YY`, `YYYY ${m}`, `YYYY-${m}`]),
];
const clocks = ['HH:mm', 'HH:mm:ss', 'HH:mm:ss.SSS', 'HH:mm:ss,SSS', 'HHmm', 'H:mm', 'H:mm:ss'];
const times = [
  ...[' ', 'T'].flatMap((between) => clocks.flatMap((clock) => [`${between}${clock}`, `${between}${clock}Z`])),
  ...[' h:mm A', ' h:mm:ss A'],
];

/** Formats that are found without being told. */
const written = [...days, ...wholeMonths, ...days.flatMap((day) => times.map((time) => day + time))];
/** Formats of what may also be a number: only for a column that is said to have dates, or is called so. */
const numbers = ['YYYYMMDD', 'YYYYMM', 'YYYY', 'X', 'x'];

/** Whether a date may also be a number. */
export const isPlain = (date: string) => /^-?\d+(\.\d+)?$/.test(date);

/** What was found: the format, or those between which nothing decides, or the first row that the best of them does not read. */
export type FoundFormat =
  | { readonly format: string }
  | { readonly either: readonly [string, string] }
  | { readonly row: number };

/**
 * The format that all dates of a column have. Two that read different dates are told apart by their order alone: where only with one of them
 * they ascend, it is that one.
 */
export function findFormat(dates: readonly string[]): FoundFormat {
  const plain = isPlain(dates[0] ?? '');
  const candidates = plain ? numbers.filter((format) => plausible(dates[0]!, format)) : written;
  let best = 0;
  const found: { readonly format: string; readonly times: readonly number[] }[] = [];
  for (const format of candidates) {
    const read: number[] = [];
    for (const date of dates) {
      const time = parseDate(date, format);
      if (time === undefined) break;
      read.push(time);
    }
    best = Math.max(best, read.length);
    if (read.length < dates.length || read.length === 0) continue;
    if (!found.some(({ times }) => times.every((time, row) => time === read[row]))) found.push({ format, times: read });
  }
  if (found.length === 0) return { row: Math.min(best, dates.length - 1) };
  const ascending = found.filter(({ times }) => times.every((time, row) => row === 0 || time > times[row - 1]!));
  const [first, second] = ascending.length === 1 ? ascending : found;
  if (second !== undefined) return { either: [first!.format, second.format] };
  return { format: withZone(first!.format, dates) };
}

/** Where all dates have the same zone, the clock on the wall there counts: calendars are kept by it. */
function withZone(format: string, dates: readonly string[]): string {
  if (!format.endsWith('Z')) return format;
  const zones = new Set(dates.map((date) => / ?(?:Z|UTC|GMT|[+-]\d\d(?::?\d\d)?)$/i.exec(date)![0]));
  const [zone] = zones;
  return zones.size === 1 && /\d/.test(zone!) ? format.slice(0, -1) + zone : format;
}

/** Whether a number may be a date: of the years 1900 to 2100. */
function plausible(text: string, format: string): boolean {
  const time = parseDate(text, format);
  if (time === undefined || time < timeOf(1900, 1, 1)! || time >= timeOf(2101, 1, 1)!) return false;
  return !/x/i.test(format) || time >= 1e11; // from 1973 on: smaller numbers are rather numbers
}

/** What an error says of a format that was looked for. */
export const dateExamples = `a date such as ${['2024-12-31', '2024-12-31 23:00', '31.12.2024', '2024-12'].map(show).join(', ')}`;
