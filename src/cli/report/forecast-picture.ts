// The picture of a forecast: of each target what has happened, the forecast with its interval, and the errors by distance. As a page, or as one SVG.
import { plotErrorsAhead, plotForecast } from '../../plots/index.ts';
import type { Measured } from '../forecast/measure.ts';
import { escaped } from './escaped.ts';
import { figureOf } from './pictures.ts';
import { plainPage } from './plain-page.ts';

/** One target of one series. */
export interface Pictured {
  readonly name: string;
  readonly history: Float64Array;
  readonly forecast: Float64Array;
  readonly low: Float64Array | undefined;
  readonly high: Float64Array | undefined;
  readonly times: Float64Array | undefined;
  readonly measured: Measured | undefined;
}

const WIDTH = 860;
const HEIGHT = 360;

/** Rows of the history beside those of the forecast. */
const PAST = 6;
const LEAST = 60;

function picturesOf({ name, history, forecast, low, high, times, measured }: Pictured): readonly string[] {
  const past = Math.min(history.length, Math.max(LEAST, PAST * forecast.length));
  const look = { width: WIDTH, height: HEIGHT };
  const forecasts = plotForecast(history.subarray(history.length - past), forecast, {
    ...look,
    name,
    ...(low && high && { low, high }),
    ...(times && { times: times.subarray(times.length - past - forecast.length) }),
  });
  if (measured === undefined || measured.model.length < 2) return [forecasts];
  const { model, lastValue, season, seasonRows } = measured;
  const maes = (errors: Measured['model']) => errors.map(({ mae }) => mae);
  const errors = plotErrorsAhead(
    {
      model: maes(model),
      'last value': maes(lastValue),
      ...(season && { [`${seasonRows} rows before`]: maes(season) }),
    },
    { ...look, title: `Mean absolute error of ${name} on the test rows` },
  );
  return [forecasts, errors];
}

/** The text of a file with that name. */
export function forecastPicture(path: string, all: readonly Pictured[]): string {
  const pictures = all.flatMap(picturesOf);
  if (!/\.html?$/i.test(path)) {
    const placed = pictures.map((svg, index) => svg.replace('<svg ', `<svg y="${index * HEIGHT}" `));
    const height = HEIGHT * pictures.length;
    return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}"><rect width="100%" height="100%" fill="#fff"/>${placed.join('')}</svg>\n`;
  }
  const title = `Forecast of ${all.map(({ name }) => name).join(', ')}`;
  return plainPage(
    title,
    pictures.map((svg) => figureOf(escaped(title), svg)),
  );
}
