// The language that the page speaks, for every component.
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import { formatCount, formatNumber, type Translate, translator } from '../app/strings.ts';
import type { Language } from '../settings/config.ts';

export interface Locale {
  readonly language: Language;
  readonly t: Translate;
  /** A number of about so many significant digits, by default 3. */
  readonly number: (value: number, digits?: number) => string;
  readonly count: (value: number) => string;
  /** Numbers in a text that have a decimal point, with the mark that the language has. */
  readonly decimals: (text: string) => string;
}

export function localeOf(language: Language): Locale {
  return {
    language,
    t: translator(language),
    number: (value, digits) => formatNumber(language, value, digits),
    count: (value) => formatCount(language, value),
    decimals: (text) => (language === 'ru' ? text.replaceAll(/(?<=\d)\.(?=\d)/g, ',') : text),
  };
}

export const LocaleContext = createContext<Locale>(localeOf('en'));

export const useLocale = (): Locale => useContext(LocaleContext);
