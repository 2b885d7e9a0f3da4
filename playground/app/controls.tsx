// What can be done with the training, and how it stands.
import { FileButton } from '../ui/file-button.tsx';
import { Help } from '../ui/help.tsx';
import { useLocale } from '../ui/locale.ts';
import type { NamedRun } from '../ui/named-run.ts';

export interface ControlsProps {
  readonly runs: readonly NamedRun[];
  /** Whether they are learning. */
  readonly running: boolean;
  /** What one step of them is. */
  readonly unit: 'update' | 'batch';
  /** What is to be said now, for eyes and ears. */
  readonly status: string;
  /** Takes what was learned before back; undefined where there is nothing. */
  readonly onRestore: (() => void) | undefined;
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
  const { runs, running, status } = props;
  const ready = runs.some(({ state }) => state.status === 'ready');
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
          {t(props.unit === 'update' ? 'step' : 'step.batch')}
        </button>
        <button type="button" id="restart" onClick={props.onRestart}>
          {t('restart')}
        </button>
        {props.onRestore && (
          <button type="button" id="restore" onClick={props.onRestore}>
            {t('restore')}
          </button>
        )}
      </div>
      <div class="more">
        <button type="button" id="to-settings" onClick={showSettings}>
          {t('settings')}
        </button>
        <button type="button" id="save" onClick={props.onSave} disabled={!has}>
          {runs[0]?.name === undefined ? t('save') : t('save.a', { name: runs[0].name })}
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
export function Figures({ runs, unit }: Pick<ControlsProps, 'runs' | 'unit'>) {
  const { t, number, count } = useLocale();
  const compared = unit === 'batch' ? (['batches'] as const) : [];
  const names = [...compared, 'updates', 'testLoss', 'gradientNorm', 'speed', 'parameters'] as const;
  return (
    <div class="figures">
      {runs.map(({ letter, name, color, state: { snapshot } }) => {
        const id = letter === 'b' ? 'b-' : '';
        const point = snapshot?.point;
        const figures = [
          ...compared.map((key) => [key, t(key), snapshot && count(snapshot.batches)] as const),
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
          <div key={letter} class="network" style={{ borderColor: `var(${color})` }}>
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
