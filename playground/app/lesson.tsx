// What the lessons say of the experiment that is open.

import { experiments } from 'virtual:experiments';
import { useMemo } from 'preact/hooks';
import { formatConfig, parseConfig } from '../settings/config.ts';
import { useLocale } from '../ui/locale.ts';

/** What to do and to look for; nothing once a setting is another. */
export function LessonNote({ link }: { readonly link: string }) {
  const { t, language } = useLocale();
  const experiment = useMemo(
    () => experiments[language].find((one) => formatConfig(parseConfig(one.link).config) === link),
    [language, link],
  );
  if (experiment === undefined) return null;
  const { lesson, page, name, text } = experiment;
  return (
    <section class="lesson" aria-labelledby="lesson-title">
      <h2 id="lesson-title">{name}</h2>
      <p>{text}</p>
      <p>
        <a href={`./${page}`}>{t('lesson.back', { lesson })}</a>
      </p>
    </section>
  );
}
