// What a network makes of its task: a text, answers, or a curve that it goes on drawing.
import type { TaskName } from '../settings/fields.ts';
import type { Answers, Curve } from '../tasks/task.ts';
import { Chart } from '../ui/chart.tsx';
import { useLocale } from '../ui/locale.ts';
import { labeled, type NamedRun } from '../ui/named-run.ts';
import { DataTable, Seen, View } from '../ui/view.tsx';

export interface OutcomeViewProps {
  readonly task: TaskName;
  readonly runs: readonly NamedRun[];
}

export function OutcomeView({ task, runs }: OutcomeViewProps) {
  const { t } = useLocale();
  const kind = runs[0]?.state.outcomes[0]?.outcome.kind;
  const explanation = kind === undefined ? t('waiting') : t(`explain.outcome.${kind}`);
  const more = task === 'adding' ? ` ${t('explain.outcome.adding')}` : '';
  return (
    <View id="outcome" title={t('view.outcome')} explanation={explanation + more}>
      <div class="pair">
        {runs.map((run) => {
          const newest = run.state.outcomes[0]?.outcome;
          return (
            <div key={run.letter}>
              {run.name && (
                <h3>
                  <span class="dot" style={{ background: `var(${run.color})` }} />
                  {t('network.named', { name: run.name })}
                </h3>
              )}
              {newest?.kind === 'text' && <Texts run={run} />}
              {newest && newest.kind !== 'text' && <Seen run={run} step={run.state.outcomes[0]!.step} />}
              {newest?.kind === 'answers' && <AnswerTable answers={newest} />}
              {newest?.kind === 'curve' && <CurveChart run={run} curve={newest} />}
            </div>
          );
        })}
      </div>
    </View>
  );
}

function Texts({ run }: { readonly run: NamedRun }) {
  const { t } = useLocale();
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls must be reached by keys
    <section class="texts" tabIndex={0} aria-label={labeled(run, t('outcome.texts'))}>
      {run.state.outcomes.map(
        ({ step, outcome }) =>
          outcome.kind === 'text' && (
            <article key={step}>
              <p class="summary">{t('outcome.after', { step })}</p>
              <p class="written">
                <b>{outcome.prompt}</b>
                {outcome.text}
              </p>
            </article>
          ),
      )}
    </section>
  );
}

function AnswerTable({ answers: { rows, right } }: { readonly answers: Answers }) {
  const { t, count, decimals } = useLocale();
  return (
    <>
      <p class="figure">{t('outcome.right', { share: count(100 * right) })}</p>
      <table class="answers">
        <thead>
          <tr>
            <th scope="col">{t('outcome.sequence')}</th>
            <th scope="col">{t('outcome.expected')}</th>
            <th scope="col">{t('outcome.answer')}</th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ sequence, expected, answer, right }, row) => (
            <tr key={row} class={right ? 'right' : 'wrong'}>
              <td>{decimals(sequence)}</td>
              <td>{decimals(expected)}</td>
              <td>
                {decimals(answer)} <span aria-hidden="true">{right ? '✓' : '✗'}</span>
                <span class="hidden-text">{t(right ? 'outcome.ok' : 'outcome.wrong')}</span>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

function CurveChart({ run, curve: { truth, prediction } }: { readonly run: NamedRun; readonly curve: Curve }) {
  const { t, number, count } = useLocale();
  const lines = [
    { label: t('series.truth'), color: '--faint', points: truth.map((value, step) => [step, value] as const) },
    {
      label: t('series.prediction'),
      color: run.color,
      points: prediction.map((value, step) => [step, value] as const),
    },
  ];
  return (
    <>
      <Chart x={t('axis.step')} y={t('axis.value')} lines={lines} summary={labeled(run, t('explain.outcome.curve'))} />
      <DataTable
        run={run}
        caption={t('view.outcome')}
        head={[t('axis.step'), t('series.truth'), t('series.prediction')]}
        length={truth.length}
        row={(step) => {
          const said = prediction[step];
          return [count(step), number(truth[step]!), said === undefined ? undefined : number(said)];
        }}
      />
    </>
  );
}
