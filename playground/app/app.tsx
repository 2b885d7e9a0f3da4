// The page as a whole, from what the playground holds.
import { useEffect } from 'preact/hooks';
import { languages } from '../settings/config.ts';
import { namesOf } from '../settings/names.ts';
import { presetLink, presets } from '../settings/presets.ts';
import { Settings } from '../settings/settings.tsx';
import { LocaleContext, localeOf, useLocale } from '../ui/locale.ts';
import type { NamedRun } from '../ui/named-run.ts';
import { GradientView } from '../views/gradient.tsx';
import { HiddenView } from '../views/hidden.tsx';
import { LossView } from '../views/loss.tsx';
import { OutcomeView } from '../views/outcome.tsx';
import { SpectrumView } from '../views/spectrum.tsx';
import { WeightsView } from '../views/weights.tsx';
import { Controls, Figures } from './controls.tsx';
import { LessonNote } from './lesson.tsx';
import { failureText, problemText, statusText } from './notes.ts';
import { type Playground, unitOf } from './playground.ts';

const languageNames = { en: 'English', ru: 'Русский' } as const;

export function App({ playground }: { readonly playground: Playground }) {
  const { config, problems, a, b } = playground;
  const locale = localeOf(config.language);
  const { t, language } = locale;
  const names = config.b === undefined ? [undefined, undefined] : namesOf(config.a, config.b, locale);
  const runs: NamedRun[] = [{ letter: 'a', name: names[0], color: '--a', settings: config.a, state: a }];
  if (config.b !== undefined) {
    runs.push({ letter: 'b', name: names[1], color: '--b', settings: config.b, state: b });
  }
  const unit = unitOf(config);
  const failures = runs.flatMap((run) => failureText(run, locale) ?? []);
  useEffect(() => {
    document.documentElement.lang = language;
    document.title = t('documentTitle');
  }, [language, t]);
  return (
    <LocaleContext.Provider value={locale}>
      <button type="button" class="skip" onClick={() => document.getElementById('run')?.focus()}>
        {t('skip')}
      </button>
      <Header playground={playground} />
      <Presets current={playground.link} />
      <main>
        <div class="side">
          <Settings
            config={config}
            runs={runs}
            frozen={playground.running}
            onChange={(next) => playground.configure(next)}
          />
        </div>
        <div class="results">
          <LessonNote link={playground.link} />
          <div class="bar">
            <Controls
              runs={runs}
              running={playground.running}
              unit={unit}
              status={statusText(playground, locale)}
              onRestore={playground.canRestore ? () => playground.restore() : undefined}
              onRun={() => playground.run()}
              onPause={() => playground.pause()}
              onStep={() => playground.step()}
              onRestart={() => playground.restart()}
              onSave={() => playground.save()}
              onLoad={(file) => playground.load(file)}
              onCopy={() => playground.copyLink()}
            />
            <Figures runs={runs} unit={unit} />
          </div>
          <div role="alert" class="alerts">
            {problems.map((problem) => (
              <p key={problem.key}>{problemText(problem, locale)}</p>
            ))}
            {failures.map((failure) => (
              <p key={failure}>{failure}</p>
            ))}
          </div>
          <div class="views">
            <LossView task={config.task.task} runs={runs} unit={unit} />
            <GradientView runs={runs} />
            <OutcomeView task={config.task.task} runs={runs} />
            <SpectrumView runs={runs} />
            <HiddenView runs={runs} />
            <WeightsView runs={runs} />
          </div>
        </div>
      </main>
    </LocaleContext.Provider>
  );
}

function Header({ playground }: { readonly playground: Playground }) {
  const { t, language } = useLocale();
  return (
    <header>
      <div>
        <h1>{t('title')}</h1>
        <p>{t('lead')}</p>
        <p>
          <a href={language === 'en' ? './lessons/index.html' : `./lessons/${language}/index.html`}>{t('lessons')}</a>{' '}
          <a href={`./unrolled.html#lang=${language}`}>{t('unrolled.title')}</a>
        </p>
      </div>
      <nav class="languages" aria-label={t('language')}>
        {languages.map((other) => (
          <button
            key={other}
            type="button"
            lang={other}
            aria-pressed={other === language}
            onClick={() => playground.setLanguage(other)}
          >
            {languageNames[other]}
          </button>
        ))}
      </nav>
    </header>
  );
}

function Presets({ current }: { readonly current: string }) {
  const { t, language } = useLocale();
  return (
    <nav class="presets" aria-label={t('try')}>
      {presets.map((preset) => {
        const link = presetLink(preset, language);
        return (
          <a key={preset} href={`#${link}`} aria-current={link === current ? 'true' : undefined}>
            <strong>{t(`try.${preset}`)}</strong>
            <span>{t(`try.${preset}.hint`)}</span>
          </a>
        );
      })}
    </nav>
  );
}
