// `bptt forecast`: learns a series of numbers from a CSV file and says how it goes on.

import { BpttError } from '../../base/errors.ts';
import { integer, number, oneOf, string } from '../../base/fields.ts';
import { adamw, dense, features, fit, gru, linear } from '../../index.ts';
import { recurrentFields } from '../../layers/recurrent/options.ts';
import type { Model } from '../../model/model.ts';
import { serialize } from '../../model/model-file.ts';
import { readBytes, writeFileAtomic } from '../../node/atomic-file.ts';
import { loadModel } from '../../node.ts';
import {
  backtest,
  type CsvOptions,
  fitPipeline,
  forecast,
  inputSize,
  type Pipeline,
  readCsv,
  readSeriesMetadata,
  type Series,
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
  const { model, pipeline, series, errors } =
    values.model === undefined ? await learn(path, values) : await load(path, values.model, values);
  const next = forecast(model, pipeline, series, { steps: values.steps });
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
  return { model, pipeline, series, errors: undefined };
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
      "missing: 'previous' or 'interpolate'": '--missing previous or --missing interpolate',
    });
  }
}

async function learn(path: string, values: ForecastValues) {
  const { column, date, missing, calendar, lag, out, overwrite } = values;
  const { context = 28, hidden: units = 32, epochs = 30, learningRate = 5e-3, test: share = 0.2, seed = 0 } = values;
  const csv: CsvOptions = {
    ...(column !== undefined && { columns: [column] }),
    ...(date !== undefined && { date }),
    ...(missing !== undefined && { missing }),
  };
  if (out !== undefined) {
    await checkTarget({ where: '--out', path: out, others: [path], overwrite });
  }
  const series = await readSeries(path, csv);
  const [target, ...others] = Object.keys(series.columns);
  if (target === undefined || others.length > 0) {
    const names = [target, ...others].filter((name) => name !== undefined).join(', ');
    throw new BpttError('invalid-argument', `--column: expected one of ${names || 'no columns'} in ${path}, got none`);
  }
  const { training, test } = splitByTime(series, { test: share });
  const pipeline = fitPipeline(series, training, {
    targets: [target],
    calendar: calendar ? ['weekday', 'month', 'year'] : [],
    lags: lag === undefined ? [] : [lag],
    context,
  });
  const model = await fitModel(series, training, pipeline, { units, epochs, seed, learningRate });
  const errors = share > 0 ? backtest(model, pipeline, series, test).errors : undefined;
  if (out !== undefined) {
    const bytes = serialize(model, { metadata: seriesMetadata({ pipeline, csv }) });
    await writeFileAtomic(out, bytes, { replace: overwrite });
  }
  return { model, pipeline, series, errors };
}

const BATCH = 32;

async function fitModel(
  series: Series,
  training: { readonly from: number; readonly to: number },
  pipeline: Pipeline,
  { units, epochs, seed, learningRate }: Readonly<Record<'units' | 'epochs' | 'seed' | 'learningRate', number>>,
): Promise<Model> {
  const data = windows(series, training, pipeline, { batch: BATCH, shuffle: seed });
  const layers = [features(inputSize(pipeline)), gru({ units, returns: 'last' }), dense({ units: 1 })] as const;
  const model = await createLarge(layers, { seed });
  const rate = linear({ from: learningRate, steps: epochs * Math.ceil(data.windows / BATCH) });
  const options = { loss: 'mean-squared-error', optimizer: adamw({ learningRate: rate }), clip: { norm: 1 } } as const;
  await fit(model, { data, ...options, epochs });
  return model;
}
