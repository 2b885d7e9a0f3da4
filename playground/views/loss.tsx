// The loss over updates, on sequences that are never learned from and on those that are.
import type { TaskName } from '../settings/fields.ts';
import { Chart, type Line } from '../ui/chart.tsx';
import { useLocale } from '../ui/locale.ts';
import { labeled, type NamedRun } from '../ui/named-run.ts';
import { DataTable, View } from '../ui/view.tsx';
import type { LossPoint } from '../worker/messages.ts';

/** Tasks whose loss is a cross-entropy. */
const inNats: readonly TaskName[] = ['text', 'copy', 'order'];

export interface LossViewProps {
  readonly task: TaskName;
  readonly runs: readonly NamedRun[];
  /** What the networks are compared at: updates, or batches where these bring different numbers of updates. */
  readonly unit: 'update' | 'batch';
}

export function LossView({ task, runs, unit }: LossViewProps) {
  const { t, number, count } = useLocale();
  const at = ({ step, batches }: LossPoint) => (unit === 'update' ? step : batches);
  const axis = t(unit === 'update' ? 'axis.updates' : 'axis.batches');
  const ends = runs.flatMap(({ state }) => state.points.slice(-1).map(at));
  const last = Math.max(10, ...ends);
  const baseline = runs[0]?.state.snapshot?.baseline;
  const lines: Line[] = runs.flatMap((run) => {
    const { color, state } = run;
    const test = state.points.map(
      (point) => [at(point), Number.isFinite(point.test) ? point.test : undefined] as const,
    );
    const training = state.points.map((point) => [at(point), point.training] as const);
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
      return labeled(run, point ? t('loss.summary', { loss: number(point.test), step: point.step }) : t('waiting'));
    })
    .join(' ');
  return (
    <View id="loss" title={t('view.loss')} explanation={t('explain.loss')}>
      <Chart
        x={axis}
        y={t(inNats.includes(task) ? 'axis.nats' : 'axis.squared')}
        lines={lines}
        // A squared error falls by powers of ten; nats do not.
        logarithmic={!inNats.includes(task)}
        summary={summary}
      />
      {runs.map((run) => (
        <DataTable
          key={run.letter}
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
