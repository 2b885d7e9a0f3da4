// What `bptt forecast` says of its errors: on standard error in words, in JSON as numbers.
import type { Outcome } from '../forecast/learn.ts';
import { type Measured, type Measurements, meanOf, verdictOn } from '../forecast/measure.ts';

/** Distances that the table shows, at most. */
const LINES = 10;

/** Which levels were learned, and why; and what part of the changes is forecast, where that is not all. */
export function wordsOnLevels({ levels, errors, believed }: Outcome): readonly string[] {
  const all = Object.entries(errors);
  const figures = all.map(([name, error]) => `${name} ${error.toPrecision(3)}`).join(', ');
  const chosen = `, the best on the validation rows (mean absolute scaled errors: ${figures})`;
  const parts = Object.entries(believed).filter(([, part]) => part < 1);
  const shrunk = parts.map(([target, part]) => `${target} ${percent(part)}`).join(', ');
  return [
    `learned ${levels}${all.length === 1 ? '' : chosen}`,
    ...(parts.length === 0 ? [] : [`of the changes learned is forecast what the validation rows warrant: ${shrunk}`]),
  ];
}

/** The errors of one target. */
export function wordsOnErrors(name: string, measured: Measured, interval: number): readonly string[] {
  const { rmse, mae, mase, forecasts, model, lastValue, season, seasonRows, coverage } = measured;
  const steps = model.length;
  const head = ['rows ahead', 'model', 'last value', ...(season ? [`${seasonRows} rows before`] : [])];
  const shown = steps <= LINES ? model.map((_, step) => step) : spread(steps);
  const rows = shown.map((step) => [
    String(step + 1),
    ...[model, lastValue, ...(season ? [season] : [])].map((errors) => errors[step]!.mae.toPrecision(4)),
  ]);
  const verdict = verdictOn(measured);
  return [
    `${name}: RMSE ${rmse.toPrecision(5)}, MAE ${mae.toPrecision(5)}, MASE ${mase.toPrecision(4)} over ${forecasts} forecasts of the test rows; mean absolute errors there:`,
    ...tableOf([head, ...rows]),
    ...(coverage ? [`The intervals of ${percent(interval)} held ${percent(mean(coverage))} of the values.`] : []),
    ...(verdict === undefined ? [] : [verdict]),
  ];
}

/** Of many distances some, the first and the last among them. */
function spread(steps: number): readonly number[] {
  return [...new Set(Array.from({ length: LINES }, (_, i) => Math.round((i * (steps - 1)) / (LINES - 1))))];
}

/** Columns to the right under their heads. */
function tableOf(rows: readonly (readonly string[])[]): readonly string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  return rows.map((row) => `  ${row.map((text, column) => text.padStart(widths[column]!)).join('  ')}`);
}

const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
const percent = (share: number) => `${Number((share * 100).toFixed(1))} %`;

/** The same for JSON. */
export function errorsOf(measurements: Measurements): Readonly<Record<string, Readonly<Record<string, object>>>> {
  const own = ({
    rmse,
    mae,
    mase,
    forecasts,
    model,
    lastValue,
    season,
    seasonRows,
    coverage,
    advantage,
  }: Measured) => ({
    rmse,
    mae,
    mase: Number.isFinite(mase) ? mase : null,
    forecasts,
    ahead: { model, lastValue, ...(season && { season, seasonRows }) },
    means: { model: meanOf(model), lastValue: meanOf(lastValue), ...(season && { season: meanOf(season) }) },
    advantage: Number.isFinite(advantage) ? advantage : null,
    better:
      verdictOn({ rmse, mae, mase, forecasts, model, lastValue, season, seasonRows, coverage, advantage }) ===
      undefined,
    ...(coverage && { coverage }),
  });
  return Object.fromEntries(
    Object.entries(measurements).map(([series, targets]) => [
      series,
      Object.fromEntries(Object.entries(targets).map(([target, measured]) => [target, own(measured)])),
    ]),
  );
}
