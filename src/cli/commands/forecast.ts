// `bptt forecast`: learns series of numbers from a CSV file, says how good it is, and how they go on.
import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import type { Model } from '../../model/model.ts';
import { serialize } from '../../model/model-file.ts';
import { writeFileAtomic } from '../../node/atomic-file.ts';
import { loadModel } from '../../node.ts';
import { formatDate } from '../../series/dates.ts';
import { forecast, type History, type Series, withinInterval, writeCsv } from '../../series/index.ts';
import { typed } from '../flags/flags.ts';
import { type ForecastValues, learningFlags } from '../flags/forecast-flags.ts';
import { type Forecaster, historiesOf, keptMetadata, type Learned, readKept } from '../forecast/kept.ts';
import { learn, type Outcome, planOf, split } from '../forecast/learn.ts';
import { type Measurements, measure } from '../forecast/measure.ts';
import { notesOn, readFile, readingOf, readSeries } from '../forecast/read.ts';
import type { Output } from '../io/output.ts';
import { checkTarget } from '../io/paths.ts';
import { renamedError } from '../io/renamed-error.ts';
import type { Pictured } from '../report/forecast-picture.ts';
import { errorsOf, wordsOnErrors, wordsOnLevels } from '../report/forecast-words.ts';

/** How one series goes on. */
interface Continued {
  readonly history: History;
  readonly learned: Learned;
  readonly next: Series;
}

interface Result {
  readonly forecaster: Forecaster;
  readonly outcome?: Outcome;
  readonly measurements?: Measurements;
  readonly histories: readonly History[];
}

/** Prints the rows after the end of the series as CSV, and on standard error what was read and how large the errors on the last part were. */
export async function forecastCommand(path: string, values: ForecastValues, output: Output): Promise<void> {
  const { out, plot, overwrite } = values;
  await checkPlot(path, values);
  if (out !== undefined) await checkTarget({ where: '--out', path: out, others: [path, plot], overwrite });
  const text = await readFile(path);
  const result =
    values.model === undefined ? await learned(path, text, values) : await loaded(path, text, values.model, values);
  const { forecaster, histories, measurements } = result;
  const continued = goOnAll(path, forecaster, histories, values);
  if (out !== undefined) {
    const bytes = serialize(forecaster.model, { metadata: keptMetadata(forecaster) });
    await writeFileAtomic(out, bytes, { replace: overwrite });
  }
  if (plot !== undefined) {
    // What draws is loaded where somebody asks for a picture.
    const { forecastPicture } = await import('../report/forecast-picture.ts');
    const picture = forecastPicture(
      plot,
      continued.flatMap((each) => picturedOf(each, measurements)),
    );
    await writeFileAtomic(plot, new TextEncoder().encode(picture), { replace: overwrite });
  }
  if (values.json) sayJson(path, result, continued, values, output);
  else say(path, result, continued, output);
}

async function checkPlot(path: string, { plot, overwrite }: ForecastValues): Promise<void> {
  if (plot === undefined) return;
  if (!/\.(svg|html?)$/i.test(plot)) {
    throw new BpttError('invalid-argument', `--plot: expected a name that ends in .svg or .html, got ${plot}`);
  }
  await checkTarget({ where: '--plot', path: plot, others: [path], overwrite });
}

/** A model that was kept knows how it reads a file and what it learned. */
async function loaded(path: string, text: string, modelPath: string, values: ForecastValues): Promise<Result> {
  const given = learningFlags.find((name) => values[name] !== undefined && values[name] !== false);
  if (given !== undefined) {
    throw new BpttError('invalid-argument', `${typed(given)}: expected no --model beside it, got ${modelPath}`);
  }
  const { model, metadata } = await loadModel(modelPath);
  const forecaster = readKept(model, metadata);
  return { forecaster, histories: historiesOf(path, text, modelPath, forecaster, values.missing) };
}

async function learned(path: string, text: string, values: ForecastValues): Promise<Result> {
  const reading = readingOf(path, text, values);
  const histories = readSeries(path, text, reading);
  if (values.calendar && reading.date === undefined) {
    throw new BpttError('invalid-argument', `--calendar: expected dates in ${path}, or --date with it, got none`);
  }
  const plan = planOf(values, reading, histories);
  const parts = histories.map((history) => ({ history, split: split(path, history, plan) }));
  // What a model says before it has learned is not used; but what cannot be forecast is not worth learning.
  const outcome = await learn(path, parts, reading, plan, (untrained) => goOnAll(path, untrained, histories, values));
  const measurements = plan.shares.test > 0 ? measure(outcome, parts, plan) : undefined;
  return { forecaster: outcome, outcome, histories, ...(measurements && { measurements }) };
}

function goOnAll(
  path: string,
  { model, series }: Forecaster,
  histories: readonly History[],
  { steps }: ForecastValues,
) {
  return histories.map((history): Continued => {
    const learned = series[history.name]!;
    return { history, learned, next: goOn(path, history, learned, model, steps) };
  });
}

/** The rows after the end of a series; errors name the file and the flags. */
function goOn(path: string, each: History, { pipeline }: Learned, model: Model, steps: number): Series {
  const { name, history, coming } = each;
  const of = name === '' ? path : `${path}, series ${show(name)}`;
  const room = Math.ceil(steps / pipeline.horizon) * pipeline.horizon;
  if (pipeline.known.length > 0 && coming.length < room) {
    const rows = `at least ${room} rows at the end that have ${pipeline.known.map(show).join(', ')} alone`;
    throw new BpttError('bad-file', `${of}: expected ${rows}, for --known and --steps ${steps}, got ${coming.length}`);
  }
  const known = pipeline.known.map((column) => [column, coming.columns[column]!.subarray(0, room)] as const);
  const dates = Array.from(coming.times?.subarray(0, room) ?? [], (time) =>
    formatDate(time, 'YYYY-MM-DDTHH:mm:ss.SSS'),
  );
  try {
    return forecast(model, pipeline, history, {
      steps,
      known: Object.fromEntries(known),
      ...(dates.length === room && { dates }),
    });
  } catch (cause) {
    throw renamedError(cause, {
      'forecast(history)': of,
      'forecast.steps': '--steps',
      'forecast.dates: expected those of the rows to predict, got none, and they do not follow from the history: ': `${of}: expected dates at a common step for --calendar, so that those to come are known; got others: `,
    });
  }
}

/** The forecasts with the ends of their intervals beside them, as far ahead as those were measured. */
function columnsOf({ learned: { intervals }, next }: Continued): readonly (readonly [string, Float64Array])[] {
  return Object.entries(next.columns).flatMap(([name, values]) => {
    const interval = intervals[name];
    if (interval === undefined) return [[name, values] as const];
    const { low, high } = withinInterval(interval, values);
    return [[name, values] as const, [`${name}_low`, low] as const, [`${name}_high`, high] as const];
  });
}

function picturedOf(each: Continued, measurements: Measurements | undefined): readonly Pictured[] {
  const { history, learned, next } = each;
  return Object.entries(next.columns).map(([target, values]) => {
    const ends = learned.intervals[target] && withinInterval(learned.intervals[target], values);
    const past = history.history.times;
    return {
      name: history.name === '' ? target : `${target}, ${history.name}`,
      history: history.history.columns[target]!,
      forecast: values,
      low: ends?.low,
      high: ends?.high,
      times: past && next.times && Float64Array.of(...past, ...next.times),
      measured: measurements?.[history.name]?.[target],
    };
  });
}

function say(path: string, result: Result, continued: readonly Continued[], output: Output): void {
  const { forecaster, outcome, measurements, histories } = result;
  for (const note of notesOn(path, forecaster.reading, histories)) output.note(note);
  if (outcome !== undefined) for (const line of wordsOnLevels(outcome)) output.note(line);
  for (const [series, targets] of Object.entries(measurements ?? {})) {
    for (const [target, measured] of Object.entries(targets)) {
      const name = series === '' ? target : `${target} of ${series}`;
      for (const line of wordsOnErrors(name, measured, forecaster.interval)) output.note(line);
    }
  }
  const { series } = forecaster.reading;
  for (const [index, each] of continued.entries()) {
    const lines = tableOfForecast(each);
    // The column that names a series stands first.
    const [head, ...rows] =
      series === undefined
        ? lines
        : lines.map((line, row) => `${quoted(row === 0 ? series : each.history.name)},${line}`);
    output.write(`${[...(index === 0 ? [head] : []), ...rows].join('\n')}\n`);
  }
}

const quoted = (name: string) => (/[",\r\n]|^\s|\s$/.test(name) ? `"${name.replaceAll('"', '""')}"` : name);

/** The lines of CSV; what is not known of an interval is left empty. */
function tableOfForecast(each: Continued): readonly string[] {
  const { next } = each;
  const columns = columnsOf(each);
  const lines = writeCsv({ ...next, columns: {} })
    .trimEnd()
    .split('\n');
  return lines.map((date, row) => {
    const fields = columns.map(([name, values]) => (row === 0 ? quoted(name) : String(values[row - 1] ?? '')));
    return [...(next.times === undefined ? [] : [date]), ...fields].join();
  });
}

function sayJson(
  path: string,
  result: Result,
  continued: readonly Continued[],
  { steps }: ForecastValues,
  output: Output,
): void {
  const { forecaster, outcome, measurements, histories } = result;
  const series = continued.map((each) => {
    const { history, next } = each;
    const columns = Object.fromEntries(columnsOf(each).map(([name, values]) => [name, [...values]]));
    const dates = next.times && Array.from(next.times, (time) => formatDate(time, next.dateFormat));
    return [history.name, { ...(dates && { dates }), columns }] as const;
  });
  const errors = measurements && errorsOf(measurements);
  const alone = forecaster.reading.series === undefined;
  output.json({
    type: 'forecast',
    steps,
    notes: notesOn(path, forecaster.reading, histories),
    ...(outcome && { levels: outcome.levels, levelErrors: outcome.errors, believed: outcome.believed }),
    interval: forecaster.interval,
    ...(alone ? series[0]![1] : { series: Object.fromEntries(series) }),
    ...(errors && { errors: alone ? errors[''] : errors }),
  });
}
