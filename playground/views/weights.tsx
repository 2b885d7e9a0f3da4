// The recurrent weights, a picture a gate.
import { gatedNames } from '../settings/cells.ts';
import { extent, HeatMap, Scale } from '../ui/heat-map.tsx';
import { useLocale } from '../ui/locale.ts';
import { labeled, type NamedRun } from '../ui/named-run.ts';
import { DataTable, Seen, View } from '../ui/view.tsx';
import type { Grid } from '../worker/messages.ts';

export function WeightsView({ runs }: { readonly runs: readonly NamedRun[] }) {
  const { t, number, count } = useLocale();
  return (
    <View id="weights" title={t('view.weights')} explanation={t('explain.weights')}>
      {gatedNames
        .filter((cell) => runs.some(({ settings }) => settings.cell === cell))
        .map((cell) => (
          <p key={cell} class="explanation">
            {t(`gates.${cell}`)}
          </p>
        ))}
      <div class="pair">
        {runs.map((run) => {
          const look = run.state.looks.weights;
          if (look === undefined) return <p key={run.letter}>{labeled(run, t('waiting'))}</p>;
          const grids = look.seen.map((grid) => ({ grid, range: extent(grid.values) }));
          // Three times the root mean square: a single large weight must not fade all others.
          const limit = Math.max(
            ...grids.map(({ grid }) => 3 * (norm(grid) / Math.sqrt(grid.values.length))),
            Number.MIN_VALUE,
          );
          return (
            <div key={run.letter}>
              <div class="weights" style={{ gridTemplateColumns: `repeat(${grids.length}, minmax(0, 11rem))` }}>
                {grids.map(({ grid, range: [min, max] }) => {
                  const size = { rows: count(grid.rows), columns: count(grid.columns) };
                  const values = { ...size, min: number(min), max: number(max) };
                  const name = labeled(run, grid.name);
                  return (
                    <figure key={grid.name}>
                      <HeatMap grid={grid} limit={limit} summary={`${name}: ${t('weights.summary', values)}`} />
                      <figcaption>{name}</figcaption>
                    </figure>
                  );
                })}
              </div>
              <Scale limit={limit} />
              <Seen run={run} step={look.step} />
              <DataTable
                run={run}
                caption={t('view.weights')}
                head={[t('matrix'), 'min', 'max', '‖W‖']}
                length={grids.length}
                row={(gate) => {
                  const { grid, range } = grids[gate]!;
                  return [grid.name, number(range[0]), number(range[1]), number(norm(grid))];
                }}
              />
            </div>
          );
        })}
      </div>
    </View>
  );
}

/** The Euclidean norm of all weights. */
function norm({ values }: Grid): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}
