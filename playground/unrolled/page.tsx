// The page: a small network over time that is played forward and back, and whose weight is dragged.
import { useEffect, useState } from 'preact/hooks';
import { FieldInput } from '../settings/field.tsx';
import { LocaleContext, localeOf, useLocale } from '../ui/locale.ts';
import { Slider } from '../ui/slider.tsx';
import { Diagram } from './diagram.tsx';
import { MemoryLine } from './memory-line.tsx';
import { lastPlace, type Playhead, placeText } from './playhead.ts';
import { fields, formatLink, type Link, MOST_STEPS, type Settings } from './settings.ts';
import { Terms } from './terms.tsx';
import { useUnrolled } from './use-unrolled.ts';

/** Milliseconds of a step while it plays. */
const PACE = 700;

export function UnrolledPage({ initial }: { readonly initial: Link }) {
  const [{ language, settings }, setLink] = useState(initial);
  const [at, setAt] = useState(lastPlace(initial.settings.steps));
  const [playing, setPlaying] = useState(false);
  const locale = localeOf(language);
  const { t } = locale;
  const seen = useUnrolled(settings);
  const end = lastPlace(settings.steps);

  useEffect(() => {
    document.documentElement.lang = language;
    document.title = t('unrolled.title');
    history.replaceState(null, '', `#${formatLink({ language, settings })}`);
  }, [language, settings, t]);
  useEffect(() => {
    if (!playing) return;
    if (at >= end) return setPlaying(false);
    const timer = setTimeout(() => setAt(at + 1), PACE);
    return () => clearTimeout(timer);
  }, [playing, at, end]);

  const set = (change: Partial<Settings>) => setLink({ language, settings: { ...settings, ...change } });
  const resize = (steps: number) => {
    set({ steps, losses: [steps] });
    setAt(lastPlace(steps));
  };
  const play = () => {
    if (at >= end) setAt(0);
    setPlaying(!playing);
  };
  const playhead = { at: Math.min(at, end), steps: settings.steps };
  return (
    <LocaleContext.Provider value={locale}>
      <Header link={{ language, settings }} onLanguage={(next) => setLink({ language: next, settings })} />
      {seen && (
        <main class="unrolled">
          <Diagram seen={seen} settings={settings} playhead={playhead} onLosses={(losses) => set({ losses })} />
          <PlayBar
            settings={settings}
            playhead={playhead}
            playing={playing}
            onPlay={play}
            onPlace={setAt}
            onSet={set}
          />
          <div class="below">
            <Terms seen={seen} settings={settings} playhead={playhead} />
            <MemoryLine seen={seen} settings={settings} onForget={(forget) => set({ forget })} />
            <form class="fields" onSubmit={(event) => event.preventDefault()}>
              {(['units', 'steps'] as const).map((name) => (
                <FieldInput
                  key={name}
                  id={name}
                  label={t(`unrolled.${name}`)}
                  field={fields[name]}
                  value={settings[name]}
                  texts={name}
                  disabled={false}
                  onChange={(value) => (name === 'steps' ? resize(Number(value)) : set({ units: Number(value) }))}
                />
              ))}
            </form>
          </div>
        </main>
      )}
    </LocaleContext.Provider>
  );
}

interface PlayBarProps {
  readonly settings: Settings;
  readonly playhead: Playhead;
  readonly playing: boolean;
  readonly onPlay: () => void;
  readonly onPlace: (at: number) => void;
  readonly onSet: (change: Partial<Settings>) => void;
}

/** What is pressed and dragged. */
function PlayBar({ settings, playhead, playing, onPlay, onPlace, onSet }: PlayBarProps) {
  const { t, number } = useLocale();
  const { steps, w } = settings;
  const k2 = Math.min(settings.k2, steps);
  return (
    <div class="play">
      <button type="button" id="play" class="main" onClick={onPlay}>
        <span aria-hidden="true">{playing ? '❚❚' : '▶'}</span> {t(playing ? 'pause' : 'unrolled.play')}
      </button>
      <Slider
        id="at"
        label={placeText(playhead, t)}
        min={0}
        max={lastPlace(steps)}
        step={1}
        value={playhead.at}
        onInput={onPlace}
      />
      <Slider
        id="w"
        label={`W = ${number(w)}`}
        min={-2}
        max={2}
        step={0.05}
        value={w}
        onInput={(next) => onSet({ w: next })}
      />
      <Slider
        id="k2"
        label={t('unrolled.k2', { k2 })}
        min={1}
        max={steps}
        step={1}
        value={k2}
        // As far as there are steps is without a limit, also when there are more.
        onInput={(next) => onSet({ k2: next === steps ? MOST_STEPS : next })}
      />
    </div>
  );
}

function Header({ link, onLanguage }: { readonly link: Link; readonly onLanguage: (next: Link['language']) => void }) {
  const { t } = useLocale();
  const other = link.language === 'en' ? 'ru' : 'en';
  return (
    <header>
      <div>
        <h1>{t('unrolled.title')}</h1>
        <p>
          {t('unrolled.lead')} <a href={`./index.html#lang=${link.language}`}>{t('unrolled.playground')}</a>{' '}
          <a href={link.language === 'en' ? './lessons/by-hand.html' : './lessons/ru/by-hand.html'}>
            {t('unrolled.lesson')}
          </a>
        </p>
      </div>
      <button type="button" id="language" lang={other} onClick={() => onLanguage(other)}>
        {other === 'en' ? 'English' : 'Русский'}
      </button>
    </header>
  );
}
