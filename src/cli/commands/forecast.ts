// `bptt forecast`: learns a series of numbers from a CSV file and says how it goes on.

import { show } from '../../base/check.ts';
import { BpttError } from '../../base/errors.ts';
import { integer, number, oneOf, string } from '../../base/fields.ts';
import { adamw, dense, features, fit, gru, linear } from '../../index.ts';
import { recurrentFields } from '../../layers/recurrent/options.ts';
import type { Model } from '../../model/model.ts';
import { serialize } from '../../model/model-file.ts';
import { readBytes, writeFileAtomic } from '../../node/atomic-file.ts';
import { loadModel } from '../../node.ts';
import { csvFields } from '../../series/csv.ts';
import {
  backtest,
  type CsvOptions,
  fitPipeline,
  forecast,
  inputSize,
  type Pipeline,
  type PipelineOptions,
  readCsv,
  readSeriesMetadata,
  type Series,
  type SeriesBatches,
  type Span,
  type Split,
  seriesMetadata,
  splitByTime,
  windows,
  writeCsv,
} from '../../series/index.ts';
import { trainFields } from '../../training/options.ts';
import { scheduleFields } from '../../training/schedules.ts';
import { flag, overwriteFlag, toggle, typed, type Values } from '../flags/flags.ts';
import { createLarge } from '../io/create-large.ts';
import type { Output } from '../io/output.ts';
import { checkTarget } from '../io/paths.ts';
import { renamedError } from '../io/renamed-error.ts';
import { decodeText } from '../io/text-file.ts';

const count = integer({ min: 1 });

export const forecastFlags = {
  column: flag('column to forecast (default: the only one)', string, undefined, 'name'),
  date: flag('column of dates', string, undefined, 'name'),
  calendar: toggle('read weekday, month and place in the year of the days to forecast; needs --date'),
  lag: flag('read the value of n rows before the one to forecast, such as 364', count, undefined),
  steps: flag('rows to forecast', count, 7),
  missing: flag(
    'what fills missing values: the one before, or a line between neighbours',
    oneOf('previous', 'interpolate'),
    undefined,
  ),
  delimiter: flag('what is between the fields of a line, such as ; or \\t (default: ,)', string, undefined),
  decimal: flag('what is before the decimals of a number (default: .)', csvFields.decimal, undefined),
  headerless: toggle('the first line has values, not names; the columns are called 1, 2 and so on'),
  context: flag('rows that a forecast is made from (default: 28)', count, undefined),
  hidden: flag('hidden units of the GRU (default: 32)', recurrentFields.units, undefined),
  epochs: flag('times to go through the series (default: 30)', trainFields.epochs, undefined),
  learningRate: flag(
    'learning rate of the first update; it falls to 0 (default: 0.005)',
    scheduleFields.linear.from,
    undefined,
  ),
  test: flag(
    'last part of the series, to measure errors on (default: 0.2)',
    number({ min: 0, exclusiveMax: 1 }),
    undefined,
  ),
  seed: flag('seed of the initial weights and of the order (default: 0)', trainFields.seed, undefined),
  model: flag('model file to forecast with, instead of learning', string, undefined, 'file'),
  out: flag('model file to write', string, undefined, 'file'),
  overwrite: overwriteFlag,
  json: toggle('print one JSON event'),
};

type ForecastValues = Values<typeof forecastFlags>;

/** Prints the rows after the end of a series as CSV, and on standard error how large the errors on the last part were. */
export async function forecastCommand(path: string, values: ForecastValues, output: Output): Promise<void> {
  const { errors, next } =
    values.model === undefined ? await learn(path, values) : await load(path, values.model, values);
  const columns = Object.fromEntries(Object.entries(next.columns).map(([name, data]) => [name, [...data]]));
  if (values.json) {
    output.json({ type: 'forecast', steps: values.steps, columns, ...(errors && { errors }) });
    return;
  }
  for (const [name, { rmse, mae, mase }] of Object.entries(errors ?? {})) {
    output.note(`${name}: RMSE ${rmse.toPrecision(5)}, MAE ${mae.toPrecision(5)}, MASE ${mase.toPrecision(4)}`);
  }
  output.write(writeCsv(next));
}

/** What is said when a model learns, and kept with it. */
const ofLearning = [
  'column',
  'date',
  'delimiter',
  'decimal',
  'headerless',
  'calendar',
  'lag',
  'context',
  'hidden',
  'epochs',
  'learningRate',
  'test',
  'seed',
  'out',
  'overwrite',
] as const;

/** A model that was kept knows how it reads a file and what it learned. */
async function load(path: string, modelPath: string, values: ForecastValues) {
  const given = ofLearning.find((name) => values[name] !== undefined && values[name] !== false);
  if (given !== undefined) {
    throw new BpttError('invalid-argument', `${typed(given)}: expected no --model beside it, got ${modelPath}`);
  }
  const { model, metadata } = await loadModel(modelPath);
  const { pipeline, csv } = readSeriesMetadata(metadata);
  const { missing = csv.missing } = values;
  const series = await readSeries(path, { ...csv, ...(missing !== undefined && { missing }) });
  return { errors: undefined, next: goOn(path, model, pipeline, series, values) };
}

/** Errors name the file and the flags. */
async function readSeries(path: string, options: CsvOptions): Promise<Series> {
  const content = decodeText(await readBytes(path), path);
  try {
    return readCsv(content, options);
  } catch (cause) {
    throw renamedError(cause, {
      'CSV, ': `${path}, `,
      'readCsv.columns': '--column',
      'readCsv.date': '--date',
      'readCsv.delimiter': '--delimiter',
      "missing: 'previous' or 'interpolate' fills": '--missing previous or --missing interpolate fills',
      '; columns says which are read': '; --column says which column is read',
      '; date: ': '; --date ',
      '; delimiter: ': '; --delimiter ',
      ', and decimal: ': ', and --decimal ',
      '; decimal: ': '; --decimal ',
      '; header: false reads': '; --headerless reads',
      '; without date the': '; without --date the',
    });
  }
}

/** The rows after the end of a series; errors name the file and the flags. */
function goOn(path: string, model: Model, pipeline: Pipeline, series: Series, { steps }: ForecastValues): Series {
  try {
    return forecast(model, pipeline, series, { steps });
  } catch (cause) {
    throw renamedError(cause, {
      'forecast(history)': path,
      'forecast.steps': '--steps',
      'forecast.dates: expected those of the rows to predict, got none, and they do not follow from the history: ': `${path}: expected dates equally far apart for --calendar, so that those to come are known; got others: `,
    });
  }
}

async function learn(path: string, values: ForecastValues) {
  const { column, date, missing, calendar, lag, out, overwrite, delimiter, decimal, headerless } = values;
  const { context = 28, hidden: units = 32, epochs = 30, learningRate = 5e-3, test: share = 0.2, seed = 0 } = values;
  const csv: CsvOptions = {
    ...(column !== undefined && { columns: [column] }),
    ...(date !== undefined && { date }),
    ...(missing !== undefined && { missing }),
    ...(delimiter !== undefined && { delimiter: delimiter.replace('\\t', '\t') }),
    ...(decimal !== undefined && { decimal }),
    ...(headerless && { header: false }),
  };
  if (calendar && date === undefined) {
    throw new BpttError('invalid-argument', '--calendar: expected --date with it, got none');
  }
  if (out !== undefined) await checkTarget({ where: '--out', path: out, others: [path], overwrite });
  const series = await readSeries(path, csv);
  const target = targetOf(path, series);
  const { training, test } = split(path, series, { share, context, lag });
  const pipeline = fitTo(path, series, training, {
    targets: [target],
    calendar: calendar ? ['weekday', 'month', 'year'] : [],
    lags: lag === undefined ? [] : [lag],
    context,
  });
  const layers = [features(inputSize(pipeline)), gru({ units, returns: 'last' }), dense({ units: 1 })] as const;
  const model = await createLarge(layers, { seed });
  // What it says before it has learned anything is not used; but what cannot be forecast is not worth learning.
  writeCsv(goOn(path, model, pipeline, series, values));
  await train(model, windows(series, training, pipeline, { batch: BATCH, shuffle: seed }), { epochs, learningRate });
  const errors = share > 0 ? backtest(model, pipeline, series, test).errors : undefined;
  if (out !== undefined) {
    const bytes = serialize(model, { metadata: seriesMetadata({ pipeline, csv }) });
    await writeFileAtomic(out, bytes, { replace: overwrite });
  }
  return { errors, next: goOn(path, model, pipeline, series, values) };
}

/** The one column that is read. */
function targetOf(path: string, { columns }: Series): string {
  const names = Object.keys(columns);
  if (names.length === 1) return names[0]!;
  const index = names.includes('') ? '; the one without a name is the index that pandas writes' : '';
  const all = names.map(show).join(', ');
  throw new BpttError('invalid-argument', `--column: expected one of ${all} in ${path}, got none${index}`);
}

/** The parts to learn from and to measure errors on. */
function split(path: string, series: Series, how: { share: number; context: number; lag: number | undefined }): Split {
  const { share, context, lag } = how;
  const least = (lag ?? 1) - 1 + context + 1;
  const why = `for --context ${context}${lag === undefined ? '' : `, --lag ${lag}`} and one to predict`;
  const refuse = (rows: number) =>
    new BpttError(
      'bad-file',
      `${path}: expected at least ${least} rows to learn from, ${why}, got ${rows} of ${series.length} (--test ${share}); less --context or --test needs fewer`,
    );
  const rows = Math.max(0, Math.floor(series.length * (1 - share)));
  if (rows === 0) throw refuse(0);
  const parts = splitByTime(series, { test: share });
  if (parts.training.to < least) throw refuse(parts.training.to);
  return parts;
}

/** Errors name the file. */
function fitTo(path: string, series: Series, training: Span, options: PipelineOptions): Pipeline {
  try {
    return fitPipeline(series, training, options);
  } catch (cause) {
    throw renamedError(cause, {
      'fitPipeline(training)': `${path}, rows 1 to ${training.to} of ${series.length}`,
      "; normalize: 'none' takes them as they are":
        '; from these nothing can be learned, a smaller --test adds later rows',
    });
  }
}

const BATCH = 32;

async function train(
  model: Model,
  data: SeriesBatches,
  how: { readonly epochs: number; readonly learningRate: number },
) {
  const { epochs, learningRate: from } = how;
  const learningRate = linear({ from, steps: epochs * Math.ceil(data.windows / BATCH) });
  const options = { loss: 'mean-squared-error', optimizer: adamw({ learningRate }), clip: { norm: 1 } } as const;
  await fit(model, { data, ...options, epochs });
}
