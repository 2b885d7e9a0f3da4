// The activations of the hidden units while the network reads one sequence.
import { extent, HeatMap, Scale } from '../ui/heat-map.tsx';
import { useLocale } from '../ui/locale.ts';
import { labeled, type NamedRun } from '../ui/named-run.ts';
import { DataTable, Seen, View } from '../ui/view.tsx';

export function HiddenView({ runs }: { readonly runs: readonly NamedRun[] }) {
  const { t, number, count, decimals } = useLocale();
  return (
    <View id="hidden" title={t('view.hidden')} explanation={t('explain.hidden')}>
      {runs.map((run) => {
        const look = run.state.looks.hidden;
        if (look === undefined) return <p key={run.letter}>{labeled(run, t('waiting'))}</p>;
        const { grid: hidden, labels } = look.seen;
        const [min, max] = extent(hidden.values);
        const values = { units: hidden.columns, steps: hidden.rows, min: number(min), max: number(max) };
        const summary = labeled(run, t('hidden.summary', values));
        const at = (step: number, unit: number) => number(hidden.values[step * hidden.columns + unit]!);
        const first = [0, 1, 2, 3].filter((unit) => unit < hidden.columns);
        // Activations of tanh lie within ±1; others may not.
        const limit = Math.max(1, -min, max);
        return (
          <div key={run.letter}>
            <HeatMap grid={hidden} limit={limit} transposed summary={summary} />
            <Labels labels={labels} />
            <Scale limit={limit} />
            <p class="summary">{summary}</p>
            <Seen run={run} step={look.step} />
            <DataTable
              run={run}
              caption={t('view.hidden')}
              head={[t('axis.step'), t('reads'), ...first.map((unit) => `${t('axis.unit')} ${unit + 1}`)]}
              length={labels.length}
              row={(step) => [count(step + 1), decimals(labels[step]!), ...first.map((unit) => at(step, unit))]}
            />
          </div>
        );
      })}
    </View>
  );
}

/** What each step reads, where that is a single character; marked numbers as a stroke. */
function Labels({ labels }: { readonly labels: readonly string[] }) {
  const short = labels.every((label) => [...label].length === 1);
  const marks = labels.map((label) => (short ? label : label.startsWith('[') ? '▲' : ''));
  if (marks.every((mark) => mark === '')) return null;
  return (
    <div class="labels" aria-hidden="true" style={{ gridTemplateColumns: `repeat(${labels.length}, minmax(0, 1fr))` }}>
      {marks.map((mark, step) => (
        <span key={step}>{mark}</span>
      ))}
    </div>
  );
}
