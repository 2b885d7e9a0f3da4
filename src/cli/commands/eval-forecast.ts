// `bptt eval` of a model that forecasts: how far from the rows of a file what it says of them is, each said from the rows before.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import type { Rows } from '../../metrics/metric.ts';
import { absoluteKind, rSquaredKind } from '../../metrics/numbers.ts';
import type { Model } from '../../model/model.ts';
import { Frame } from '../../series/frame.ts';
import { backtest, type Pipeline, type Series } from '../../series/index.ts';
import type { EvalValues } from '../flags/eval-flags.ts';
import { type NumberMetric, numberMetricsOf } from '../flags/metrics.ts';
import { historiesOf, readKept } from '../forecast/kept.ts';
import { notesOn, readFile } from '../forecast/read.ts';
import type { Output } from '../io/output.ts';

const kinds = { mae: absoluteKind, r2: rSquaredKind } as const;

/** Of one column. */
type Measured = Readonly<Record<string, number>>;

/** Prints how wrong the model is over all rows that have enough before them. */
export async function evalForecast(
  path: string,
  { model, metadata }: { readonly model: Model; readonly metadata: Readonly<Record<string, string>> },
  files: readonly string[],
  { metrics, plot, unknown, json }: EvalValues,
  output: Output,
): Promise<void> {
  for (const [flag, value] of Object.entries({ '--plot': plot, '--unknown': unknown })) {
    if (value === undefined) continue;
    throw new BpttError(
      'invalid-argument',
      `${flag}: expected a model of text with it, got one of a series in ${path}`,
    );
  }
  const names = numberMetricsOf('--metrics', metrics);
  const [file, other] = files;
  if (file === undefined || other !== undefined) {
    const got = file === undefined ? 'none' : files.join(', ');
    throw new BpttError('invalid-argument', `${path}: expected one CSV file beside a model of a series, got ${got}`);
  }
  const forecaster = readKept(model, metadata);
  const histories = historiesOf(file, await readFile(file), path, forecaster);
  const series = histories.map(({ name, history }) => {
    const { pipeline } = forecaster.series[name]!;
    const where = name === '' ? file : `${file}, series ${show(name)}`;
    return { name, horizon: pipeline.horizon, ...measureSeries(where, model, pipeline, history, names) };
  });
  const alone = forecaster.reading.series === undefined;
  const of = ({ name: _, ...rest }: (typeof series)[number]) => rest;
  if (json) {
    const all = Object.fromEntries(series.map((each) => [each.name, of(each)]));
    output.json({ type: 'eval', file, ...(alone ? of(series[0]!) : { series: all }) });
    return;
  }
  for (const note of notesOn(file, forecaster.reading, histories)) output.line(note);
  for (const { name, rows, horizon, columns } of series) {
    const ahead = horizon === 1 ? 'the next row' : `the next ${horizon} rows`;
    output.line(`${alone ? '' : `series ${name}: `}${ahead} forecast from ${rows.toLocaleString('en-US')} rows`);
    for (const [column, measured] of Object.entries(columns)) {
      const said = Object.entries(measured).map(([metric, value]) => `${metric} ${value.toPrecision(4)}`);
      output.line(`${column}: ${said.join(', ')}`);
    }
  }
}

function measureSeries(
  where: string,
  model: Model,
  pipeline: Pipeline,
  history: Series,
  metrics: readonly NumberMetric[],
): { readonly rows: number; readonly columns: Readonly<Record<string, Measured>> } {
  const { horizon, context } = pipeline;
  const first = new Frame(where, pipeline, history).first + (context ?? 1);
  if (history.length < first + horizon) {
    const why = `${first} to read and ${horizon} to forecast`;
    throw new BpttError(
      'bad-file',
      `${where}: expected at least ${first + horizon} rows, ${why}, got ${history.length}`,
    );
  }
  const { rows, predictions } = backtest(model, pipeline, history, { from: first, to: history.length });
  const columns = Object.entries(predictions).map(([column, predicted]) => {
    const actual = Float64Array.from(
      predicted,
      (_, at) => history.columns[column]![rows[Math.floor(at / horizon)]! + (at % horizon)]!,
    );
    return [column, measureColumn(where, new Float64Array(predicted), actual, metrics)] as const;
  });
  return { rows: rows.length, columns: Object.fromEntries(columns) };
}

function measureColumn(where: string, y: Rows['y'], targets: Rows['y'], metrics: readonly NumberMetric[]): Measured {
  const rows: Rows = { y, targets, ld: 1, size: 1, weights: new Float64Array(y.length).fill(1) };
  const measured = metrics.map((name) => {
    const kind = kinds[name];
    if (kind.targets === 'labels') throw new Error('numbers have no labels');
    const { add, value } = kind.count({}, 1, where);
    add(rows);
    return [name, value()] as const;
  });
  return Object.fromEntries(measured);
}
