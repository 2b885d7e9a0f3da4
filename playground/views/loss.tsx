// The loss over updates, on sequences that are never learned from and on those that are.
import type { TaskName } from '../settings/fields.ts';
import { Chart, type Line } from '../ui/chart.tsx';
import { useLocale } from '../ui/locale.ts';
import { labeled, type NamedRun } from '../ui/named-run.ts';
import { DataTable, View } from '../ui/view.tsx';

/** Tasks whose loss is a cross-entropy. */
const inNats: readonly TaskName[] = ['text', 'copy', 'order'];

export function LossView({ task, runs }: { readonly task: TaskName; readonly runs: readonly NamedRun[] }) {
  const { t, number, count } = useLocale();
  const last = Math.max(10, ...runs.map(({ state }) => state.points.at(-1)?.step ?? 0));
  const baseline = runs[0]?.state.snapshot?.baseline;
  const lines: Line[] = runs.flatMap((run) => {
    const { color, state } = run;
    const test = state.points.map(({ step, test }) => [step, Number.isFinite(test) ? test : undefined] as const);
    const training = state.points.map(({ step, training }) => [step, training] as const);
    return [
      ...(run.name === undefined
        ? [{ label: t('series.training'), color: '--faint', thin: true, points: training }]
        : []),
      { label: labeled(run, t('series.test')), color, points: test },
    ];
  });
  if (baseline !== undefined) {
    const points = [[0, baseline] as const, [last, baseline] as const];
    lines.push({ label: t('series.baseline'), color: '--quiet', dashed: true, points });
  }
  const summary = runs
    .map((run) => {
      const point = run.state.points.at(-1);
      return labeled(
        run,
        point ? t('loss.summary', { loss: number(point.test), step: count(point.step) }) : t('waiting'),
      );
    })
    .join(' ');
  return (
    <View id="loss" title={t('view.loss')} explanation={t('explain.loss')}>
      <Chart
        x={t('axis.updates')}
        y={t(inNats.includes(task) ? 'axis.nats' : 'axis.squared')}
        lines={lines}
        // A squared error falls by powers of ten; nats do not.
        logarithmic={!inNats.includes(task)}
        summary={summary}
      />
      {runs.map((run) => (
        <DataTable
          key={run.name}
          run={run}
          caption={t('view.loss')}
          head={[t('axis.updates'), t('series.test'), t('series.training')]}
          length={run.state.points.length}
          row={(index) => {
            const { step, test, training } = run.state.points[index]!;
            return [count(step), number(test, 4), training === undefined ? undefined : number(training, 4)];
          }}
        />
      ))}
    </View>
  );
}
