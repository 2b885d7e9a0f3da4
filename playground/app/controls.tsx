// What can be done with the training, and how it stands.
import { FileButton } from '../ui/file-button.tsx';
import { Help } from '../ui/help.tsx';
import { useLocale } from '../ui/locale.ts';
import type { NamedRun } from '../ui/named-run.ts';

export interface ControlsProps {
  readonly runs: readonly NamedRun[];
  /** What is to be said now, for eyes and ears. */
  readonly status: string;
  readonly onRun: () => void;
  readonly onPause: () => void;
  readonly onStep: () => void;
  readonly onRestart: () => void;
  readonly onSave: () => void;
  readonly onLoad: (file: File) => void;
  readonly onCopy: () => void;
}

export function Controls(props: ControlsProps) {
  const { t } = useLocale();
  const { runs, status } = props;
  const running = runs.some(({ state }) => state.status === 'running');
  const ready = runs.some(({ state }) => state.status === 'paused');
  const has = runs[0]?.state.snapshot !== undefined;
  return (
    <section class="controls" aria-label={t('controls')}>
      <div class="buttons">
        <button
          type="button"
          id="run"
          class="main"
          onClick={running ? props.onPause : props.onRun}
          disabled={!running && !ready}
        >
          <span aria-hidden="true">{running ? '❚❚' : '▶'}</span> {t(running ? 'pause' : 'run')}
        </button>
        <button type="button" id="step" onClick={props.onStep} disabled={running || !ready}>
          {t('step')}
        </button>
        <button type="button" id="restart" onClick={props.onRestart}>
          {t('restart')}
        </button>
      </div>
      <div class="more">
        <button type="button" id="to-settings" onClick={showSettings}>
          {t('settings')}
        </button>
        <button type="button" id="save" onClick={props.onSave} disabled={!has}>
          {t(runs.length > 1 ? 'save.a' : 'save')}
        </button>
        <FileButton id="load" label={t('load')} accept=".safetensors" onFile={props.onLoad} />
        <button type="button" id="copy" onClick={props.onCopy}>
          {t('copy')}
        </button>
      </div>
      <p class="status" id="status" role="status">
        {status}
      </p>
    </section>
  );
}

/** In one column the settings come last. */
function showSettings(): void {
  const first = document.getElementById('task')!;
  first.closest('form')!.scrollIntoView();
  first.focus({ preventScroll: true });
}

/** The newest figures of each network. */
export function Figures({ runs }: { readonly runs: readonly NamedRun[] }) {
  const { t, number, count } = useLocale();
  const names = ['updates', 'testLoss', 'gradientNorm', 'speed', 'parameters'] as const;
  return (
    <div class="figures">
      {runs.map(({ name, color, state: { snapshot } }) => {
        const id = name === 'B' ? 'b-' : '';
        const point = snapshot?.points.at(-1);
        const figures = [
          ['updates', t('updates'), snapshot && count(snapshot.step)],
          ['test-loss', t('testLoss'), point && number(point.test, 4)],
          [
            'gradient-norm',
            t('gradientNorm'),
            snapshot?.gradientNorm === undefined ? undefined : number(snapshot.gradientNorm),
          ],
          [
            'speed',
            t('speed'),
            snapshot?.tokensPerSecond === undefined
              ? undefined
              : count(Number(snapshot.tokensPerSecond.toPrecision(2))),
          ],
          ['parameters', t('parameters'), snapshot && count(snapshot.parameters)],
        ] as const;
        return (
          <div key={name} class="network" style={{ borderColor: `var(${color})` }}>
            {name && (
              <div class="name" aria-hidden="true">
                {name}
              </div>
            )}
            <dl aria-label={name && t('network.named', { name })}>
              {figures.map(([key, label, value]) => (
                <div key={key}>
                  <dt>{label}</dt>
                  <dd id={id + key}>{value ?? '–'}</dd>
                </div>
              ))}
            </dl>
          </div>
        );
      })}
      <Help entries={names.map((name) => ({ name: t(name), meaning: t(`help.${name}`) }))} />
    </div>
  );
}
