// What can be set in the unrolled network, and how it stands in the link: `#lang=en&units=1&steps=5&w=0.8&k2=5&losses=5`.
import { integer, number, oneOf } from '../../src/base/fields.ts';
import { type Language, languages } from '../settings/config.ts';
import { readField } from '../settings/fields.ts';

export const MOST_STEPS = 8;

export const fields = {
  /** H. */
  units: integer({ min: 1, max: 3 }),
  /** T. */
  steps: integer({ min: 4, max: MOST_STEPS }),
  /** W, or what a W that keeps lengths is multiplied by where there are several units. */
  w: number({ min: -2, max: 2 }),
  /** Steps back at most. */
  k2: integer({ min: 1, max: MOST_STEPS }),
  /** The forget bias of the LSTM beside it. */
  forget: number({ min: -3, max: 5 }),
};

export interface Settings {
  readonly units: number;
  readonly steps: number;
  readonly w: number;
  readonly k2: number;
  readonly forget: number;
  /** The steps whose losses count, from 1. */
  readonly losses: readonly number[];
}

export interface Link {
  readonly language: Language;
  readonly settings: Settings;
}

/** The lesson's network, a little longer. */
const defaults = { units: 1, steps: 5, w: 0.8, k2: MOST_STEPS, forget: 1 };

/** Reads the part of a link behind `#`; what is not understood has its default. */
export function parseLink(hash: string, language: Language): Link {
  const entries = new URLSearchParams(hash.replace(/^#/, ''));
  const take = (name: keyof typeof fields) => {
    const value = readField(fields[name], entries.get(name) ?? '');
    return typeof value === 'number' ? value : defaults[name];
  };
  const chosen = readField(oneOf(...languages), entries.get('lang') ?? '') as Language | undefined;
  const steps = take('steps');
  const named = (entries.get('losses') ?? String(steps)).split(',').map(Number);
  return {
    language: chosen ?? language,
    settings: {
      units: take('units'),
      steps,
      w: take('w'),
      k2: take('k2'),
      forget: take('forget'),
      losses: named.filter((step) => Number.isInteger(step) && step >= 1 && step <= steps),
    },
  };
}

export function formatLink({ language, settings }: Link): string {
  const { losses, ...rest } = settings;
  const entries = Object.entries(rest).map(([name, value]) => [name, String(value)] as [string, string]);
  return decodeURIComponent(
    new URLSearchParams([['lang', language], ...entries, ['losses', losses.join(',')]]).toString(),
  );
}
