// The experiments of the lessons, read from their pages: the playground says beside each what to look for.
import { readdirSync, readFileSync } from 'node:fs';
import type { Language } from '../settings/config.ts';

/** A link that opens the playground in a prepared state. */
export interface Experiment {
  /** Of the lesson, 1 to 6. */
  readonly lesson: number;
  /** The lesson's page, from the playground's. */
  readonly page: string;
  readonly name: string;
  /** The part of the link behind `#`. */
  readonly link: string;
  /** What to do and what to look for. */
  readonly text: string;
}

/** Where the lessons of a language are, from the playground's page. */
export const lessonFolders: Readonly<Record<Language, string>> = { en: 'lessons', ru: 'lessons/ru' };

const quotes: Readonly<Record<Language, readonly [string, string]>> = { en: ['“', '”'], ru: ['«', '»'] };

/** All experiments of a language, in the order of the lessons. */
export function readExperiments(language: Language): readonly Experiment[] {
  const folder = lessonFolders[language];
  return pagesOf(language)
    .flatMap((file) => {
      const page = `${folder}/${file}`;
      const html = readFileSync(`${import.meta.dirname}/../${page}`, 'utf8');
      const lesson = Number(/<p class="number-of">\D*(\d)/.exec(html)?.[1]);
      const found = html.matchAll(/<a class="open" href="[./]*index\.html#([^"]+)">([^<]+)<\/a>\s*<p>(.+?)<\/p>/gs);
      return Array.from(found, ([, link, name, text]) => {
        return { lesson, page, name: name!, link: link!, text: plain(text!, quotes[language]) };
      });
    })
    .sort((a, b) => a.lesson - b.lesson);
}

/** The files of a language, `index.html` among them. */
export function pagesOf(language: Language): readonly string[] {
  const names = readdirSync(`${import.meta.dirname}/../${lessonFolders[language]}`);
  return names.filter((name) => name.endsWith('.html')).sort();
}

/** Without markup; what is named as on the screen stands in quotes. */
function plain(html: string, [open, close]: readonly [string, string]): string {
  return html
    .replaceAll(/<b [^>]*>(.*?)<\/b>/g, `${open}$1${close}`)
    .replaceAll(/<[^>]+>/g, '')
    .replaceAll(/\s+/g, ' ')
    .trim();
}
