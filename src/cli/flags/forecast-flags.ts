// Every flag of `bptt forecast`, under the headings of the help.
import { type Field, integer, number, oneOf, string } from '../../base/fields.ts';
import { cells } from '../../layers/recurrent/cells.ts';
import { recurrentFields } from '../../layers/recurrent/options.ts';
import { csvFields } from '../../series/csv.ts';
import { trainFields } from '../../training/options.ts';
import { scheduleFields } from '../../training/schedules.ts';
import { flag, overwriteFlag, toggle, type Values } from './flags.ts';

const count = integer({ min: 1 });
const part = number({ min: 0, exclusiveMax: 1 });

/** Names between commas. */
const list: Field<readonly string[]> = {
  check: (where, value) => {
    const names = string.check(where, value).split(',');
    return names.map((name) => name.trim());
  },
};

const columnFlags = {
  column: flag('columns to forecast, between commas (default: the only one)', list, undefined, 'names'),
  inputs: flag('other columns whose past is read, between commas', list, undefined, 'names'),
  known: flag(
    'columns known in advance, between commas: rows at the end that have nothing else are those to come',
    list,
    undefined,
    'names',
  ),
  series: flag('column that says which of several series a row belongs to', string, undefined, 'name'),
  date: flag('column of dates (default: the one that has some)', string, undefined, 'name'),
  calendar: toggle('read hour, weekday, month and place in the year of the rows to forecast; needs dates'),
  lag: flag('read the value of n rows before the one to forecast, such as 364', count, undefined),
};

const fileFlags = {
  dateFormat: flag(
    'how dates are written, such as DD/MM/YYYY HH:mm; X for seconds since 1970, x for milliseconds (default: found)',
    string,
    undefined,
  ),
  delimiter: flag('what is between the fields of a line, such as ; or \\t (default: found)', string, undefined),
  decimal: flag('what is before the decimals of a number (default: found)', csvFields.decimal, undefined),
  header: flag(
    'whether the first line has the names; else columns are called 1, 2 and so on (default: found)',
    oneOf('yes', 'no'),
    undefined,
  ),
  missingMarker: flag('texts for a missing value, between commas, beside NA, NaN, null, none, ?, -', list, undefined),
  missing: flag(
    'what fills missing values: the one before, or a line between neighbours',
    oneOf('previous', 'interpolate'),
    undefined,
  ),
};

const modelFlags = {
  cell: flag(`recurrent cell (default: gru)`, oneOf(...cells.map(({ kind }) => kind)), undefined),
  hidden: flag('hidden units of each recurrent layer (default: 32)', recurrentFields.units, undefined),
  layers: flag('recurrent layers (default: 1)', count, undefined),
  context: flag(
    'rows that a forecast is made from (default: 28, or a quarter of those to learn from)',
    count,
    undefined,
  ),
  horizon: flag(
    'rows that are predicted at once; then it reads its own (default: --steps, at most 24)',
    count,
    undefined,
  ),
  levels: flag(
    'what is learned: values, differences of rows, or differences relative to the level (default: what is best on the validation rows)',
    oneOf('auto', 'values', 'differences', 'relative'),
    undefined,
  ),
  epochs: flag('times to go through the series (default: 30); the best one is kept', trainFields.epochs, undefined),
  learningRate: flag(
    'learning rate of the first update; it falls to 0 (default: 0.005)',
    scheduleFields.linear.from,
    undefined,
  ),
  seed: flag('seed of the initial weights and of the order (default: 0)', trainFields.seed, undefined),
};

const measureFlags = {
  steps: flag('rows to forecast', count, 7),
  validation: flag('part before the test to choose on, and to measure intervals (default: 0.16)', part, undefined),
  test: flag('last part of the series, to measure errors on (default: 0.2)', part, undefined),
  season: flag('rows of a season, for the forecast to compare with (default: by the dates)', count, undefined),
  interval: flag('share of values that intervals should hold (default: 0.8); 0 for none', part, undefined),
};

const outputFlags = {
  model: flag('model file to forecast with, instead of learning', string, undefined, 'file'),
  out: flag('model file to write', string, undefined, 'file'),
  plot: flag('picture to write, .svg or .html: history, forecast, intervals, errors', string, undefined, 'file'),
  overwrite: overwriteFlag,
  json: toggle('print one JSON event'),
};

export const forecastGroups = {
  'Columns:': columnFlags,
  'Reading the file:': fileFlags,
  'Model:': modelFlags,
  'Measuring:': measureFlags,
  'Output:': outputFlags,
};

export const forecastFlags = { ...columnFlags, ...fileFlags, ...modelFlags, ...measureFlags, ...outputFlags };

/** What is said when a model learns, and kept with it. */
export const learningFlags = Object.keys(forecastFlags).filter(
  (name) => !['steps', 'missing', 'model', 'plot', 'overwrite', 'json'].includes(name),
) as (keyof ForecastValues)[];

export type ForecastValues = Values<typeof forecastFlags>;
