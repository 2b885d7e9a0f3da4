// How a series goes on: what has happened, the forecast with its interval, and how wrong forecasts were by how far ahead they look.
import { checkFinite, checkLength, checkNumbers, checkObject } from '../base/check.ts';
import { BpttError } from '../base/errors.ts';
import { checkFields, type Options, optional, string, such } from '../base/fields.ts';
import { draw, type PlotOptions, plotFields } from './svg.ts';

/** Numbers of an option; they are checked where they are used. */
const numbers = such<ArrayLike<number>>('numbers', (value) => typeof value === 'object' && value !== null);

/** @throws BpttError for what is no array of finite numbers. */
function finite(where: string, values: unknown): number[] {
  const all = checkNumbers(where, values);
  checkFinite(where, all);
  return Array.from(all);
}

const forecastFields = {
  ...plotFields,
  /** What is predicted, with its unit. Default: nothing is said. */
  name: optional(string),
  /** Ends of the interval of each forecast; those after the last are left out. Both or none. */
  low: optional(numbers),
  /** The upper ends, as `low` has the lower ones. */
  high: optional(numbers),
  /** Milliseconds since 1970 of all rows, those of the history first. Default: rows are counted, 0 is the last that has happened. */
  times: optional(numbers),
};

/** The name, interval and times of `plotForecast`, and the look of all plots. */
export interface ForecastPlotOptions extends PlotOptions, Options<typeof forecastFields> {}

/**
 * A series and its forecast, with the interval as a band.
 *
 * @throws BpttError for empty arrays, and for lengths that do not go together.
 *
 * @example
 * const next = forecast(forecaster, pipeline, births, { steps: 14 }).columns.births;
 * await writeFile('births.svg', plotForecast(births.columns.births.slice(-60), next, { name: 'births a day' }));
 */
export function plotForecast(
  history: ArrayLike<number>,
  forecast: ArrayLike<number>,
  options: ForecastPlotOptions = {},
): string {
  const past = finite('plotForecast(history)', history);
  const coming = finite('plotForecast(forecast)', forecast);
  if (past.length === 0 || coming.length === 0) {
    const got = past.length === 0 ? 'no history' : 'no forecast';
    throw new BpttError('invalid-shape', `plotForecast: expected numbers of both, got ${got}`);
  }
  const { name = '', low, high, times, ...look } = checkFields('plotForecast', options, forecastFields);
  const rows = past.length + coming.length;
  const at = (name: string, values: ArrayLike<number> | undefined, most: number) => {
    if (values === undefined) return undefined;
    const array = finite(`plotForecast.${name}`, values);
    if (array.length <= most) return array;
    throw new BpttError('invalid-shape', `plotForecast.${name}: expected at most ${most}, got ${array.length}`);
  };
  const [below, above] = [at('low', low, coming.length), at('high', high, coming.length)];
  if (below?.length !== above?.length) {
    const got = `${below?.length ?? 'none'} and ${above?.length ?? 'none'}`;
    throw new BpttError('invalid-shape', `plotForecast: expected low and high of the same rows, got ${got}`);
  }
  if (times !== undefined) {
    const shape = `${rows} rows of history and forecast`;
    checkLength('plotForecast.times', finite('plotForecast.times', times), rows, shape);
  }
  const x = (row: number) => times?.[row] ?? row - past.length + 1;
  const points = (values: readonly number[], from: number) => values.map((value, row) => [x(from + row), value]);
  return draw('plotForecast', look, ({ series: [quiet, loud] }) => {
    // A band is the line of its lower end, which is not seen, and what lies between stacked on it.
    const edge = { type: 'line', stack: 'interval', stackStrategy: 'all', symbol: 'none', lineStyle: { opacity: 0 } };
    const band = [
      { ...edge, name: 'low', data: points(below ?? [], past.length) },
      {
        ...edge,
        name: 'interval',
        color: loud,
        areaStyle: { color: loud, opacity: 0.2 },
        data: points(
          (above ?? []).map((end, row) => end - below![row]!),
          past.length,
        ),
      },
    ];
    const line = (name: string, color: string, data: readonly (readonly number[])[]) => ({
      type: 'line',
      name,
      color,
      symbolSize: 4,
      showSymbol: data.length < 40,
      data,
    });
    return {
      title: name === '' ? 'Forecast' : `Forecast of ${name}`,
      x: times === undefined ? { name: 'rows from the last one' } : { name: 'time', type: 'time' },
      y: { name: name || 'value', scale: true },
      series: [
        ...(below === undefined ? [] : band),
        line('history', quiet, points(past, 0)),
        // From the last row that has happened on.
        line('forecast', loud, points([past.at(-1)!, ...coming], past.length - 1)),
      ],
      more: { useUTC: true },
      legend: ['history', 'forecast', ...(below === undefined ? [] : ['interval'])],
    };
  });
}

/**
 * Errors 1, 2, … rows ahead: one curve a forecaster, by name, as `compareForecasts` of `bptt/series` measures them.
 *
 * @throws BpttError for no curves, and for errors that are no finite numbers.
 *
 * @example
 * const maes = (errors) => errors.map(({ mae }) => mae);
 * const compared = compareForecasts(births, backtest(forecaster, pipeline, births, test, { steps: 7 })).births;
 * await writeFile('errors.svg', plotErrorsAhead({ model: maes(compared.model), 'last value': maes(compared.lastValue) }));
 */
export function plotErrorsAhead(
  errors: Readonly<Record<string, ArrayLike<number>>>,
  options: PlotOptions = {},
): string {
  const curves = Object.entries(checkObject('plotErrorsAhead(errors)', errors));
  if (curves.length === 0) {
    throw new BpttError('invalid-argument', 'plotErrorsAhead(errors): expected curves by name, got none');
  }
  const series = curves.map(([name, values]) => ({
    type: 'line',
    name,
    symbolSize: 6,
    data: finite(`plotErrorsAhead(errors).${name}`, values).map((error, step) => [step + 1, error]),
  }));
  return draw('plotErrorsAhead', options, () => ({
    title: 'Mean absolute error by distance',
    x: { name: 'rows ahead', min: 1, minInterval: 1 },
    y: { name: 'error', min: 0 },
    series,
  }));
}
