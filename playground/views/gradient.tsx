// How the gradient of the last loss grows or shrinks on its way back.
import { Chart, type Line } from '../ui/chart.tsx';
import { type Locale, useLocale } from '../ui/locale.ts';
import { labeled, type NamedRun } from '../ui/named-run.ts';
import { DataTable, Seen, View } from '../ui/view.tsx';

export function GradientView({ runs }: { readonly runs: readonly NamedRun[] }) {
  const locale = useLocale();
  const { t, number, count } = locale;
  const shown = runs.flatMap((run) =>
    run.state.looks.gradient ? [{ run, gradient: run.state.looks.gradient.seen }] : [],
  );
  const lines: Line[] = shown.flatMap(({ run, gradient }) => {
    const { k2, bptt } = run.settings;
    const points = gradient.map((norm, lag) => [lag, norm > 0 ? norm : undefined] as const);
    const reached = points.slice(0, k2);
    return bptt === 'full' || k2 >= points.length
      ? [{ label: labeled(run, t('axis.norm')), color: run.color, points }]
      : [
          { label: labeled(run, t('gradient.used', { k2 })), color: run.color, points: reached },
          {
            label: labeled(run, t('gradient.cut')),
            color: run.color,
            thin: true,
            dashed: true,
            points: points.slice(k2 - 1),
          },
        ];
  });
  const summary = shown.map(({ run, gradient }) => labeled(run, summarize(gradient, locale))).join(' ');
  return (
    <View id="gradient" title={t('view.gradient')} explanation={t('explain.gradient')}>
      <Chart x={t('axis.lag')} y={t('axis.norm')} lines={lines} logarithmic summary={summary || t('waiting')} />
      {shown.map(({ run, gradient }) => (
        <div key={run.letter}>
          <p class="summary">{labeled(run, summarize(gradient, locale))}</p>
          <Seen run={run} step={run.state.looks.gradient!.step} />
          <DataTable
            run={run}
            caption={t('view.gradient')}
            head={[t('axis.lag'), t('axis.norm')]}
            length={gradient.length}
            row={(lag) => [count(lag), number(gradient[lag]!, 4)]}
          />
        </div>
      ))}
    </View>
  );
}

function summarize(gradient: readonly number[], { t, number, count }: Locale): string {
  const lag = gradient.length - 1;
  const [first, last] = [gradient[0] ?? 0, gradient[lag] ?? 0];
  const values = { first: number(first), last: number(last), lag: count(lag) };
  if (first === 0 || last === 0 || lag < 1) return t('gradient.gone', values);
  return t('gradient.summary', { ...values, factor: number((last / first) ** (1 / lag)) });
}
